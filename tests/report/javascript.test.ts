/** What is told of programs in JavaScript, as a recorder tells of them: the verdict, whole sentences, and the result. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { programLanes } from "../../src/report/program-lanes.ts";
import { programJson } from "../../src/report/program-json.ts";
import { type ProgramReport, reportProgram } from "../../src/report/program.ts";
import { renderProgram } from "../../src/report/terminal/program.ts";
import { discrepancies, type Result, type Truth } from "../observe/truth.ts";
import { observedSource } from "../support/observed.ts";
import { patience } from "../support/patience.ts";
import { type Read, readSketch, type Sketch } from "../support/sketch.ts";

setDefaultTimeout(patience);

/** A program on one thread, as a recorder of JavaScript defines it. */
function sketched(draw: (process: Sketch) => void): Read {
  return readSketch((process) => {
    for (const one of process.definitions) {
      if ("name" in one && one.name === "Main") one.name = "main";
      if ("kind" in one && one.kind === "main") Object.assign(one, { function: "<module>" });
    }
    process.loop("Main", "javascript").at(0, "loop-opened", "main");
    draw(process);
  });
}

function reportOf(draw: (process: Sketch) => void, runtime = "Node.js 20.20.2"): ProgramReport {
  const { trace, reading } = sketched(draw);
  const source = { ...observedSource, language: "javascript", runtime, command: "node app.ts" };
  return reportProgram({ source, trace, reading });
}

/** The verdict, with all white space the same. */
function verdictOf(report: ProgramReport): string {
  return renderProgram(report, 10_000).replaceAll(/ +/g, " ");
}

/** Calls of one function, so many, made at a line by somebody, which begin at a time. */
interface Calls {
  code: number;
  line: number;
  by?: string;
  at?: number;
  count?: number;
}

function calls(
  process: Sketch,
  name: string,
  { code, line, by = "main", at = 1, count = 1 }: Calls,
) {
  const names = Array.from({ length: count }, (_, k) => (count === 1 ? name : `${name}#${k}`));
  for (const one of names)
    process
      .actor("call", one, { line, code, by })
      .at(at, "task-created", one)
      .at(at, "task-started", one);
  return names;
}

