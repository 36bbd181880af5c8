/** What a loop leaves behind: tasks that came while it was closing, and clean-up that was cut. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lanesOf } from "../../src/outcome/lanes.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveStrategy } from "../../src/scenario/strategy.ts";
import { essence, performUndisturbed } from "../support/real.ts";
import { simulate, type RunResult } from "../support/simulate.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const lines = ({ prints }: RunResult): [number, string][] =>
  prints.map(({ at, text }) => [at, text]);
const rules = ({ findings }: RunResult): string[] => findings.map(({ rule }) => rule);

/** Main submits `late` at 300 ms; the loop closes from 100 to 600 ms, and main is over at 1300 ms. */
const closing = (late: object, more: object = {}) => ({
  name: "closing",
  main: ["launch", { block: 300 }, { submit: "late" }, { block: 1000 }, { print: "main ends" }],
  launch: [{ start: "t" }, { sleep: 100 }],
  tasks: { t: { steps: [{ sleep: 10_000 }], finally: [{ sleep: 500 }] }, late },
  ...more,
});
const thread = { use: "thread", settle: "none" } as const;

describe("a task submitted to a loop that is closing", () => {
  test("finishes, if the loop still turns for as long as it needs", () => {
    const result = simulate(closing([{ sleep: 100 }, { print: "late done" }]), thread);
    expect(lines(result)).toEqual([
      [400, "late done"],
      [1300, "main ends"],
    ]);
    expect(result.tasks[1]).toMatchObject({ status: "finished", lost: false, destroyed: false });
  });

  test("is cancelled by nobody, destroyed while pending, and cleans up when main is over", () => {
    const late = { steps: [{ sleep: 5000 }], finally: [{ print: "late cleaned" }] };
    const result = simulate(closing(late), thread);
    expect(lines(result)).toEqual([
      [1300, "main ends"],
      [1300, "late cleaned"],
    ]);
    expect(result.tasks[1]).toMatchObject({
      status: "abandoned",
      lost: true,
      destroyed: true,
      cancelled: null,
      cleanup: "ran",
    });
    expect(rules(result)).toEqual(["lost-at-close", "destroyed-pending"]);
    expect(result.races).toEqual([]);
  });

  test("runs its clean-up up to the first wait, and no further", () => {
    const blocked = [{ print: "cleaning" }, { block: 50 }, { print: "still" }];
    for (const wait of [{ sleep: 10 }, { sleep: 0 }, { receive: "never" }]) {
      const late = { steps: [{ sleep: 5000 }], finally: [...blocked, wait, { print: "never" }] };
      const result = simulate(closing(late, { channels: { never: {} } }), thread);
      expect(lines(result)).toEqual([
        [1300, "main ends"],
        [1300, "cleaning"],
        [1350, "still"],
      ]);
      expect([result.wall, result.exitCode, result.tasks[1]!.cleanup]).toEqual([
        1350,
        0,
        "cut-short",
      ]);
      expect(result.findings.at(-1)!.message).toEndWith("its clean-up did not run to its end");
    }
  });

  test("that was in its clean-up already does nothing more", () => {
    const late = { steps: [{ print: "work" }], finally: [{ sleep: 5000 }, { print: "never" }] };
    expect(lines(simulate(closing(late), thread))).toEqual([
      [300, "work"],
      [1300, "main ends"],
    ]);
  });

  test("is lost even where shutdown is its proper end, since nothing shut it down", () => {
    const result = simulate(closing({ steps: [{ sleep: 5000 }], until: "shutdown" }), thread);
    expect(result.tasks[1]).toMatchObject({ status: "abandoned", lost: true });
  });

  test("does nothing any more from the close on, and its lane shows nothing", () => {
    const scenario = parseScenario(JSON.stringify(closing([{ sleep: 5000 }])), "closing.json");
    const strategy = resolveStrategy(thread);
    const log = runVirtually({ scenario, strategy, runtime: "python" });
    const lanes = lanesOf({ scenario, strategy }).hearAll(log).lanesAt(log.end);
    expect(lanes.find(({ name }) => name === "late")).toMatchObject({
      endedAt: 1_300_000,
      status: "abandoned",
      spans: [{ activity: "sleeping", from: 300_000, to: 600_000 }],
    });
  });

  test("can never give the result that main waits for", () => {
    const document = closing([{ sleep: 5000 }]);
    const main = [...document.main.slice(0, 3), { result: "late" }];
    const result = simulate({ ...document, main }, thread);
    expect([result.interruptedBy, result.wall]).toEqual(["deadlock", 600]);
  });

  test("is destroyed by a main that failed as well, and by a daemon's interpreter", () => {
    const late = { steps: [{ sleep: 5000 }], finally: [{ print: "late cleaned" }] };
    const failing = closing(late);
    failing.main = [...failing.main.slice(0, -1), { fail: "no" }] as never;
    expect(lines(simulate(failing, thread))).toEqual([[1300, "late cleaned"]]);
    expect(lines(simulate(closing(late), { ...thread, atExit: "abandon" }))).toEqual([
      [1300, "main ends"],
      [1300, "late cleaned"],
    ]);
  });

  test("several are destroyed in the order of their creation", () => {
    const late = {
      copies: 3,
      steps: [{ sleep: 5000 }],
      finally: [{ print: "{copy}" }, { sleep: 10 }],
    };
    expect(lines(simulate(closing(late), thread)).map(([, text]) => text)).toEqual([
      "main ends",
      "0",
      "1",
      "2",
    ]);
  });
});

test("a loop that closes leaves nobody waiting for what it cut: gather lets go at the first that ends", () => {
  const clean = (ticks: number) => ({
    steps: [{ sleep: 1000 }],
    finally: [{ sleep: ticks }, { print: `after ${ticks}` }],
  });
  const document = { name: "x", main: ["launch"], tasks: { short: clean(20), long: clean(50) } };
  const cut = simulate(document, { use: "await", timeout: 100 });
  expect(lines(cut)).toEqual([[120, "after 20"]]);
  expect(cut.tasks.map(({ cleanup, cleanupCut }) => [cleanup, cleanupCut])).toEqual([
    ["ran", null],
    ["cut-short", { by: "loop-closed", at: 120 }],
  ]);
  expect(cut.findings.map(({ rule, task, at, message }) => [rule, task, at, message])).toEqual([
    ...["short", "long"].map((task) => [
      "given-up",
      task,
      100,
      `the completion point timed out, and cancelled ${task} with 0 of 1 step done`,
    ]),
    [
      "cleanup-cut",
      "long",
      120,
      "the loop closed and cancelled long in the middle of its clean-up",
    ],
  ]);
  for (const settle of ["settled", "group"] as const) {
    const whole = simulate(document, { use: "await", settle, timeout: 100 });
    expect(lines(whole)).toEqual([
      [120, "after 20"],
      [150, "after 50"],
    ]);
    expect(rules(whole)).not.toContain("cleanup-cut");
  }
});

test("submit-while-closing: late is destroyed while pending, and cleans up after main, on both drivers", async () => {
  const file = join(import.meta.dir, "../truth/submit-while-closing.yaml");
  const scenario = parseScenario(readFileSync(file, "utf8"), file);
  const plan = { scenario, strategy: scenario.strategy, runtime: "python" };
  const { model, real } = await performUndisturbed(plan, 2);
  expect(essence(real)).toEqual(essence(model));
  for (const { prints, tasks } of [model, real]) {
    expect(prints.map(({ text }) => text)).toEqual(["main ends", "late cleaned"]);
    expect(tasks[1]).toMatchObject({ status: "abandoned", destroyed: true, cleanup: "ran" });
  }
}, 60_000);
