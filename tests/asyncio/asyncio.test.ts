// Holds the event loop to CPython's: the same random scenarios on both, compared exactly. Invariant: what is expected
// always comes from the machine's own asyncio (oracle.py), never from a recording of it.
//
// TANDEM_SEED=n draws other scenarios, TANDEM_RUNS=n more of them, and TANDEM_CASE=n keeps the n-th alone.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { join } from "node:path";
import { rounds } from "../support/laws.ts";
import { findPython, whyNoPython } from "../support/python.ts";
import { simulate } from "../support/simulate.ts";
import {
  type Duration,
  type InlineStrategy,
  type Scenario,
  scenarios,
  type Step,
} from "./arbitrary.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

interface OracleCase {
  readonly document: unknown;
  readonly strategy: {
    readonly loop: "inline";
    readonly settle: "none" | "gather" | "group" | "settled";
    readonly timeout: number | null;
  };
  /** Whether the two sets of tasks whose order CPython leaves open are in the order of creation. */
  readonly ordered: boolean;
}

/** What both sides report: the part of a result object that the oracle knows. Times are in ms. */
interface Outcome {
  readonly main: {
    readonly status: string;
    readonly endedAt: number | null;
    readonly error: string | null;
  };
  readonly launch: Outcome["main"] & { readonly startedAt: number | null };
  readonly tasks: readonly {
    readonly name: string;
    readonly status: string;
    readonly startedAt: number | null;
    readonly endedAt: number | null;
    readonly error: string | null;
    readonly heard: string | null;
  }[];
  readonly prints: readonly {
    readonly at: number;
    readonly task: string | null;
    readonly text: string;
  }[];
  readonly wall: number;
}

const oraclePath = join(import.meta.dir, "oracle.py");
const seed = Number(process.env.TANDEM_SEED ?? 20260117);
const runs = Number(process.env.TANDEM_RUNS ?? rounds(75, 4000));
/** In ms; all is performed by one Python, one after the other. */
const limit = rounds(300_000, 3_600_000);
const onlyCase = process.env.TANDEM_CASE === undefined ? null : Number(process.env.TANDEM_CASE);
const python = findPython();
const skipped = whyNoPython();

/** What CPython does with each case, all in one process. */
function runOracle(cases: readonly OracleCase[], ...flags: string[]): Outcome[] {
  const { exitCode, stdout, stderr } = Bun.spawnSync([python!.path, oraclePath, ...flags], {
    stdin: Buffer.from(JSON.stringify(cases)),
  });
  if (exitCode !== 0) throw new Error(`oracle.py ended with ${exitCode}:\n${stderr}`);
  const results = JSON.parse(stdout.toString()) as (Outcome | { crash: string })[];
  return results.map((result, index) => {
    if (!("crash" in result)) return result;
    throw new Error(`oracle.py crashed on ${JSON.stringify(cases[index])}:\n${result.crash}`);
  });
}

function toOracleCase({ document, strategy }: Scenario, ordered: boolean): OracleCase {
  return { document, strategy: toOracleStrategy(strategy), ordered };
}

function toOracleStrategy(strategy: InlineStrategy): OracleCase["strategy"] {
  const settles = { detach: "none", await: "gather", group: "group" } as const;
  if (typeof strategy === "string") {
    return { loop: "inline", settle: settles[strategy], timeout: null };
  }
  const { use, settle = settles[use], timeout = null } = strategy;
  return { loop: "inline", settle, timeout };
}

// --- Comparing -----------------------------------------------------------------------------------------

/** A time as text, in ms: both sides count whole microseconds, but neither need write them as the same float. */
function formatTime(ms: number | null): string {
  return ms === null ? "never" : `${Math.round(ms * 1000) / 1000}`;
}

/** An outcome as lines of text, one for each fact, so that a difference reads well; prints are in their order. */
function toLines(outcome: Outcome, times = formatTime): string[] {
  const { main, launch, tasks, prints, wall } = outcome;
  const error = (text: string | null) => (text === null ? "" : ", with an error");
  const byName = [...tasks].sort((one, other) => (one.name < other.name ? -1 : 1));
  return [
    ...prints.map(
      ({ at, task, text }) => `${times(at)} ${task ?? "main or launch"} prints ${text}`,
    ),
    ...byName.map(
      (task) =>
        `${task.name} ${task.status}, ${times(task.startedAt)} to ${times(task.endedAt)}, heard: ${task.heard ?? "-"}${error(task.error)}`,
    ),
    `launch ${launch.status}, ${times(launch.startedAt)} to ${times(launch.endedAt)}${error(launch.error)}`,
    `main ${main.status}, to ${times(main.endedAt)}${error(main.error)}`,
    `wall ${times(wall)}`,
  ];
}

