/** What is found in a program that has no scenario: cases made by hand, and the evidence of each finding. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Case, Launch, Work } from "../../src/reading/findings/case.ts";
import { detect } from "../../src/reading/findings/detect.ts";
import type { Finding } from "../../src/reading/findings/finding.ts";
import { caseOfTrace } from "../../src/reading/findings/of-trace.ts";
import { read } from "../../src/reading/reading.ts";
import { Names } from "../../src/remedies/program/names.ts";
import { wordsOf } from "../../src/remedies/context.ts";
import { programContext } from "../../src/remedies/program/context.ts";
import { detect as detectInOutcome } from "../../src/remedies/findings.ts";
import { planOf } from "../../src/outcome/plan.ts";
import { runInVirtualTime } from "../../src/runs/run.ts";
import { catalogue } from "../../src/scenario/catalogue.ts";
import type { Scenario } from "../../src/scenario/model.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { allStrategies, resolveStrategy, type Strategy } from "../../src/scenario/strategy.ts";
import type { ActorDefinition, Table } from "../../src/trace/definitions.ts";
import type { EventType } from "../../src/trace/event.ts";
import { EventLog } from "../../src/trace/log.ts";
import { draw, randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { observedSource, observedTrace } from "../support/observed.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const MAIN = 0;
const [SERVE, POLL] = [1, 2];

function actor(kind: string, name: string, rest: Partial<ActorDefinition> = {}): ActorDefinition {
  const common = { function: null, parent: null, place: null, until: null, cleanup: null };
  return { kind, name, ...common, ...rest };
}

/** Main, the entries of two loops, tasks of two functions: of one there are two kinds, made on two lines. */
const actors: ActorDefinition[] = [
  actor("main", "main"),
  actor("launch", "serve", { parent: MAIN }),
  actor("launch", "poll", { parent: MAIN }),
  actor("task", "upload#1", { function: "upload", parent: SERVE!, place: 7 }),
  actor("task", "upload#2", { function: "upload", parent: SERVE!, place: 7 }),
  actor("task", "upload#3", { function: "upload", parent: SERVE!, place: 8 }),
  actor("task", "watch", { function: "watch", parent: POLL!, until: "shutdown" }),
  actor("task", "late", { function: "late", parent: MAIN }),
];
const [FIRST, SECOND, OTHER, WATCH, LATE] = [3, 4, 5, 6, 7] as const;

const finished = { status: "finished", startedAt: 0, endedAt: 10, error: null } as const;

function work(actor: number, rest: Partial<Work> = {}): [number, Work] {
  const name = actors[actor]!.name;
  const kept = { submittedAt: null, heard: null, cancelled: null, lost: false, givenUp: null };
  const queue = { queuedAt: null, enqueueBeganAt: null, acknowledgedAt: null };
  const clean = { cleanup: "none", cleanupCut: null, destroyed: false } as const;
  return [actor, { name, ...finished, ...kept, ...queue, ...clean, stoodAt: null, ...rest }];
}

function table<Item>(entries: readonly [number, Item][]): Table<Item> {
  const map = new Map(entries);
  return {
    size: map.size,
    get: (number) => map.get(number),
    [Symbol.iterator]: () => map.entries(),
  };
}

function launch(actor: number, rest: Partial<Launch> = {}): Launch {
  return { actor, ...finished, heard: null, failedWith: [], ...rest };
}

type Made = Partial<Omit<Case, "tasks">> & { works?: [number, Work][] };

/** A program in which all went well, but for what is said. */
function caseOf({ works = [], ...rest }: Made): Case {
  const launches = rest.launches ?? [launch(SERVE!), launch(POLL!)];
  return {
    wall: 1000,
    precision: 0,
    interruptedBy: null,
    main: { actor: MAIN, ...finished, waits: [] },
    launches,
    launchOf: (task) => launches.find((one) => one.actor === actors[task]!.parent) ?? null,
    tasks: table(works),
    actors: { get: (number) => actors[number] },
    placesOf: (number) => {
      const place = actors[number]!.place;
      return place === null ? [] : [{ is: "made", place }];
    },
    floats: false,
    exit: { waits: true, grace: null },
    launched: true,
    rejected: false,
    strays: [],
    exitCall: null,
    failures: [],
    waiting: [],
    blames: [],
    attempts: new Map(),
    holds: [],
    races: [],
    aftermath: {
      wasCalled: false,
      outlived: [],
      wentOn: [],
      leftBehind: [],
      open: [],
      nothingLeftAt: null,
      isAllOver: true,
    },
    droppedPromises: [],
    left: { loop: false, jobs: 0 },
    ...rest,
  };
}

