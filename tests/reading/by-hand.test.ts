/** Traces written by hand, of programs that no scenario describes. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Lanes } from "../../src/reading/lanes.ts";
import { read, type Reading } from "../../src/reading/reading.ts";
import type { ActorDefinition, Definitions } from "../../src/trace/definitions.ts";
import {
  cancelReasons,
  completions,
  endings,
  type EventType,
  logReasons,
  typeNumber,
  waits,
} from "../../src/trace/event.ts";
import { type Details, EventLog, NOBODY } from "../../src/trace/log.ts";
import { observedTrace } from "../support/observed.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** When, what, on which thread, by whom, with what value. */
type Line = [
  at: number,
  type: EventType,
  thread: number,
  actor: number,
  value?: number,
  more?: Details,
];

function logOf(lines: readonly Line[]): EventLog {
  const log = new EventLog();
  for (const [at, type, thread, actor, value = 0, more] of lines)
    log.record(at * 1000, typeNumber[type], thread, actor, value, more);
  return log;
}

const actor = (
  kind: string,
  name: string,
  more: Partial<ActorDefinition> = {},
): ActorDefinition => ({
  kind,
  name,
  function: null,
  parent: null,
  place: null,
  until: null,
  cleanup: null,
  ...more,
});

const [main, serve, fetch, parse, watch, tick, child, upload] = [0, 1, 2, 3, 4, 5, 6, 7];

/** A program with three threads, two of them with a loop, and a process that it has started. */
const definitions: Definitions = {
  processes: new Map([
    [0, { name: "app", parent: null, pid: 40, command: "python app.py" }],
    [1, { name: "helper", parent: 0, pid: 41, command: "python helper.py" }],
  ]),
  threads: new Map([
    [0, { process: 0, name: "MainThread", daemon: false }],
    [1, { process: 0, name: "io", daemon: true }],
    [2, { process: 0, name: "net", daemon: false }],
    [3, { process: 1, name: "MainThread", daemon: false }],
  ]),
  loops: new Map([
    [0, { thread: 1, rules: "asyncio" }],
    [1, { thread: 2, rules: "javascript" }],
  ]),
  actors: new Map([
    [main, actor("main", "main")],
    [serve, actor("launch", "serve")],
    [fetch, actor("task", "Task-1", { function: "fetch", parent: serve, place: 1, cleanup: true })],
    [parse, actor("task", "Task-2", { function: "parse", parent: fetch, place: 2 })],
    [watch, actor("launch", "watch")],
    [tick, actor("promise", "tick", { parent: watch })],
    [child, actor("main", "main")],
    [upload, actor("coroutine", "upload", { parent: child })],
  ]),
  resources: new Map([[0, { kind: "lock", name: "db", capacity: 1, place: 3 }]]),
  places: new Map([
    [1, { file: "app.py", line: 3, column: 4, function: "serve" }],
    [2, { file: "app.py", line: 9, column: null, function: "fetch" }],
    [3, { file: "db.py", line: 1, column: null, function: null }],
    [4, { file: "app.py", line: 12, column: 8, function: "parse" }],
    [5, { file: "app.py", line: 21, column: null, function: "fetch" }],
  ]),
};

const lines: Line[] = [
  [0, "main-started", 0, main],
  [0, "thread-started", 0, main],
  [1, "loop-opened", 1, serve],
  [1, "launch-started", 1, serve],
  [1, "loop-opened", 2, watch],
  [1, "launch-started", 2, watch],
  [2, "main-started", 3, child],
  [2, "task-created", 1, fetch],
  [2, "task-created", 2, tick],
  [2, "task-created", 3, upload],
  [3, "task-started", 1, fetch],
  [3, "task-created", 1, parse],
  [3, "sleep-began", 1, fetch, 20_000, { place: 5 }],
  [3, "task-started", 1, parse],
  [4, "block-began", 1, parse, 150_000, { place: 4 }],
  [5, "task-started", 2, tick],
  [5, "sleep-began", 2, tick, 10_000],
  [5, "task-started", 3, upload],
  [6, "wait-began", 3, upload, waits.indexOf("receive"), { text: "db", resource: 0, place: 3 }],
  [15, "sleep-ended", 2, tick],
  [16, "task-ended", 2, tick, endings.indexOf("failed"), { text: "boom" }],
  [16, "error-logged", 2, tick, logReasons.indexOf("unhandled-rejection")],
  [17, "loop-closing", 2, watch],
  [18, "launch-ended", 2, watch, endings.indexOf("finished")],
  [18, "loop-closed", 2, watch],
  [154, "block-ended", 1, parse],
  [154, "wait-began", 1, parse, waits.indexOf("receive"), { text: "db", resource: 0, place: 4 }],
  [155, "sleep-ended", 1, fetch],
  [155, "printed", 1, fetch, 0, { text: "half", place: 5 }],
  [155, "sleep-began", 1, fetch, 900_000, { place: 5 }],
  [160, "process-ended", 3, child, 3],
  [200, "main-ended", 0, main, endings.indexOf("finished")],
  [201, "cancel-requested", 1, fetch, cancelReasons.indexOf("main-ended")],
  [201, "sleep-ended", 1, fetch, completions.indexOf("cancelled")],
  [201, "cleanup-began", 1, fetch],
  [202, "process-ended", 0, main, 0],
];

