/**
 * Pools in virtual time, held against the executors of the machine's own CPython: what is begun, what
 * is taken back, who is refused, and for how long the end waits.
 *
 * Invariant: what is expected always comes from Python performing the scenario in real time. Scenarios
 * are drawn in which no two threads meet within `apart`; what ends differently is performed again, more
 * slowly, and only what stays different counts.
 *
 * `TANDEM_SEED=n` draws other scenarios, `TANDEM_CASE=n` the n-th alone.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { completions, eventTypes } from "../../src/trace/event.ts";
import type { EventLog } from "../../src/trace/log.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveStrategy, type Strategy } from "../../src/scenario/strategy.ts";
import { type Drawn, isRobust, randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { errorName, Performer } from "../support/performer.ts";
import { findPython, whyNoPython } from "../support/python.ts";
import { Lanes } from "../support/real.ts";
import { simulate } from "../support/simulate.ts";

setDefaultTimeout(600_000);

const seed = Number(process.env["TANDEM_SEED"] ?? 20261129);
const runs = rounds(5, 200);
const only = process.env["TANDEM_CASE"] === undefined ? null : Number(process.env["TANDEM_CASE"]);
const sideways = 6;
/** A case that ends differently is performed again, more slowly, so that a busy machine matters less. */
const scales = [1, 2, 4, 8, 8];
/** In ms: how far from each other the events of a pool are where they do not belong together. */
const apart = 25;

interface Case extends Drawn {
  number: number;
}

/** What Python says of a case, as far as it is looked at. */
interface Outcome {
  main: { status: string; error: string | null };
  tasks: { name: string; status: string; error: string | null }[];
  prints: { text: string; thread: string }[];
  /** The tasks whose jobs were begun, in that order. */
  begun: string[];
  /** When main had nothing to wait for any more. */
  over: number;
}

/** Draws tasks that hand jobs to a pool one after the other, and a loop that closes somewhere among them. */
function drawPool(random: () => number): Drawn {
  const pick = <Value>(...values: Value[]): Value => values[Math.floor(random() * values.length)]!;
  const chance = (share: number): boolean => random() < share;
  const offload = pick("threads", "processes");
  const loop = pick("inline", "thread");
  const tasks: { [name: string]: object } = {};
  const count = pick(2, 3, 4, 5, 6, 7, 8);
  for (let k = 0; k < count; k++) {
    const steps: object[] = chance(0.9) ? [{ sleep: 60 * (k + 1) }] : [];
    steps.push({ block: pick(120, 240, 480, 700) + pick(0, 30) }, { print: `done ${k}` });
    if (chance(0.15)) steps.push({ block: pick(90, 150) }, { print: `done again ${k}` });
    if (chance(0.15)) steps.push({ fail: `failure ${k}` });
    const cleanUp = pick(
      null,
      null,
      [{ print: `cleaned ${k}` }],
      [{ block: 90 }, { print: `cleaned ${k}` }],
    );
    tasks[`t${k}`] = { steps, ...(cleanUp === null ? {} : { finally: cleanUp }) };
  }
  const launch = [
    { start: Object.keys(tasks) },
    "settle",
    ...(chance(0.7) ? [{ sleep: 60 * pick(0, 1, 2, 3, 4, 5, 6, 7, 8) + 30 }] : []),
  ];
  const main: unknown[] = ["launch"];
  if (loop === "thread" && chance(0.7)) {
    tasks["late"] = {
      steps: pick<object[]>(
        [{ block: 60 }, { print: "late done" }],
        [{ print: "late" }, { sleep: 70 }, { print: "late woke" }],
        [{ sleep: 70 }, { block: 60 }],
      ),
      ...(chance(0.5) ? { finally: [{ print: "late cleaned" }] } : {}),
    };
    main.push({ block: 60 * pick(1, 2, 3, 4, 5, 6, 8, 10) + 15 }, { submit: "late" });
    if (chance(0.7)) main.push({ result: "late", timeout: 1500 });
  }
  main.push({ block: 45 }, { print: "main ends" });
  const settle = pick("none", "none", "gather", "group", "settled");
  return {
    document: { name: "pool", main, launch, tasks },
    strategy: {
      loop,
      settle,
      ...(settle !== "none" && chance(0.4) ? { timeout: 60 * pick(2, 3, 4, 6) + 45 } : {}),
      ...(loop === "inline" ? {} : { atExit: pick("wait", "wait", "cancel") }),
      offload,
      workers: pick(1, 2, 3),
    },
  };
}

interface PoolEvent {
  /** In ms. */
  at: number;
  what: "handed over" | "cancelled" | "begun" | "done";
  actor: number;
}

function poolEvents({ chunks }: EventLog): PoolEvent[] {
  const events: PoolEvent[] = [];
  for (const { length, at, type, actor, value } of chunks)
    for (let k = 0; k < length; k++) {
      const what = {
        "offload-began": "handed over",
        "job-began": "begun",
        "job-ended": "done",
        "offload-ended": completions[value[k]!] === "cancelled" ? "cancelled" : null,
      }[eventTypes[type[k]!] as string] as PoolEvent["what"] | null | undefined;
      if (what !== undefined && what !== null)
        events.push({ at: at[k]! / 1000, what, actor: actor[k]! });
    }
  return events;
}

