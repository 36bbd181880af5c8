/** The catalogue: every scenario says what to watch for, and under its strategies that is what happens. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { YAML } from "bun";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { axisOf } from "../../src/scenario/axes.ts";
import { type AxisName, parseStrategy } from "../../src/scenario/strategy.ts";
import { simulate } from "../support/simulate.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const documents = new Map(
  catalogue.map(({ name, text }) => [name, YAML.parse(text) as Record<string, unknown>]),
);

describe.each(catalogue.map((entry) => [entry.name, entry] as const))(
  "%s",
  (name, { text, file }) => {
    const scenario = parseScenario(text, file);

    test("opens with what it is about, says what to watch for, and what is expected", () => {
      expect(text).toStartWith("# ");
      expect(scenario.name).toBe(name);
      expect(scenario.title).toBeString();
      expect(scenario.description).toContain("Watch for:");
      expect(documents.get(name)!["expect"]).toBeObject();
    });

    test("is the same when the executable has kept it as JSON", () => {
      expect(JSON.parse(JSON.stringify(scenario))).toStrictEqual(scenario);
    });

    test("compares its own strategy with others", () => {
      const names = scenario.compare!.map((strategy) => strategy.name);
      expect(names).toContain(scenario.strategy.name);
      expect(names.length).toBeGreaterThan(1);
    });
  },
);

/** What is to come out: wall in ms, main's status, each task's status, and findings' rules. */
type Row = [
  scenario: string,
  strategy: string,
  wall: number,
  main: string,
  tasks: Record<string, string>,
  rules: string[],
];

