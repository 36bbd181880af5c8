/** What holds the loop's thread, and who is late through it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { shareOf } from "../../src/reading/blame.ts";
import { noticeable } from "../../src/reading/victims.ts";
import { findFindings } from "../../src/remedies/findings.ts";
import { type Hold, HoldReader } from "../../src/reading/holds.ts";
import { documentName, type Outcome } from "../../src/outcome/outcome.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { runOf } from "../../src/outcome/run.ts";
import { read, type Reading } from "../../src/reading/reading.ts";
import type { ActorDefinition, Definitions } from "../../src/trace/definitions.ts";
import { type EventType, typeNumber } from "../../src/trace/event.ts";
import { LAUNCH, MAIN, USER_PLACE } from "../../src/scenario/numbers.ts";
import { type Details, EventLog, NOBODY } from "../../src/trace/log.ts";
import { renderVerdict } from "../../src/report/terminal/verdict.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveStrategy, type Strategy } from "../../src/scenario/strategy.ts";
import { rounds } from "../support/laws.ts";
import { type RunResult, simulate } from "../support/simulate.ts";
import { eventsOf, type Happened, performRandom } from "../strategies/random-run.ts";
import { observedTrace } from "../support/observed.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

type Steps = (string | object)[];

/** A loop beside nothing but these tasks. */
const tasks = (of: Record<string, Steps | object>, launch?: Steps) => ({
  name: "x",
  main: ["launch"],
  tasks: of,
  ...(launch === undefined ? {} : { launch }),
});

/** Holds as who, from when, for how long. */
const blocks = ({ blocks }: RunResult): unknown[] =>
  blocks.map(({ by, at, duration }) => [by, at, duration]);
const messages = ({ findings }: RunResult): string[] =>
  findings.map(({ rule, message }) => `${rule}: ${message}`);

describe("a hold is one step, from resumption to the next wait", () => {
  const sixty = { repeat: 60, steps: [{ block: 16 }] };
  const written = { repeat: 60, steps: [{ block: 16 }, { print: "written" }] };
  const free = { sleep: 0 };
  test.each<[string, object, string, unknown[]]>([
    ["blocks in a row", tasks({ w: [sixty] }), "await", ["w", 0, 960]],
    ["with prints between", tasks({ w: [written] }), "await", ["w", 0, 960]],
    ["after a sleep", tasks({ w: [{ sleep: 40 }, sixty] }), "await", ["w", 40, 960]],
    ["on a thread of its own", tasks({ w: [sixty] }), "thread", ["w", 0, 960]],
    ["of launch", tasks({}, [{ block: 60 }, "settle", { block: 70 }]), "await", ["launch", 0, 130]],
    [
      "of launch, which waits at the completion point",
      tasks({ t: [{ sleep: 100 }] }, [
        { start: "t" },
        { block: 60 },
        { block: 60 },
        "settle",
        { block: 70 },
      ]),
      "await",
      ["launch", 0, 120],
    ],
    [
      "of clean-up, begun where the task failed",
      tasks({ w: { steps: [{ block: 80 }, { fail: "no" }], finally: [{ block: 50 }] } }),
      "await",
      ["w", 0, 130],
    ],
    ["computing", tasks({ w: [{ compute: 70 }, { block: 70 }] }), "await", ["w", 0, 140]],
    [
      "but a wait of no time ends it",
      tasks({ w: [{ block: 70 }, free, { block: 80 }, free, { block: 120 }] }),
      "await",
      ["w", 150, 120],
    ],
    [
      "a value that is there is not waited for",
      {
        ...tasks({ w: [{ block: 90 }, { receive: "c" }, { block: 90 }] }, [
          { send: { channel: "c", value: 1 } },
          { start: "w" },
        ]),
        channels: { c: {} },
      },
      "await",
      ["w", 0, 180],
    ],
    [
      "one that is not there is",
      {
        ...tasks({
          w: [{ block: 110 }, { receive: "c" }, { block: 90 }],
          s: [{ sleep: 200 }, { send: { channel: "c", value: 1 } }],
        }),
        channels: { c: {} },
      },
      "await",
      ["w", 0, 110],
    ],
  ])("%s", (_, document, strategy, expected) => {
    const result = simulate(document, strategy);
    expect(blocks(result)).toEqual([expected]);
    const [by, at, duration] = expected as [string, number, number];
    expect(result.metrics.longestBlock).toEqual({ by, at, duration, source: null });
  });
});