const programs: Record<string, (process: Sketch) => void> = {
  "25-foreach-async": (process) => {
    process.of("app.ts", {
      8: "updateVote",
      16: "forEach callback",
      15: "migrate",
      24: "<module>",
    });
    for (let k = 0; k < 3; k++) {
      const [callback] = calls(process, `forEach callback#${k}`, { code: 15, line: 15 });
      const [update] = calls(process, `updateVote#${k}`, { code: 7, line: 16, by: callback! });
      process
        .at(2, "floated", callback!, "Main", { how: "forEach", place: 15 })
        .at(2, "used", update!, "Main", { how: "await", by: callback!, place: 16 })
        .at(3, "stood-at", callback!, "Main", { place: 16 })
        .at(3, "waits-for", callback!, "Main", { whom: update! })
        .at(3, "stood-at", update!, "Main", { place: 8 })
        .at(3, "waits-for", update!, "Main", { of: "timer" });
    }
    process
      .at(4, "exit-called", "main", "Main", { code: 0, place: 24 })
      .at(6, "process-ended", "main", "Main", { code: 0 });
  },
  "26-all-rejects-siblings-go-on": (process) => {
    process.of("app.mjs", { 10: "insert", 11: "insert", 31: "save", 21: "inTransaction" });
    calls(process, "inTransaction", { code: 16, line: 34 });
    calls(process, "save", { code: 29, line: 19, by: "inTransaction" });
    calls(process, "insert", { code: 9, line: 31, by: "save", count: 4 });
    for (let k = 0; k < 4; k++)
      process
        .at(2, "used", `insert#${k}`, "Main", { how: "all", by: "save", place: 31 })
        .at(3, "stood-at", `insert#${k}`, "Main", { place: 10 });
    process.at(50, "task-ended", "insert#0", "Main", { status: "finished" });
    process
      .at(100, "task-ended", "insert#1", "Main", {
        status: "failed",
        error: "bad lot violates a constraint",
        place: 11,
      })
      .at(100, "settled-race", "insert#2", "Main", { combinator: "all", place: 31 })
      .at(100, "settled-race", "insert#3", "Main", { combinator: "all", place: 31 })
      .at(101, "task-ended", "save", "Main", {
        status: "failed",
        error: "bad lot violates a constraint",
        from: "insert#1",
      })
      .at(101, "heard", "insert#1", "Main", { by: "raised", in: "inTransaction", place: 21 })
      .at(102, "task-ended", "inTransaction", "Main", {
        status: "failed",
        error: "bad lot violates a constraint",
        from: "save",
      })
      .at(150, "printed", "insert#2", "Main", { text: "inserted stock", place: 12 })
      .at(150, "task-ended", "insert#2", "Main", { status: "finished" })
      .at(200, "task-ended", "insert#3", "Main", {
        status: "failed",
        error: "bad log violates a constraint",
        place: 11,
      })
      .at(201, "heard", "insert#3", "Main", { by: "nobody" })
      .at(400, "main-ended", "main", "Main", { status: "finished" })
      .at(401, "process-ended", "main", "Main", { code: 0 });
  },
  "28-async-exit-handler": (process) => {
    process.of("app.ts", {
      10: "flush",
      17: "exit listener",
      16: "exit listener",
      15: "beforeExit listener",
      28: "<module>",
    });
    process
      .at(1, "handler-registered", "", "Main", {
        number: 0,
        function: "beforeExit listener",
        place: 15,
        stack: [15],
      })
      .at(1, "handler-registered", "", "Main", {
        number: 1,
        function: "exit listener",
        place: 16,
        stack: [16],
      })
      .at(25, "exit-called", "main", "Main", { code: 0, place: 28 })
      .at(26, "handler-began", "", "Main", { number: 1 });
    calls(process, "exit listener", { code: 16, line: 16, at: 26 });
    calls(process, "flush", { code: 8, line: 17, at: 26, by: "exit listener" });
    process
      .at(27, "used", "flush", "Main", { how: "await", by: "exit listener", place: 17 })
      .at(27, "stood-at", "exit listener", "Main", { place: 17 })
      .at(27, "waits-for", "exit listener", "Main", { whom: "flush" })
      .at(27, "stood-at", "flush", "Main", { place: 10 })
      .at(27, "waits-for", "flush", "Main", { of: "timer" })
      .at(27, "handler-ended", "", "Main", { number: 1 })
      .at(28, "process-ended", "main", "Main", { code: 0 });
  },
  "30-caught-too-late": (process) => {
    process.of("app.mjs", {
      8: "loadPrice",
      12: "loadStock",
      20: "resolveProduct",
      27: "otherRequest",
      17: "resolveProduct",
      18: "resolveProduct",
    });
    calls(process, "otherRequest", { code: 26, line: 31 });
    calls(process, "resolveProduct", { code: 16, line: 32 });
    calls(process, "loadPrice", { code: 6, line: 17, by: "resolveProduct" });
    calls(process, "loadStock", { code: 11, line: 18, by: "resolveProduct" });
    process
      .at(2, "floated", "otherRequest", "Main", { how: "statement", place: 31 })
      .at(2, "used", "loadStock", "Main", { how: "await", by: "resolveProduct", place: 20 })
      .at(2, "used", "resolveProduct", "Main", { how: "await", by: "main", place: 32 })
      .at(3, "stood-at", "otherRequest", "Main", { place: 27 })
      .at(3, "stood-at", "loadStock", "Main", { place: 12 })
      .at(3, "waits-for", "loadStock", "Main", { of: "timer" })
      .at(3, "stood-at", "resolveProduct", "Main", { place: 20 })
      .at(3, "waits-for", "resolveProduct", "Main", { whom: "loadStock" })
      .at(3, "stood-at", "main", "Main", { place: 32 })
      .at(3, "waits-for", "main", "Main", { whom: "resolveProduct" })
      .at(100, "task-ended", "loadPrice", "Main", {
        status: "failed",
        error: "price service is down",
        place: 8,
      })
      .at(100, "error-logged", "loadPrice", "Main", { reason: "unhandled-rejection" })
      .at(103, "process-ended", "main", "Main", { code: 1 });
  },
  "32-atomics-wait-for-own-loop": (process) => {
    process.of("app.mjs", { 8: "release", 21: "runSync", 26: "<module>", 7: "release" });
    process
      .thread("worker 1")
      .loop("worker 1", "javascript")
      .actor("thread", "app.mjs", { line: 7 })
      .at(20, "task-created", "app.mjs", "worker 1")
      .at(20, "task-started", "app.mjs", "worker 1")
      .at(21, "loop-opened", "app.mjs", "worker 1")
      .at(29, "stood-at", "app.mjs", "worker 1", { place: 29 })
      .at(30, "task-ended", "app.mjs", "worker 1", { status: "finished" })
      .at(31, "thread-ended", "app.mjs", "worker 1")
      .actor("promise", "release", { line: 26 })
      .at(5, "step-began", "main")
      .at(30, "stood-at", "release", "Main", { place: 8 })
      .at(30, "stood-at", "main", "Main", { place: 21 })
      .at(30, "waits-for", "main", "Main", { of: "Atomics.wait" })
      .hangs(1500);
  },
  "36-awaits-its-own-import": (process) => {
    process.of("app.mjs", { 7: "verdict", 13: "<module>" });
    calls(process, "verdict", { code: 6, line: 13 });
    process
      .at(2, "used", "verdict", "Main", { how: "await", by: "main", place: 13 })
      .at(3, "stood-at", "verdict", "Main", { place: 7 })
      .at(3, "waits-for", "verdict", "Main", { of: "import" })
      .at(3, "stood-at", "main", "Main", { place: 13 })
      .at(3, "waits-for", "main", "Main", { whom: "verdict" })
      .at(30, "process-ended", "main", "Main", { code: 13 });
  },
  "38-awaits-starve-timers": (process) => {
    process.of("app.mjs", { 9: "countUntilReady", 16: "<module>", 22: "<module>" });
    calls(process, "countUntilReady", { code: 6, line: 22 });
    process
      .at(2, "step-began", "countUntilReady")
      .at(1202, "step-ended", "countUntilReady", "Main", { place: 9, cpu: 1190, turns: 2_000_000 })
      .actor("callback", "timer callback", { line: 16 })
      .at(1203, "late", "timer callback", "Main", { late: 1100, place: 16 })
      .at(1204, "task-ended", "countUntilReady", "Main", { status: "finished" })
      .at(1205, "main-ended", "main", "Main", { status: "finished" })
      .at(1206, "process-ended", "main", "Main", { code: 0 });
  },
  "39-child-sync-in-handler": (process) => {
    process.of("app.ts", { 20: "hypotheses", 15: "health", 24: "route" });
    calls(process, "health", { code: 10, line: 28 });
    calls(process, "route", { code: 23, line: 30, at: 250 });
    process
      .at(251, "step-began", "route")
      .at(1051, "step-ended", "route", "Main", { place: 20, cpu: 5, call: "execFileSync" })
      .at(1052, "late", "health", "Main", { late: 750, place: 15 })
      .at(1053, "task-ended", "route", "Main", { status: "finished" })
      .at(1600, "task-ended", "health", "Main", { status: "finished" })
      .at(1601, "main-ended", "main", "Main", { status: "finished" })
      .at(1602, "process-ended", "main", "Main", { code: 0 });
  },
};

