/** What the result says of a run: exact figures, in virtual time. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { simulate } from "../support/simulate.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const sleeper = {
  name: "x",
  main: ["launch", { block: 100 }],
  tasks: { task: [{ sleep: 40 }, { sleep: 40 }] },
};

describe("who heard of a failure", () => {
  const failing = (settle: string, loop = "inline") =>
    simulate(
      {
        name: "x",
        main: ["launch", { block: 100 }],
        tasks: {
          first: [{ sleep: 10 }, { fail: "one" }],
          second: [{ sleep: 20 }, { fail: "two" }],
          long: [{ sleep: 30 }],
        },
      },
      { loop, settle },
    );
  const heard = (result: ReturnType<typeof simulate>) =>
    result.tasks.map(({ name, status, heard, heardAt }) => [name, status, heard, heardAt]);

  test("gather: the first is raised; what had not failed yet is cancelled", () => {
    expect(heard(failing("gather"))).toEqual([
      ["first", "failed", "raised", 10],
      ["second", "cancelled", null, null],
      ["long", "cancelled", null, null],
    ]);
  });

  test("gather: of a second failure at the same instant, nobody hears", () => {
    const result = simulate(
      {
        name: "x",
        main: ["launch"],
        tasks: { a: [{ sleep: 10 }, { fail: "a" }], b: [{ sleep: 10 }, { fail: "b" }] },
      },
      "await",
    );
    expect(result.tasks.map((task) => task.heard)).toEqual(["raised", "nobody"]);
    expect(result.findings.map(({ rule, task }) => [rule, task])).toEqual([["nobody-heard", "b"]]);
  });

  test("settled: all are raised, when all have ended", () => {
    const result = failing("settled");
    expect(heard(result)).toEqual([
      ["first", "failed", "raised", 30],
      ["second", "failed", "raised", 30],
      ["long", "finished", null, null],
    ]);
    expect(result.launch.status).toBe("finished");
  });

  test("group: the failure is raised together with those of its siblings' clean-up", () => {
    const result = failing("group");
    expect(heard(result)[0]).toEqual(["first", "failed", "raised", 10]);
    expect(result.main).toMatchObject({ status: "failed", endedAt: 10 });
    expect(result.main.error).toContain("one");
    expect(result.exitCode).toBe(1);
  });

  test("none: a line on stderr, as soon as the task fails", () => {
    const result = simulate(
      {
        name: "x",
        main: ["launch"],
        launch: [{ start: "task" }, { sleep: 50 }],
        tasks: { task: [{ sleep: 10 }, { fail: "no" }] },
      },
      "detach",
    );
    expect(heard(result)).toEqual([["task", "failed", "logged", 10]]);
    expect([result.main.status, result.exitCode]).toEqual(["finished", 0]);
  });

  test("in a thread, launch's error ends that thread only, and main goes on", () => {
    const result = failing("gather", "thread");
    expect(result.launch).toMatchObject({ status: "failed", endedAt: 10, error: "one" });
    expect(result.main).toMatchObject({ status: "finished", endedAt: 100, error: null });
    expect(result.exitCode).toBe(0);
  });
});

describe("where time went", () => {
  test("main stands still in its blocking steps and in an inline loop", () => {
    expect(simulate(sleeper, "await").main).toMatchObject({ endedAt: 180, blocked: 180 });
    expect(simulate(sleeper, "thread").main).toMatchObject({ endedAt: 100, blocked: 100 });
  });

  test("overlap is the share of the background's time in which main went on as well", () => {
    const overlap = (block: number, strategy: string) =>
      simulate({ ...sleeper, main: ["launch", { block }] }, strategy).metrics.overlap;
    expect(overlap(100, "thread")).toBe(1);
    expect(overlap(20, "thread")).toBe(0.25);
    expect(overlap(100, "await")).toBe(0);
    expect(overlap(100, "float")).toBe(0);
  });

  test("a sleep that comes due while the loop is held is late by the rest of the block", () => {
    const result = simulate(
      {
        name: "x",
        main: ["launch"],
        tasks: { ticker: [{ sleep: 10 }, { sleep: 10 }], hog: [{ sleep: 5 }, { block: 45 }] },
      },
      "await",
    );
    expect(result.metrics.longestBlock).toEqual({ at: 5, duration: 45, by: "hog", source: null });
    expect(result.metrics.lateness).toEqual({ count: 3, p50: 0, p99: 40, max: 40 });
  });

  test("a block of the loop's thread is as long as it is, whatever main does meanwhile", () => {
    const result = simulate(
      {
        name: "x",
        main: ["launch", { repeat: 5, steps: [{ block: 30 }] }],
        tasks: { hog: [{ sleep: 10 }, { block: 100 }] },
      },
      "thread",
    );
    expect(result.metrics.longestBlock).toEqual({ at: 10, duration: 100, by: "hog", source: null });
  });

  test("main's blocking holds a floating loop, and not one in a thread", () => {
    expect(simulate(sleeper, "float").metrics.longestBlock).toEqual({
      at: 0,
      duration: 100,
      by: "main",
      source: null,
    });
    expect(simulate(sleeper, "thread").metrics.longestBlock).toBeNull();
  });

  test("the wall is the process's: it waits for the thread that main joins, and not for a daemon", () => {
    const wall = (strategy: string) =>
      simulate({ ...sleeper, main: ["launch", { block: 10 }] }, strategy).wall;
    expect([wall("thread"), wall("daemon")]).toEqual([80, 10]);
  });

  test("grace bounds the wait at exit, and what is left then is abandoned", () => {
    const document = { ...sleeper, main: ["launch", { block: 10 }] };
    const result = simulate(document, { use: "thread", grace: 30 });
    expect([result.wall, result.tasks[0]!.status]).toEqual([40, "abandoned"]);
    expect(simulate(document, { use: "thread", grace: 500 }).wall).toBe(80);
  });
});

describe("progress", () => {
  test("is the share of a task's steps done, repeats counted out and clean-up left out", () => {
    const result = simulate(
      {
        name: "x",
        main: ["launch"],
        launch: [{ start: ["a", "b"] }, { sleep: 25 }],
        tasks: {
          a: { steps: [{ repeat: 4, steps: [{ sleep: 10 }] }], finally: [{ print: "bye" }] },
          b: [{ repeat: 0, steps: [{ sleep: 10 }] }],
        },
      },
      "detach",
    );
    expect(
      result.tasks.map(({ status, progress, cleanup }) => [status, progress, cleanup]),
    ).toEqual([
      ["cancelled", 0.5, "ran"],
      ["finished", 1, "none"],
    ]);
  });

  test("a task that never had a turn is cancelled without running anything", () => {
    const result = simulate(
      {
        name: "x",
        main: [{ fail: "early" }, "launch"],
        tasks: { task: { steps: [{ print: "x" }], finally: [{ print: "bye" }] } },
      },
      "await",
    );
    expect(result.tasks[0]).toMatchObject({
      status: "unstarted",
      startedAt: null,
      cleanup: "none",
    });
    const failed = simulate(
      {
        name: "x",
        main: ["launch"],
        launch: [{ start: "task" }, { fail: "early" }],
        tasks: { task: { steps: [{ print: "x" }], finally: [{ print: "bye" }] } },
      },
      "group",
    );
    expect(failed.tasks[0]).toMatchObject({ status: "cancelled", startedAt: null, progress: 0 });
    expect(failed.prints).toEqual([]);
  });
});

describe("races", () => {
  const document = (pause: number) => ({
    name: "x",
    main: ["launch", { block: 10 }, { print: "main" }, { block: 50 }],
    tasks: { task: [{ sleep: pause }, { print: "task" }] },
  });

  test("two lines of two threads within the window are a race, and the gap is told", () => {
    const [race, ...others] = simulate(document(12), "thread").races;
    expect(others).toEqual([]);
    expect(race).toMatchObject({ at: 10, gap: 2 });
    expect(race!.between.map(({ text }) => text)).toEqual(["main", "task"]);
  });

  test("apart by the window, or on one thread, or in order by start and join, they are not", () => {
    expect(simulate(document(15), "thread").races).toEqual([]);
    expect(simulate(document(12), "float").races).toEqual([]);
    const ordered = {
      name: "x",
      main: [{ print: "before" }, "launch", { block: 100 }],
      tasks: { task: [{ print: "task" }] },
    };
    expect(simulate(ordered, "thread").races).toEqual([]);
  });
});

describe("no race", () => {
  test("is what main's end made a loop do", () => {
    const document = {
      name: "x",
      main: ["launch", { block: 100 }, { print: "main ends" }],
      tasks: { task: { steps: [{ sleep: 5000 }], finally: [{ print: "closing" }] } },
    };
    const result = simulate(document, { use: "thread", atExit: "cancel" });
    expect(result.prints.map(({ at, text }) => [at, text])).toEqual([
      [100, "main ends"],
      [100, "closing"],
    ]);
    expect(result.races).toEqual([]);
  });
});

describe("findings", () => {
  const failing = {
    name: "x",
    main: ["launch"],
    tasks: { bad: [{ sleep: 10 }, { fail: "no" }], good: [{ sleep: 50 }] },
  };
  test("do not blame a main that blocks when nothing is left in the background", () => {
    const done = {
      name: "x",
      main: ["launch", { block: 3000 }],
      tasks: { task: [{ print: "x" }] },
    };
    expect(simulate(done, "float").findings).toEqual([]);
    const late = simulate({ ...done, tasks: { task: [{ sleep: 10 }] } }, "float");
    expect(late.findings.map(({ rule }) => rule)).toEqual(["loop-blocked"]);
  });

  test("do not call a failure unheard that was being awaited when the run was ended", () => {
    const waiting = { ...failing, tasks: { ...failing.tasks, good: [{ sleep: 60_000 }] } };
    const result = simulate(waiting, { use: "await", settle: "settled" }, 1000);
    expect(result.interruptedBy).toBe("timeout");
    expect(result.findings.map(({ rule }) => rule)).not.toContain("nobody-heard");
  });

  const messages = (document: object, strategy: Parameters<typeof simulate>[1]) =>
    simulate(document, strategy).findings.map(
      ({ rule, message, fix }) => `${rule}: ${message}; ${fix}`,
    );

  test("a task lost because launch failed is not told that nothing waited for it", () => {
    const [lost] = messages(failing, "await");
    expect(lost).toStartWith(
      `lost-at-close: launch failed ("no"), so the loop closed and cancelled good`,
    );
    expect(lost).toContain("settle=settled");
  });

  test("a task that outlasts its grace is told so, and not to wait", () => {
    const [abandoned] = messages(
      { ...failing, tasks: { good: [{ sleep: 50 }] } },
      { use: "thread", grace: 5 },
    );
    expect(abandoned).toStartWith("abandoned: the grace ran out");
    expect(abandoned).not.toContain("atExit=wait");
  });

  test("a rejection is blamed for the end of a process only where it ended it", () => {
    expect(messages(failing, "float")[0]).toContain(
      "a rejection that nobody handled ended the process",
    );
    const early = { ...failing, tasks: { bad: [{ fail: "no" }], good: [{ sleep: 50 }] } };
    expect(messages(early, "exit")[0]).toContain("the process ended when main's steps did");
  });

  test("a daemon that ends before its loop had a turn did come to its launch step", () => {
    const result = simulate({ ...sleeper, main: ["launch"] }, "daemon");
    expect(result.tasks[0]!.status).toBe("unstarted");
    expect(result.findings[0]!.message).toContain("before the loop had its first turn");
    const never = simulate({ ...sleeper, main: [] }, "daemon");
    expect(never.findings[0]!.message).toContain("main never came to a launch step");
  });

  test("clean-up that was cut short is not called clean-up that ran", () => {
    const result = simulate(
      {
        name: "x",
        main: ["launch", { block: 10 }],
        tasks: { task: { steps: [{ sleep: 500 }], finally: [{ sleep: 500 }] } },
      },
      { use: "thread", atExit: "cancel", grace: 20 },
    );
    expect(result.tasks[0]).toMatchObject({ status: "abandoned", cleanup: "cut-short" });
    expect(result.findings[0]!.message).toContain("its clean-up did not run to its end");
  });

  test("main's blocking after an inline loop has closed holds nobody's loop", () => {
    expect(simulate({ ...sleeper, main: ["launch", { block: 900 }] }, "await").findings).toEqual(
      [],
    );
  });
});