describe("where the loop floats, a hold is one turn of the loop", () => {
  const floats = (document: object): RunResult => simulate(document, "float");

  test("main has one, from its launch to its end, with what it starts and waits for", () => {
    const main = [
      { block: 500 },
      "launch",
      { block: 200 },
      { receive: "c", timeout: 300 },
      { block: 100 },
    ];
    const document = { ...tasks({ t: [{ block: 150 }, { sleep: 1 }] }), main, channels: { c: {} } };
    // The receive raises after 300 ms, and what is left of main does not come about.
    expect(floats(document).blocks).toMatchObject([
      {
        by: "main",
        at: 500,
        duration: 650,
        shares: [
          { by: "main", duration: 500 },
          { by: "t", duration: 150 },
        ],
      },
    ]);
  });

  test("tasks that start one after the other, and what their ends set off, are one turn", () => {
    const document = tasks({ a: [{ block: 100 }], b: [{ block: 120 }] }, [
      { start: ["a", "b"] },
      "settle",
      { block: 30 },
    ]);
    const { blocks } = simulate(document, { use: "float", settle: "gather" });
    expect(blocks).toMatchObject([{ by: "b", at: 0, duration: 250 }]);
    expect(blocks[0]!.shares).toEqual([
      { by: "b", duration: 120 },
      { by: "a", duration: 100 },
      { by: "launch", duration: 30 },
    ]);
  });

  test("a value wakes its receiver in the turn of whoever sends it", () => {
    const document = {
      ...tasks({
        taker: [{ receive: "c" }, { block: 100 }],
        giver: [{ sleep: 10 }, { block: 130 }, { send: { channel: "c", value: 1 } }],
      }),
      channels: { c: {} },
    };
    expect(floats(document).blocks).toMatchObject([{ by: "giver", at: 10, duration: 230 }]);
  });

  test("each timer has a turn of its own, though both are overdue", () => {
    const document = tasks({
      a: [{ sleep: 10 }, { block: 200 }],
      b: [{ sleep: 20 }, { block: 150 }],
    });
    expect(blocks(floats(document))).toEqual([
      ["a", 10, 200],
      ["b", 210, 150],
    ]);
  });

  test("so has the timeout of a receive", () => {
    const document = {
      ...tasks({
        a: [{ sleep: 10 }, { block: 200 }],
        b: { steps: [{ receive: "c", timeout: 50 }], finally: [{ block: 150 }] },
      }),
      channels: { c: {} },
    };
    expect(blocks(floats(document))).toEqual([
      ["a", 10, 200],
      ["b", 210, 150],
    ]);
  });
});

describe("where it floats, cancelling is heard of in the turn of whoever cancels", () => {
  const cleaning = { steps: [{ sleep: 1000 }], finally: [{ block: 150 }] };
  const held = (other: Steps, strategy: object): unknown[] =>
    blocks(simulate(tasks({ a: other, b: cleaning }), { use: "float", ...strategy }));

  test("a failing sibling's", () => {
    const failing = [{ sleep: 10 }, { block: 200 }, { fail: "no" }];
    expect(held(failing, { settle: "group" })).toEqual([["a", 10, 350]]);
  });

  test("a timeout's, which is a timer", () => {
    const blocking = [{ sleep: 10 }, { block: 200 }, { sleep: 1000 }];
    expect(held(blocking, { settle: "gather", timeout: 50 })).toEqual([
      ["a", 10, 200],
      ["b", 210, 150],
    ]);
  });

  test("main's end's", () => {
    const document = { ...tasks({ b: cleaning }), main: ["launch", { block: 200 }] };
    expect(blocks(simulate(document, { use: "float", atExit: "cancel" }))).toEqual([
      ["main", 0, 350],
    ]);
  });
});

test("where it floats, who is cut off in the turn that made it late did not wake any more", () => {
  const document = { ...tasks({ t: [{ sleep: 100 }] }), main: ["launch", { block: 300 }] };
  expect(messages(simulate(document, { use: "float", atExit: "cancel" }))).toContain(
    "loop-blocked: main held the event loop's thread for 300ms: t, due at 100ms, did not wake any more",
  );
});