/** Whether nothing that reaches a pool comes so near to something else that a machine decides which is first. */
function isSpaced(events: readonly PoolEvent[]): boolean {
  const ours = events.filter(({ what }) => what !== "begun");
  return ours.every((one, index) => {
    const next = ours[index + 1];
    return (
      next === undefined ||
      next.at - one.at >= apart ||
      (one.what === "cancelled" && next.what === "cancelled")
    );
  });
}

/**
 * Whether CPython has certainly taken ahead what a pool of processes can take when tasks are cancelled.
 *
 * It fills up the queue to its processes when a job is handed over or done. When one is done, its process
 * may not have taken the next one off that queue yet: then there is room again, and nobody looks.
 */
function isFilledUp(events: readonly PoolEvent[], workers: number): boolean {
  let unfinished = 0;
  let isCertain = true;
  const waiting = new Set<number>();
  for (const { what, actor } of events) {
    if (what === "handed over") {
      unfinished++;
      isCertain = true;
      waiting.add(actor);
    } else if (what === "done") {
      unfinished--;
      isCertain = unfinished <= workers + 1;
    } else if (what === "begun") waiting.delete(actor);
    else if (waiting.has(actor)) {
      if (!isCertain) return false;
      waiting.delete(actor);
    }
  }
  return true;
}

function logOf({ document, strategy }: Drawn): { log: EventLog; strategy: Strategy } {
  const scenario = parseScenario(JSON.stringify(document), "pool.json");
  const resolved = resolveStrategy(strategy);
  return {
    log: runVirtually({ scenario, strategy: resolved, runtime: "test" }),
    strategy: resolved,
  };
}

function isSuitable({ document, strategy }: Drawn, number: number): boolean {
  const resolved = logOf({ document, strategy });
  const events = poolEvents(resolved.log);
  const { offload, workers } = resolved.strategy;
  if (!isSpaced(events)) return false;
  if (offload === "processes" && !isFilledUp(events, workers!)) return false;
  const model = simulate(document, strategy);
  if (model.interruptedBy !== null || model.tasks.some(({ status }) => status === "abandoned"))
    return false;
  // In which order a closing loop cancels is a set's: nobody's clean-up may tell, nor launch's group.
  const told = model.tasks.filter((task) => task.cancelled !== null && task.cleanup !== "none");
  if (told.length > (model.launch.status === "cancelled" ? 0 : 1)) return false;
  return isRobust({ document, strategy }, randomFrom(seed ^ number));
}

function cases(): Case[] {
  const found: Case[] = [];
  for (let number = 0; found.length < runs; number++) {
    if (only !== null && number > only) break;
    if (only !== null && number !== only) continue;
    const drawn = drawPool(randomFrom(seed + 104_729 * number));
    if (only !== null || isSuitable(drawn, number)) found.push({ ...drawn, number });
  }
  return found;
}

function essence({ main, tasks, prints }: Omit<Outcome, "begun" | "over">, isInline: boolean) {
  return {
    // A group says how many have failed, and tandem which.
    main: [main.status, errorName(main.error)?.replace(/ \(.*/, "")],
    tasks: tasks.map(({ name, status, error }) => [name, status, errorName(error)]),
    lines: ["main", "loop"].map((one) =>
      prints.filter(({ thread }) => isInline || thread === one).map(({ text }) => text),
    ),
  };
}

/** @returns how Python differs from virtual time, or null. */
async function differenceOf(
  one: Case,
  python: Performer<Outcome>,
  scale: number,
): Promise<string | null> {
  const model = simulate(one.document, one.strategy);
  const { log, strategy } = logOf(one);
  const isInline = strategy.loop === "inline";
  const begun = poolEvents(log)
    .filter(({ what }) => what === "begun")
    .map(({ actor }) => model.tasks[actor]!.name);
  const found = await python.perform(one, scale);
  if (found === null) return "hangs";
  try {
    expect({
      ...essence(found, isInline),
      begun: found.begun,
      tooEarly: found.over < model.wall - 2,
    }).toEqual({ ...essence(model, isInline), begun, tooEarly: false });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

test.skipIf(findPython() === null)(
  `law: a pool begins, takes back and refuses what CPython's does, and is waited for as long${whyNoPython()}`,
  async () => {
    const script = join(import.meta.dir, "pools.py");
    const pythons = Array.from({ length: sideways }, () => new Performer<Outcome>(script));
    let different = cases();
    let failures: string[] = [];
    for (const scale of scales) {
      const again: Case[] = [];
      failures = [];
      await new Lanes(sideways).each(different, async (one) => {
        const python = pythons.pop()!;
        const difference = await differenceOf(one, python, scale);
        pythons.push(python);
        if (difference === null) return;
        again.push(one);
        failures.push(
          `TANDEM_SEED=${seed} TANDEM_CASE=${one.number} bun test tests/pools\n` +
            `${JSON.stringify(one.document)}\n${JSON.stringify(one.strategy)}\n${difference}`,
        );
      });
      different = again;
    }
    for (const python of pythons) python[Symbol.dispose]();
    if (failures.length > 0)
      throw new Error(`${failures.length} end differently:\n${failures.slice(0, 3).join("\n\n")}`);
  },
);
