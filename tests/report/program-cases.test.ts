/**
 * Programs made after public reports, as traces of what an observer records of them: what is true of each is
 * told in the result, with its lines, and nothing else is.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { programJson } from "../../src/report/program-json.ts";
import { type ProgramReport, reportProgram } from "../../src/report/program.ts";
import { renderProgram } from "../../src/report/terminal/program.ts";
import { readRecording } from "../../src/runs/report.ts";
import { discrepancies, type Result, type Truth } from "../observe/truth.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const traces = join(import.meta.dir, "traces/python");
const truths = join(import.meta.dir, "../observe/cases");
const names = readdirSync(traces).map((file) => basename(file, ".ndjson"));

function reportOf(name: string): ProgramReport {
  const text = readFileSync(join(traces, `${name}.ndjson`), "utf8");
  const recording = readRecording([text], name);
  if (recording.of !== "program") throw new Error("no scenario describes it");
  return reportProgram(recording);
}

/** The verdict, with all white space the same. */
function verdictOf(name: string, width = 10_000): string {
  return renderProgram(reportOf(name), width);
}

describe("The result tells the truth, field by field", () => {
  for (const name of names)
    test(`of ${name}`, () => {
      const truth = JSON.parse(readFileSync(join(truths, name, "truth.json"), "utf8")) as Truth;
      const result = programJson(reportOf(name)) as unknown as Result;
      expect(discrepancies(truth, result)).toEqual([]);
    });
});

describe("The verdict", () => {
  for (const name of names)
    test(`of ${name} knows every word of its trace, and is no wider than its terminal`, () => {
      for (const width of [40, 80, 120])
        for (const line of verdictOf(name, width).split("\n"))
          expect([line, Bun.stringWidth(line) <= width]).toEqual([line, true]);
      expect(reportOf(name).trace.unknown).toEqual([]);
    });
});

/** What each verdict says, and what to do about it, in the words of Python. */
const said: Readonly<Record<string, readonly string[]>> = {
  "01-gc-lost-reader": [
    "read_price LOST 270ms started app.py:27 in serve; waits for next_price, at app.py:20; destroyed by the garbage collector while pending",
    "* the garbage collector destroyed read_price (app.py:17, started at app.py:27) at 162ms while it was pending at app.py:20: nothing kept a reference to it",
    "task.add_done_callback(tasks.discard)",
  ],
  "02-result-on-own-loop": [
    "main LOST 1.1s started app.py:37; waits for beat, at app.py:33",
    "2 of 3 tasks lost; 0 of 1 job lost; main was lost too.",
    "* Meter.on_reading waits at app.py:17 (done.result()) with the whole thread of the loop that Meter.store needs to run",
    "use asyncio.run_coroutine_threadsafe(…).result() from other threads alone",
  ],
  "03-heartbeat-missed": [
    "heartbeat cancelled 1.57s started app.py:33 in main; stood at app.py:13; cancelled by main at app.py:42",
    "0 of 2 tasks lost; 0 of 1 job lost.",
    "* main held the thread of its loop for 1.2s (it stood still at app.py:17 in fetch_statistics (time.sleep(1.2))): heartbeat (app.py:13) woke 1.1s late.",
    "await asyncio.to_thread(fetch_statistics, …)",
  ],
  "05-bridge-future-dropped": [
    "apply_event ×3 1 FAILED",
    "* apply_event (app.py:9, handed over at app.py:17) failed with \"KeyError: 'pause'\" at app.py:11, and nobody took the result of its future",
    "keep the future that asyncio.run_coroutine_threadsafe returns",
  ],
  "08-daemon-sender": [
    "main thread ended 253ms stood still for 200ms (time.sleep(0.2), app.py:25)",
    "1 of 1 thread cut off.",
    "the daemon thread sender (app.py:11, started at app.py:22) was cut off at app.py:16 (time.sleep(0.08)).",
    "* 7 values lay in outbox (app.py:8) at the end, and nobody took them",
    "outbox.join(), with task_done() in a finally",
  ],
  "09-atexit-never-comes": [
    "handler close NOT RUN - registered app.py:23",
    "* close (app.py:18), registered at app.py:23, never ran: the interpreter first joins threads",
  ],
  "11-join-with-dead-consumer": [
    "* dispatch waits for the queue events at app.py:31, and consume, which alone could end that, ended at 63ms by a CancelledError that nobody had asked for",
    "asyncio.wait({…}, return_when=asyncio.FIRST_COMPLETED)",
  ],
  "15-system-exit-in-bridge": [
    "0 of 1 task lost, 1 failed; 1 of 1 thread failed; the main program was lost.",
    "* the main program waits for the future answer at app.py:27 (answer.result()), and check_licence, which alone could end that, failed at 164ms",
    "instead of sys.exit()",
  ],
  "16-cleanup-task-of-signal": [
    "remove_containers LOST 164ms started app.py:25 in on_sigterm; stood at app.py:14; cancelled when asyncio.run closed the loop (app.py:34)",
    "* remove_containers (app.py:11) was started at app.py:25 and was not done when main returned: asyncio.run at app.py:34 cancelled it after its first step, while it stood at app.py:14.",
    "let on_sigterm only set an event, and await remove_containers(…) in main before that returns (in a finally)",
  ],
  "18-run-inside-running-loop": [
    "* download (app.py:8) was called at app.py:15 and what that returned was never awaited: not one line of the coroutine ran.",
    "* a loop was started at app.py:15 in fetch on a thread that runs one already",
  ],
  "20-loop-closed-under-task": [
    "event loop closed 313ms run_until_complete, app.py:28; closed by close, app.py:29",
    "* loop.close() at app.py:29 closed the loop while watch_device (app.py:9, started at app.py:21) was pending at app.py:13",
    "asyncio.Runner()",
  ],
  "23-group-takes-all": [
    "0 of 3 tasks lost, 2 given up, 1 failed.",
    "* rescan (app.py:16) failed, so its TaskGroup cancelled terminate (app.py:9, started at app.py:23) while it stood at app.py:11.",
    "asyncio.gather(…, return_exceptions=True)",
  ],
};