describe("blame goes to who held, when it mattered", () => {
  test("sixty short blocks in a row are told, and whom they made late", async () => {
    const document = Bun.YAML.parse(
      await Bun.file(join(import.meta.dir, "../truth/many-short-blocks.yaml")).text(),
    );
    expect(messages(simulate(document))).toEqual([
      "loop-blocked: writer held the event loop's thread for 960ms: ticker began 960ms late",
    ]);
    const sleepsFirst = tasks({
      ticker: [{ repeat: 10, steps: [{ sleep: 100 }] }],
      writer: [{ repeat: 60, steps: [{ block: 16 }] }],
    });
    expect(messages(simulate(sleepsFirst, "await"))).toEqual([
      "loop-blocked: writer held the event loop's thread for 960ms: ticker woke 860ms late",
    ]);
  });

  test("of two who hold one after the other, each has its share", () => {
    const document = tasks({
      orders: [{ sleep: 500 }],
      report: [{ sleep: 250 }, { block: 1000 }],
      archive: [{ sleep: 250 }, { block: 1500 }],
    });
    const result = simulate(document, "await");
    expect(messages(result)).toEqual([
      "loop-blocked: archive held the event loop's thread for 1.5s: orders woke 2.25s late, 1.5s of it through this",
      "loop-blocked: report held the event loop's thread for 1s: archive woke 1s late; orders woke 2.25s late, 750ms of it through this",
    ]);
    expect(result.blocks.map(({ by, late }) => [by, late])).toEqual([
      [
        "report",
        [
          { task: "archive", tasks: 1, by: 1000 },
          { task: "orders", tasks: 1, by: 750 },
        ],
      ],
      ["archive", [{ task: "orders", tasks: 1, by: 1500 }]],
    ]);
  });

  test("a task that main submits while the loop is held begins late", () => {
    const document = {
      name: "x",
      main: ["launch", { block: 100 }, { submit: "late" }, { result: "late" }],
      launch: [{ start: "hog" }],
      tasks: { hog: [{ block: 700 }], late: [{ print: "late" }] },
    };
    expect(messages(simulate(document, "portal"))).toEqual([
      "loop-blocked: hog held the event loop's thread for 700ms: late began 600ms late",
    ]);
  });

  test("copies are counted, those that hold and those that are late", () => {
    const document = tasks({
      poller: { copies: 3, steps: [{ sleep: 50 }] },
      hog: { copies: 2, steps: [{ block: 150 }] },
    });
    expect(messages(simulate(document, "await"))).toEqual([
      "loop-blocked: hog#0 and 1 other copy held the event loop's thread 2 times, for up to 150ms: 3 copies of poller woke up to 250ms late; hog#1 began 150ms late",
    ]);
  });

  test("who was overdue when the process ended did not wake any more", () => {
    const document = { ...tasks({ task: [{ sleep: 1000 }] }), main: ["launch", { block: 3000 }] };
    expect(messages(simulate(document, "exit"))).toContain(
      "loop-blocked: main held the event loop's thread for 3s: task, due at 1s, did not wake any more",
    );
  });

  test("many short steps of a crowd make late together, and are counted", () => {
    const document = tasks({
      ticker: [{ sleep: 100 }],
      w: { copies: 100, steps: [{ block: 16 }, { sleep: 1 }] },
    });
    const result = simulate(document, "await");
    expect(result.blocks).toEqual([]);
    expect(result.findings).toMatchObject([
      {
        rule: "starved",
        message:
          "100 copies of w were up to 1.584s late; ticker woke 1.5s late: before the latest came 99 steps of 99 tasks (w), none longer than 16ms",
      },
    ]);
  });

  test("a hold below 100 ms is not told, and no lateness below 10 ms", () => {
    const document = tasks({ t: [{ sleep: 95 }], hog: [{ block: 99 }] });
    expect(simulate(document, "await").findings).toEqual([]);
    const longer = tasks({ t: [{ sleep: 95 }], hog: [{ block: 104 }] });
    expect(messages(simulate(longer, "await"))).toEqual([
      "loop-blocked: hog held the event loop's thread for 104ms",
    ]);
  });

  test("of many holds a hundred are told one by one, the longest", () => {
    const document = tasks({
      t: [{ repeat: 200, steps: [{ block: 100 }, { sleep: 1 }] }, { block: 300 }],
    });
    const result = simulate(document, "await");
    expect(result.blocks).toHaveLength(100);
    expect(blocks(result).at(-1)).toEqual(["t", 20_200, 300]);
    expect(messages(result)).toEqual([
      "loop-blocked: t held the event loop's thread 201 times, for up to 300ms",
    ]);
  });
});

