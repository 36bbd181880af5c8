/**
 * Strategies whose loop lives beside main, held against real threads of the machine's own CPython.
 *
 * Invariant: what is expected always comes from Python performing the scenario in real time
 * (threads.py), never from a recording of it. Nothing comes before its time; how late it may be is
 * told by how late the machine was. What a busy machine made different is performed again, and a
 * difference counts where the machine was hardly late.
 *
 * `TANDEM_SEED=n` draws other scenarios, `TANDEM_RUNS=n` more of them, `TANDEM_CASE=n` the n-th alone.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { draw, type Drawn, isRobust, randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { errorName, Performer } from "../support/performer.ts";
import { findPython, whyNoPython } from "../support/python.ts";
import { simulate } from "../support/simulate.ts";
import { Lanes } from "../support/real.ts";
import { drawClosing } from "./closing.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const seed = Number(process.env["TANDEM_SEED"] ?? 20261125);
const runs = Number(process.env["TANDEM_RUNS"] ?? 0);
const only = process.env["TANDEM_CASE"] === undefined ? null : Number(process.env["TANDEM_CASE"]);

/** How much later than in virtual time, in ms, Python may do a thing on a machine that is not late. */
const tolerance = 60;
/** In ms; a difference counts where no step was later than this: by as much, durations were shaken. */
const calm = 12;
/** A case that ends differently is performed again, more slowly, so that a busy machine matters less. */
const slower = [2, 4, 8];
const sideways = 8;

interface Case extends Drawn {
  number: number;
}

interface Outcome {
  main: { status: string; endedAt: number | null; error: string | null };
  launch: {
    status: string;
    startedAt: number | null;
    endedAt: number | null;
    error: string | null;
  };
  tasks: {
    name: string;
    status: string;
    startedAt: number | null;
    endedAt: number | null;
    error: string | null;
    heard: string | null;
  }[];
  prints: { at: number; thread: string; task: string | null; text: string }[];
  wall: number;
  /** By how many ms the machine made one step longer at most, and all together; not told of the model. */
  late?: { most: number; all: number };
}

const reference = findPython();
const script = join(import.meta.dir, "threads.py");

function cases(from: (random: () => number) => Drawn, wanted: number): Case[] {
  const found: Case[] = [];
  for (let number = 0; found.length < (runs || wanted); number++) {
    if (only !== null && number > only) break;
    const drawn = from(randomFrom(seed + 104_729 * number));
    const { loop, offload } = drawn.strategy;
    if (only !== null) {
      if (number === only) found.push({ ...drawn, number });
      continue;
    }
    if (loop !== "thread" && loop !== "portal") continue;
    if (offload === "processes") continue;
    const model = simulate(drawn.document, drawn.strategy);
    // Python would wait for ever where tandem finds a deadlock.
    if (model.interruptedBy !== null) continue;
    // In which order a closing loop cancels is a set's: nobody's clean-up may tell.
    if (model.tasks.filter((task) => task.cancelled !== null && task.cleanup !== "none").length > 1)
      continue;
    if (isRobust(drawn, randomFrom(seed ^ number))) found.push({ ...drawn, number });
  }
  return found;
}