/** What each verdict says. */
const said: Readonly<Record<string, readonly string[]>> = {
  "25-foreach-async": [
    "main module exited 6ms stood at app.ts:24",
    "forEach callback ×3 3 LOST 6ms from app.ts:15 in migrate; waits for updateVote, at app.ts:16; forEach at app.ts:15 ignores its promise",
    "updateVote ×3 3 LOST 6ms called app.ts:16 in forEach callback; waits for a timer, at app.ts:8",
    "6 of 6 async calls lost.",
    "* process.exit at app.ts:24 (status 0) ended the process with 3 calls of the forEach callback (app.ts:15) under way, whose promises forEach at app.ts:15 ignores; they stood at app.ts:16, awaiting 3 calls of updateVote (at app.ts:8).",
    "for (const … of …) with await in it in place of forEach, or await Promise.all(….map(async (…) => …))",
  ],
  "26-all-rejects-siblings-go-on": [
    "insert ×4 2 FAILED 50ms to 200ms called app.mjs:31 in save; 2 finished",
    '* insert (app.mjs:9, called at app.mjs:31) failed with "bad log violates a constraint" at app.mjs:11 when Promise.all at app.mjs:31 had already rejected with the error of another call of insert: of this one nobody heard.',
    "* Promise.all at app.mjs:31 rejected at 100ms, when another call of insert failed, but 2 calls of insert (app.mjs:9, called at app.mjs:31) went on for up to 100ms",
    "await Promise.allSettled(…), then throw what has failed",
  ],
  "28-async-exit-handler": [
    "beforeExit listener NOT RUN - registered app.ts:15; process.exit (app.ts:28) emits no beforeExit",
    "2 of 2 async calls lost.",
    "* the exit listener (app.ts:16) was called when the process was about to end, where no timer and no I/O runs any more, so it came to no end; it stood at app.ts:17, awaiting flush (at app.ts:10).",
    "a listener of exit can only do what is synchronous.",
    "* the beforeExit listener (app.ts:15) never ran: process.exit at app.ts:28 ended the process, which emits no beforeExit then.",
  ],
  "30-caught-too-late": [
    "main module cut off 103ms waits for resolveProduct, at app.mjs:32",
    "3 of 4 async calls lost, 1 failed.",
    '* loadPrice (app.mjs:6, called at app.mjs:17) failed with "price service is down" at app.mjs:8 at 100ms, and nobody had handled that by the end of its turn (resolveProduct, which had called it, stood at app.mjs:20 then): the rejection ended the process.',
    "(await Promise.all([a, b])), or mark the promise as handled where it is made (p.catch(() => {}))",
    '* a rejection of loadPrice that nobody had handled ("price service is down") ended the process with otherRequest (app.mjs:26, called at app.mjs:31) and resolveProduct (app.mjs:16, called at app.mjs:32) under way; they stood at app.mjs:27 and app.mjs:20, awaiting loadStock (at app.mjs:12).',
  ],
  "32-atomics-wait-for-own-loop": [
    "main module BLOCKED 1.5s waits in Atomics.wait, at app.mjs:21 in runSync",
    "worker 1 ended 30ms started app.mjs:7 in release",
    "promise release LOST - called app.mjs:26; stood at app.mjs:8",
    "* the main module held the thread of the event loop and never gave it back (it was at app.mjs:21 in runSync, in Atomics.wait): release (at app.mjs:8) needs this thread to go on.",
    "let the Worker itself notify the flag (Atomics.notify), and wait with a limit.",
  ],
  "36-awaits-its-own-import": [
    "main module LOST 30ms waits for verdict, at app.mjs:13",
    "verdict ended 30ms called app.mjs:13; waits for an import, at app.mjs:7; main stood in it",
    "* the main module never came to its end: it stood at its await at app.mjs:13, in verdict (at app.mjs:7), which waits for an import; nothing was left that could settle that, and the process ended with status 13 without what follows there.",
    "move what both need to a third module",
  ],
  "38-awaits-starve-timers": [
    "event loop ended 1.21s held for up to 1.2s (by countUntilReady)",
    "0 of 1 async call lost.",
    "* countUntilReady held the thread of the event loop for 1.2s (it was at app.mjs:9): the timer callback (app.mjs:16) ran 1.1s late; it gave way 2,000,000 times meanwhile, to microtasks only",
    "await setImmediate() of node:timers/promises, or scheduler.yield()",
  ],
  "39-child-sync-in-handler": [
    "* route held the thread of the event loop for 800ms (it stood still at app.ts:20 in hypotheses, in execFileSync): health (app.ts:15) went on 750ms late.",
    "await promisify(execFile)(…), with a timeout, in place of execFileSync.",
  ],
};

