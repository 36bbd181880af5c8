/** Which strategy is advised, and what is said of its cost: as everybody would who knows the field. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { classesOf } from "../../src/strategies/comparison.ts";
import { className } from "../../src/report/terminal/comparison.ts";
import { compareDocument } from "../support/comparison.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const adviceOn = (text: string, words: Parameters<typeof compareDocument>[1] = {}) =>
  compareDocument(text, words).advice;

describe("where awaiting is what everybody would do, it is advised", () => {
  test.each([
    [
      "a clean-up task at the end of a service",
      `name: cleanup-task
main: [launch, { print: left behind }]
launch: [{ sleep: 100ms }, { start: remove-containers }, settle, { print: main is stopped }]
tasks:
  remove-containers: [{ repeat: 2, steps: [{ print: "removing {i}" }, { sleep: 100ms }] }]
strategy: detach
compare: [detach, await, thread]
`,
    ],
    [
      "a test that was not awaited",
      `name: forgotten-test
main: [launch, { print: all tests passed }, { block: 200ms }]
tasks:
  test-upload: [{ sleep: 300ms }, { print: uploaded }]
strategy: detach
`,
    ],
    [
      "an event that is sent as a program ends",
      `name: telemetry
main: [{ block: 1s }, launch, { print: bye }]
tasks:
  send: { steps: [{ sleep: 250ms }, { print: sent }], finally: [{ print: connection closed }] }
strategy: exit
compare: [detach, await, thread, daemon, portal]
`,
    ],
    [
      "a task that fails beside another, whose failure a thread would hide",
      `name: failing
main: [launch, { block: 500ms }]
tasks: { a: [{ sleep: 300ms }, { fail: broken }] }
strategy: thread
`,
    ],
  ])("%s", (_, text) => {
    expect(adviceOn(text).choose).toBe("await");
  });
});

describe("the cost", () => {
  test("of awaiting is main's time, beside what a thread would give", () => {
    const text = "name: own\nmain: [launch, block: 9s]\ntasks: { a: [sleep: 5s] }\n";
    expect(adviceOn(text, { strategies: ["detach", "await", "thread"] })).toMatchObject({
      choose: "await",
      cost: "It costs 5s in which main stands still; thread would end main at 9s instead of 14s.",
    });
  });

  test("of tasks that block each other is how late they wake, beside what a pool would give", () => {
    const text = `name: own
main: [launch]
tasks: { a: [sleep: 100ms], b: [block: 2s] }
`;
    expect(adviceOn(text, { strategies: ["await", "await,offload=threads"] })).toMatchObject({
      choose: "await",
      cost: "It costs 2s in which main stands still and tasks that wake up to 1.9s late; under await,offload=threads none would wake late.",
    });
  });

  test("is not nothing where main fails", () => {
    const text = "name: own\nmain: [launch, block: 1s]\ntasks: { a: [fail: broken] }\n";
    expect(adviceOn(text)).toMatchObject({
      choose: "await",
      cost: "It costs the rest of main (which fails at 0ms).",
    });
  });

  test("is nothing where nothing is waited for", () => {
    expect(adviceOn("name: own\nmain: [launch]\ntasks: { a: [print: x] }\n").cost).toBe(
      "It costs nothing.",
    );
  });
});

describe("threads that compute side by side, as those of CPython do not,", () => {
  const beside = `name: compute-in-a-thread
main: [launch, { compute: 1s }, { print: main ends }]
strategy: thread
tasks:
  t: { steps: [{ compute: 1s }, { print: t done }] }
`;
  const gil = "In CPython they take turns (the GIL): there, take processes.";

  test("are told of where the choice counts on main beside the loop", () => {
    const { choose, cost } = adviceOn(beside, { must: "finish,main<=1500ms" });
    expect(choose).toBe("thread");
    expect(cost).toEndWith(gil);
  });

  test("and where only the strategy beside it does", () => {
    expect(adviceOn(beside, { strategies: ["await", "thread"] })).toMatchObject({
      choose: "await",
      cost: "It costs 1s in which main stands still; thread would end main at 1s instead of 2s (not in CPython, whose threads take turns at computing).",
    });
  });

  test("and in a pool of threads, for the steps that compute", () => {
    const text = (steps: string): string => `name: own
main: [launch]
tasks: { a: [${steps}], b: [${steps}] }
`;
    const cost = (steps: string, pool: string): string =>
      adviceOn(text(steps), { must: "block<=50ms", strategies: [`await,offload=${pool}`] }).cost!;
    expect(cost("compute: 1s", "threads")).toEndWith(gil);
    expect(cost("compute: 1s", "processes")).not.toContain("GIL");
    expect(cost("block: 1s", "threads")).not.toContain("GIL");
    // While one blocks, the other computes alone.
    const mixed = `name: own
main: [launch]
tasks: { a: [compute: 1s, block: 1s], b: [block: 1s, compute: 1s] }
`;
    const words = { must: "block<=50ms", strategies: ["await,offload=threads"] };
    expect(adviceOn(mixed, words).cost).not.toContain("GIL");
  });

  test("and not of main and a loop of which one computes after the other", () => {
    const text = `name: own
main: [launch, compute: 1s]
tasks: { a: [sleep: 1s, compute: 1s] }
`;
    expect(adviceOn(text, { strategies: ["thread"] }).cost).not.toContain("GIL");
  });
});

describe("the document's own strategy", () => {
  const own = "thread,settle=settled,atExit=cancel,grace=1s";
  const text = `name: mine
main: [launch, { block: 2s }]
tasks: { upload: [{ sleep: 1500ms }], log: [{ sleep: 100ms }, { fail: disk full }] }
strategy: { use: thread, settle: settled, atExit: cancel, grace: 1s }
compare: [detach, group, thread]
expect: { tasks: { upload: finished, log: failed }, wall: "<= 2.5s" }
`;
  const rows = (words: Parameters<typeof compareDocument>[1]): string[] => {
    const { runs, scenario } = compareDocument(text, words, "choice");
    return classesOf(runs, scenario.strategy).map(className);
  };

  test("is compared, first of all, although the document does not list it", () => {
    const { runs, advice } = compareDocument(text);
    expect(runs.map(({ strategy }) => strategy.name)).toEqual([own, "detach", "group", "thread"]);
    expect(advice.choose).toBe(own);
    expect(rows({})).toContain(`${own} (own)`);
  });

  test("is one of --all, in the row of those that come to the same", () => {
    expect(compareDocument(text, { all: true }, "choice").runs).toHaveLength(129);
    expect(rows({ all: true }).filter((name) => name.includes("own"))).toHaveLength(1);
  });

  test("is not added where it goes by another name", () => {
    const named = `name: own
main: [launch]
strategy: { use: detach, settle: settled }
compare: [{ use: await, settle: settled }]
`;
    const { runs, scenario } = compareDocument(named);
    expect(classesOf(runs, scenario.strategy).map(className)).toEqual([
      "await,settle=settled (own)",
    ]);
  });

  test("is not added to those that the user names", () => {
    expect(rows({ strategies: ["detach", "thread"] })).toEqual(["detach", "thread"]);
    expect(rows({ strategies: ["detach", own] })).toEqual(["detach", `${own} (own)`]);
  });
});