describe("The verdict says in Python's words what went wrong, and what would change that", () => {
  for (const [name, texts] of Object.entries(said))
    test(`of ${name}`, () => {
      const verdict = verdictOf(name).replaceAll(/\s+/g, " ");
      for (const text of texts) expect(verdict).toContain(text);
    });
});

test("A finding has the dated facts of its trace that support it, each with its place", () => {
  const [finding] = programJson(reportOf("16-cleanup-task-of-signal")).findings;
  expect(finding).toMatchObject({ rule: "lost-at-close", task: "remove_containers", tasks: 1 });
  expect(finding!.evidence).toMatchObject([
    { task: "remove_containers", taskId: "Task-2", is: "made", place: { line: 25 } },
    { is: "began", at: 162 },
    { is: "stood", place: { line: 14 } },
    { is: "cancelled", at: 163, place: { line: 34 }, detail: "loop-closed" },
    { is: "ended", at: 164, detail: "cancelled" },
  ]);
});

test("What no recorder saw is told, and is never no loss", () => {
  const nothing = {
    ...reportOf("01-gc-lost-reader"),
    processes: [],
    programs: [],
    findings: [],
    unseen: [
      {
        process: "python3 -I app.py",
        why: "it was started with -I, which ignores the environment",
      },
    ],
  };
  const verdict = renderProgram(nothing, 1000);
  expect(verdict).toContain("Nothing was seen.");
  expect(verdict).toContain(
    "Of python3 -I app.py nothing was seen, because it was started with -I, which ignores the environment.",
  );
  expect(verdict).not.toContain("lost");
  const some = { ...reportOf("03-heartbeat-missed"), unseen: nothing.unseen };
  expect(renderProgram(some, 1000)).toContain(
    "0 of 2 tasks lost; 0 of 1 job lost, as far as was seen.",
  );
  expect(programJson(some).unseen).toEqual(nothing.unseen);
});