const found = (made: Made) => detect(caseOf(made));

const lostAtClose: Partial<Work> = {
  status: "cancelled",
  lost: true,
  cancelled: { reason: "loop-closed", at: 50 },
  stoodAt: 9,
};
const abandoned: Partial<Work> = { status: "abandoned", lost: true, endedAt: 1000, stoodAt: 9 };

/** What is found in runs of a scenario with its document at hand, and in their bare trace. */
function bothWays(scenario: Scenario, strategy: Strategy): [Finding[], Finding[]] {
  const { outcome, trace } = runInVirtualTime(planOf(scenario, { strategy }));
  const isTie = outcome.wall === outcome.main.endedAt;
  const byTrace = detect(caseOfTrace(read(trace), trace.source)).map((one) => ({
    ...(isTie ? endedAtOnce(one) : one),
    places: [],
    // Only a document says that whoever was given up had no step left.
    actors: one.actors.filter(
      (actor) => one.rule !== "given-up" || outcome.tasks[actor]!.stoodAt !== null,
    ),
  }));
  const isAboutSome = ({ rule, actors }: Finding): boolean =>
    rule !== "given-up" || actors.length > 0;
  const known = detectInOutcome(outcome);
  return [isTie ? known.map(endedAtOnce) : known, byTrace.filter(isAboutSome)];
}

/** A finding but for why the process ended: where it did so with main, only a strategy tells one cause from another. */
function endedAtOnce(finding: Finding): Finding {
  const { evidence } = finding;
  const causes = new Set(["main-ended", "nothing-left", "loop-closing"]);
  if (!("end" in evidence) || !causes.has(evidence.end.by)) return finding;
  return { ...finding, evidence: { ...evidence, end: { by: "main-ended" } } } as Finding;
}

describe("a trace", () => {
  test("law: has the findings of its scenario's run: the catalogue under every strategy", () => {
    const strategies = allStrategies().filter((_, index) => index % rounds(9, 1) === 0);
    for (const { text, file } of catalogue)
      for (const strategy of strategies) {
        const [known, bare] = bothWays(parseScenario(text, file), strategy);
        expect([file, strategy.name, bare]).toEqual([file, strategy.name, known]);
      }
  });

  test("law: has the findings of its scenario's run: random scenarios", () => {
    for (let seed = 1; seed <= rounds(100, 2000); seed++) {
      const { document, strategy } = draw(randomFrom(seed));
      const text = JSON.stringify({ ...document, name: `random-${seed}` });
      const [known, bare] = bothWays(parseScenario(text, "x.json"), resolveStrategy(strategy));
      expect([seed, bare]).toEqual([seed, known]);
    }
  });
});

/** What is said of a trace made by hand, of a program that tandem did not write: two loops on two threads. */
function said(
  events: [
    at: number,
    type: EventType,
    thread: number,
    actor: number,
    value?: number,
    text?: string,
  ][],
): string[] {
  const log = new EventLog();
  for (const [at, type, thread, of, value = 0, text] of events)
    log.add(at, type, thread, of, value, text);
  const thread = (name: string) => ({ process: 0, name, daemon: false });
  const definitions = {
    processes: new Map([[0, { name: "app.py", parent: null, pid: 1, command: null }]]),
    threads: new Map([thread("MainThread"), thread("Thread-1"), thread("Thread-2")].entries()),
    loops: new Map([1, 2].map((of) => [of, { thread: of, rules: "asyncio" }])),
    actors: new Map(actors.entries().filter(([of]) => events.some((event) => event[3] === of))),
    resources: new Map(),
    places: new Map(
      [7, 8].map((line) => [line, { file: "app.py", line, column: null, function: null }]),
    ),
  };
  const context = programContext(new Names(definitions));
  return detect(caseOfTrace(read(observedTrace(definitions, log)), observedSource)).map(
    (finding) => {
      const { message, otherwise } = wordsOf(context, finding);
      return `${finding.rule}: ${message}; ${otherwise}`;
    },
  );
}