const readAll = (upTo = Infinity): Reading =>
  read(observedTrace(definitions, logOf(lines.filter(([at]) => at <= upTo))));

describe("a program that no scenario describes", () => {
  const reading = readAll();
  const of = (number: number) => reading.actors.find((one) => one.number === number)!;

  test("each process is there with how it ended, and each thread with its process", () => {
    expect(reading.processes).toMatchObject([
      { name: "app", parent: null, exitCode: 0, endedAt: 202_000, interruptedBy: null },
      { name: "helper", parent: 0, exitCode: 3, endedAt: 160_000, interruptedBy: null },
    ]);
    expect(reading.threads).toMatchObject([
      { name: "MainThread", process: 0, startedAt: 0, daemon: false },
      { name: "io", process: 0, startedAt: 1000, daemon: true },
      { name: "net", process: 0, startedAt: 1000 },
      { name: "MainThread", process: 1, startedAt: 2000 },
    ]);
  });

  test("each loop goes by the rules of its own definition", () => {
    expect(reading.loops).toMatchObject([
      { number: 0, thread: 1, rules: "asyncio", openedAt: 1000, closedAt: null },
      { number: 1, thread: 2, rules: "javascript", closingAt: 17_000, closedAt: 18_000 },
    ]);
  });

  test("each actor has its kind, its function, who made it and where", () => {
    expect(of(parse)).toMatchObject({
      kind: "task",
      name: "Task-2",
      function: "parse",
      parent: fetch,
      place: 2,
      thread: 1,
    });
    expect(of(upload)).toMatchObject({ kind: "coroutine", parent: child, thread: 3 });
  });

  test("what became of each is told, and where it stood", () => {
    expect(of(main)).toMatchObject({ status: "finished", endedAt: 200_000 });
    expect(of(fetch)).toMatchObject({
      status: "abandoned",
      done: 2,
      cancelled: { reason: "main-ended", at: 201_000 },
      cleanup: "cut-short",
      cleanupCut: { by: "process-ended", at: 202_000 },
      lost: true,
      lastPlace: 5,
    });
    expect(of(parse)).toMatchObject({ status: "abandoned", done: 1, lost: true, lastPlace: 4 });
    expect(of(tick)).toMatchObject({ status: "failed", error: "boom", lost: false });
  });

  test("what ran in a process that has ended is over since then", () => {
    expect(of(upload)).toMatchObject({ status: "abandoned", endedAt: 160_000, lost: true });
    expect(of(child)).toMatchObject({ status: "interrupted", endedAt: 160_000 });
  });

  test("a failure is told with who heard of it", () => {
    expect(of(tick).heard).toEqual({ by: "logged", into: null, at: 16_000 });
    expect(reading.failures).toEqual([
      {
        actor: tick,
        error: "boom",
        at: 16_000,
        heard: [{ by: "logged", where: "unhandled-rejection", at: 16_000 }],
      },
    ]);
  });

  test("who holds a thread is to blame for what is late on that thread, and on no other", () => {
    const [io, net] = reading.loops;
    expect(io!.longestBlock).toMatchObject({ at: 4000, ticks: 150_000, actor: parse });
    expect(io!.blame.holders).toMatchObject([{ victims: [{ actor: fetch, late: 132_000 }] }]);
    expect(net!.longestBlock).toBeNull();
    expect(net!.blame.holders).toEqual([]);
  });

  test("what stayed unfinished is named, with its kind, its place and its resource", () => {
    expect(reading.unfinished).toMatchObject([
      { kind: "wait", actor: upload, of: "db", resource: 0, place: 3, to: null },
      { kind: "wait", actor: parse, of: "db", resource: 0, place: 4, from: 154_000 },
      { kind: "cleanup", actor: fetch },
    ]);
    expect(reading.waiting).toEqual([
      { actor: upload, for: "receive", of: "db", whom: null, since: 6000 },
      { actor: parse, for: "receive", of: "db", whom: null, since: 154_000 },
    ]);
  });

  test("its lanes are threads, each with what runs on it", () => {
    const lanes = new Lanes(definitions).hearAll(logOf(lines));
    const told = lanes.lanesAt(lanes.end).map(({ name, status }) => [name, status]);
    expect(told).toEqual([
      ["MainThread", "finished"],
      ["io", null],
      ["serve", "abandoned"],
      ["Task-1", "abandoned"],
      ["Task-2", "abandoned"],
      ["net", null],
      ["watch", "finished"],
      ["tick", "failed"],
      ["MainThread", "abandoned"],
      ["upload", "abandoned"],
    ]);
    expect(lanes.hidden).toBe(0);
  });
});