describe("A program made after a public report, as a recorder tells of it", () => {
  for (const [name, draw] of Object.entries(programs))
    test(`is told as it is true: ${name}`, () => {
      const file = join(import.meta.dir, "../observe/cases", name, "truth.json");
      const truth = JSON.parse(readFileSync(file, "utf8")) as Truth;
      const report = reportOf(draw);
      expect(discrepancies(truth, programJson(report) as unknown as Result)).toEqual([]);
      const verdict = verdictOf(report);
      for (const part of said[name]!) expect(verdict).toContain(part);
      for (const width of [40, 80, 120])
        for (const line of renderProgram(report, width).split("\n"))
          expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
    });
});

/** What is told of one program in its findings. */
function findingsOf(draw: (process: Sketch) => void, runtime?: string): string[] {
  return reportOf(draw, runtime).findings.map(({ message, fix }) => `${message}; ${fix}`);
}

describe("Calls that finished", () => {
  const draw =
    (functions: number) =>
    (process: Sketch): void => {
      process.of("app.ts", {});
      for (let k = 0; k < functions; k++) {
        calls(process, `f${k}`, { code: 10 + k, line: 50 + k });
        process
          .at(2, "task-ended", `f${k}`, "Main", { status: "finished" })
          .at(20, "alike", `f${k}`, "Main", { count: 999, longest: 12 });
      }
      process
        .at(30, "main-ended", "main", "Main", { status: "finished" })
        .at(31, "process-ended", "main", "Main", { code: 0 });
    };

  test("are counted, those told and those that are not, and have one row where they are many kinds", () => {
    for (const functions of [1, 3]) {
      const report = reportOf(draw(functions));
      const verdict = verdictOf(report);
      expect(verdict).toContain("f0 ×1,000 1,000 finished");
      expect(verdict).toContain("the longest took 12ms");
      const { kinds } = programJson(report);
      const all = { total: 1000, finished: 1000, lost: 0, longest: 12 };
      expect(kinds).toMatchObject(Array<object>(functions).fill(all));
    }
    const verdict = verdictOf(reportOf(draw(40)));
    expect(verdict).toContain("40 async functions ×40,000 40,000 finished called at 40 places");
    expect(verdict).toContain("0 of 40,000 async calls lost.");
    expect(verdict.split("\n").length).toBeLessThan(10);
  });

  test("of no function are none", () => {
    expect(verdictOf(reportOf(draw(0)))).toContain("There were no async calls.");
  });
});