/** How much of an outcome is still determined when the order of cancellation is not. */
type Freedom = "none" | "order within an instant" | "times";

/** The freedom CPython's sets leave: two cancelled tasks clean up in either order, and a block in one delays both. */
function freedomOf({ document }: Scenario, { tasks }: Outcome): Freedom {
  const cleanUps = tasks.flatMap(({ name, status }) => {
    const task = document.tasks[name.replace(/#.*/, "")] ?? [];
    const cleanUp = "finally" in task ? task.finally : [];
    const cancelled = status === "cancelled" || (status === "failed" && contains(cleanUp, "fail"));
    return cancelled ? [cleanUp] : [];
  });
  if (cleanUps.length < 2) return "none";
  const takesTime = cleanUps.some(
    (steps) => contains(steps, "block") || contains(steps, "compute"),
  );
  return takesTime ? "times" : "order within an instant";
}

function contains(steps: readonly Step[], key: string): boolean {
  return steps.some(
    (step) =>
      typeof step === "object" && (key in step || ("repeat" in step && contains(step.steps, key))),
  );
}

/** The lines of an outcome that two runs with this much freedom have in common, in a comparable order. */
function toComparableLines(outcome: Outcome, freedom: Freedom): string[] {
  if (freedom === "none") return toLines(outcome);
  if (freedom === "times") return toLines(outcome, () => "").sort();
  // Lines begin with their time, so a sort leaves each instant's prints as a multiset.
  return toLines(outcome).sort();
}

/** The difference between tandem's outcome and CPython's as text, or null. */
function difference(scenario: Scenario, expected: Outcome, freedom: Freedom): string | null {
  try {
    const actual = simulate(scenario.document, scenario.strategy);
    const expectedLines = toComparableLines(expected, freedom);
    expect(toComparableLines(actual, freedom)).toEqual(expectedLines);
    return null;
  } catch (error) {
    return Error.isError(error) ? error.message : String(error);
  }
}

/** Compares tandem with CPython over the seed's scenarios; throws on the first that differs, with its smallest form. */
function expectSameAsCPython(ordered: boolean): void {
  const drawn = fc.sample(scenarios(), { seed, numRuns: runs });
  const freedom = (scenario: Scenario, outcome: Outcome) =>
    ordered ? "none" : freedomOf(scenario, outcome);
  const outcomes = runOracle(drawn.map((scenario) => toOracleCase(scenario, ordered)));
  for (const [index, scenario] of drawn.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined || (onlyCase !== null && index !== onlyCase)) continue;
    const found = difference(scenario, outcome, freedom(scenario, outcome));
    if (found === null) continue;
    const { scenario: smallest, text } = shrink(index, (candidate) => {
      const [alone] = runOracle([toOracleCase(candidate, ordered)]);
      return alone === undefined ? null : difference(candidate, alone, freedom(candidate, alone));
    }) ?? { scenario, text: found };
    throw new Error(
      [
        `seed ${seed}, case ${index}: tandem (received) differs from CPython (expected)`,
        `replay:   TANDEM_SEED=${seed} TANDEM_RUNS=${runs} TANDEM_CASE=${index} bun test tests/asyncio`,
        `strategy: ${JSON.stringify(scenario.strategy)}`,
        `document: ${JSON.stringify(scenario.document)}`,
        `smallest: ${JSON.stringify(smallest.strategy)} ${JSON.stringify(smallest.document)}`,
        text,
      ].join("\n"),
    );
  }
}

/** The smallest scenario found in some seconds that still differs, starting from the case of this index. */
function shrink(
  index: number,
  differs: (scenario: Scenario) => string | null,
): { scenario: Scenario; text: string } | null {
  const property = fc.property(scenarios(), (scenario) => differs(scenario) === null);
  const { counterexample } = fc.check(property, {
    seed,
    path: `${index}`,
    numRuns: 1,
    interruptAfterTimeLimit: 20_000,
  });
  const [scenario] = counterexample ?? [];
  const text = scenario === undefined ? null : differs(scenario);
  return scenario === undefined || text === null ? null : { scenario, text };
}

// --- The tests -----------------------------------------------------------------------------------------

describe.skipIf(python === null)(`CPython's asyncio${skipped}`, () => {
  test(
    "law: an inline run is CPython's, to the microsecond and the order of every print",
    () => {
      expectSameAsCPython(true);
    },
    limit,
  );

  test(
    "law: where CPython's order is a set's, everything else is still CPython's",
    () => {
      expectSameAsCPython(false);
    },
    limit,
  );

  test("on real clocks CPython prints in the order tandem simulates", () => {
    const apart: Scenario[] = [
      {
        document: {
          name: "ticking",
          main: [{ print: "begin" }, "launch", { print: "end" }],
          tasks: {
            fast: [{ repeat: 3, steps: [{ print: "fast {i}" }, { sleep: 100 }] }],
            slow: [{ sleep: 50 }, { print: "slow" }, { block: 200 }, { print: "awake" }],
          },
        },
        strategy: "await",
      },
      {
        document: {
          name: "cut-short",
          main: ["launch", { block: 60 }, { print: "end" }],
          launch: [{ start: "worker" }, { sleep: 160 }, { print: "launch ends" }],
          tasks: {
            worker: {
              steps: [{ repeat: 9, steps: [{ print: "tick {i}" }, { sleep: 100 }] }],
              finally: [{ sleep: 60 }, { print: "cleaned up" }],
            },
          },
        },
        strategy: "detach",
      },
      {
        document: {
          name: "group-of-three",
          main: ["launch", { print: "not reached" }],
          tasks: {
            waiter: {
              steps: [{ sleep: 500 }, { print: "not reached" }],
              finally: [{ print: "waiter cleans up" }],
            },
            done: [{ sleep: 50 }, { print: "done" }],
            broken: [{ sleep: 120 }, { print: "breaks" }, { fail: "broken" }],
          },
        },
        strategy: "group",
      },
      {
        document: {
          name: "timed-out",
          main: [{ print: "begin" }, "launch", { print: "not reached" }],
          tasks: {
            long: {
              steps: [{ sleep: 900 }],
              finally: [{ sleep: 60 }, { print: "long cleans up" }],
            },
          },
        },
        strategy: { use: "await", timeout: 100 },
      },
    ];
    const cases = apart.map((scenario) => toOracleCase(scenario, false));
    const real = runOracle(cases, "--real");
    const texts = (outcome: Outcome | undefined) => outcome?.prints.map((print) => print.text);
    for (const [index, { document, strategy }] of apart.entries()) {
      expect(texts(simulate(document, strategy))).toEqual(texts(real[index]));
    }
  }, 30_000);
});

// The oracle itself, held to what was measured with plain programs; tandem has no part in these.
describe.skipIf(python === null)(`the oracle${skipped}`, () => {
  /** The ordered outcome of a launch and its tasks, between a main that prints nothing. */
  function ask(
    settle: OracleCase["strategy"]["settle"],
    launch: readonly Step[],
    tasks: Scenario["document"]["tasks"],
    timeout: number | null = null,
  ): Outcome {
    const document = { name: "fact", main: ["launch"], launch, tasks };
    const [outcome] = runOracle([
      { document, strategy: { loop: "inline", settle, timeout }, ordered: true },
    ]);
    if (outcome === undefined) throw new Error("the oracle returned no outcome");
    return outcome;
  }

  const printed = (outcome: Outcome) => outcome.prints.map(({ at, text }) => `${at} ${text}`);
  const facts = (outcome: Outcome) =>
    outcome.tasks.map(({ name, status, endedAt }) => `${name} ${status} ${formatTime(endedAt)}`);
  const sleep = (duration: Duration): Step => ({ sleep: duration });
  const print = (text: string): Step => ({ print: text });

  test("A2: a start only queues the first step", () => {
    const outcome = ask("gather", [{ start: "task" }, print("after create")], {
      task: [print("body")],
    });
    expect(printed(outcome)).toEqual(["0 after create", "0 body"]);
  });

  test("A3: as many yields in launch, so many and one further turns of a task", () => {
    const task = { task: [{ repeat: 9, steps: [print("bg {i}"), sleep(0)] }] };
    const turns = (yields: number) =>
      ask("none", [{ start: "task" }, { repeat: yields, steps: [sleep(0)] }], task).prints.length;
    expect([turns(0), turns(1), turns(2)]).toEqual([1, 2, 3]);
  });

  test("A3: a task that never had a turn starts after launch has ended, and dies at its first wait", () => {
    const outcome = ask("none", [{ start: "task" }, { block: 20 }, print("launch done")], {
      task: [print("starts"), sleep(1), print("not reached")],
    });
    expect(printed(outcome)).toEqual(["20 launch done", "20 starts"]);
    expect(facts(outcome)).toEqual(["task cancelled 20"]);
  });

  test("A4: a timer due during the last blocking stretch fires, and its task is cancelled all the same", () => {
    const task = { task: [sleep(5), print("woken")] };
    const launch = [{ start: "task" }, sleep(1), { block: 10 }];
    expect(facts(ask("none", launch, task))).toEqual(["task cancelled 11"]);
    expect(facts(ask("none", [...launch, sleep(0)], task))).toEqual(["task finished 11"]);
  });

  test("A5: the close of the loop runs clean-up to its end before main goes on", () => {
    const outcome = ask("none", [{ start: "task" }, sleep(10)], {
      task: { steps: [sleep(1000)], finally: [sleep(500), print("clean")] },
    });
    expect(printed(outcome)).toEqual(["510 clean"]);
    expect([outcome.launch.endedAt, outcome.main.endedAt]).toEqual([10, 510]);
  });

  test("A6: a task cancelled before its first turn runs neither steps nor finally", () => {
    const outcome = ask("group", [{ start: "never" }, { fail: "body" }], {
      never: { steps: [print("steps")], finally: [print("finally")] },
    });
    expect(outcome.prints).toEqual([]);
    expect(outcome.tasks[0]).toMatchObject({ status: "cancelled", startedAt: null, endedAt: 0 });
  });

  test("gather: the first error leaves launch at once, the siblings go on until the loop closes", () => {
    const outcome = ask("gather", [{ start: ["late", "broken", "cleaning-badly"] }], {
      late: [sleep(400)],
      broken: [sleep(100), { fail: "first" }],
      "cleaning-badly": { steps: [sleep(400)], finally: [sleep(50), { fail: "second" }] },
    });
    expect(outcome.launch).toMatchObject({ status: "failed", endedAt: 100, error: "first" });
    expect(facts(outcome)).toEqual([
      "late cancelled 100",
      "broken failed 100",
      "cleaning-badly failed 150",
    ]);
    expect(outcome.main).toMatchObject({ status: "failed", endedAt: 150, error: "first" });
    expect(outcome.tasks.map((task) => task.heard)).toEqual([null, "raised", "logged"]);
  });

  test("gather: nobody hears of a second failure that came before the loop closed", () => {
    const outcome = ask("gather", [{ start: ["one", "two"] }], {
      one: [{ fail: "1" }],
      two: [{ fail: "2" }],
    });
    expect(outcome.tasks.map((task) => task.heard)).toEqual(["raised", "nobody"]);
  });

  test("a failure that nobody awaits is logged", () => {
    const outcome = ask("none", [{ start: "task" }, sleep(10)], { task: [{ fail: "unheard" }] });
    expect(outcome.main.status).toBe("finished");
    expect(outcome.tasks[0]).toMatchObject({ status: "failed", endedAt: 0, heard: "logged" });
  });

  test("TaskGroup: a failure cancels the siblings, waits for their clean-up, and raises it with theirs", () => {
    const outcome = ask("group", [{ start: ["broken", "cleaning", "cleaning-badly"] }], {
      broken: [sleep(100), { fail: "first" }],
      cleaning: { steps: [sleep(1000)], finally: [sleep(300), print("clean")] },
      "cleaning-badly": { steps: [sleep(1000)], finally: [sleep(50), { fail: "second" }] },
    });
    expect(printed(outcome)).toEqual(["400 clean"]);
    expect(outcome.launch).toMatchObject({ status: "failed", endedAt: 400 });
    expect(outcome.launch.error).toContain("2 sub-exceptions");
    expect(outcome.tasks.map((task) => task.heard)).toEqual(["raised", null, "raised"]);
  });

  test("TaskGroup: siblings are cancelled first, then the await launch is in", () => {
    const outcome = ask(
      "group",
      [{ start: ["broken", "waiting"] }, sleep(500), print("not reached")],
      {
        broken: [sleep(100), { fail: "first" }],
        waiting: { steps: [sleep(1000)], finally: [sleep(50), print("clean")] },
      },
    );
    expect(printed(outcome)).toEqual(["150 clean"]);
    expect(outcome.launch).toMatchObject({ status: "failed", endedAt: 150 });
  });

  test("timeout: what is late is cancelled, its clean-up awaited, and TimeoutError raised", () => {
    for (const settle of ["gather", "settled", "group"] as const) {
      const outcome = ask(
        settle,
        [{ start: "task" }],
        { task: { steps: [sleep(1000)], finally: [sleep(500)] } },
        100,
      );
      expect(outcome.launch).toMatchObject({
        status: "failed",
        endedAt: 600,
        error: "TimeoutError",
      });
      expect(facts(outcome)).toEqual(["task cancelled 600"]);
    }
  });

  test("timeout: when both deadlines passed while the loop was blocked, it is a TimeoutError", () => {
    const outcome = ask(
      "gather",
      [{ start: ["short", "hog"] }],
      { short: [sleep(100)], hog: [sleep(50), { block: 300 }] },
      200,
    );
    expect(outcome.launch).toMatchObject({ status: "failed", error: "TimeoutError", endedAt: 350 });
  });

  test("timeout: a task due at the very instant of the timeout is cancelled, since its wake-up takes one more turn", () => {
    for (const settle of ["gather", "settled", "group"] as const) {
      const outcome = ask(
        settle,
        [{ start: "task" }],
        { task: [sleep(5), print("not reached")] },
        5,
      );
      expect(facts(outcome)).toEqual(["task cancelled 5"]);
      expect(outcome.launch).toMatchObject({ status: "failed", endedAt: 5, error: "TimeoutError" });
    }
  });

  test("timeout: a task that ends while it delays the timeout is finished, and launch fails all the same", () => {
    for (const settle of ["gather", "settled", "group"] as const) {
      const outcome = ask(settle, [{ start: "task" }], { task: [{ block: 7 }] }, 5);
      expect(facts(outcome)).toEqual(["task finished 7"]);
      expect(outcome.launch).toMatchObject({ status: "failed", endedAt: 7, error: "TimeoutError" });
    }
  });

  test("timeout: gather lets go at the first clean-up that ends, and the closing loop cuts the others", () => {
    const cleaning = { steps: [sleep(10)], finally: [sleep(5), print("cleaned")] };
    const after = (first: Step): Outcome =>
      ask(
        "gather",
        [{ start: ["first", "cleaning"] }],
        { first: { steps: [sleep(10)], finally: [first] }, cleaning },
        2,
      );
    const failing = after({ fail: "clean-up" });
    expect(printed(failing)).toEqual([]);
    expect(facts(failing)).toEqual(["first failed 2", "cleaning cancelled 2"]);
    expect(failing.launch).toMatchObject({ status: "failed", endedAt: 2, error: "clean-up" });
    const shorter = after(sleep(1));
    expect(printed(shorter)).toEqual([]);
    expect(facts(shorter)).toEqual(["first cancelled 3", "cleaning cancelled 3"]);
    expect(shorter.launch).toMatchObject({ status: "failed", endedAt: 3, error: "TimeoutError" });
  });

  test("at the close, tasks that are ready hear of it before those that wait, in whatever order they were created", () => {
    const outcome = ask("none", [{ start: ["waiting", "ready"] }, sleep(1), { block: 1 }], {
      waiting: { steps: [sleep(9)], finally: [print("waiting")] },
      ready: { steps: [sleep(2)], finally: [print("ready")] },
    });
    expect(printed(outcome)).toEqual(["2 ready", "2 waiting"]);
  });

  test("timers due at one instant fire in the order of their creation, however their deadlines came about", () => {
    const outcome = ask("gather", [{ start: ["whole", "halves", "tenths"] }], {
      whole: [sleep(1), print("whole")],
      halves: [sleep(0.5), sleep("500us"), print("halves")],
      tenths: [{ repeat: 10, steps: [sleep(0.1)] }, print("tenths")],
    });
    expect(printed(outcome)).toEqual(["1 whole", "1 halves", "1 tenths"]);
  });
});