describe("for real", () => {
  const scenario = parseScenario(
    JSON.stringify(tasks({ ticker: [{ sleep: 100 }], writer: [{ block: 16 }] })),
    "x.json",
  );
  const strategy = resolveStrategy({ use: "thread" });

  /** Two places in user code, which `call-held` names as 0 and 1. */
  const places = new Map(
    [
      { file: "job.ts", line: 4, column: 3, function: null },
      { file: "job.ts", line: 1, column: null, function: null },
    ].map((place, k) => [USER_PLACE + k, place]),
  );

  /** What is told of events of the loop's thread, in milliseconds; the ticker is task 0. */
  const told = (...events: [number, EventType, number, number?, string?][]): Outcome => {
    const log = new EventLog();
    log.add(0, "loop-opened", 1, LAUNCH);
    for (const [at, type, actor, value = 0, text] of events) {
      const details = type === "call-held" ? { place: USER_PLACE + Number(text) } : { text };
      log.record(at * 1000, typeNumber[type], 1, actor, value * 1000, details);
    }
    const plan = planOf(scenario, { strategy, driver: { kind: "real", speed: 1 } });
    return runOf(plan, log, { places }).outcome;
  };
  const wakes = (at: number): [number, EventType, number, number?][] => [
    [at, "sleep-ended", 0],
    [at, "task-ended", 0],
  ];
  const rows = (outcome: Outcome): string[] =>
    findFindings(outcome, null).map(({ rule, message }) => `${rule}: ${message}`);

  test("the time between two operations of a step belongs to it", () => {
    const outcome = told(
      [0, "task-started", 1],
      [0, "step-began", 1],
      ...Array.from({ length: 60 }, (_, k): [number, EventType, number][] => [
        [17 * k, "block-began", 1],
        [17 * k + 16, "block-ended", 1],
      ]).flat(),
      [1019.5, "task-ended", 1],
      [1019.6, "step-ended", 1],
    );
    expect(outcome.longestBlock).toMatchObject({ at: 0, ticks: 1_019_000, actor: 1 });
  });

  test("a step that only a busy machine makes long holds nothing", () => {
    const outcome = told([0, "task-started", 1], [500, "task-ended", 1]);
    expect(outcome.longestBlock).toBeNull();
  });

  test("what no hold explains is the machine's, and no more than that", () => {
    const block = (from: number, to: number): [number, EventType, number][] => [
      [from, "step-began", 1],
      [from, "block-began", 1],
      [to, "block-ended", 1],
      [to, "task-ended", 1],
      [to, "step-ended", 1],
    ];
    const begins: [number, EventType, number, number][] = [[0, "sleep-began", 0, 100]];
    expect(rows(told(...begins, ...wakes(350)))).toContain(
      "starved: ticker woke 250ms late: no step of the scenario is known to have held the loop's thread meanwhile, and nobody has counted how long it waited for a core",
    );
    expect(rows(told(...begins, ...block(50, 350), ...wakes(352)))).toContain(
      "loop-blocked: writer held the event loop's thread for 300ms: ticker woke 252ms late",
    );
    const both = rows(told(...begins, ...block(50, 350), ...wakes(500)));
    expect(both).toContain(
      "loop-blocked: writer held the event loop's thread for 300ms: ticker woke 400ms late, 250ms of it through this",
    );
    expect(both).toContain(
      "starved: ticker woke 400ms late, 150ms of it through this: no step of the scenario is known to have held the loop's thread meanwhile, and nobody has counted how long it waited for a core",
    );
  });

  test("of a function that blocks in several places, the one that held longest is told", () => {
    const outcome = told(
      [0, "task-started", 1],
      [1, "step-began", 1],
      [1, "call-began", 1, 0, "./job.ts#default"],
      [60, "call-held", 1, 50, "0"],
      [161, "call-held", 1, 110, "1"],
      [161.1, "call-ended", 1],
      [161.2, "block-began", 1],
      [200, "block-ended", 1],
      [200, "task-ended", 1],
      [200, "step-ended", 1],
    );
    expect(outcome.longestBlock).toEqual({
      at: 1000,
      ticks: 199_000,
      actor: 1,
      source: { place: USER_PLACE + 1, at: places.get(USER_PLACE + 1)!, text: "job.ts:1" },
      parts: [{ actor: 1, ticks: 199_000 }],
    });
  });

  test("two awaited calls in a row are two holds, for the loop has had a turn between them", () => {
    const call = (from: number, to: number): [number, EventType, number, number?, string?][] => [
      [from, "step-began", 1],
      [from, "call-began", 1, 0, "./job.ts#default"],
      [from + 0.1, "step-ended", 1],
      [to, "call-held", 1, to - from, "1"],
      [to, "call-ended", 1],
    ];
    const outcome = told([0, "task-started", 1], ...call(0, 70), ...call(70.2, 150));
    expect(outcome.longestBlock).toMatchObject({ at: 70_200, ticks: 79_800 });
  });

  test("what a call has held before its first wait is of one hold with the step that called", () => {
    const outcome = told(
      [0, "task-started", 1],
      [0, "step-began", 1],
      [0, "block-began", 1],
      [50, "block-ended", 1],
      [50.1, "call-began", 1, 0, "./job.ts#default"],
      [150.2, "step-ended", 1],
      [150.3, "call-held", 1, 100, "1"],
      [400, "call-ended", 1],
    );
    expect(outcome.longestBlock).toMatchObject({
      at: 0,
      ticks: 150_300,
      source: { text: "job.ts:1" },
    });
  });
});

