/**
 * `loop: float` is JavaScript: the same scenario, written out as a program, prints the same under Bun.
 *
 * Only order is compared; the pauses are far enough apart, or equal and so in order of creation.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { call } from "../support/tandem.ts";
import { simulate } from "../support/simulate.ts";

// Where a machine is slow or busy, to start a process takes long.
setDefaultTimeout(60_000);

type Step = { print: string } | { sleep: number } | { block: number } | { fail: string };

interface Case {
  law: string;
  settle: "none" | "gather" | "settled";
  main: Step[];
  /** Steps of launch before and after the completion point; tasks are started first. */
  launch: { before: Step[]; after: Step[] };
  tasks: Record<string, Step[]>;
}

const pause = 40;

const cases: Case[] = [
  {
    law: "a task runs at once, up to its first await",
    settle: "none",
    main: [{ print: "main" }],
    launch: { before: [{ print: "launch" }], after: [{ print: "launch ends" }] },
    tasks: { a: [{ print: "a" }, { sleep: pause }, { print: "a again" }], b: [{ print: "b" }] },
  },
  {
    law: "while main blocks nothing moves, and what came due meanwhile fires in the order of deadlines",
    settle: "none",
    main: [{ block: 4 * pause }, { print: "main" }],
    launch: { before: [], after: [] },
    tasks: {
      late: [{ sleep: 2 * pause }, { print: "late" }],
      soon: [{ sleep: pause }, { print: "soon" }, { sleep: pause }, { print: "soon again" }],
    },
  },
  {
    law: "a timer's consequences come before the next timer",
    settle: "gather",
    main: [{ block: 4 * pause }],
    launch: { before: [], after: [{ print: "all done" }] },
    tasks: { a: [{ sleep: pause }, { print: "a" }], b: [{ sleep: 2 * pause }, { print: "b" }] },
  },
  {
    law: "a block in a task delays the others, and they go on after it",
    settle: "gather",
    main: [{ print: "main" }],
    launch: { before: [{ sleep: pause }, { print: "launch" }], after: [{ print: "all done" }] },
    tasks: {
      hog: [{ sleep: 2 * pause }, { block: 3 * pause }, { print: "hog" }],
      meek: [{ sleep: 3 * pause }, { print: "meek" }],
    },
  },
  {
    law: "Promise.allSettled waits for all, whatever becomes of them",
    settle: "settled",
    main: [{ print: "main" }],
    launch: { before: [], after: [{ print: "all done" }] },
    tasks: {
      bad: [{ sleep: pause }, { fail: "no" }],
      good: [{ sleep: 2 * pause }, { print: "good" }],
    },
  },
];

function statements(steps: Step[]): string {
  return steps
    .map((step) => {
      if ("print" in step) return `console.log(${JSON.stringify(step.print)});`;
      if ("sleep" in step) return `await Bun.sleep(${step.sleep});`;
      if ("block" in step) return `Bun.sleepSync(${step.block});`;
      return `throw new Error(${JSON.stringify(step.fail)});`;
    })
    .join("\n");
}

/** The program that somebody would write by hand. */
function program({ settle, main, launch, tasks }: Case): string {
  const bodies = Object.entries(tasks).map(
    ([name, steps]) => `async function ${name}() {\n${statements(steps)}\n}`,
  );
  const waits = {
    none: "",
    gather: "await Promise.all(started);",
    settled: "await Promise.allSettled(started);",
  };
  return `${bodies.join("\n")}
async function launch() {
  const started = [${Object.keys(tasks)
    .map((name) => `${name}()`)
    .join(", ")}];
  ${statements(launch.before)}
  ${waits[settle]}
  ${statements(launch.after)}
}
void launch();
${statements(main)}`;
}

describe("a floating loop", () => {
  for (const one of cases)
    test(one.law, () => {
      const { status, stdout } = call([process.execPath, "-e", program(one)]);
      const result = simulate(
        {
          name: "x",
          main: ["launch", ...one.main],
          launch: [
            { start: Object.keys(one.tasks) },
            ...one.launch.before,
            "settle",
            ...one.launch.after,
          ],
          tasks: one.tasks,
        },
        { use: "float", settle: one.settle },
      );
      expect(result.prints.map(({ text }) => text)).toEqual(stdout.trim().split("\n"));
      expect(result.exitCode).toBe(status);
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
