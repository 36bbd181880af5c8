/** `loop: float` is JavaScript: the same scenario, written out as a program, does the same under Bun. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseScenario } from "../../src/scenario/parse.ts";
import { essence, performUndisturbed } from "../support/real.ts";
import { call } from "../support/tandem.ts";
import { simulate } from "../support/simulate.ts";
import { type Floating, holdAgainst, type Step } from "./floating.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

interface Case extends Omit<Floating, "main" | "tasks"> {
  law: string;
  main: Step[];
  tasks: Record<string, Step[]>;
}

const pause = 40;

const cases: Case[] = [
  {
    law: "a task runs at once, up to its first await",
    settle: "none",
    main: [{ print: "main" }],
    launch: [{ start: "a" }, { start: "b" }, { print: "launch" }],
    behind: [{ print: "launch ends" }],
    tasks: { a: [{ print: "a" }, { sleep: pause }, { print: "a again" }], b: [{ print: "b" }] },
  },
  {
    law: "while main blocks nothing moves, and what came due meanwhile fires in the order of deadlines",
    settle: "none",
    main: [{ block: 4 * pause }, { print: "main" }],
    launch: [{ start: "late" }, { start: "soon" }],
    behind: [],
    tasks: {
      late: [{ sleep: 2 * pause }, { print: "late" }],
      soon: [{ sleep: pause }, { print: "soon" }, { sleep: pause }, { print: "soon again" }],
    },
  },
  {
    law: "a timer's consequences come before the next timer",
    settle: "gather",
    main: [{ block: 4 * pause }],
    launch: [{ start: "a" }, { start: "b" }],
    behind: [{ print: "all done" }],
    tasks: { a: [{ sleep: pause }, { print: "a" }], b: [{ sleep: 2 * pause }, { print: "b" }] },
  },
  {
    law: "a block in a task delays the others, and they go on after it",
    settle: "gather",
    main: [{ print: "main" }],
    launch: [{ start: "hog" }, { start: "meek" }, { sleep: pause }, { print: "launch" }],
    behind: [{ print: "all done" }],
    tasks: {
      hog: [{ sleep: 2 * pause }, { block: 3 * pause }, { print: "hog" }],
      meek: [{ sleep: 3 * pause }, { print: "meek" }],
    },
  },
  {
    law: "Promise.allSettled waits for all, whatever becomes of them",
    settle: "settled",
    main: [{ print: "main" }],
    launch: [{ start: "bad" }, { start: "good" }],
    behind: [{ print: "all done" }],
    tasks: {
      bad: [{ sleep: pause }, { fail: "no" }],
      good: [{ sleep: 2 * pause }, { print: "good" }],
    },
  },
  {
    law: "Promise.all takes its turns, of what is settled as well: main is ahead of them",
    settle: "gather",
    main: [{ print: "main" }],
    launch: [{ start: "over" }],
    behind: [{ print: "all done" }],
    tasks: { over: [{ print: "over" }] },
  },
  {
    law: "Promise.all of nothing gives way to main",
    settle: "gather",
    main: [{ print: "main" }],
    launch: [],
    behind: [{ print: "all done" }],
    tasks: {},
  },
];

describe("a floating loop", () => {
  for (const { law, main, tasks, ...rest } of cases)
    test(law, () => {
      const long = Object.entries(tasks).map(([name, steps]) => [name, { steps }] as const);
      holdAgainst(process.execPath, [
        { ...rest, main: [[], main], tasks: Object.fromEntries(long) },
      ]);
    });

  test("a task that fails before its first await ends the process when main's steps are over", () => {
    const program = `
      async function bad() { throw new Error("no"); }
      async function good() { await Bun.sleep(50); console.log("good"); }
      void bad(); void good();
      console.log("main ends");`;
    const { status, stdout } = call([process.execPath, "-e", program]);
    const result = simulate(
      {
        name: "x",
        main: ["launch", { print: "main ends" }],
        tasks: { bad: [{ fail: "no" }], good: [{ sleep: 50 }, { print: "good" }] },
      },
      "float",
    );
    expect(`${result.prints.map(({ text }) => text).join("\n")}\n`).toBe(stdout);
    expect([result.exitCode, result.wall]).toEqual([status, 0]);
  });

  test("a rejection that nobody handles ends the process with status 1, and the others are abandoned", () => {
    const result = simulate(
      {
        name: "x",
        main: ["launch", { print: "main ends" }],
        tasks: { bad: [{ sleep: 10 }, { fail: "no" }], good: [{ sleep: 50 }, { print: "never" }] },
      },
      "float",
    );
    expect([result.exitCode, result.wall]).toEqual([1, 10]);
    expect(result.tasks.map(({ status, heard }) => [status, heard])).toEqual([
      ["failed", "logged"],
      ["abandoned", null],
    ]);
  });

  test("an exception that main does not catch ends the process with what floats", () => {
    const result = simulate(
      { name: "x", main: ["launch", { fail: "no" }], tasks: { task: [{ sleep: 10 }] } },
      "float",
    );
    expect([result.exitCode, result.tasks[0]!.status]).toEqual([1, "abandoned"]);
  });
});

test("unhandled-before-timers: the process ends at the rejection, before an overdue timer fires, on both drivers", async () => {
  const file = join(import.meta.dir, "../truth/unhandled-before-timers.yaml");
  const scenario = parseScenario(readFileSync(file, "utf8"), file);
  const plan = { scenario, strategy: scenario.strategy, runtime: "bun" };
  const { model, real } = await performUndisturbed(plan, 2);
  expect(essence(real)).toEqual(essence(model));
  expect(model.prints.map(({ at, text }) => [at, text])).toEqual([[300, "main ends"]]);
  expect([model.exitCode, model.wall]).toEqual([1, 300]);
  expect(model.tasks.map(({ status }) => status)).toEqual(["failed", "abandoned"]);
});