describe("where a record tells steps and not what was done in them", () => {
  type Line = [at: number, type: EventType, actor: number, value?: number, more?: Details];
  const [ticker, writer, logger] = [4, 7, 9];
  const task = (name: string): ActorDefinition => {
    const nothing = { function: null, parent: null, place: null, until: null, cleanup: null };
    return { kind: "task", name, ...nothing };
  };

  /** A program that no scenario has made: a loop with these rules, and three tasks on it; times in ms. */
  const observed = (rules: "asyncio" | "javascript", ...events: Line[]): Reading => {
    const definitions: Definitions = {
      processes: new Map([[0, { name: "app", parent: null, pid: null, command: null }]]),
      threads: new Map([[3, { process: 0, name: "MainThread", daemon: false }]]),
      loops: new Map([[0, { thread: 3, rules }]]),
      actors: new Map([
        [ticker, task("ticker")],
        [writer, task("writer")],
        [logger, task("logger")],
      ]),
      resources: new Map(),
      places: new Map(),
    };
    const log = new EventLog();
    log.add(0, "loop-opened", 3, ticker);
    for (const [at, type, actor, value = 0, more] of events)
      log.record(at * 1000, typeNumber[type], 3, actor, value * 1000, more);
    return read(observedTrace(definitions, log));
  };

  test("the whole step is its actor's hold, and who was due meanwhile is late through it", () => {
    const { loops } = observed(
      "asyncio",
      [0, "sleep-began", ticker, 100],
      [50, "step-began", writer],
      [350, "step-ended", writer],
      [352, "sleep-ended", ticker],
    );
    const hold = { at: 50_000, ticks: 300_000, actor: writer };
    expect(loops[0]!.longestBlock).toMatchObject(hold);
    expect(loops[0]!.blame.holds).toMatchObject([
      { hold, victims: [{ actor: ticker, by: 250_000, late: 252_000, how: "woke" }] },
    ]);
  });

  test("steps that follow each other at once are holds of their own, even of one task", () => {
    const { loops } = observed(
      "asyncio",
      [0, "step-began", writer],
      [110, "step-ended", writer],
      [110, "step-began", writer],
      [230, "step-ended", writer],
    );
    expect(loops[0]!.blame.holds.map(({ hold }) => [hold.at, hold.ticks])).toEqual([
      [0, 110_000],
      [110_000, 120_000],
    ]);
  });

  test("steps within a turn of JavaScript are parts of it", () => {
    const { loops } = observed(
      "javascript",
      [0, "step-began", writer],
      [10, "step-began", logger],
      [90, "step-ended", logger],
      [100, "step-began", writer],
      [210, "step-ended", writer],
      [210, "step-ended", writer],
    );
    expect(loops[0]!.longestBlock).toMatchObject({
      at: 0,
      ticks: 210_000,
      actor: writer,
      parts: [
        { actor: writer, ticks: 130_000 },
        { actor: logger, ticks: 80_000 },
      ],
    });
  });

  test("the longest of steps that are told in sums counts, if it is anybody's", () => {
    const folded = (actor: number, longest: number): Line => {
      const numbers = { busy: longest * 3, longest };
      return [300, "folded", actor, 0.005, { text: "step", numbers }];
    };
    const step: Line[] = [
      [0, "step-began", writer],
      [40, "step-ended", writer],
    ];
    const longestOf = (...lines: Line[]): unknown =>
      observed("asyncio", ...step, ...lines).loops[0]!.longestBlock;
    expect(longestOf(folded(logger, 90_000))).toMatchObject({ actor: logger, ticks: 90_000 });
    expect(longestOf(folded(logger, 30_000))).toMatchObject({ actor: writer, ticks: 40_000 });
    expect(longestOf(folded(NOBODY, 90_000))).toMatchObject({ actor: writer, ticks: 40_000 });
  });

  /** A sum of nobody's steps, 5 of them, all of them as long in ms. */
  const summed = (at: number, busy: number): Line => {
    const numbers = { busy: busy * 1000, longest: 2000 };
    return [at, "folded", NOBODY, 0.005, { text: "step", numbers }];
  };
  /** A ticker that is due at 200 ms and wakes 400 ms late. */
  const late: Line[] = [
    [100, "sleep-began", ticker, 100],
    [600, "sleep-ended", ticker],
  ];
  const blameOf = (...lines: Line[]): Reading["loops"][number]["blame"] =>
    observed("asyncio", ...lines).loops[0]!.blame;

  test("steps of nobody's that are told in sums made late for as long as they had no room elsewhere", () => {
    // 950 ms of 1 s: at least 350 ms of them in any 400 ms.
    const { summed: told, unexplained, crowd } = blameOf(...late, summed(1000, 950));
    expect(told).toEqual({
      sum: { from: 0, to: 1_000_000, count: 5, busy: 950_000, longest: 2000, place: null },
      victims: [expect.objectContaining({ actor: ticker, by: 350_000, late: 400_000 })],
    });
    expect([unexplained, crowd]).toEqual([[], null]);
    // In two kinds, and in sums before and behind, they are the same.
    const kinds = blameOf(...late, summed(1000, 500), summed(1000, 450), summed(2000, 10));
    expect(kinds.summed).toMatchObject({
      sum: { count: 10, busy: 950_000 },
      victims: [{ by: 350_000 }],
    });
    const [began, woke] = late as [Line, Line];
    const twice = blameOf(began, summed(400, 380), woke, summed(700, 290));
    expect(twice.summed!.victims).toMatchObject([{ by: 180_000 + 190_000, late: 400_000 }]);
  });

  test("steps of nobody's blame nobody where the thread had time to spare, or was held by somebody", () => {
    const spare = blameOf(...late, summed(1000, 650));
    expect(spare.summed).toBeNull();
    expect(spare.unexplained).toMatchObject([{ actor: ticker, by: 400_000 }]);
    const [began, woke] = late as [Line, Line];
    const step: Line[] = [
      [190, "step-began", writer],
      [590, "step-ended", writer],
    ];
    const held = blameOf(began, ...step, woke, summed(1000, 590));
    expect(held).toMatchObject({ summed: null, unexplained: [], holders: [{ holds: 1 }] });
    expect(blameOf(...late, summed(150, 150)).summed).toBeNull();
  });

  test("a step that nothing has ended lasts to the end of the record", () => {
    const { loops } = observed(
      "asyncio",
      [20, "step-began", writer],
      [180, "handle-alive", ticker],
    );
    expect(loops[0]!.longestBlock).toMatchObject({ at: 20_000, ticks: 160_000, actor: writer });
  });
});

