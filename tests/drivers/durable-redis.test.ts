// Durable queues by the rules of BullMQ on Redis, in virtual time: what differs from those on SQLite.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { planOf } from "../../src/outcome/plan.ts";
import type { Outcome } from "../../src/outcome/outcome.ts";
import { detect, findFindings } from "../../src/remedies/findings.ts";
import { runInVirtualTime } from "../../src/runs/run.ts";
import { tryOut } from "../../src/runs/simulate.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { parseStrategy } from "../../src/scenario/strategy.ts";
import { patience } from "../support/patience.ts";
import { attemptsOf } from "../support/attempts.ts";

setDefaultTimeout(patience);

const ms = 1000;

function outcomeOf(text: string, axes = ""): Outcome {
  const scenario = parseScenario(`name: kept\n${text}`, "kept.yaml");
  const strategy = parseStrategy(`durable,engine=redis${axes}`);
  return runInVirtualTime(planOf(scenario, { strategy })).outcome;
}

function taskOf(steps: string, kill = ""): string {
  return `main: [launch]\nlaunch: [start: a]\ntasks: { a: [${steps}] }\n${kill}`;
}

describe("a durable queue by the rules of BullMQ on Redis", () => {
  test("takes each task by a write of 1 ms, and tells the worker that waits, which begins 2 ms later", () => {
    const outcome = outcomeOf(`main: [launch]
launch: [start: [a, b]]
tasks: { a: [sleep: 1s], b: [sleep: 500ms] }
`);
    expect(outcome.main).toMatchObject({ status: "finished", endedAt: 2 * ms });
    expect(outcome.tasks.map(({ queuedAt }) => queuedAt)).toEqual([ms, 2 * ms]);
    expect(attemptsOf(outcome)).toEqual([
      ["a", "finished", ["worker#0", 3, 1003, "completed"]],
      ["b", "finished", ["worker#0", 3, 503, "completed"]],
    ]);
  });

  test("hands out a task as soon as a slot is free, however long its worker was busy", () => {
    const outcome = outcomeOf(
      `main: [launch]
launch: [start: a]
tasks: { a: { copies: 5, steps: [sleep: 1s] } }
`,
      ",slots=1,consumers=2",
    );
    expect(attemptsOf(outcome)).toEqual([
      ["a#0", "finished", ["worker#0", 3, 1003, "completed"]],
      ["a#1", "finished", ["worker#1", 4, 1004, "completed"]],
      ["a#2", "finished", ["worker#0", 1003, 2003, "completed"]],
      ["a#3", "finished", ["worker#1", 1004, 2004, "completed"]],
      ["a#4", "finished", ["worker#0", 2003, 3003, "completed"]],
    ]);
  });

  test("tries a task again that failed after exactly the backoff, twice as long each time, without a limit", () => {
    const outcome = outcomeOf(taskOf("sleep: 100ms, fail: down"), ",retry=3,backoff=1m");
    const minutes = 60_000;
    expect(attemptsOf(outcome)).toEqual([
      [
        "a",
        "failed",
        ["worker#0", 3, 103, "failed"],
        ["worker#0", 103 + minutes, 203 + minutes, "failed"],
        ["worker#0", 203 + 3 * minutes, 303 + 3 * minutes, "failed"],
        ["worker#0", 303 + 7 * minutes, 403 + 7 * minutes, "failed"],
      ],
    ]);
    expect(outcome.tasks[0]).toMatchObject({ status: "failed", error: "down" });
  });

  test("gives a killed worker's task back at the second check after the kill, and not when its lease runs out", () => {
    // Checks at 0 s, by the one that is killed; at 2.5 s, which marks it; and at 4.5 s.
    const outcome = outcomeOf(
      taskOf("print: begins, sleep: 1s", "kill: { what: worker, at: 500ms }"),
      ",lease=2s",
    );
    expect(attemptsOf(outcome)).toEqual([
      ["a", "finished", ["worker#0", 3, 500, null], ["worker#1", 4502, 5502, "completed"]],
    ]);
    expect(detect(outcome).map(({ rule }) => rule)).toEqual(["done-twice"]);
  });

  test("fails a task whose workers were killed twice, whatever retry says", () => {
    const kills = "kill: [{ what: worker, at: 1s }, { what: worker, at: 6s }]";
    const outcome = outcomeOf(taskOf("print: begins, sleep: 30s", kills), ",lease=2s,retry=5");
    const [[, status, ...attempts]] = attemptsOf(outcome) as [[string, string, ...unknown[]]];
    expect([status, attempts]).toEqual([
      "failed",
      [
        ["worker#0", 3, 1000, null],
        ["worker#1", 5002, 6000, null],
        ["worker#2", 10_002, 10_002, "failed"],
      ],
    ]);
    expect(outcome.tasks[0]).toMatchObject({ error: "job stalled more than allowable limit" });
    const [given] = findFindings(outcome, tryOut);
    expect(given!.message).toBe("a was given up after 2 attempts of which none came to an end");
  });

  test("refuses an end without the lock although nobody else has the task, which is done again", () => {
    const outcome = outcomeOf(taskOf("block: 3s"), ",lease=2s");
    expect(attemptsOf(outcome)).toEqual([
      [
        "a",
        "failed",
        ["worker#0", 3, 3003, "refused"],
        // The check that the held loop should have made at 2 s marks it at 3 s, and the next one gives it back.
        ["worker#0", 5005, 8005, "refused"],
        ["worker#0", 10_007, 10_007, "failed"],
      ],
    ]);
    const told = findFindings(outcome, tryOut).map(({ rule, message }) => [rule, message]);
    expect(told.slice(0, 2)).toEqual([
      [
        "failed-though-done",
        'a failed for good ("job stalled more than allowable limit") although all of its steps had been done: its lease had run out meanwhile, so its end was refused',
      ],
      [
        "lease-lost",
        "its worker's loop was held for 3s, and the lease is 2s: a was performed 2 times, since an end without the lease is refused",
      ],
    ]);
    expect(attemptsOf(outcomeOf(taskOf("sleep: 3s"), ",lease=2s"))).toEqual([
      ["a", "finished", ["worker#0", 3, 3003, "completed"]],
    ]);
  });

  test("is done twice and failed where a loop is held for 5 s, the lease is 2 s, and there are two workers", () => {
    const outcome = outcomeOf(taskOf("block: 5s"), ",lease=2s,consumers=2");
    const [task] = outcome.tasks;
    expect(task!.attempts.map(({ how }) => how)).toEqual(["refused", "refused", "failed"]);
    expect(task).toMatchObject({ status: "failed", stepsDone: 1 });
  });

  test("wakes nobody where the worker that was told is killed, until another one looks by itself", () => {
    // The second one has waited since 0 s, and looks after 5 s.
    const outcome = outcomeOf(
      `main: [block: 999ms, submit: a]
tasks: { a: [sleep: 1s] }
kill: { what: worker, at: 1001ms }
`,
      ",consumers=2",
    );
    expect(attemptsOf(outcome)).toEqual([["a", "finished", ["worker#2", 1001, 2001, "completed"]]]);
  });

  test("tells a result within 50 ms", () => {
    const outcome = outcomeOf(taskOf("sleep: 1s"), ",settle=gather");
    expect(outcome.launch).toMatchObject({ status: "finished", endedAt: 1051 * ms });
  });
});