describe("What ended calls is told as it was", () => {
  const floats = (how: string, end: (process: Sketch) => void) => (process: Sketch) => {
    process.of("app.ts", { 3: "job", 9: "<module>", 20: "<module>" });
    calls(process, "job", { code: 1, line: 9 });
    process
      .at(2, "floated", "job", "Main", { how, place: 9 })
      .at(3, "stood-at", "job", "Main", { place: 3 });
    end(process);
  };
  const exit = (process: Sketch): void => {
    process
      .at(4, "exit-called", "main", "Main", { code: 2, place: 20 })
      .at(6, "process-ended", "main", "Main", { code: 2 });
  };
  const runsOut = (process: Sketch): void => {
    process
      .at(30, "main-ended", "main", "Main", { status: "finished" })
      .at(31, "process-ended", "main", "Main", { code: 0 });
  };
  const ends = (process: Sketch): void => {
    process.at(20, "task-ended", "job", "Main", { status: "finished" });
    runsOut(process);
  };
  const job = "job (app.ts:1, called at app.ts:9)";
  const stood = "it stood at app.ts:3";
  const exited = "process.exit at app.ts:20 (status 2) ended the process";
  const byItself =
    "; or set process.exitCode and let the process end by itself, which it does when nothing is left to do";

  test("by how its promise was dropped", () => {
    expect(findingsOf(floats("statement", exit))).toEqual([
      `${exited} with ${job} under way, whose promise was dropped at app.ts:9; ${stood}; await it there, or keep its promise and await that before process.exit${byItself}`,
    ]);
    expect(findingsOf(floats("void", exit))).toEqual([
      `${exited} with ${job} under way, whose promise was dropped by void at app.ts:9; ${stood}; await it there, or keep its promise and await that before process.exit${byItself}`,
    ]);
    expect(findingsOf(floats("on", exit))).toEqual([
      `${exited} with ${job} under way, whose promise on at app.ts:9 ignores; ${stood}; keep what is under way (a Set that each promise is added to, and deleted from in finally), and await Promise.allSettled(…) of it before process.exit: on waits for no promise`,
    ]);
  });

  test("by its being taken for a condition, although it came to its end", () => {
    expect(findingsOf(floats("condition", ends))).toEqual([
      `the promise of ${job} was taken for a condition at app.ts:9: a promise is always true; write await job(…) there`,
    ]);
    expect(findingsOf(floats("filter", ends))).toEqual([
      `the promise of ${job} was taken for the answer that filter asks for at app.ts:9: a promise is always true; let filter have answers, not promises: const answers = await Promise.all(….map(async (…) => …)), then filter((_, index) => answers[index])`,
    ]);
    expect(findingsOf(floats("statement", ends))).toEqual([]);
  });

  test("with the promise that main's own await waits for in the end, which has no name but its maker's", () => {
    const [only] = findingsOf((process) => {
      process.of("app.ts", { 3: "job", 9: "<module>" });
      calls(process, "job", { code: 1, line: 9 });
      process
        .actor("promise", "made", { function: "job", line: 9 })
        .at(2, "used", "job", "Main", { how: "await", by: "main", place: 9 })
        .at(3, "stood-at", "job", "Main", { place: 3 })
        .at(3, "waits-for", "job", "Main", { whom: "made", of: "new Promise at app.ts:3" })
        .at(3, "stood-at", "made", "Main", { place: 3 })
        .at(3, "stood-at", "main", "Main", { place: 9 })
        .at(3, "waits-for", "main", "Main", { whom: "job" })
        .at(30, "process-ended", "main", "Main", { code: 13 });
    });
    expect(only).toContain(
      "it stood at its await at app.ts:9, in job (at app.ts:3), which waits for new Promise at app.ts:3; nothing was left",
    );
  });

  test("in one finding for all that nothing was left to settle, wherever they were called", () => {
    const [only, ...others] = findingsOf((process) => {
      process.of("app.ts", {});
      for (const [name, line] of [
        ["job#0", 9],
        ["job#1", 12],
      ] as const) {
        calls(process, name, { code: 1, line });
        process.at(3, "stood-at", name, "Main", { place: 3 });
      }
      runsOut(process);
    });
    expect(others).toEqual([]);
    expect(only).toStartWith(
      "the process ended by itself while 2 calls of job (app.ts:1, called at app.ts:9 and app.ts:12) were still waiting; they stood at app.ts:3 in f;",
    );
  });

  test("as what is not known, where it ended with the status of an error and main was cut off", () => {
    const report = reportOf((process) => {
      process.of("app.ts", {});
      calls(process, "upload", { code: 1, line: 9 });
      process
        .at(2, "used", "upload", "Main", { how: "await", by: "main", place: 9 })
        .at(3, "waits-for", "main", "Main", { whom: "upload" })
        .at(3, "stood-at", "upload", "Main", { place: 3 })
        .at(9, "process-ended", "main", "Main", { code: 1 });
    });
    expect(report.programs).toEqual([]);
    expect(report.findings.map(({ message }) => message)).toEqual([
      "the process ended with upload (app.ts:1, called at app.ts:9) under way; it stood at app.ts:3 in f",
    ]);
  });

  test("by nothing that was left to settle what it awaits, whoever would have waited for it", () => {
    const unsettled = (of: string) => (process: Sketch) => {
      process.at(3, "waits-for", "job", "Main", { of });
      runsOut(process);
    };
    const message = `the process ended by itself while ${job} was still waiting; ${stood}`;
    const generic =
      "let what it awaits be settled in every case (resolve or reject on each event that can come, error and close as well), or bound the wait (AbortSignal.timeout)";
    expect(findingsOf(floats("statement", unsettled("new Promise at app.ts:3")))).toEqual([
      `${message}, awaiting new Promise at app.ts:3; ${generic}`,
    ]);
    // Something else ended the process then, as a runner of tests does.
    expect(findingsOf(floats("statement", unsettled("timer")))[0]).toStartWith(
      `the process ended with ${job} under way, whose promise was dropped at app.ts:9; ${stood}, awaiting a timer; await it there`,
    );
    expect(findingsOf(floats("statement", unsettled("yield")))).toEqual([
      `${message}, awaiting somebody to want its next value; leave the generator by for await (…), which closes it, or call its return() in finally when no more is wanted`,
    ]);
  });
});