describe("overlap", () => {
  const sleeper = tasks({ t: [{ sleep: 80 }] });
  const overlap = (...steps: Steps): number =>
    simulate({ ...sleeper, main: ["launch", ...steps] }, "thread").metrics.overlap;

  test("counts no main that only waits", () => {
    expect(overlap("join")).toBe(0);
    expect(overlap({ block: 20 }, "join")).toBe(0.25);
    expect(overlap({ join: null, timeout: 20 }, { block: 20 })).toBe(0.25);
    const submitting = {
      ...sleeper,
      launch: ["settle"],
      main: ["launch", { submit: "t" }, { block: 20 }, { result: "t" }],
    };
    expect(simulate(submitting, "portal").metrics.overlap).toBe(0.25);
    const receiving = {
      ...sleeper,
      channels: { c: {} },
      tasks: { t: [{ sleep: 60 }, { send: { channel: "c", value: 1 } }, { sleep: 20 }] },
      main: ["launch", { receive: "c" }, { block: 20 }],
    };
    expect(simulate(receiving, "thread").metrics.overlap).toBe(0.25);
  });
});

function holdsOf(log: EventLog, strategy: Strategy): Hold[] {
  const holds: Hold[] = [];
  const reader = new HoldReader(
    { rules: strategy.loop === "float" ? "javascript" : "asyncio", main: MAIN },
    { seam: 0, slow: Infinity, places: new Map() },
    (hold) => holds.push(hold),
  );
  for (const event of eventsOf(log)) reader.hear(event);
  reader.finish(log.end);
  return holds;
}