/** What must be the same, whatever the time. */
function essence({ main, launch, tasks, prints }: Outcome) {
  return {
    main: [main.status, errorName(main.error)],
    launch: [launch.status, errorName(launch.error)?.replace(/\(.*/, "").trim()],
    tasks: tasks.map(({ name, status, error, heard }) => [
      name,
      status,
      errorName(error),
      heard === "raised",
    ]),
    main_lines: prints.filter(({ thread }) => thread === "main").map(({ text }) => text),
    loop_lines: prints.filter(({ thread }) => thread === "loop").map(({ text }) => text),
  };
}

/** Times that are before what virtual time says, or later than that by more than `most` ms. */
function wrongTimes(model: Outcome, python: Outcome, most: number): string[] {
  const times = (outcome: Outcome): [string, number | null][] => [
    ["main's end", outcome.main.endedAt],
    ["launch's start", outcome.launch.startedAt],
    ["launch's end", outcome.launch.status === "abandoned" ? null : outcome.launch.endedAt],
    ...outcome.tasks.flatMap(({ name, status, startedAt, endedAt }): [string, number | null][] => [
      [`${name}'s start`, startedAt],
      // A task cancelled before its first turn has no end of its own in Python.
      [`${name}'s end`, status === "abandoned" || startedAt === null ? null : endedAt],
    ]),
    ...["main", "loop"].flatMap((thread) =>
      outcome.prints
        .filter((print) => print.thread === thread)
        .map(({ text, at }): [string, number | null] => [JSON.stringify(text), at]),
    ),
  ];
  const found = times(python);
  return times(model).flatMap(([what, at], index) => {
    const real = found[index]?.[1] ?? null;
    if (at === null && real === null) return [];
    const right = at !== null && real !== null && real >= at - 2 && real <= at + most;
    return right ? [] : [`${what} at ${real} instead of ${at}`];
  });
}

/**
 * Whether a task that is submitted in the instant in which the process ends still gets a turn is
 * luck, with real threads; so main goes on for a moment after such a submit.
 */
function withoutRaceAtExit(one: Case): Case {
  const main = one.document["main"] as unknown[];
  const last = main.at(-1);
  const races =
    "atExit" in one.strategy &&
    one.strategy.atExit === "abandon" &&
    typeof last === "object" &&
    last !== null &&
    "submit" in last;
  return races ? { ...one, document: { ...one.document, main: [...main, { block: 30 }] } } : one;
}

/** What Python did with a case that virtual time does not: the difference, and how late the machine was. */
interface Difference {
  text: string;
  late: number;
}

/** What virtual time makes of a case; `heard` says whom a failure was raised into, whatever became of that. */
function modelOf({ document, strategy }: Case): Outcome {
  const result = simulate(document, strategy);
  const raised = new Set(
    result.failures
      .filter(({ heard }) => heard.some(({ by }) => by === "raised"))
      .map((failure) => failure.of),
  );
  return {
    ...result,
    tasks: result.tasks.map((task) => ({
      ...task,
      heard: raised.has(task.name) ? "raised" : null,
    })),
  };
}

/** Performs a case once. */
async function differenceOf(
  one: Case,
  python: Performer<Outcome>,
  scale: number,
): Promise<Difference | null> {
  const model = modelOf(one);
  const found = await python.perform(one, scale);
  // What hangs or is late may be kept by the machine, wherever that is: it counts when all goes slowly.
  const slowest = scale === slower.at(-1);
  if (found === null) return { text: "hangs", late: slowest ? 0 : Infinity };
  const { most, all } = found.late!;
  try {
    expect({ ...essence(found), tooEarly: wrongTimes(model, found, Infinity) }).toEqual({
      ...essence(model),
      tooEarly: [],
    });
  } catch (error) {
    return { text: (error as Error).message, late: most };
  }
  const late = wrongTimes(model, found, tolerance + all);
  return late.length === 0 ? null : { text: late.join("\n"), late: slowest ? most : Infinity };
}

/** Holds drawn scenarios against Python. @throws with those that end differently. */
async function holdAgainstPython(all: Case[]): Promise<void> {
  const failures: string[] = [];
  const pythons = Array.from({ length: sideways }, () => new Performer<Outcome>(script));
  let different = all;
  for (const scale of [1, ...slower]) {
    const again: Case[] = [];
    await new Lanes(sideways).each(different, async (one) => {
      const python = pythons.pop()!;
      const difference = await differenceOf(one, python, scale);
      pythons.push(python);
      if (difference === null) return;
      // What a machine did that only seemed calm is not there again when all goes slowly.
      if (difference.late > calm || scale !== slower.at(-1)) again.push(one);
      else
        failures.push(
          `TANDEM_SEED=${seed} TANDEM_CASE=${one.number} bun test tests/threads\n` +
            `${JSON.stringify(one.document)}\n${JSON.stringify(one.strategy)}\n${difference.text}`,
        );
    });
    different = again;
  }
  for (const python of pythons) python[Symbol.dispose]();
  if (different.length > 0)
    console.warn(`this machine is too busy to decide ${different.length} of ${all.length}`);
  if (failures.length > 0)
    throw new Error(`${failures.length} end differently:\n${failures.slice(0, 3).join("\n\n")}`);
}

/** In ms. */
const limit = rounds(300_000, 3_600_000);

test.skipIf(reference === null)(
  `law: random scenarios with a loop beside main do what CPython's threads do${whyNoPython()}`,
  () => holdAgainstPython(cases(draw, rounds(14, 600)).map(withoutRaceAtExit)),
  limit,
);

test.skipIf(reference === null)(
  `law: what main submits to a closing loop becomes what it becomes in CPython${whyNoPython()}`,
  () => holdAgainstPython(cases(drawClosing, rounds(8, 400))),
  limit,
);