describe("The picture of a run", () => {
  test("shows calls that wait, and who keeps the thread; as many lanes as there is room for", () => {
    const lanesOf = (count: number) => {
      const { trace } = sketched((process) => {
        process.of("app.ts", {});
        calls(process, "job", { code: 1, line: 9, count });
        const [first] = count === 1 ? ["job"] : ["job#0"];
        process
          .at(100, "step-began", first!)
          .at(400, "step-ended", first!, "Main", { cpu: 300 })
          .at(500, "main-ended", "main", "Main", { status: "finished" })
          .at(500, "process-ended", "main", "Main", { code: 0 });
      });
      return programLanes(trace).lanesAt(500_000);
    };
    const spans = (from: number, activity: string, to: number) => {
      return { activity, from: from * 1000, to: to * 1000 };
    };
    const held = spans(100, "computing", 400);
    for (const count of [1, 2, 5]) {
      const [main, first, ...others] = lanesOf(count);
      expect(main).toMatchObject({ isThread: true, spans: [held] });
      expect(first?.spans).toEqual([
        spans(1, "waiting", 100),
        held,
        spans(400, "waiting", 500),
      ] as never);
      expect(others.map((lane) => lane.spans)).toEqual(
        Array(count - 1).fill([spans(1, "waiting", 500)]),
      );
    }
    expect(lanesOf(500).length).toBe(41);
  });
});