/** What keeps the loop's thread, operation by operation; where it floats, main's waits as well. */
function keptOn(log: EventLog, strategy: Strategy): { from: number; to: number; actor: number }[] {
  const events = eventsOf(log);
  const opened = events.findIndex(({ type }) => type === "loop-opened");
  if (opened < 0) return [];
  const { thread } = events[opened]!;
  const floats = strategy.loop === "float";
  const over = floats ? "main-ended" : "loop-closed";
  const kept: { from: number; to: number; actor: number }[] = [];
  let since: Happened | undefined;
  let isOver = false;
  for (const event of events.slice(opened)) {
    if (event.thread !== thread) continue;
    isOver ||= event.type === over;
    if (isOver && !floats) break;
    const ofMain = floats && event.actor === MAIN && !isOver;
    if (
      /^(block|compute)-began$/.test(event.type) ||
      (ofMain && /^(wait|call)-began$/.test(event.type))
    )
      since = event;
    if (event.type === "call-held" && !ofMain)
      kept.push({ from: event.at - event.value, to: event.at, actor: event.actor });
    if (
      /^(block|compute)-ended$/.test(event.type) ||
      (ofMain && /^(wait|call)-ended$/.test(event.type))
    ) {
      kept.push({ from: since!.at, to: event.at, actor: event.actor });
      since = undefined;
    }
  }
  if (since !== undefined) kept.push({ from: since.at, to: log.end, actor: since.actor });
  return kept.filter(({ from, to }) => to > from);
}

/** Every turn that came after it was due, and every sleep that was cut off after it was. */
function lateTurns(log: EventLog): { actor: number; due: number; at: number }[] {
  const due = new Map<number, number>();
  const begun = new Set<number>();
  const turns: { actor: number; due: number; at: number }[] = [];
  const turn = (actor: number, at: number): void => {
    if (at > due.get(actor)!) turns.push({ actor, due: due.get(actor)!, at });
    due.delete(actor);
  };
  for (const { type, at, actor, value } of eventsOf(log)) {
    if (type === "sleep-began") due.set(actor, at + value);
    if (type === "task-submitted") due.set(actor, at);
    if (type === "task-created" && !due.has(actor)) due.set(actor, at);
    if (type === "task-started" || type === "launch-started") begun.add(actor);
    if (type === "sleep-ended" || type === "task-started") turn(actor, at);
    if (type === "task-ended") due.delete(actor);
  }
  for (const actor of due.keys()) if (begun.has(actor)) turn(actor, log.end);
  return turns;
}

const lawRounds = rounds(40, 300);
const seeds = Array.from({ length: lawRounds }, (_, index) => 7000 + index);