describe("what a recorder saw", () => {
  test("is in the reading: who waited for whom, what kept the process, what was folded and dropped", () => {
    const seen = [...lines.slice(0, 26)] as Line[];
    const whom = { whom: upload };
    seen.push(
      [156, "waits-for", 1, parse, 0, { text: "the answer", place: 4, numbers: whom }],
      [156, "stood-at", 1, fetch, 0, { text: "fetch", place: 2 }],
      [156, "waits-for", 2, tick, 0, { text: "nothing any more" }],
      [157, "handle-alive", 0, NOBODY, 0, { text: "timer", place: 3 }],
      [158, "folded", 1, parse, 12, { text: "step", numbers: { busy: 900, longest: 90 } }],
      [159, "dropped", 0, main, 7, { text: "the buffer was full" }],
      [159, "heard", 1, fetch, 1],
    );
    const { sightings, handles, folded, dropped, actors } = read(
      observedTrace(definitions, logOf(seen)),
    );
    expect(sightings).toEqual([
      { actor: parse, at: 156_000, of: "the answer", resource: null, whom: upload, place: 4 },
    ]);
    expect(handles).toEqual([{ process: 0, at: 157_000, kind: "timer", place: 3, actor: null }]);
    expect(folded).toEqual([
      {
        actor: parse,
        thread: 1,
        kind: "step",
        count: 12,
        busy: 900,
        longest: 90,
        isAfterCancel: false,
      },
    ]);
    expect(dropped).toEqual([{ at: 159_000, count: 7, why: "the buffer was full" }]);
    expect(actors).toHaveLength(8);
    expect(actors[fetch]).toMatchObject({ lastPlace: 2, heard: { by: "logged", at: 159_000 } });
  });
});

describe("a trace that ends early", () => {
  test("law: is read up to wherever it ends", () => {
    for (let count = 0; count <= lines.length; count++) {
      const log = logOf(lines.slice(0, count));
      const { actors, processes, wall } = read(observedTrace(definitions, log));
      expect(actors).toHaveLength(8);
      expect(wall).toBe(log.end);
      const isWhole = count === lines.length;
      expect(processes[0]!.interruptedBy).toBe(isWhole ? null : "cut-off");
      expect(() => new Lanes(definitions).hearAll(log).lanesAt(log.end)).not.toThrow();
    }
  });

  test("what has begun and not ended is unfinished", () => {
    const { unfinished, actors } = readAll(100);
    expect(unfinished.map(({ kind, actor }) => [kind, actor])).toEqual([
      ["block", parse],
      ["wait", upload],
    ]);
    expect(actors[fetch]).toMatchObject({ status: "abandoned", lastPlace: 5 });
  });

  test("what it waited for is told in its own word, where that is none of those known", () => {
    const log = logOf([
      [0, "main-started", 0, main],
      [1, "wait-began", 0, main, waits.length + 1, { text: "db" }],
    ]);
    const words = ["barrier", "semaphore"];
    const { waiting } = read({ ...observedTrace(definitions, log), words });
    expect(waiting).toEqual([{ actor: main, for: "semaphore", of: "db", whom: null, since: 1000 }]);
  });

  test("what nothing defines is there under its number", () => {
    const nobody: Definitions = {
      processes: new Map(),
      threads: new Map(),
      loops: new Map(),
      actors: new Map(),
      resources: new Map(),
      places: new Map(),
    };
    const { actors, threads, loops } = read(observedTrace(nobody, logOf(lines)));
    expect(actors.map(({ name }) => name)).toContain("actor 3");
    expect(threads.map(({ name }) => name)).toContain("thread 2");
    expect(loops).toMatchObject([{ number: null, rules: "asyncio" }, { thread: 2 }]);
  });
});