const rows: Row[] = [
  ["not-awaited", "durable", 600, "finished", { welcome: "finished", receipt: "finished" }, []],
  [
    "not-awaited",
    "durable,enqueue=unawaited",
    500,
    "finished",
    { welcome: "finished", receipt: "unstarted" },
    ["enqueue-unawaited"],
  ],
  ["taken-off", "durable,lease=1s", 4425, "finished", { backup: "finished" }, ["done-twice"]],
  [
    "taken-off",
    "durable,acks=early",
    1500,
    "finished",
    { backup: "abandoned" },
    ["acknowledged-early"],
  ],
  ["lost", "detach", 9000, "finished", { task: "cancelled" }, ["lost-at-close"]],
  ["lost", "await", 14000, "finished", { task: "finished" }, []],
  ["lost", "thread", 9000, "finished", { task: "finished" }, []],
  ["awaited", "detach", 1500, "finished", { task: "cancelled" }, ["lost-at-close"]],
  ["awaited", "await", 2000, "finished", { task: "finished" }, []],
  ["awaited", "thread", 1500, "finished", { task: "finished" }, []],
  ["threaded", "detach", 9000, "finished", { task: "cancelled" }, ["lost-at-close"]],
  ["threaded", "await", 14000, "finished", { task: "finished" }, []],
  ["threaded", "thread", 9000, "finished", { task: "finished" }, []],
  [
    "choosing",
    "detach",
    1200,
    "finished",
    { mail: "cancelled", backup: "cancelled" },
    ["lost-at-close", "lost-at-close"],
  ],
  ["choosing", "await", 3200, "finished", { mail: "finished", backup: "finished" }, []],
  ["choosing", "thread", 2000, "finished", { mail: "finished", backup: "finished" }, []],
  [
    "choosing",
    "thread,atExit=cancel",
    1200,
    "finished",
    { mail: "finished", backup: "cancelled" },
    ["cancelled-at-exit"],
  ],
  [
    "choosing",
    "daemon",
    1200,
    "finished",
    { mail: "finished", backup: "abandoned" },
    ["abandoned"],
  ],
  ["choosing", "portal", 2000, "finished", { mail: "finished", backup: "finished" }, []],
  [
    "choosing",
    "float",
    2000,
    "finished",
    { mail: "finished", backup: "finished" },
    ["loop-blocked"],
  ],
  [
    "choosing",
    "exit",
    1200,
    "finished",
    { mail: "abandoned", backup: "abandoned" },
    ["abandoned", "abandoned", "loop-blocked"],
  ],
  [
    "blocking",
    "await",
    5750,
    "finished",
    { orders: "finished", report: "finished", archive: "finished" },
    ["loop-blocked", "loop-blocked"],
  ],
  [
    "blocking",
    "thread",
    3750,
    "finished",
    { orders: "finished", report: "finished", archive: "finished" },
    ["loop-blocked", "loop-blocked"],
  ],
  [
    "blocking",
    "thread,offload=threads",
    2000,
    "finished",
    { orders: "finished", report: "finished", archive: "finished" },
    [],
  ],
  [
    "offloaded",
    "thread",
    3750,
    "finished",
    { orders: "finished", report: "finished", archive: "finished" },
    ["loop-blocked", "loop-blocked"],
  ],
  [
    "offloaded",
    "thread,offload=threads,workers=1",
    2750,
    "finished",
    { orders: "finished", report: "finished", archive: "finished" },
    [],
  ],
  [
    "offloaded",
    "thread,offload=threads",
    2000,
    "finished",
    { orders: "finished", report: "finished", archive: "finished" },
    [],
  ],
  [
    "processes",
    "await",
    3950,
    "finished",
    { orders: "finished", thumbnail: "finished", video: "finished" },
    ["loop-blocked", "loop-blocked"],
  ],
  [
    "processes",
    "await,offload=threads",
    2150,
    "finished",
    { orders: "finished", thumbnail: "finished", video: "finished" },
    [],
  ],
  [
    "processes",
    "await,offload=processes",
    2150,
    "finished",
    { orders: "finished", thumbnail: "finished", video: "finished" },
    [],
  ],
  ["queue", "thread", 4250, "finished", { packer: "finished" }, []],
  ["queue", "daemon", 2750, "finished", { packer: "abandoned" }, ["abandoned"]],
  ["queue", "await", 0, "deadlocked", { packer: "abandoned" }, ["deadlock"]],
  ["submit", "portal", 2500, "finished", { stock: "finished", invoice: "finished" }, []],
  [
    "submit",
    "thread",
    500,
    "failed",
    { stock: "unstarted", invoice: "unstarted" },
    ["never-started", "never-started"],
  ],
  [
    "submit",
    "await",
    500,
    "failed",
    { stock: "unstarted", invoice: "unstarted" },
    ["never-started", "never-started"],
  ],
  ["result-timeout", "portal", 2500, "failed", { invoice: "finished" }, ["result-timed-out"]],
  [
    "result-timeout",
    "portal,atExit=cancel",
    1500,
    "failed",
    { invoice: "cancelled" },
    ["cancelled-at-exit", "result-timed-out"],
  ],
  [
    "result-timeout",
    "portal,atExit=abandon",
    1500,
    "failed",
    { invoice: "abandoned" },
    ["abandoned", "result-timed-out"],
  ],
  [
    "unretrieved",
    "portal",
    2000,
    "finished",
    { mail: "failed", invoice: "failed" },
    ["nobody-heard", "only-logged"],
  ],
  [
    "unretrieved",
    "thread",
    2000,
    "finished",
    { mail: "failed", invoice: "cancelled" },
    ["lost-at-close", "thread-failed"],
  ],
  [
    "unretrieved",
    "await",
    1000,
    "failed",
    { mail: "failed", invoice: "unstarted" },
    ["never-started"],
  ],
  ["reraised", "await", 1000, "failed", { payment: "failed" }, []],
  ["reraised", "thread", 2000, "finished", { payment: "failed" }, ["thread-failed"]],
  ["reraised", "portal", 2000, "finished", { payment: "failed" }, ["only-logged"]],
  [
    "group-failure",
    "group",
    750,
    "failed",
    { mail: "finished", payment: "failed", stock: "cancelled" },
    ["given-up"],
  ],
  [
    "group-failure",
    "await",
    750,
    "failed",
    { mail: "finished", payment: "failed", stock: "cancelled" },
    ["lost-at-close"],
  ],
  [
    "group-failure",
    "await,settle=settled",
    3750,
    "finished",
    { mail: "finished", payment: "failed", stock: "finished" },
    [],
  ],
  [
    "group-failure",
    "thread,settle=group",
    2000,
    "finished",
    { mail: "finished", payment: "failed", stock: "cancelled" },
    ["given-up", "thread-failed"],
  ],
  [
    "cancel-cleanup",
    "thread,atExit=cancel",
    1750,
    "finished",
    { upload: "cancelled" },
    ["cancelled-at-exit"],
  ],
  [
    "cancel-cleanup",
    "thread,atExit=cancel,grace=250ms",
    1500,
    "finished",
    { upload: "abandoned" },
    ["abandoned"],
  ],
  ["cancel-cleanup", "thread", 2500, "finished", { upload: "finished" }, []],
  ["cancel-cleanup", "daemon", 1250, "finished", { upload: "abandoned" }, ["abandoned"]],
  ["abandon", "daemon", 500, "finished", { save: "abandoned" }, ["abandoned"]],
  [
    "abandon",
    "thread,atExit=cancel",
    500,
    "finished",
    { save: "cancelled" },
    ["cancelled-at-exit"],
  ],
  ["abandon", "thread", 2000, "finished", { save: "finished" }, ["joined-too-long"]],
  ["join-timeout", "thread", 2000, "finished", { report: "finished" }, []],
  [
    "join-timeout",
    "thread,atExit=cancel",
    1500,
    "finished",
    { report: "cancelled" },
    ["cancelled-at-exit"],
  ],
  ["join-timeout", "daemon", 1500, "finished", { report: "abandoned" }, ["abandoned"]],
  ["floating", "float", 4000, "finished", { task: "finished" }, ["loop-blocked"]],
  ["floating", "exit", 3000, "finished", { task: "abandoned" }, ["abandoned", "loop-blocked"]],
  ["floating", "await", 5000, "finished", { task: "finished" }, []],
  ["floating", "thread", 3000, "finished", { task: "finished" }, []],
  ["exit-early", "exit", 500, "finished", { upload: "abandoned" }, ["abandoned", "loop-blocked"]],
  ["exit-early", "float", 1000, "finished", { upload: "finished" }, []],
  ["exit-early", "await", 1500, "finished", { upload: "finished" }, []],
  ["exit-early", "thread", 1000, "finished", { upload: "finished" }, []],
];