describe("a program without a scenario", () => {
  test("is told, by each loop, of what it cancelled when its own entry returned or failed", () => {
    const cancelled = 2;
    const failed = 1;
    expect(
      said([
        [0, "main-started", 0, MAIN],
        [1, "loop-opened", 1, SERVE!],
        [1, "launch-started", 1, SERVE!],
        [2, "loop-opened", 2, POLL!],
        [2, "launch-started", 2, POLL!],
        [3, "task-created", 1, FIRST],
        [3, "task-started", 1, FIRST],
        [4, "task-created", 2, WATCH],
        [5_000, "launch-ended", 1, SERVE!, 0],
        [5_000, "cancel-requested", 1, FIRST, 0],
        [5_001, "task-ended", 1, FIRST, cancelled],
        [5_002, "loop-closed", 1, SERVE!],
        [60_000, "launch-ended", 2, POLL!, failed, "no"],
        [60_000, "cancel-requested", 2, WATCH, 0],
        [60_001, "task-ended", 2, WATCH, cancelled],
        [60_002, "loop-closed", 2, POLL!],
        [900_000, "main-ended", 0, MAIN, 0],
        [900_000, "process-ended", 0, MAIN, 0],
      ]),
    ).toEqual([
      "lost-at-close: the loop closed when serve returned, and nothing had waited for upload#1 (made at app.py:7): cancelled before it was done; await it before the loop closes, or keep the loop open until it is done",
      'lost-at-close: poll failed ("no"), so its loop closed and cancelled watch before it had a turn; keep poll from failing before the tasks of its loop are done, or catch the error in it',
      'nobody-heard: poll failed ("no"), and its error reached nobody; await it where its error can be raised and caught',
    ]);
  });

  test("is told that a call to exit ended it", () => {
    const begun: Parameters<typeof said>[0] = [
      [0, "main-started", 0, MAIN],
      [1, "loop-opened", 1, SERVE!],
      [1, "launch-started", 1, SERVE!],
      [3, "task-created", 1, OTHER],
      [3, "task-started", 1, OTHER],
    ];
    expect(
      said([...begun, [9, "exit-called", 0, MAIN, 3], [9, "process-ended", 0, MAIN, 3]]),
    ).toEqual([
      "abandoned: a call to exit (status 3) ended the process, and upload#3 (made at app.py:8) simply stopped; return instead of calling exit, and let what is under way come to its end",
    ]);
  });

  test("in which all went well has no findings", () => {
    expect(found({ works: [work(FIRST), work(WATCH)] })).toEqual([]);
  });

  test("has one finding for what a loop cancelled of one kind, and says which loop closed and why", () => {
    const failed = launch(SERVE!, { status: "failed", error: "no" });
    const works = [FIRST, SECOND, OTHER].map((one) => work(one, lostAtClose));
    works.push(
      work(WATCH, { ...lostAtClose, startedAt: null, cleanupCut: { by: "loop-closed", at: 50 } }),
    );
    const common = { rule: "lost-at-close", at: 50 };
    const byServe = {
      launch: SERVE!,
      launchFailed: true,
      launchError: "no",
      began: true,
      cleanupCut: false,
    };
    expect(found({ works, launches: [failed, launch(POLL!)] })).toEqual([
      { ...common, actors: [FIRST, SECOND], places: [{ is: "made", place: 7 }], evidence: byServe },
      { ...common, actors: [OTHER], places: [{ is: "made", place: 8 }], evidence: byServe },
      {
        ...common,
        actors: [WATCH],
        places: [],
        evidence: {
          launch: POLL!,
          launchFailed: false,
          launchError: null,
          began: false,
          cleanupCut: true,
        },
      },
    ] as never);
  });

  test("tells what ended the process while something was pending", () => {
    const end = (made: Made): unknown => {
      const [first] = found({ works: [work(FIRST, abandoned)], ...made });
      return first?.rule === "abandoned" ? first.evidence.end : first;
    };
    const main = { actor: MAIN, ...finished, waits: [] };
    const uncaught = { by: "uncaught", ended: "thread", error: "no" } as const;
    const call = { by: null, thread: null, place: null };
    const exit = { by: "exit", ended: "process", code: 3, call } as const;
    expect(end({ strays: [{ at: 5, end: uncaught, failedMain: false }] })).toEqual(uncaught);
    expect(end({ exitCall: exit })).toEqual(exit);
    expect(end({ rejected: true })).toEqual({ by: "rejection" });
    expect(end({ floats: true, main: { ...main, status: "failed", error: "no" } })).toEqual({
      by: "main-failed",
      error: "no",
    });
    expect(end({ exit: { waits: false, grace: null } })).toEqual({ by: "main-ended" });
    expect(end({ exit: null })).toEqual({ by: "unknown" });
    expect(end({ exit: null, precision: 1000 })).toEqual({ by: "main-ended" });
    expect(end({ exit: { waits: true, grace: 990 } })).toEqual({ by: "grace" });
    expect(end({ exit: { waits: true, grace: 995 } })).toEqual({ by: "loop-closing" });
    expect(end({ exit: { waits: true, grace: 995 }, precision: 5 })).toEqual({ by: "grace" });
    expect(end({ floats: true })).toEqual({ by: "nothing-left" });
    expect(end({ interruptedBy: "signal" })).toBeUndefined();
  });

  test("tells who gave up whom: a failing task, the body of a group, a timeout", () => {
    const givenUp = (by: "group-failed" | "timed-out"): Partial<Work> => ({
      status: "cancelled",
      cancelled: { reason: by, at: 50 },
      givenUp: { by, at: 50 },
      stoodAt: 9,
    });
    const by = (made: Made): unknown[] => found(made).map(({ evidence }) => evidence);
    const group = [work(FIRST, givenUp("group-failed"))];
    const failure = (actor: number, at: number) => ({ actor, error: "no", at, heard: [] });
    const failures = [failure(OTHER, 40), failure(SERVE!, 45), failure(SECOND, 60)];
    expect(by({ works: [...group, work(OTHER), work(SECOND)], failures })).toEqual([
      { by: "group-failed", failed: OTHER },
    ]);
    expect(by({ works: group, failures })).toEqual([{ by: "group-failed", failed: null }]);
    expect(by({ works: [work(FIRST, givenUp("timed-out"))], failures })).toEqual([
      { by: "timed-out", failed: null },
    ]);
    expect(found({ works: [work(WATCH, givenUp("timed-out"))] })).toEqual([]);
    expect(found({ works: [work(FIRST, { ...givenUp("timed-out"), stoodAt: null })] })).toEqual([]);
  });

  test("tells a failure once: with the entry that it was raised into, or else of its own", () => {
    const logged = { by: "logged", into: null, at: 30 } as const;
    const failed: Partial<Work> = { status: "failed", error: "no", heard: logged };
    const works = [
      work(FIRST, failed),
      work(LATE, { ...failed, heard: { ...logged, by: "nobody" } }),
    ];
    const entry = launch(SERVE!, {
      status: "failed",
      error: "no",
      heard: logged,
      failedWith: [FIRST],
    });
    const heard = [{ by: "logged", where: "thread-failed", at: 30 } as const];
    const failures = [{ actor: SERVE!, error: "no", at: 30, heard }];
    const told = found({ works, launches: [entry, launch(POLL!)], failures });
    expect(told.map(({ rule, actors, evidence }) => ({ rule, actors, evidence }))).toEqual([
      {
        rule: "nobody-heard",
        actors: [LATE],
        evidence: { of: "actor", error: "no", raisedBy: [], isRejection: false },
      },
      {
        rule: "thread-failed",
        actors: [SERVE!],
        evidence: { of: "actor", error: "no", raisedBy: [FIRST], isRejection: false },
      },
    ]);
  });

  test("tells why work that main hands over never began", () => {
    const why = (made: Made, rest: Partial<Work> = {}): unknown => {
      const never = { status: "unstarted", startedAt: null, endedAt: null, lost: true } as const;
      return found({ works: [work(LATE, { ...never, ...rest })], ...made })[0]!.evidence;
    };
    const failed = { actor: MAIN, ...finished, status: "failed", error: "no", waits: [] } as const;
    expect(why({ launched: false })).toEqual({ why: "never-launched", mainError: null });
    expect(why({ main: failed })).toEqual({ why: "not-submitted", mainError: "no" });
    expect(why({}, { submittedAt: 5 })).toEqual({ why: "not-taken" });
  });

  test("tells of a held loop who held it, who was late and how many more there are", () => {
    const holder = (actor: number, ticks: number, late: boolean) => ({
      longest: { at: 0, ticks, actor, source: null, parts: [{ actor, ticks }] },
      holds: 1,
      tasks: 1,
      victims: late
        ? [
            {
              actor: LATE,
              tasks: 1,
              times: 1,
              by: 9,
              late: 9,
              due: 1,
              how: "woke" as const,
              alike: true,
            },
          ]
        : [],
    });
    const told = (holders: ReturnType<typeof holder>[]) =>
      found({ blames: [{ holds: [], holders, crowd: null, summed: null, unexplained: [] }] }).map(
        (one) => [one.actors[0], one.rule === "loop-blocked" ? one.evidence.more : one.rule],
      );
    expect(told([holder(FIRST, 900, false), holder(OTHER, 800, true)])).toEqual([[OTHER, 0]]);
    expect(told([holder(FIRST, 900, false), holder(OTHER, 800, false)])).toEqual([[FIRST, 0]]);
    expect(told([holder(MAIN, 900, false)])).toEqual([]);
    const six = [MAIN, SERVE!, POLL!, FIRST, SECOND, OTHER, WATCH].map((one) =>
      holder(one, 900, true),
    );
    expect(told(six).at(-1)).toEqual([SECOND, 2]);
  });
});