describe("laws", () => {
  test("law: what keeps the loop's thread lies in a step that has an end, and no other step is told of", () => {
    for (const seed of seeds) {
      const { log } = performRandom(seed);
      let thread = -1;
      let step: number | null = null;
      let keeps = 0;
      for (const event of eventsOf(log)) {
        const { type, actor } = event;
        if (type === "loop-opened") thread = event.thread;
        if (event.thread !== thread) continue;
        if (type === "loop-closed") thread = -1;
        if (type === "step-began") {
          expect([seed, step]).toEqual([seed, null]);
          step = actor;
          keeps = 0;
        } else if (type === "step-ended") {
          expect([seed, step, keeps > 0]).toEqual([seed, actor, true]);
          step = null;
        } else if (/^(block|compute)-began$|^call-held$/.test(type)) {
          expect([seed, type, step === null]).toEqual([seed, type, false]);
          keeps++;
        } else if (actor === MAIN && /^(wait|call)-began$/.test(type)) keeps++;
      }
      // Only a process that ends in the middle of a step leaves it open.
      if (step !== null) expect([seed, keeps > 0]).toEqual([seed, true]);
    }
  }, 120_000);

  test("law: a hold is as long as the operations within it, no operation is in two, and the longest is longestBlock", () => {
    for (const seed of seeds) {
      const { log, strategy, outcome } = performRandom(seed);
      const holds = holdsOf(log, strategy);
      const kept = keptOn(log, strategy);
      let operations = 0;
      for (const hold of holds) {
        const end = hold.at + hold.ticks;
        const within = kept.filter(({ from, to }) => from >= hold.at && to <= end);
        const ticks = within.reduce((sum, { from, to }) => sum + to - from, 0);
        const parts = hold.parts.reduce((sum, part) => sum + part.ticks, 0);
        expect([seed, ticks, parts]).toEqual([seed, hold.ticks, hold.ticks]);
        expect(hold.actor).toBe(hold.parts[0]!.actor);
        operations += within.length;
      }
      expect([seed, operations]).toEqual([seed, kept.length]);
      const longest = holds.reduce((most, { ticks }) => Math.max(most, ticks), 0);
      expect([seed, outcome.longestBlock?.ticks ?? 0]).toEqual([seed, longest]);
    }
  }, 120_000);

  test("law: where the loop is asyncio's, what an actor does without a wait between is one hold", () => {
    for (const seed of seeds) {
      const { log, strategy } = performRandom(seed);
      if (strategy.loop === "float") continue;
      const steps = new Map<number, number>();
      const expected: [number, number][] = [];
      const ends = (actor: number): void => {
        if (steps.has(actor)) expected.push([actor, steps.get(actor)!]);
        steps.delete(actor);
      };
      const closed = eventsOf(log).find(({ type }) => type === "loop-closed")?.at ?? Infinity;
      const kept = keptOn(log, strategy);
      const called = new Map<number, number>();
      let settled = 0;
      for (const { type, at, actor } of eventsOf(log)) {
        if (actor === MAIN || at > closed) continue;
        const operation = /^(block|compute)-began$/.test(type)
          ? kept.find((one) => one.from === at && one.actor === actor)
          : type === "call-held"
            ? kept.find((one) => one.to === at && one.actor === actor)
            : undefined;
        if (operation !== undefined)
          steps.set(actor, (steps.get(actor) ?? 0) + operation.to - operation.from);
        if (type === "call-began" || type === "call-held") called.set(actor, at);
        if (type === "call-ended" && at > called.get(actor)!) ends(actor);
        if (/^(sleep-began|wait-began|offload-began|task-ended|launch-ended)$/.test(type))
          ends(actor);
        if (type === "settle-began") settled = at;
        if (type === "settle-ended" && at > settled) ends(LAUNCH);
      }
      for (const actor of steps.keys()) ends(actor);
      const bare = (all: [number, number][]): string[] => all.map(String).toSorted();
      const found = holdsOf(log, strategy).map(({ actor, ticks }): [number, number] => [
        actor,
        ticks,
      ]);
      expect([seed, ...bare(found)]).toEqual([seed, ...bare(expected)]);
    }
  }, 120_000);

  test("law: in virtual time a turn is late by the sum of the shares of all holds since it was due", () => {
    let late = 0;
    for (const seed of seeds) {
      const { log, strategy } = performRandom(seed);
      const holds = holdsOf(log, strategy);
      for (const turn of lateTurns(log)) {
        late++;
        const shares = holds.map((hold) => Math.max(0, shareOf(hold, turn)));
        expect([seed, turn, shares.reduce((a, b) => a + b, 0)]).toEqual([
          seed,
          turn,
          turn.at - turn.due,
        ]);
      }
    }
    expect(late).toBeGreaterThan(lawRounds / 4);
  }, 120_000);

  test("law: of each hold that is told, its victims are those that it made late, by what it did", () => {
    for (const seed of seeds) {
      const { log, outcome } = performRandom(seed);
      for (const { hold, victims } of outcome.blame.holds) {
        const expected = new Map<string, number>();
        for (const turn of lateTurns(log)) {
          const share = shareOf(hold, turn);
          // Who was cut off, and then held the thread in the same turn, was not kept waiting by that.
          if (share < noticeable || turn.actor === hold.actor) continue;
          const name = documentName(outcome, turn.actor);
          expected.set(name, Math.max(share, expected.get(name) ?? 0));
        }
        const found = victims.map(({ actor, by }): [string, number] => [
          documentName(outcome, actor),
          by,
        ]);
        expect([seed, hold.at, new Map(found)]).toEqual([seed, hold.at, expected]);
      }
    }
  }, 120_000);

  test("law: in virtual time nothing is unexplained, nobody is late through itself, and no sentence blames the machine", () => {
    for (const seed of seeds) {
      const { outcome } = performRandom(seed);
      expect(outcome.blame.unexplained).toEqual([]);
      for (const { hold, victims } of outcome.blame.holds)
        for (const { actor } of victims) expect([seed, actor]).not.toEqual([seed, hold.actor]);
      expect(renderVerdict(outcome, findFindings(outcome, null), 80)).not.toContain("machine");
    }
  }, 120_000);
});