describe("in virtual time", () => {
  test.each(rows)(
    "%s under %s takes %d ms, and main has %s",
    (name, strategy, wall, main, tasks, rules) => {
      const { name: _, ...axes } = parseStrategy(strategy);
      const written = Object.fromEntries(
        Object.entries(axes)
          .filter(([, value]) => value !== null)
          .map(([axis, value]) => [
            axis,
            axisOf(axis as AxisName).kind === "duration" ? Number(value) / 1000 : value,
          ]),
      );
      const result = simulate(documents.get(name), written);
      expect(result.wall).toBe(wall);
      expect(result.main.status).toBe(main as never);
      expect(Object.fromEntries(result.tasks.map((task) => [task.name, task.status]))).toEqual(
        tasks as never,
      );
      // Where two things fall on one instant of two threads is told as well; that is not the point here.
      expect(result.findings.map(({ rule }) => rule).filter((rule) => rule !== "race")).toEqual(
        rules as never,
      );
    },
  );
});

describe("who hears", () => {
  const heard = (name: string, strategy: string) =>
    simulate(documents.get(name), strategy).failures.map(({ of, heard }) => [
      of,
      heard.map(({ where }) => where),
    ]);

  test("of a task that nobody awaits: a line on stderr, at once; of one submitted, nobody", () => {
    const { failures, findings } = simulate(documents.get("unretrieved"), "portal");
    expect(failures).toMatchObject([
      { of: "mail", at: 1000, heard: [{ by: "logged", where: "never-retrieved", at: 1000 }] },
      { of: "invoice", at: 1500, heard: [] },
    ]);
    expect(findings).toMatchObject([
      { rule: "nobody-heard", task: "invoice" },
      { rule: "only-logged", task: "mail" },
    ]);
  });

  test("of an awaited one: launch, main, and whoever reads the traceback", () => {
    expect(heard("reraised", "await")).toEqual([
      ["payment", ["launch"]],
      ["launch", ["main"]],
      ["main", ["main-failed"]],
    ]);
  });

  test("of a thread's: its traceback, and main goes on", () => {
    expect(heard("reraised", "thread")).toEqual([
      ["payment", ["launch"]],
      ["launch", ["thread-failed"]],
    ]);
  });
});

test("a deadlock says who waits for what", () => {
  const { waiting, findings } = simulate(documents.get("queue"), "await");
  expect(waiting).toEqual([
    { who: "main", for: "launch", of: null, since: 0 },
    { who: "launch", for: "settle", of: null, since: 0 },
    { who: "packer", for: "receive", of: "orders", since: 0 },
  ]);
  expect(findings[0]!.message).toContain(`packer waits for a value in the channel "orders"`);
});
