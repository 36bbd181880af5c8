/** What is lost, what was given up, and what ended as it is meant to. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunResult } from "../../src/report/json.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { essence, performUndisturbed } from "../support/real.ts";
import { simulate } from "../support/simulate.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

type Strategy = Parameters<typeof simulate>[1];

/** Main ends at 100 ms; the task would go on for much longer. */
const beside = (task: object | object[], more: object = {}) => ({
  name: "x",
  main: ["launch", { block: 100 }],
  tasks: { task },
  ...more,
});
const long = [{ repeat: 100, steps: [{ sleep: 40 }] }];
const cleaning = { steps: long, finally: [{ sleep: 30 }, { print: "cleaned" }] };
const heartbeat = { ...cleaning, until: "shutdown" };

/** By name: the status, and whether it is lost. */
const fates = ({ tasks }: RunResult): unknown[] =>
  tasks.map(({ name, status, lost, givenUp }) => [name, status, lost, givenUp]);
const rules = ({ findings }: RunResult): string[] => findings.map(({ rule }) => rule);
const shortLaunch = { launch: [{ start: "task" }, { sleep: 50 }] };

describe("a task that its program did not mean to end is lost", () => {
  test.each<[string, object, Strategy, string, string]>([
    ["when its loop closes", shortLaunch, "detach", "cancelled", "lost-at-close"],
    ["at main's end", {}, { use: "thread", atExit: "cancel" }, "cancelled", "cancelled-at-exit"],
    ["abandoned", {}, "daemon", "abandoned", "abandoned"],
    ["never started", { launch: [] }, "thread", "unstarted", "never-started"],
  ])("%s", (_, more, strategy, status, rule) => {
    const result = simulate(beside(long, more), strategy);
    expect(fates(result)).toEqual([["task", status, true, null]]);
    expect(rules(result)).toContain(rule);
  });
});

describe("a task whose proper end is shutdown (until: shutdown)", () => {
  test.each<[string, object, Strategy, string]>([
    ["its loop closes", shortLaunch, "detach", "cancelled"],
    ["main ends", {}, { use: "thread", atExit: "cancel" }, "cancelled"],
  ])("is not lost when %s, and cleans up", (_, more, strategy, status) => {
    const result = simulate(beside(heartbeat, more), strategy);
    expect(fates(result)).toEqual([["task", status, false, null]]);
    expect(result.tasks[0]!.cleanup).toBe("ran");
    expect(rules(result)).toEqual([]);
  });

  test("is not lost when its process ends, but that its clean-up did not run is told", () => {
    const result = simulate(beside(heartbeat), "daemon");
    expect(fates(result)).toEqual([["task", "abandoned", false, null]]);
    expect(result.findings).toMatchObject([
      {
        rule: "cleanup-cut",
        message: "the process ended with task before its clean-up",
        fix: "cancel at exit and let clean-up run (atExit=cancel)",
      },
    ]);
    expect(simulate(beside({ ...heartbeat, finally: [] }), "daemon").findings).toEqual([]);
  });

  test("is lost where it never began", () => {
    expect(fates(simulate(beside(heartbeat, { launch: [] }), "thread"))).toEqual([
      ["task", "unstarted", true, null],
    ]);
  });

  test("is lost where main waits for its result", () => {
    const main = ["launch", { submit: "task" }, { result: "task" }];
    const launch: object[] = [];
    const stuck = beside(heartbeat, { main, launch, channels: { never: {} } });
    const waiting = { ...heartbeat, steps: [{ receive: "never" }] };
    const result = simulate({ ...stuck, tasks: { task: waiting } }, "portal");
    expect([result.interruptedBy, ...fates(result)]).toEqual([
      "deadlock",
      ["task", "abandoned", true, null],
    ]);
  });

  test("is lost where the record of the run ends before its program does", () => {
    const result = simulate(beside(heartbeat), "thread", 50);
    expect([result.interruptedBy, ...fates(result)]).toEqual([
      "timeout",
      ["task", "abandoned", true, null],
    ]);
  });

  test("changes nothing of what happens", () => {
    for (const strategy of ["detach", "daemon", "exit", { use: "thread", atExit: "cancel" }])
      expect(simulate(beside(heartbeat), strategy as Strategy).prints).toEqual(
        simulate(beside(cleaning), strategy as Strategy).prints,
      );
  });
});

describe("what a timeout or a failing group cancels is given up: told, and not lost", () => {
  test("by a timeout", () => {
    const result = simulate(beside(cleaning), { use: "await", settle: "settled", timeout: 60 });
    expect(fates(result)).toEqual([["task", "cancelled", false, { by: "timed-out", at: 60 }]]);
    expect(result.findings).toMatchObject([
      {
        rule: "given-up",
        task: "task",
        at: 60,
        message: "the completion point timed out, and cancelled task with 1 of 100 steps done",
      },
    ]);
  });

  test("by a sibling that fails, which is named", () => {
    const tasks = { task: cleaning, bad: [{ sleep: 50 }, { fail: "no" }] };
    const result = simulate({ ...beside([]), tasks }, "group");
    expect(fates(result)[0]).toEqual(["task", "cancelled", false, { by: "group-failed", at: 50 }]);
    expect(result.findings).toMatchObject([
      {
        rule: "given-up",
        message: "bad failed, and its group cancelled task with 1 of 100 steps done",
        fix: "let the others go on when one fails (settle=settled)",
      },
    ]);
    expect(rules(simulate({ ...beside([]), tasks }, { use: "await", settle: "settled" }))).toEqual(
      [],
    );
  });

  test("by launch, which no completion point would change", () => {
    const launch = [{ start: "task" }, { sleep: 50 }, { fail: "no" }];
    const [given] = simulate(beside(cleaning, { launch }), "group").findings;
    expect(given!.message).toStartWith("launch failed, and its group cancelled task");
    expect(given!.fix).not.toContain("settle=");
  });

  test("and one that had done all its steps had nothing to give up", () => {
    const task = { steps: [{ sleep: 40 }], finally: [{ sleep: 40 }] };
    const result = simulate(beside(task), { use: "await", settle: "settled", timeout: 60 });
    expect(result.tasks[0]!.cleanupCut).toEqual({ by: "timed-out", at: 60 });
    expect(result.findings.map(({ rule, message }) => [rule, message])).toEqual([
      [
        "cleanup-cut",
        "the completion point timed out and cancelled task in the middle of its clean-up",
      ],
    ]);
  });
});

test("shutdown-on-purpose: a heartbeat that main's end cancels is not lost, on both drivers", async () => {
  const file = join(import.meta.dir, "../truth/shutdown-on-purpose.yaml");
  const scenario = parseScenario(readFileSync(file, "utf8"), file);
  const plan = { scenario, strategy: scenario.strategy, runtime: "python" };
  const { model, real } = await performUndisturbed(plan, 2);
  // Whether its first beat comes before main ends, which falls on the same instant, is luck.
  const settled = ({ tasks, ...rest }: ReturnType<typeof essence>) => ({
    ...rest,
    tasks: tasks.map(({ progress: _, ...task }) => task),
  });
  expect(settled(essence(real))).toEqual(settled(essence(model)));
  for (const result of [model, real]) {
    expect(fates(result)).toEqual([["heartbeat", "cancelled", false, null]]);
    expect(result.prints.map(({ text }) => text)).toEqual(["main ends", "heartbeat stopped"]);
  }
}, 60_000);
