/** Traces written by hand, of programs that no scenario describes, as `tandem report` shows them. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
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
      "python app.py, CPython 3.13.1, for 202ms; exit status 0",
      "process app exit 0 202ms pid 40; python app.py",
      "thread MainThread finished 200ms",
      "thread io - - daemon",
      "event loop open - asyncio; opened at 1ms; held for up to 150ms (by Task-2)",
      "launch serve abandoned 202ms",
      "thread net",
      "event loop closed 18ms asyncio; opened at 1ms",
      "launch watch finished 18ms",
      "task Task-1 lost 202ms fetch; made by serve at app.py:3 in serve",
      "task parse x 2 1 lost 154.5ms to 202ms made by Task-1 at app.py:9 in fetch; 1 finished",
      "callback tick failed 16ms made by watch",
      "process helper exit 3 160ms pid 41; python helper.py; started by app",
      "coroutine pull lost 160ms made by main at helper.py:6 in pull",
      "lock db awaited - made at db.py:1; holds 1 at most; parse waits for it",
    ])
      expect(text).toContain(words);
  });

  test("what stayed unfinished is named, with where it stood", async () => {
    const text = flat(await report(app));
    for (const words of [
      "stood at app.py:21 in fetch; cancelled because main ended; its clean-up did not run to its end",
      "waits for a value in db since 154ms, at app.py:12 in parse",
      "waits for a value in stdin since 6ms, at helper.py:6 in pull",
      "3 of 5 tasks lost, 1 failed.",
      "What kept the process app from its end: socket (db.py:1).",
    ])
      expect(text).toContain(words);
  });

  test("findings stand at file and line, and each process has its own end", async () => {
    const text = flat(await report(app));
    for (const words of [
      "* the process ended when main did, and Task-2 (made at app.py:9 in fetch) simply stopped at app.py:12 in parse.",
      '* tick failed ("boom"), and only a line on stderr told of it',
      "* Task-2 (made at app.py:9 in fetch) held its loop's thread for 150ms: Task-3 began 151ms late; Task-1 woke 132ms late.",
      "* the process ended, and pull (made at helper.py:6 in pull) simply stopped at helper.py:6 in pull.",
    ])
      expect(text).toContain(words);
  });

  test("what is told in sums, and what was not recorded, is said", async () => {
    const text = flat(await report(app));
    expect(text).toContain("12 steps are told in sums only: 900us together, the longest 200us.");
    expect(text).toContain("7 events up to 159ms were not recorded: the buffer was full.");
  });

  test("the picture has a lane for each thread and for what ran on it", async () => {
    const lanes = (await report(app, "--timeline", "--ascii"))
      .split("\n")
      .slice(0, 10)
      .map((line) => line.trim().split(" ")[0]);
    expect(lanes).toEqual(
      "MainThread io serve Task-1 Task-2 Task-3 net watch tick MainThread".split(" "),
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
        { thread: "io", rules: "asyncio", closedAt: null, longestBlock: { task: "Task-2" } },
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
      { who: "Task-2", for: "receive", of: "db", resource: "lock", since: 154 },
      { who: "pull", of: "stdin", place: { file: "helper.py", line: 6, function: "pull" } },
    ]);
  });
});