describe("two processes whose tasks and channels have the same names", () => {
  const [parent, ours, other, theirs] = [0, 1, 2, 3];
  const twins: Definitions = {
    ...definitions,
    threads: new Map([
      [0, { process: 0, name: "MainThread", daemon: false }],
      [1, { process: 1, name: "MainThread", daemon: false }],
    ]),
    loops: new Map(),
    actors: new Map([
      [parent, actor("main", "main")],
      [ours, actor("task", "Task-1")],
      [other, actor("main", "main")],
      [theirs, actor("task", "Task-1")],
    ]),
    resources: new Map(
      [0, 1].map((number) => [number, { kind: "queue", name: "jobs", capacity: 1, place: null }]),
    ),
  };
  const began: Line[] = [
    [0, "main-started", 0, parent],
    [0, "main-started", 1, other],
    [0, "task-started", 0, ours],
    [0, "task-started", 1, theirs],
  ];
  const readTwins = (lines: Line[]): ReturnType<typeof read> =>
    read(observedTrace(twins, logOf([...began, ...lines])));

  test("whoever waits for a result waits for a task of its own process: the other's was given up", () => {
    const failed = cancelReasons.indexOf("group-failed");
    const cancelled = endings.indexOf("cancelled");
    const result = waits.indexOf("result");
    const { actors } = readTwins([
      [1, "wait-began", 0, parent, result, { text: "Task-1" }],
      [20, "cancel-requested", 0, ours, failed],
      [20, "task-ended", 0, ours, cancelled],
      [20, "cancel-requested", 1, theirs, failed],
      [20, "task-ended", 1, theirs, cancelled],
      [50, "wait-ended", 0, parent, result],
    ]);
    expect(actors.map(({ lost }) => lost)).toEqual([false, true, false, false]);
  });

  test("whoever says by number for whom it waits means that one, whatever it is called", () => {
    const result = waits.indexOf("result");
    const cancelled = endings.indexOf("cancelled");
    const failed = cancelReasons.indexOf("group-failed");
    const awaiting = (whom: number): Line[] => [
      [1, "wait-began", 0, parent, result, { numbers: { whom } }],
      [20, "cancel-requested", 0, ours, failed],
      [20, "task-ended", 0, ours, cancelled],
      [20, "cancel-requested", 1, theirs, failed],
      [20, "task-ended", 1, theirs, cancelled],
      [50, "wait-ended", 0, parent, result],
    ];
    const lost = (whom: number): boolean[] =>
      readTwins(awaiting(whom)).actors.map((one) => one.lost);
    expect(lost(ours)).toEqual([false, true, false, false]);
    // The result of a task of another process: it is that one which somebody still counted on.
    expect(lost(theirs)).toEqual([false, false, false, true]);
    const { waiting } = readTwins(awaiting(theirs).slice(0, 1));
    expect(waiting).toMatchObject([{ actor: parent, for: "result", of: null, whom: theirs }]);
  });

  test("whoever waits for an actor by number comes behind its end, and behind nobody else's", () => {
    const finished = endings.indexOf("finished");
    const linesBehind = (what: (typeof waits)[number], whom: number): unknown[] =>
      readTwins([
        [9, "printed", 1, theirs, 0, { text: "theirs" }],
        [10, "task-ended", 1, theirs, finished],
        [10, "wait-began", 0, parent, waits.indexOf(what), { numbers: { whom } }],
        [11, "wait-ended", 0, parent, waits.indexOf(what)],
        [12, "printed", 0, parent, 0, { text: "parent's" }],
      ]).races.map(({ between }) => between.map(({ text }) => text));
    for (const what of ["result", "join"] as const) {
      expect(linesBehind(what, theirs)).toEqual([]);
      expect(linesBehind(what, ours)).toEqual([["theirs", "parent's"]]);
    }
  });

  test("a value that is sent puts in order only who takes it out of the same channel", () => {
    const linesBehind = (resource: number): string[][] =>
      readTwins([
        [10, "printed", 0, ours, 0, { text: "first" }],
        [10, "sent", 0, ours, 0, { text: "jobs", resource: 0 }],
        [11, "received", 1, theirs, 0, { text: "jobs", resource }],
        [12, "printed", 1, theirs, 0, { text: "second" }],
      ]).races.map(({ between }) => between.map(({ text }) => text!));
    expect(linesBehind(0)).toEqual([]);
    expect(linesBehind(1)).toEqual([["first", "second"]]);
  });

  test("two tasks that end at nearly the same time are no race; a task and a main are one", () => {
    const ended = endings.indexOf("finished");
    const ends: Line[] = [
      [10, "task-ended", 0, ours, ended],
      [11, "task-ended", 1, theirs, ended],
    ];
    expect(readTwins(ends).races).toEqual([]);
    const { races } = readTwins([...ends, [12, "main-ended", 0, parent, ended]]);
    expect(races.map(({ between }) => between.map(({ actor }) => actor))).toEqual([
      [theirs, parent],
    ]);
  });
});
