/** Traces written by hand, of programs that no scenario describes, as `tandem report` shows them. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readRecording } from "../../src/runs/report.ts";
import { reportProgram } from "../../src/report/program.ts";
import { renderProgram } from "../../src/report/terminal/program.ts";
import { dangersIn, hostileText } from "../support/hostile.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { tandemHere } from "../support/tandem.ts";

setDefaultTimeout(patience);

const app = join(import.meta.dir, "traces/app.ndjson");

/** What the report says of a trace, with all white space the same. */
async function report(file: string, ...options: string[]): Promise<string> {
  const { status, stdout, stderr } = await tandemHere(["report", file, ...options]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const flat = (text: string): string => text.replaceAll(/\s+/g, " ");

async function resultOf(file: string): Promise<any> {
  return JSON.parse(await report(file, "--json"));
}

describe("a program of three threads, two loops and a second process", () => {
  test("each entity is named, with its kind and its place", async () => {
    const text = flat(await report(app));
    for (const words of [
      "app.py, CPython 3.13.1, for 202ms; exit status 0",
      "process app exit 0 202ms pid 40; app.py",
      "main thread ended 200ms",
      "thread io - - daemon",
      "event loop open - opened at 1ms; held for up to 150ms (by parse)",
      "serve LOST 202ms its process ended",
      "thread net",
      "event loop closed 18ms opened at 1ms",
      "fetch LOST 202ms started app.py:3 in serve",
      "parse ×2 1 LOST 155ms to 202ms started app.py:9 in fetch; 1 finished",
      "callback tick FAILED 16ms started by watch",
      "process helper exit 3 160ms pid 41; helper.py; started by app",
      "coroutine pull LOST 160ms made helper.py:6 in pull",
      "lock db awaited - made db.py:1; holds 1 at most; parse waits for it",
    ])
      expect(text).toContain(words);
  });

  test("what stayed unfinished is named, with where it stood", async () => {
    const text = flat(await report(app));
    for (const words of [
      "stood at app.py:21; cancelled because main ended; its clean-up did not run to its end",
      "waits for a value in db since 154ms, at app.py:12;",
      "waits for a value in stdin since 6ms, at helper.py:6 in pull",
      "2 of 3 tasks lost; 1 of 1 callback failed; 1 of 1 coroutine lost; serve and the main program of a child process were lost too.",
      "What kept the process app from its end: socket (db.py:1).",
    ])
      expect(text).toContain(words);
  });

  test("findings stand at file and line, and each process has its own end", async () => {
    const text = flat(await report(app));
    for (const words of [
      "* the process ended when main did, and does not wait for daemon threads: parse (started at app.py:9) was cut off at app.py:12, on the daemon thread io.",
      '* tick failed with "boom", and only asyncio\'s line on stderr told of it',
      "* parse held the thread of its loop for 150ms: parse began 151ms late; fetch (app.py:21) woke 132ms late.",
      "* the process ended, and pull (made at helper.py:6 in pull) simply stopped at helper.py:6 in pull.",
    ])
      expect(text).toContain(words);
  });

  test("what was not recorded is said", async () => {
    const text = flat(await report(app));
    expect(text).toContain("7 events up to 159ms were not recorded: the buffer was full.");
  });

  test("the picture has a lane for each thread and for what ran on it", async () => {
    const lanes = (await report(app, "--timeline", "--ascii"))
      .split("\n")
      .slice(0, 10)
      .map((line) => line.trim().split(" ")[0]);
    expect(lanes).toEqual(
      "MainThread io serve fetch parse parse net watch tick MainThread".split(" "),
    );
  });

  test("the result has all of it as data", async () => {
    const result = await resultOf(app);
    expect(result).toMatchObject({
      source: { kind: "observed", language: "python", pid: 40 },
      wall: 202,
      exit: { code: 0, interruptedBy: null },
      processes: [{ name: "app" }, { name: "helper", parent: "app", pid: 41, exitCode: 3 }],
      loops: [
        { thread: "io", rules: "asyncio", closedAt: null, longestBlock: { task: "parse" } },
        { thread: "net", rules: "asyncio", closedAt: 18 },
      ],
      resources: [{ kind: "lock", name: "db", capacity: 1, created: { file: "db.py", line: 1 } }],
      dropped: [{ events: 7, why: "the buffer was full" }],
    });
    expect(result.kinds).toMatchObject([
      { kind: "task", function: "fetch", total: 1, lost: 1, created: { file: "app.py", line: 3 } },
      { kind: "task", function: "parse", total: 2, lost: 1, finished: 1 },
      { kind: "callback", function: "tick", failed: 1 },
      { kind: "coroutine", function: "pull", process: "helper", lost: 1 },
    ]);
    expect(result.waits).toMatchObject([
      { who: "parse", whoId: "Task-2", for: "receive", of: "db", resource: "lock", since: 154 },
      { who: "pull", of: "stdin", place: { file: "helper.py", line: 6, function: "pull" } },
    ]);
  });
});

const header = {
  type: "trace-began",
  format: "tandem-events/2",
  tandem: "by hand",
  source: { kind: "observed", language: "python", runtime: "CPython 3.13.1", command: "app.py" },
};

/** A program of one thread with a loop, in which tasks are made at app.py:3. */
const definitions = [
  { define: "process", id: "app" },
  { define: "place", id: "line 3", file: "app.py", line: 3 },
  { define: "thread", id: "MainThread", process: "app" },
  { define: "loop", id: "loop", thread: "MainThread", rules: "asyncio" },
  { define: "actor", id: "main", kind: "main" },
  { define: "actor", id: "run", kind: "launch", parent: "main" },
];

const task = (id: string | number, more: object = {}): object => ({
  define: "actor",
  id,
  name: `${id}`,
  kind: "task",
  parent: "run",
  place: "line 3",
  ...more,
});

const event = (at: number, type: string, actor: string | number, more: object = {}): object => ({
  at,
  type,
  thread: "MainThread",
  actor,
  ...more,
});

const started = [
  event(0, "main-started", "main"),
  event(1, "loop-opened", "run"),
  event(1, "launch-started", "run"),
];

const ended = [
  event(500, "main-ended", "main", { status: "finished" }),
  event(500, "process-ended", "main", { code: 0 }),
];

const linesOf = (lines: readonly object[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** What each view says of a trace of these lines, and of what comes behind the last whole one. */
async function views(lines: readonly object[], rest = "") {
  const stdin = linesOf([header, ...lines]) + rest;
  const call = async (...options: string[]): Promise<string> => {
    const { status, stdout, stderr } = await tandemHere(["report", "-", ...options], { stdin });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout;
  };
  const text = await call();
  return { text: flat(text), lines: text.split("\n"), result: JSON.parse(await call("--json")) };
}

describe("a record that tells little", () => {
  test("with nothing but its header tells of no process", async () => {
    const { text, result } = await views([]);
    expect(text).toBe("app.py, CPython 3.13.1, for 0ms The record tells of no process. ");
    expect(result).toMatchObject({ wall: 0, exit: { code: null }, processes: [], tasks: [] });
  });

  test("with nothing but definitions claims no loss", async () => {
    const { text, result } = await views([...definitions, task("t")]);
    expect(text).toContain("main thread unheard of - main main unstarted");
    expect(text).toContain("t alive - started app.py:3; never had a turn");
    expect(text).toContain("0 of 1 task lost, 1 alive at the end.");
    expect(result.tasks).toMatchObject([{ name: "t", status: "unstarted", lost: false }]);
    expect(result.findings).toEqual([]);
  });

  test("that was cut says so, and what had not ended is alive, not lost", async () => {
    const lines = [...definitions, ...started, task("t"), event(2, "task-created", "t")];
    const { text, result } = await views(lines, '{"at":3,"type":"task-st');
    expect(text).toContain("main thread alive -");
    expect(text).toContain("0 of 1 task lost, 1 alive at the end.");
    expect(text).toContain("The record ends at 2ms; what happened afterwards is not in it.");
    expect(text).toContain("The file of events breaks off within a line");
    expect(result).toMatchObject({
      exit: { code: null, interruptedBy: "cut-off" },
      tasks: [{ name: "t", status: "alive", lost: false, endedAt: null }],
      record: { cutOff: true },
    });
  });
});

describe("a program", () => {
  const begun = [...definitions, ...started, task("t"), event(2, "task-created", "t")];

  test("that was killed is told with the signal, and what it had begun is lost", async () => {
    const killed = event(9, "interrupted", "main", { by: "signal", detail: "SIGKILL" });
    const { text, result } = await views([...begun, event(2, "task-started", "t"), killed]);
    expect(text).toContain("The process app was ended by a signal (SIGKILL) at 9ms.");
    expect(text).toContain("1 of 1 task lost; run was lost too.");
    expect(result.exit).toMatchObject({ interruptedBy: "signal", interruption: "SIGKILL" });
  });

  test("whose task never ended is told where it stood when somebody looked", async () => {
    const { text, result } = await views([
      ...begun,
      event(2, "task-started", "t"),
      event(9, "waits-for", "t", { of: "the answer", whom: "main", place: "line 3" }),
      ...ended,
    ]);
    expect(text).toContain("waits for the answer, and for main, at app.py:3");
    expect(text).toContain("* the process ended when main did, and t (made at app.py:3)");
    expect(result.waits).toMatchObject([{ who: "t", of: "the answer", whom: "main", seen: true }]);
  });

  test("whose main waits for a task by its id alone says for whose result", async () => {
    const { text, result } = await views([
      ...begun,
      event(3, "wait-began", "main", { for: "result", whom: "t", place: "line 3" }),
      event(9, "interrupted", "main", { by: "deadlock" }),
    ]);
    expect(text).toContain("the main program waits for the result of t at app.py:3");
    expect(result.waits).toMatchObject([{ who: "main", for: "result", whom: "t", whomId: "t" }]);
  });

  test("is ended by a rejection only where its own status and time tell of that", async () => {
    const rejection = [
      event(3, "task-ended", "t", { status: "failed", error: "boom" }),
      event(3, "error-logged", "t", { reason: "unhandled-rejection" }),
    ];
    const message = async (...end: object[]): Promise<string> => {
      const { result } = await views([...begun, ...rejection, ...end]);
      return result.findings.find(({ rule }: { rule: string }) => rule === "only-logged").message;
    };
    const code = (at: number, code: number): object => event(at, "process-ended", "main", { code });
    const ended = "the rejection ended the process";
    const line = "only a line on stderr told of it";
    expect(await message(code(4, 1))).toContain(ended);
    expect(await message(code(4, 0))).toContain(line);
    expect(await message(code(900, 1))).toContain(line);
    expect(await message(event(4, "exit-called", "main", { code: 3 }), code(4, 3))).toContain(line);
    expect(await message()).toContain(line);
  });

  test("that a call to exit ended says so, with whose it was, on which thread, where and in which status", async () => {
    const t = event(2, "task-started", "t");
    const exit = (at: number, actor: string | undefined, code: number, thread: string): object => ({
      at,
      type: "exit-called",
      actor,
      code,
      thread,
      place: "line 3",
    });
    const end = (at: number, code: number, ...before: object[]) =>
      views([...begun, t, ...before, event(at, "process-ended", "main", { code })]);
    const io = { define: "thread", id: "io", process: "app" };
    const inTask = await end(40, 3, exit(9, "t", 3, "MainThread"));
    expect(inTask.text).toContain(
      "* a call to exit by t at app.py:3 ended the process with status 3.",
    );
    expect(inTask.text).toContain(
      "* a call to exit by t at app.py:3 ended the process with status 3.",
    );
    expect(inTask.result.exit).toMatchObject({ code: 3, by: "t", thread: "MainThread" });
    const inThread = await end(9, 3, io, exit(9, undefined, 3, "io"));
    expect(inThread.text).toContain(
      "* a call to exit in thread io at app.py:3 ended the process with status 3 with t (started at app.py:3) under way: no finally",
    );
    expect(inThread.result.exit).toMatchObject({ by: null, thread: "io", place: { line: 3 } });
    // Main's own call is plain, and one whose status is not the process's, or long before its end, is no cause.
    expect((await end(9, 3, exit(9, "main", 3, "MainThread"))).text).not.toContain(
      "A call to exit",
    );
    for (const no of [
      await end(9, 1, io, exit(9, undefined, 3, "io")),
      await end(900, 3, io, exit(9, undefined, 3, "io")),
    ]) {
      expect(no.text).not.toContain("call to exit");
      expect(no.result).toMatchObject({
        exit: { thread: null },
        processes: [{ exitCalled: null }],
      });
    }
  });

  test("whose main has caught an exit and gone on was not ended by it", async () => {
    const called = event(3, "exit-called", "main", { code: 0 });
    const { text, result } = await views([
      ...begun,
      called,
      event(2, "task-started", "t"),
      ...ended,
    ]);
    expect(text).not.toContain("call to exit");
    expect(result.exit).toMatchObject({ by: null });
  });

  test("whose child process was ended by an exit in one of its threads says so of that process", async () => {
    const { text, result } = await views([
      ...begun,
      { define: "process", id: "helper", parent: "app" },
      { define: "thread", id: "H", process: "helper" },
      { define: "thread", id: "H2", name: "poll", process: "helper" },
      { ...task("h"), parent: null },
      { ...event(3, "task-created", "h"), thread: "H" },
      { ...event(4, "task-started", "h"), thread: "H" },
      { ...event(7, "exit-called", "h", { code: 2, place: "line 3" }), thread: "H2" },
      { ...event(7, "process-ended", "h", { code: 2 }), thread: "H" },
      ...ended,
    ]);
    expect(text).toContain(
      "* a call to exit by h in thread poll at app.py:3 ended the process with status 2.",
    );
    expect(result.processes).toMatchObject([
      { name: "app", exitCalled: null },
      { name: "helper", exitCalled: { by: "h", thread: "poll" } },
    ]);
    expect(result.exit).toMatchObject({ code: 0, by: null });
  });

  test("what is to be handed to a thread is what a coroutine calls, and not the coroutine", async () => {
    const { text } = await views([
      ...definitions,
      ...started,
      task("t", { function: "t" }),
      { define: "place", id: "in t", file: "app.py", line: 9, function: "t" },
      event(2, "task-created", "t"),
      event(2, "task-started", "t"),
      { ...event(3, "step-began", "t"), place: "in t" },
      { ...event(203, "step-ended", "t"), place: "in t", cpu: 0, call: "requests.get(url)" },
      task("u"),
      event(203, "late", "u", { late: 150, by: "t" }),
      ...ended,
    ]);
    expect(text).toContain("t held the thread of its loop for 200ms");
    expect(text).toContain("(await asyncio.to_thread(requests.get, …))");
  });

  test("whose function held its loop is told with the place where it did, which is not where it stands", async () => {
    const { text, result } = await views([
      ...begun,
      { define: "place", id: "parse", file: "app.py", line: 9, function: "parse" },
      { ...event(2, "task-started", "t"), place: "line 3" },
      event(300, "call-held", "t", { duration: 200, place: "parse", lastLine: 12 }),
      task("u"),
      event(300, "late", "u", { late: 150, by: "t" }),
      ...ended,
    ]);
    expect(text).toContain(
      "t held the thread of its loop for 200ms (it was at app.py:9 in parse): u woke 150ms late",
    );
    expect(text).toContain("simply stopped at app.py:3.");
    const place = { file: "app.py", line: 9, function: "parse" };
    expect(result.blocks).toMatchObject([{ task: "t", call: "in parse, app.py:9-12", place }]);
    expect(result.loops).toMatchObject([{ longestBlock: { place } }]);
  });

  test("that started another is not told to have ended with it", async () => {
    const { text, result } = await views([
      ...begun,
      { define: "process", id: "helper", parent: "app" },
      { define: "thread", id: "H", process: "helper" },
      { ...task("h"), parent: null },
      { ...event(3, "task-created", "h"), thread: "H" },
      { ...event(4, "task-started", "h"), thread: "H" },
      ...ended,
    ]);
    expect(text).toContain("1 of 2 tasks lost, 1 alive at the end; run was lost too.");
    expect(result.findings.map(({ task }: { task: string }) => task)).toEqual(["t"]);
  });

  test("has an id beside each name, which tells apart whose names are equal", async () => {
    const helper = { ...event(3, "main-started", "main of helper"), thread: "u" };
    const lock = (id: number): object => ({ define: "resource", id, kind: "lock", name: "L" });
    const wait = (actor: string, resource: number): object =>
      event(5, "wait-began", actor, { for: "lock", resource });
    const { text, result } = await views([
      ...begun,
      { define: "process", id: "helper", parent: "app" },
      { define: "thread", id: "u", process: "helper", name: "MainThread" },
      { define: "actor", id: "main of helper", kind: "main", name: "main" },
      task("other t", { name: "t", parent: "main of helper" }),
      helper,
      { ...event(4, "task-created", "other t"), thread: "u" },
      lock(1),
      lock(2),
      wait("t", 1),
      { ...wait("other t", 2), thread: "u" },
    ]);
    for (const words of [
      "process helper",
      "lock L (1) awaited - t of app waits for it",
      "lock L (2) awaited - t of helper waits for it",
    ])
      expect(text).toContain(words);
    expect(result).toMatchObject({
      processes: [
        { id: "app", parentId: null },
        { id: "helper", parent: "app", parentId: "app" },
      ],
      threads: [
        { id: "MainThread", name: "MainThread", processId: "app", mainId: "main" },
        { id: "u", name: "MainThread", processId: "helper", mainId: "main of helper" },
      ],
      loops: [{ id: "loop", threadId: "MainThread", processId: "app" }],
      kinds: [{ processId: "app" }, { processId: "helper" }],
      tasks: [
        { id: "t", name: "t", parentId: "run", threadId: "MainThread" },
        { id: "other t", name: "t", parent: "main", parentId: "main of helper", threadId: "u" },
      ],
      resources: [{ id: 1 }, { id: 2 }],
      waits: [
        { who: "t", whoId: "t", of: "L", resourceId: 1 },
        { who: "t", whoId: "other t", of: "L", resourceId: 2 },
      ],
    });
  });

  test("is told with places where those of one process have equal names", async () => {
    const made = (id: string, more: object): object => task(id, { name: "job", ...more });
    const { text } = await views([
      ...definitions,
      { define: "place", id: "line 8", file: "app.py", line: 8 },
      made("a", { kind: "job" }),
      made("b", { kind: "job", place: "line 8" }),
      task("c", { parent: "b", place: null }),
      ...started,
      ...["a", "b", "c"].map((id) => event(2, "task-created", id)),
      ...ended,
    ]);
    expect(text).toContain("c LOST 500ms started by job (app.py:8);");
    expect(text).toContain("job (made at app.py:8) never began");
  });

  test("tells holds with how late each was through them, altogether and by how much of it", async () => {
    const { blocks } = await resultOf(app);
    expect(blocks).toMatchObject([
      {
        thread: "io",
        task: "parse",
        ms: 150,
        late: [
          { taskId: "Task-3", ms: 151, through: 150 },
          { taskId: "Task-1", ms: 132, through: 131 },
        ],
      },
    ]);
  });

  test("is counted on by its own process only, whatever another calls its tasks", async () => {
    const { result } = await views([
      ...begun,
      event(2, "task-started", "t"),
      { define: "process", id: "helper", parent: "app" },
      { define: "thread", id: "u", process: "helper" },
      { define: "actor", id: "main of helper", kind: "main" },
      { ...event(3, "main-started", "main of helper"), thread: "u" },
      { ...event(3, "wait-began", "main of helper", { for: "result", of: "t" }), thread: "u" },
      event(4, "cancel-requested", "t", { reason: "timed-out" }),
      event(5, "task-ended", "t", { status: "cancelled", place: "line 3" }),
      ...ended,
    ]);
    expect(result.kinds).toMatchObject([{ lost: 0, givenUp: 1 }]);
  });

  test("of 10,000 tasks of one kind is told in a few lines", async () => {
    const many = Array.from({ length: 10_000 }, (_, id) => [
      task(id, { function: "upload" }),
      event(2 + id / 100, "task-created", id),
      event(2 + id / 100, "task-started", id),
      id % 2500 === 0
        ? event(2 + id / 100, "sleep-began", id, { duration: 1000, place: "line 3" })
        : event(2 + id / 100, "task-ended", id, { status: "finished" }),
    ]).flat();
    const { text, lines, result } = await views([...definitions, ...started, ...many, ...ended]);
    expect(text).toContain("upload ×10,000 4 LOST");
    expect(text).toContain("9,996 finished; stood at app.py:3");
    expect(lines.length).toBeLessThan(20);
    expect(result.kinds).toMatchObject([{ function: "upload", total: 10_000, lost: 4 }]);
    expect(result.tasks.filter(({ kind }: { kind: string }) => kind === "task")).toHaveLength(4);
  });

  test("of 3,000 kinds of tasks is told on a screen, the gravest first", async () => {
    const many = Array.from({ length: 3000 }, (_, id) => [
      task(id, { function: `f${id}` }),
      event(2, "task-created", id),
      ...(id === 2000 ? [] : [event(3, "task-ended", id, { status: "finished" })]),
    ]).flat();
    const { text, lines } = await views([...definitions, ...started, ...many, ...ended]);
    expect(text).toContain("f2000 LOST 500ms");
    expect(text).toContain("2,980 more kinds of tasks; --json has them all");
    expect(lines.length).toBeLessThan(50);
  });
});

describe("a task that a line of the program cancels", () => {
  const begun = [
    ...definitions,
    { define: "place", id: "line 7", file: "app.py", line: 7, function: "stop" },
    { define: "place", id: "line 20", file: "app.py", line: 20, function: "t" },
    ...started,
    task("t"),
    event(2, "task-created", "t"),
    event(2, "task-started", "t"),
    event(3, "sleep-began", "t", { duration: 100, place: "line 20" }),
  ];
  const asked = { reason: "program", by: "main", place: "line 7" };
  const stopped = [
    event(10, "sleep-ended", "t", { how: "cancelled" }),
    event(10, "task-ended", "t", { status: "cancelled" }),
  ];

  test("is no loss, and told with whose line it was and where that stands", async () => {
    const cancel = event(9, "cancel-requested", "t", asked);
    const { text, result } = await views([...begun, cancel, ...stopped, ...ended]);
    expect(text).toContain("t cancelled 10ms");
    expect(text).toContain("stood at app.py:20 in t; cancelled by main at app.py:7 in stop");
    expect(text).toContain("0 of 1 task lost; run was lost.");
    expect(result.tasks).toMatchObject([
      { name: "run", lost: true },
      {
        lost: false,
        givenUp: null,
        stoodAt: { line: 20 },
        cancelledBy: { reason: "program", at: 9, by: "main", byId: "main", line: 7 },
      },
    ]);
    expect(result.findings).toEqual([]);
  });

  test("is no loss either where its process ends before it has stopped", async () => {
    const cancel = event(499, "cancel-requested", "t", { reason: "program" });
    const { text, result } = await views([...begun, cancel, ...ended]);
    expect(text).toContain("0 of 1 task lost; run was lost.");
    expect(result.kinds).toMatchObject([{ cancelled: 1, alive: 0 }]);
  });

  test("after its loop had asked it to stop is lost all the same: what came first counts", async () => {
    const close = event(8, "cancel-requested", "t", { reason: "loop-closed" });
    const cancel = event(9, "cancel-requested", "t", asked);
    const { text } = await views([...begun, close, cancel, ...stopped, ...ended]);
    expect(text).toContain("1 of 1 task lost; run was lost too.");
  });
});

describe("words of tomorrow", () => {
  test("are told as they stand, and nothing is concluded from them", async () => {
    const { text, result } = await views([
      ...definitions,
      { define: "galaxy", id: 1 },
      ...started,
      task("t", { kind: "fiber", colour: "red" }),
      task("u", { kind: "fiber" }),
      event(2, "task-created", "t"),
      event(2, "task-created", "u"),
      event(3, "gc-ran", "t"),
      event(3, "wait-began", "run", { for: "barrier", of: "gate" }),
      event(3, "cancel-requested", "u", { reason: "told-so" }),
      event(4, "task-ended", "t", { status: "vanished" }),
      event(4, "task-ended", "u", { status: "cancelled" }),
      event(4, "error-logged", "t", { reason: "because" }),
      event(4, "went-on", "t", { how: "sang" }),
      event(5, "interrupted", "main", { by: "meteor" }),
    ]);
    for (const words of [
      "waits for barrier of gate since 3ms",
      "fiber t ended 4ms started app.py:3",
      "cancelled: told-so",
      "The process app was ended by meteor at 5ms.",
      "0 of 2 fibers lost; run was lost.",
      "1 event of a type that this version does not know: gc-ran",
      "1 definition of a kind that this version does not know: galaxy",
      "1 field that this version does not know: actor.colour",
      "1 word that this version does not know: task-ended.status: vanished",
    ])
      expect(text).toContain(words);
    expect(result).toMatchObject({
      exit: { interruptedBy: "meteor" },
      kinds: [{ kind: "fiber", total: 1, ended: 1 }, { cancelled: 1 }],
      findings: [],
    });
  });
});

/** A trace in which each name, word and text is the same hostile one. */
function hostileLines(evil: string): object[] {
  const on = { thread: evil };
  return [
    { define: "process", id: evil, command: evil },
    { define: "place", id: "line 3", file: evil, line: 3, function: evil },
    { define: "thread", id: evil, process: evil },
    { define: "loop", id: evil, thread: evil, rules: evil },
    { define: "actor", id: "main", kind: "main", name: evil },
    { define: "actor", id: "run", kind: "launch", name: evil },
    task("t", { kind: evil, name: evil, function: evil, until: evil }),
    { define: "resource", id: evil, kind: evil, place: "line 3" },
    { define: evil, id: 1 },
    event(0, "main-started", "main", on),
    event(0, "loop-opened", "run", on),
    event(0, "launch-started", "run", on),
    event(1, "task-created", "t", on),
    event(1, "task-started", "t", on),
    event(1, "wait-began", "t", { ...on, for: evil, resource: evil, place: "line 3" }),
    event(1, "dropped", "t", { ...on, count: 1, why: evil }),
    event(1, "handle-alive", "t", { ...on, kind: evil, place: "line 3" }),
    event(1, "folded", "t", { ...on, kind: evil, count: 1, busy: 1, longest: 1 }),
    event(2, evil, "t", on),
    event(3, "launch-ended", "run", { ...on, status: "failed", error: evil }),
    event(4, "process-ended", "main", { ...on, code: 1 }),
  ];
}

describe("whatever the names are", () => {
  test("law: nothing dangerous comes through any view", async () => {
    const runs = rounds(15, 300);
    await fc.assert(
      fc.asyncProperty(hostileText, async (evil) => {
        const stdin = linesOf([
          { ...header, source: { ...header.source, command: evil, runtime: evil } },
          ...hostileLines(evil),
        ]);
        for (const options of [[], ["--json"], ["--timeline", "--ascii", "--no-color"]]) {
          const { status, stdout } = await tandemHere(["report", "-", ...options], { stdin });
          expect([status, dangersIn(stdout)]).toEqual([0, []]);
        }
      }),
      { numRuns: runs },
    );
  });

  test("no line is wider than the terminal, where words allow it", () => {
    const recording = readRecording([readFileSync(app, "utf8")], "app.ndjson");
    if (recording.of !== "program") throw new Error("no scenario describes it");
    for (const width of [40, 80, 120])
      for (const line of renderProgram(reportProgram(recording), width).split("\n"))
        expect([line, line.length <= width]).toEqual([line, true]);
  });
});

describe("the trace in src/README.md", () => {
  test("is reported as is said of it", async () => {
    const map = readFileSync(join(import.meta.dir, "../../src/README.md"), "utf8");
    const block = /## Write a trace by hand[^]*?```json\n([^]*?)```/.exec(map)![1]!;
    const { status, stdout } = await tandemHere(["report", "-"], { stdin: block });
    expect(status).toBe(0);
    const text = flat(stdout);
    expect(text).toContain("upload LOST 91ms started app.py:14 in start");
    expect(text).toContain(
      "* the process ended when main did, and does not wait for daemon threads: upload (started at app.py:14) was cut off at app.py:10, on the daemon thread io.",
    );
    expect(text).not.toContain("does not know");
  });
});