describe("What a program of another kind is told of", () => {
  test("main that failed with the error of a call: it is in a line on stderr", () => {
    const report = reportOf((process) => {
      process.of("cli.mjs", { 2: "load" });
      calls(process, "load", { code: 2, line: 4 });
      process
        .at(30, "task-ended", "load", "Main", { status: "failed", error: "bad input", place: 2 })
        .at(31, "main-ended", "main", "Main", { status: "failed", error: "bad input" })
        .at(31, "error-logged", "load", "Main", { reason: "main-failed" })
        .at(33, "process-ended", "main", "Main", { code: 1 });
    });
    expect(report.findings).toEqual([]);
    expect(verdictOf(report)).toContain('main module FAILED 31ms "bad input", a line on stderr');
    const { failures } = programJson(report);
    expect(failures).toMatchObject([{ task: "load", error: "bad input", heard: "logged" }]);
  });

  test("a Worker that tells nothing: only that it was there", () => {
    const report = reportOf((process) => {
      process
        .of("app.mjs", {})
        .thread("worker 1")
        .actor("thread", "app.mjs", { line: 3 })
        .at(5, "thread-started", "app.mjs", "worker 1")
        .at(5, "task-created", "app.mjs", "worker 1")
        .at(30, "main-ended", "main", "Main", { status: "finished" })
        .at(31, "process-ended", "main", "Main", { code: 0 });
    });
    expect(report.findings).toEqual([]);
    expect(verdictOf(report)).toContain("Worker app.mjs ended 31ms started app.mjs:3 in f\n");
  });

  test("kept-alive: by what, and how that is ended", () => {
    const kept = (kind: string): string[] =>
      findingsOf((process) => {
        process
          .of("app.ts", {})
          .at(20, "main-ended", "main", "Main", { status: "finished" })
          .at(3020, "handle-alive", "", "Main", { kind, place: 7 })
          .at(3020, "interrupted", "main", "Main", { by: "timeout" });
      });
    const message =
      "the main module was over at 20ms, and the process stayed for 3s more because of";
    expect(kept("interval")).toEqual([
      `${message} an interval (app.ts:7); keep what setInterval returns and clearInterval(…) it when it is no longer needed, or call unref() on it`,
    ]);
    expect(kept("worker")[0]).toStartWith(
      `${message} a worker (app.ts:7); await worker.terminate()`,
    );
    expect(kept("something new")[0]).toEndWith(
      "end or close each when it is no longer needed, or call unref() on it",
    );
  });

  test("output-cut: how much of what, and by which exit", () => {
    const [cut] = findingsOf((process) => {
      process
        .of("app.ts", { 9: "<module>" })
        .at(5, "output-cut", "", "Main", { bytes: 934465, stream: "stdout" })
        .at(5, "exit-called", "main", "Main", { code: 0, place: 9 })
        .at(6, "process-ended", "main", "Main", { code: 0 });
    });
    expect(cut).toStartWith(
      "process.exit at app.ts:9 ended the process with 934,465 bytes of stdout written and not yet handed to the system",
    );
  });

  test("a rejection that came up to a callback whose promise is ignored", () => {
    const failing = (how: string): string[] =>
      findingsOf((process) => {
        process.of("app.ts", { 10: "poll", 19: "<module>" });
        calls(process, "interval callback", { code: 19, line: 19 });
        calls(process, "poll", { code: 7, line: 20, by: "interval callback" });
        const failed = { status: "failed", error: "no items", place: 10 };
        process
          .at(2, "floated", "interval callback", "Main", { how, place: 19 })
          .at(30, "task-ended", "poll", "Main", failed)
          .at(30, "task-ended", "interval callback", "Main", { ...failed, from: "poll" })
          .at(31, "error-logged", "interval callback", "Main", { reason: "unhandled-rejection" })
          .at(32, "process-ended", "main", "Main", { code: 1 });
      });
    const poll = 'poll (app.ts:7, called at app.ts:20) failed with "no items" at app.ts:10';
    const up = "its error came up to the interval callback (app.ts:19), and";
    const end = "so nobody handled the rejection, and it ended the process at 31ms";
    expect(failing("setInterval")).toEqual([
      `${poll}; ${up} setInterval at app.ts:19 ignores that one's promise, ${end}; catch the error in the interval callback itself (try … catch): setInterval waits for no promise`,
    ]);
    expect(failing("void")[0]).toStartWith(
      `${poll}; ${up} that one's promise was dropped at app.ts:19, ${end}; await it where its error can be caught`,
    );
  });

  test("an import that comes back is told from one of a module that waits for something else", () => {
    const waiting = (of: string): string[] =>
      findingsOf((process) => {
        process
          .of("app.mjs", { 6: "<module>" })
          .actor("module", "plugin.mjs", { code: 1, function: "<module>" })
          .at(2, "task-created", "plugin.mjs")
          .at(2, "task-started", "plugin.mjs")
          .at(3, "stood-at", "plugin.mjs", "Main", { place: 2 })
          .at(3, "waits-for", "plugin.mjs", "Main", { of })
          .at(3, "stood-at", "main", "Main", { place: 6 })
          .at(3, "waits-for", "main", "Main", { of: "import" })
          .at(30, "process-ended", "main", "Main", { code: 13 });
      });
    const circle = "move what both need to a third module";
    expect(waiting("import").map((one) => one.includes(circle))).toEqual([true, true]);
    expect(waiting("once").map((one) => one.includes(circle))).toEqual([false, false]);
    expect(waiting("once")[1]).toStartWith(
      "the process ended by itself while the module app.mjs was still waiting; it stood at app.mjs:2 in f, awaiting once(…);",
    );
  });

  test("what waits for the answers of a Worker that failed, and what fails in an executor", () => {
    const [lost] = findingsOf((process) => {
      process
        .of("app.mjs", { 14: "ask" })
        .thread("worker 1")
        .actor("thread", "worker 1", { line: 7 })
        .at(2, "task-started", "worker 1", "worker 1")
        .at(20, "task-ended", "worker 1", "worker 1", { status: "failed", error: "no" })
        .at(20, "heard", "worker 1", "worker 1", { by: "raised", in: "main", place: 9 });
      calls(process, "ask", { code: 13, line: 24, count: 2 });
      for (const k of [0, 1]) process.at(3, "stood-at", `ask#${k}`, "Main", { place: 14 });
      process
        .at(30, "main-ended", "main", "Main", { status: "finished" })
        .at(31, "process-ended", "main", "Main", { code: 0 });
    });
    expect(lost).toBe(
      'the process ended by itself while 2 calls of ask (app.mjs:13, called at app.mjs:24) were still waiting; they stood at app.mjs:14; worker 1 (started at app.mjs:7) had failed by then; reject what waits for a Worker\'s answers when that fails or ends (worker.on("error", …), worker.on("exit", …))',
    );
    const [failed] = findingsOf((process) => {
      process.of("app.mjs", { 2: "promise executor" });
      calls(process, "promise executor", { code: 2, line: 2 });
      process
        .at(2, "floated", "promise executor", "Main", { how: "Promise", place: 2 })
        .at(20, "task-ended", "promise executor", "Main", {
          status: "failed",
          error: "no",
          place: 2,
        })
        .at(21, "error-logged", "promise executor", "Main", { reason: "unhandled-rejection" })
        .at(22, "process-ended", "main", "Main", { code: 1 });
    });
    expect(failed).toBe(
      'the promise executor (app.mjs:2) failed with "no" at app.mjs:2; new Promise at app.mjs:2 ignores its promise, so nobody handled the rejection, and it ended the process at 21ms; catch the error in the promise executor itself (try … catch, with reject(error)): new Promise waits for no promise',
    );
  });

  test("a failure in whose place a finally block threw or returned", () => {
    const replacedBy = (outcome: Record<string, unknown>): string =>
      findingsOf((process) => {
        process.of("app.ts", { 5: "insert", 13: "save" });
        calls(process, "save", { code: 8, line: 18 });
        calls(process, "insert", { code: 3, line: 10, by: "save" });
        process
          .at(2, "used", "insert", "Main", { how: "await", by: "save", place: 10 })
          .at(5, "task-ended", "insert", "Main", { status: "failed", error: "no", place: 5 })
          .at(6, "task-ended", "save", "Main", outcome)
          .at(7, "heard", "save", "Main", { by: "raised", in: "main", place: 18 })
          .at(30, "main-ended", "main", "Main", { status: "finished" })
          .at(31, "process-ended", "main", "Main", { code: 0 });
      })[0]!;
    const head =
      'insert (app.ts:3, called at app.ts:10) failed with "no" at app.ts:5, and no code heard of that: save, which awaited it,';
    expect(replacedBy({ status: "failed", error: "busy", place: 13 })).toBe(
      `${head} failed with "busy" at app.ts:13 in its place; let nothing in a finally block throw or return (catch there what can fail), or throw both errors (new AggregateError([…]))`,
    );
    expect(replacedBy({ status: "finished" })).toStartWith(`${head} returned all the same; `);
  });

  test("a failure that nobody looked at, a race that left its loser behind, an error in a timer", () => {
    const [unheard] = findingsOf((process) => {
      process.of("app.ts", { 8: "send" });
      calls(process, "send", { code: 5, line: 11 });
      process
        .at(2, "used", "send", "Main", { how: "allSettled", place: 11 })
        .at(20, "task-ended", "send", "Main", { status: "failed", error: "no", place: 8 })
        .at(21, "heard", "send", "Main", { by: "nobody" })
        .at(30, "main-ended", "main", "Main", { status: "finished" })
        .at(31, "process-ended", "main", "Main", { code: 0 });
    });
    expect(unheard).toBe(
      'send (app.ts:5, called at app.ts:11) failed with "no" at app.ts:8, and no code heard of that: Promise.allSettled at app.ts:11 gave it among its results, and nobody looked; look at each result of Promise.allSettled (status "rejected" has a reason), or await Promise.all(…), which throws',
    );
    const [race] = findingsOf((process) => {
      process.of("app.ts", {});
      calls(process, "save", { code: 7, line: 18 });
      process
        .at(2, "used", "save", "Main", { how: "race", by: "main", place: 18 })
        .at(100, "settled-race", "save", "Main", { combinator: "race", place: 18 })
        .at(400, "task-ended", "save", "Main", { status: "finished" })
        .at(401, "main-ended", "main", "Main", { status: "finished" })
        .at(402, "process-ended", "main", "Main", { code: 0 });
    });
    expect(race).toStartWith(
      "Promise.race at app.ts:18 settled at 100ms, but save (app.ts:7, called at app.ts:18) went on for 300ms: a promise that nobody waits for any more is not stopped by that; tell the work to stop when the race is over: hand it an AbortSignal",
    );
    const thrown = findingsOf((process) => {
      process.of("app.ts", { 19: "timer callback" });
      calls(process, "upload", { code: 5, line: 21 });
      process
        .at(2, "used", "upload", "Main", { how: "await", by: "main", place: 21 })
        .at(3, "stood-at", "upload", "Main", { place: 6 })
        .actor("callback", "timer callback", { line: 17 })
        .at(50, "task-ended", "timer callback", "Main", {
          status: "failed",
          error: "null",
          place: 19,
        })
        .at(50, "error-logged", "timer callback", "Main", { reason: "uncaught-exception" })
        .at(52, "process-ended", "main", "Main", { code: 1 });
    });
    expect(thrown).toEqual([
      'the timer callback (from app.ts:17) failed with "null" at app.ts:19, where no code could catch that: the process ended with it at 50ms; catch the error in the callback, or hand it on to whoever can act on it (reject the promise that is waited for)',
      'an exception of the timer callback that nobody caught ("null") ended the process with upload (app.ts:5, called at app.ts:21) under way; it stood at app.ts:6 in f; catch that error (see there), and let what is under way come to its end',
    ]);
  });
});
