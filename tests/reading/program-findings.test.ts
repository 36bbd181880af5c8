/** What is told of a program that was observed, and what is not: each law with one, two and five of everything. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { patience } from "../support/patience.ts";
import { findInProgram } from "../../src/remedies/program/findings.ts";
import { Names } from "../../src/remedies/program/names.ts";
import { observedSource } from "../support/observed.ts";
import { readSketch, type Sketch, type Told } from "../support/sketch.ts";

setDefaultTimeout(patience);

const told = (rule: string, of: string[], more: Partial<Told> = {}): Told => {
  return { rule, of, made: [], stood: [], at: [], ...more };
};

/** The names of so many of one kind. */
const names = (what: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${what}#${index}`);

/** Holds for so many of one kind in one process, and for so many processes with one each. */
function holds(
  draw: (process: Sketch, each: (does: (index: number) => void) => void) => void,
  expected: (count: number) => Told[],
): void {
  for (const count of [1, 2, 5]) {
    const several = (does: (index: number) => void): void => {
      for (let index = 0; index < count; index++) does(index);
    };
    expect(readSketch((process) => draw(process, several)).told).toEqual(expected(count));
    const apart = readSketch((process) => draw(process, (does) => does(0)), count).told;
    expect(apart).toEqual(Array.from({ length: count }, () => expected(1)).flat());
  }
}

/** A loop on main's thread, from 1 ms on, with `run` as its entry. */
function loop(process: Sketch): Sketch {
  return process
    .loop("Main")
    .actor("launch", "run", { line: 90 })
    .at(1, "loop-opened", "run", "Main", { place: 90, how: "asyncio.run" })
    .at(1, "launch-started", "run");
}

/** The end of that loop and of its program. */
function closes(process: Sketch, ms: number): Sketch {
  return process
    .at(ms, "launch-ended", "run", "Main", { status: "finished" })
    .at(ms, "loop-closing", "run")
    .at(ms + 2, "loop-closed", "run", "Main", { place: 90, how: "asyncio.run" })
    .ends(ms + 3);
}

/** A task of `run`, made at line 10, whose function stands at line 1. */
function task(process: Sketch, name: string, ms = 2): Sketch {
  return process
    .actor("task", name, { line: 10, code: 1, by: "run" })
    .at(ms, "task-created", name)
    .at(ms + 1, "task-started", name);
}

describe("several processes", () => {
  test("have one finding for what is alike in them, with their number", () => {
    const findings = (count: number) => {
      const { trace, reading } = readSketch((process) => {
        loop(process);
        task(process, "job")
          .at(100, "cancel-requested", "job", "Main", { reason: "loop-closed", place: 90 })
          .at(101, "task-ended", "job", "Main", { status: "cancelled", place: 7 });
        closes(process, 100);
      }, count);
      if (trace.source.kind !== "observed") throw new Error("a sketch is of an observed program");
      return findInProgram(reading, {
        source: trace.source,
        names: new Names(trace.definitions),
      });
    };
    const [alone] = findings(1);
    const five = findings(5);
    expect(five.map(({ message }) => message)).toEqual([
      `${alone!.message} (alike in 5 processes)`,
    ]);
    expect(five[0]!.actors).toHaveLength(5);
  });
});

describe("work that did not come to its end", () => {
  test("is lost at close where the loop's runner cancelled it, and told where it stood", () => {
    holds(
      (process, each) => {
        loop(process);
        each((k) =>
          task(process, `job#${k}`)
            .at(100, "cancel-requested", `job#${k}`, "Main", { reason: "loop-closed", place: 90 })
            .at(101, "task-ended", `job#${k}`, "Main", { status: "cancelled", place: 7 }),
        );
        closes(process, 100);
      },
      (count) => [told("lost-at-close", names("job", count), { made: [10], stood: [7] })],
    );
  });

  test("is lost at exit where its thread is a daemon in the middle of something", () => {
    holds(
      (process, each) => {
        each((k) =>
          process
            .thread(`sender ${k}`, { daemon: true })
            .actor("thread", `send#${k}`, { line: 22, code: 11 })
            .at(2, "task-created", `send#${k}`)
            .at(3, "task-started", `send#${k}`, `sender ${k}`)
            .at(4, "block-began", `send#${k}`, `sender ${k}`, { duration: 0, place: 16 }),
        );
        process.ends(100);
      },
      (count) => [told("lost-at-exit", names("send", count), { made: [22], stood: [16] })],
    );
  });

  test("is not lost where its thread is a daemon that waits for something to do, or turns a loop", () => {
    for (const idle of ["get", "event", "condition", "select", "input"])
      holds(
        (process, each) => {
          each((k) => {
            const thread = `worker ${k}`;
            process
              .thread(thread, { daemon: true })
              .actor("thread", `serve#${k}`, { line: 22 })
              .at(2, "task-created", `serve#${k}`)
              .at(3, "task-started", `serve#${k}`, thread)
              .at(4, "wait-began", `serve#${k}`, thread, { for: idle, place: 16 });
          });
          process
            .thread("loop", { daemon: true })
            .loop("loop")
            .actor("thread", "turn", { line: 30 })
            .at(2, "task-created", "turn")
            .at(3, "task-started", "turn", "loop")
            .at(4, "loop-opened", "turn", "loop", { how: "run_forever", place: 31 })
            .ends(100);
        },
        () => [],
      );
  });

  test("was collected where nothing kept it, and closed under where a line closed its loop before", () => {
    const draw =
      (collected: number) => (process: Sketch, each: (does: (k: number) => void) => void) => {
        loop(process);
        each((k) =>
          task(process, `watch#${k}`)
            .at(5, "stood-at", `watch#${k}`, "Main", { place: 13 })
            .at(collected, "task-destroyed", `watch#${k}`),
        );
        closes(process, 100);
      };
    const places = { made: [10], stood: [13] };
    holds(draw(50), (count) => [told("task-collected", names("watch", count), places)]);
    holds(draw(103), (count) => [told("loop-closed-under-tasks", names("watch", count), places)]);
  });

  test("never began: a coroutine that nobody awaited, a job that no worker took, each at its first line", () => {
    holds(
      (process, each) => {
        process.thread("pool_0", { worker: true });
        each((k) =>
          process
            .actor("coroutine", `download#${k}`, { line: 15, code: 8 })
            .at(3, "task-destroyed", `download#${k}`)
            .actor("job", `resize#${k}`, { line: 20, code: 4 })
            .at(4, "task-created", `resize#${k}`),
        );
        process.ends(100);
      },
      (count) => [
        told("coroutine-never-awaited", names("download", count), { made: [15] }),
        told("never-started", names("resize", count), { made: [20], stood: [4] }),
      ],
    );
  });

  test("was given up by a timeout or a failing sibling, which is no loss", () => {
    holds(
      (process, each) => {
        loop(process);
        task(process, "rescan")
          .at(40, "task-ended", "rescan", "Main", { status: "failed", error: "no", place: 18 })
          .at(42, "heard", "rescan", "Main", { by: "raised", in: "run", place: 31 });
        each((k) =>
          task(process, `stop#${k}`)
            .at(41, "cancel-requested", `stop#${k}`, "Main", { reason: "group-failed" })
            .at(42, "task-ended", `stop#${k}`, "Main", { status: "cancelled", place: 11 }),
        );
        closes(process, 100);
      },
      (count) => [told("given-up", names("stop", count), { made: [10], stood: [11] })],
    );
  });

  test("is told by its job, and not as given up, where it never stood in a line of the program's", () => {
    holds(
      (process, each) => {
        loop(process);
        each((k) => {
          process.thread(`pool_${k}`, { worker: true });
          process
            .actor("task", `to_thread#${k}`, { line: 10, by: "run" })
            .at(2, "task-created", `to_thread#${k}`)
            .at(3, "task-started", `to_thread#${k}`)
            .actor("job", `slow#${k}`, { line: 10, code: 3, by: `to_thread#${k}` })
            .at(5, "task-created", `slow#${k}`)
            .at(6, "task-started", `slow#${k}`, `pool_${k}`)
            .at(50, "cancel-requested", `to_thread#${k}`, "Main", { reason: "timed-out" })
            .at(50, "cancel-requested", `slow#${k}`, "Main", { reason: "timed-out" })
            .at(51, "task-ended", `to_thread#${k}`, "Main", { status: "cancelled" })
            .at(400, "task-ended", `slow#${k}`, `pool_${k}`, { status: "finished" });
        });
        closes(process, 500);
      },
      (count) => [told("outlived", names("slow", count), { made: [10] })],
    );
  });

  test("is what cut it off last, where it had caught a cancellation before and gone on", () => {
    for (const reason of ["program", "timed-out", "group-failed"])
      holds(
        (process, each) => {
          loop(process);
          each((k) =>
            task(process, `beat#${k}`)
              .at(50, "cancel-requested", `beat#${k}`, "Main", { reason, place: 42 })
              .at(60, "cancel-over", `beat#${k}`)
              .at(80, "stood-at", `beat#${k}`, "Main", { place: 13 }),
          );
          closes(process, 100);
        },
        (count) => [
          told("loop-closed-under-tasks", names("beat", count), { made: [10], stood: [13] }),
        ],
      );
  });

  test("is told of in no way where a line of the program cancelled it, or its user's Ctrl-C", () => {
    for (const reason of ["program", "interrupted"])
      holds(
        (process, each) => {
          loop(process);
          each((k) =>
            task(process, `beat#${k}`)
              .at(50, "cancel-requested", `beat#${k}`, "Main", { reason, place: 42 })
              .at(51, "task-ended", `beat#${k}`, "Main", { status: "cancelled", place: 13 }),
          );
          closes(process, 100);
        },
        () => [],
      );
  });
});

describe("work that went on", () => {
  test("has outlived whoever waited for it: a job whose task was cancelled, a result with a limit", () => {
    holds(
      (process, each) => {
        loop(process);
        each((k) => {
          process.thread(`pool_${k}`, { worker: true });
          task(process, `wait#${k}`)
            .actor("job", `slow#${k}`, { line: 12, code: 3, by: `wait#${k}` })
            .at(5, "task-created", `slow#${k}`)
            .at(6, "task-started", `slow#${k}`, `pool_${k}`)
            .at(50, "cancel-requested", `wait#${k}`, "Main", { reason: "timed-out" })
            .at(50, "cancel-requested", `slow#${k}`, "Main", { reason: "timed-out" })
            .at(51, "task-ended", `wait#${k}`, "Main", { status: "cancelled", place: 12 })
            .at(400, "task-ended", `slow#${k}`, `pool_${k}`, { status: "finished" });
        });
        closes(process, 500);
      },
      (count) => [
        told("given-up", names("wait", count), { made: [10], stood: [12] }),
        told("outlived", names("slow", count), { made: [12] }),
      ],
    );
    holds(
      (process, each) => {
        each((k) =>
          process
            .thread(`pool_${k}`, { worker: true })
            .actor("job", `slow#${k}`, { line: 12, code: 3 })
            .at(5, "task-created", `slow#${k}`)
            .at(6, "task-started", `slow#${k}`, `pool_${k}`)
            .at(10 + 40 * k, "wait-began", "main", "Main", {
              for: "result",
              whom: `slow#${k}`,
              place: 20,
            })
            .at(40 + 40 * k, "wait-ended", "main", "Main", { for: "result" })
            .at(400, "task-ended", `slow#${k}`, `pool_${k}`, { status: "finished" }),
        );
        process.ends(500);
      },
      (count) => [told("outlived", names("slow", count), { made: [12] })],
    );
  });

  test("has not where it ended soon, or where whoever waited looked again and again", () => {
    holds(
      (process, each) => {
        each((k) =>
          process
            .thread(`worker ${k}`)
            .actor("thread", `work#${k}`, { line: 12 })
            .at(5, "task-created", `work#${k}`)
            .at(6, "task-started", `work#${k}`, `worker ${k}`)
            .at(10 + k, "wait-began", "main", "Main", { for: "join", whom: `work#${k}`, place: 20 })
            .at(10.5 + k, "wait-ended", "main", "Main", { for: "join" })
            .at(20 + k, "wait-began", "main", "Main", { for: "join", whom: `work#${k}`, place: 20 })
            .at(400 + k, "wait-ended", "main", "Main", { for: "join" })
            .at(401 + k, "task-ended", `work#${k}`, `worker ${k}`, { status: "finished" }),
        );
        process.ends(500);
      },
      () => [],
    );
  });

  test("has swallowed its cancellation where it caught that and did not stop for it, each time at its line", () => {
    for (const how of ["went-on", "ended", "dropped"])
      holds(
        (process, each) => {
          loop(process);
          each((k) =>
            task(process, `stubborn#${k}`)
              .at(50, "cancel-requested", `stubborn#${k}`, "Main", { reason: "program", place: 42 })
              .at(51, "cancel-swallowed", `stubborn#${k}`, "Main", { how, place: 7 })
              .at(80, "task-ended", `stubborn#${k}`, "Main", { status: "finished" }),
          );
          closes(process, 100);
        },
        (count) =>
          // Whoever catches just that and ends has stopped as it was asked to.
          how === "dropped"
            ? []
            : [told("cancel-swallowed", names("stubborn", count), { made: [10], at: [7] })],
      );
  });
});

describe("a failure", () => {
  const failed = (process: Sketch, name: string, ms: number): Sketch =>
    task(process, name).at(ms, "task-ended", name, "Main", {
      status: "failed",
      error: "ValueError: no",
      place: 5,
    });

  test("that nobody heard of is told, with where it was raised", () => {
    holds(
      (process, each) => {
        loop(process);
        each((k) => failed(process, `apply#${k}`, 50));
        closes(process, 100);
      },
      (count) => [told("failure-unheard", names("apply", count), { made: [10] })],
    );
    const { found, lineOf } = readSketch((process) => {
      failed(loop(process), "apply", 50);
      closes(process, 100);
    });
    const [one] = found;
    expect(one?.rule === "failure-unheard" && lineOf(one.evidence.raisedAt)).toBe(5);
  });

  test("that was raised into somebody is no finding, and told with whom and where", () => {
    const draw = (process: Sketch): void => {
      failed(loop(process), "rescan", 50).at(52, "heard", "rescan", "Main", {
        by: "raised",
        in: "run",
        place: 31,
      });
      closes(process, 100);
    };
    const { told: none, reading, lineOf } = readSketch(draw);
    expect(none).toEqual([]);
    const [{ heard, place }] = reading.failures as [(typeof reading.failures)[number]];
    expect(lineOf(place)).toBe(5);
    expect(heard.map((one) => [one.by, lineOf(one.place)])).toEqual([["raised", 31]]);
  });

  test("that came second in its group is swallowed, as far as nobody heard of it", () => {
    holds(
      (process, each) => {
        loop(process);
        failed(process, "first", 40).at(41, "heard", "first", "Main", { by: "raised", in: "run" });
        each((k) => failed(process, `later#${k}`, 60));
        closes(process, 100);
      },
      (count) => [told("failure-swallowed", names("later", count), { made: [10] })],
    );
  });

  test("that only a line on stderr told of is logged; of a thread's program it ended the thread", () => {
    holds(
      (process, each) => {
        loop(process);
        each((k) => {
          failed(process, `apply#${k}`, 50).at(70, "error-logged", `apply#${k}`, "Main", {
            reason: "never-retrieved",
            error: "Task exception was never retrieved",
          });
          process
            .thread(`worker ${k}`)
            .actor("thread", `poll#${k}`, { line: 40 })
            .at(2, "task-created", `poll#${k}`)
            .at(3, "task-started", `poll#${k}`, `worker ${k}`)
            .at(30, "task-ended", `poll#${k}`, `worker ${k}`, { status: "failed", error: "no" })
            .at(31, "error-logged", `poll#${k}`, `worker ${k}`, { reason: "thread-failed" });
        });
        closes(process, 100);
      },
      (count) => [
        told("thread-failed", names("poll", count), { made: [40] }),
        told("only-logged", names("apply", count), { made: [10] }),
      ],
    );
  });

  test("that was heard after a line had told that it was not is handled late", () => {
    holds(
      (process, each) => {
        loop(process);
        each((k) =>
          failed(process, `apply#${k}`, 50)
            .at(60, "error-logged", `apply#${k}`, "Main", { reason: "never-retrieved" })
            .at(80, "heard", `apply#${k}`, "Main", { by: "raised", in: "run", place: 31 }),
        );
        closes(process, 100);
      },
      (count) => [told("handled-late", names("apply", count), { made: [10] })],
    );
  });
});

describe("a hang", () => {
  test("is a circle where waits lead back: two threads with two locks, five with five", () => {
    for (const count of [2, 5]) {
      const { told: found, reading } = readSketch((process) => {
        for (let k = 0; k < count; k++)
          process
            .resource("lock", `lock ${k}`, 1 + k)
            .thread(`thread ${k}`)
            .actor("thread", `take#${k}`, { line: 30 })
            .at(2, "task-created", `take#${k}`)
            .at(3, "task-started", `take#${k}`, `thread ${k}`);
        for (let k = 0; k < count; k++)
          process
            .at(9, "holds", `take#${k}`, `thread ${k}`, { resource: `lock ${k}`, place: 11 })
            .at(9, "wait-began", `take#${k}`, `thread ${k}`, {
              for: "lock",
              resource: `lock ${(k + 1) % count}`,
              place: 12,
            });
        process
          .at(10, "wait-began", "main", "Main", { for: "join", whom: "take#0", place: 40 })
          .hangs(2000);
      });
      expect(reading.hangs).toMatchObject([{ is: "blocked" }]);
      const [deadlock] = found;
      expect(deadlock).toMatchObject({ rule: "deadlock", made: [30], stood: [12], at: [12] });
      expect(deadlock!.of.toSorted()).toEqual(names("take", count));
      expect(found).toHaveLength(1);
    }
  });

  test("is a wait for oneself where a step keeps the thread that its own task would need", () => {
    const { told: found, reading } = readSketch((process) => {
      loop(process)
        .actor("callback", "on reading", { line: 32 })
        .at(20, "step-began", "on reading")
        .actor("task", "store", { line: 16, code: 11, by: "on reading" })
        .at(21, "task-created", "store")
        .at(22, "wait-began", "on reading", "Main", { for: "result", whom: "store", place: 17 })
        .hangs(2000);
    });
    expect(found.map(({ rule, of, at }) => [rule, of, at])).toEqual([
      ["self-wait", ["on reading", "store"], [17]],
      ["loop-blocked", ["on reading"], []],
    ]);
    expect(reading.hangs).toMatchObject([{ is: "blocked" }]);
  });

  test("is a wait for the own pool where every worker waits for a job that none is left for", () => {
    const { told: found } = readSketch((process) => {
      process
        .thread("pool_0", { worker: true })
        .actor("job", "outer", { line: 6, code: 3 })
        .actor("job", "inner", { line: 4, code: 5, by: "outer" })
        .at(2, "task-created", "outer")
        .at(3, "task-started", "outer", "pool_0")
        .at(4, "task-created", "inner", "pool_0")
        .at(5, "wait-began", "outer", "pool_0", { for: "result", whom: "inner", place: 4 })
        .at(5, "wait-began", "main", "Main", { for: "result", whom: "outer", place: 6 })
        .hangs(2000);
    });
    expect(found.map(({ rule, of }) => [rule, of])).toEqual([["self-wait", ["outer", "inner"]]]);
  });

  test("comes of a lock across an await where a loop's thread waits for what its own task keeps", () => {
    const {
      told: found,
      found: whole,
      lineOf,
    } = readSketch((process) => {
      task(loop(process).resource("lock", "lock", 3), "keep")
        .at(20, "step-began", "run")
        .at(21, "wait-began", "run", "Main", { for: "lock", resource: "lock", place: 11 })
        .at(900, "stood-at", "keep", "Main", { place: 7 })
        .at(900, "holds", "keep", "Main", { resource: "lock", place: 6 })
        .hangs(2000);
    });
    expect(found[0]).toMatchObject({ rule: "lock-across-await", at: [11] });
    const [one] = whole;
    expect(one?.rule === "lock-across-await" && lineOf(one.evidence.taken)).toBe(6);
  });

  test("has a dead peer where whoever would end the wait has ended: a task, the takers of a queue", () => {
    for (const count of [1, 2, 5]) {
      const ofResult = readSketch((process) => {
        process.thread("loop").loop("loop").at(1, "loop-opened", "main", "loop");
        for (let k = 0; k < count; k++)
          process
            .thread(`asker ${k}`)
            .actor("thread", `ask#${k}`, { line: 50 })
            .at(2, "task-created", `ask#${k}`)
            .at(3, "task-started", `ask#${k}`, `asker ${k}`)
            .actor("task", `check#${k}`, { line: 25, by: `ask#${k}` })
            .at(4, "task-created", `check#${k}`, `asker ${k}`)
            .at(5, "task-started", `check#${k}`, "loop")
            .at(6, "wait-began", `ask#${k}`, `asker ${k}`, {
              for: "result",
              whom: `check#${k}`,
              place: 27,
            })
            .at(50, "task-ended", `check#${k}`, "loop", {
              status: "failed",
              error: "SystemExit: 3",
            });
        process.at(60, "thread-ended", "", "loop").hangs(2000);
      });
      expect(ofResult.told.map(({ rule, of, at }) => [rule, of, at])).toEqual(
        names("ask", count).map((name) => ["dead-peer", [name], [27]]),
      );

      const ofQueue = readSketch((process) => {
        loop(process).resource("queue", "events", 27);
        for (let k = 0; k < count; k++)
          task(process, `consume#${k}`)
            .at(5, "attached", `consume#${k}`, "Main", { as: "getter", resource: "events" })
            .at(40 + k, "task-ended", `consume#${k}`, "Main", {
              status: "cancelled",
              error: "CancelledError: leaked",
              place: 13,
              stack: [13, 20],
            });
        process
          .at(30, "attached", "run", "Main", { as: "putter", resource: "events" })
          .at(900, "waits-for", "run", "Main", { resource: "events", place: 31 })
          .at(900, "left", "", "Main", { items: 3, unfinished: 4, resource: "events" })
          .hangs(2000);
      });
      expect(ofQueue.reading.hangs).toMatchObject([{ is: "idle" }]);
      expect(ofQueue.told.map(({ rule, of, at }) => [rule, of, at])).toEqual([
        ["dead-peer", ["run"], [31]],
        ["left-in-queue", [], [27]],
      ]);
      const lost = ofQueue.reading.actors.filter((actor) => actor.lost);
      expect(lost.map(({ name, lastPlace }) => [name, ofQueue.lineOf(lastPlace)])).toEqual([
        ["run", 31],
        ...names("consume", count).map((name) => [name, 20] as [string, number]),
      ]);
      expect(ofQueue.reading.failures.map(({ place }) => ofQueue.lineOf(place))).toEqual(
        Array.from({ length: count }, () => 13),
      );
    }
  });

  test("of which nothing more is known says who waits for what", () => {
    holds(
      (process, each) => {
        process.resource("event", "ready", 3);
        each((k) =>
          process
            .thread(`thread ${k}`)
            .actor("thread", `stay#${k}`, { line: 20 })
            .at(2, "task-created", `stay#${k}`)
            .at(3, "task-started", `stay#${k}`, `thread ${k}`)
            .at(4, "wait-began", `stay#${k}`, `thread ${k}`, {
              for: "event",
              resource: "ready",
              place: 8,
            }),
        );
        process.hangs(2000);
      },
      (count) => [told("woken-never", names("stay", count), { made: [20], stood: [8], at: [8] })],
    );
  });

  test("loses main and a loop's entry: the entry alone where main does nothing but turn its loop", () => {
    const lost = (draw: (process: Sketch) => void): string[] =>
      readSketch(draw)
        .reading.actors.filter((actor) => actor.lost)
        .map(({ name }) => name);
    expect(lost((process) => loop(process).hangs(2000))).toEqual(["run"]);
    expect(lost((process) => process.hangs(2000))).toEqual(["main"]);
    expect(
      lost((process) =>
        process.at(5, "main-ended", "main", "Main", { status: "finished" }).hangs(2000),
      ),
    ).toEqual([]);
    const lostOf = (ms: number): (number | null)[] => {
      const { reading } = readSketch((process, number) => {
        if (number === 0) process.ends(2000);
        else process.at(ms, "interrupted", "main", "Main", { by: "signal", detail: "SIGTERM" });
      }, 2);
      return reading.actors.filter((actor) => actor.lost).map(({ endedAt }) => endedAt);
    };
    // Whoever has started a process may end it; what a process takes along at its own end is lost.
    expect([lostOf(50), lostOf(1990)]).toEqual([[], [1_990_000]]);
    // What has no end in the record may have gone on.
    expect(lost((process) => loop(process).at(5, "stood-at", "run", "Main", { place: 3 }))).toEqual(
      [],
    );
  });
});

describe("what is left or undone at the end", () => {
  test("values that nobody took are told by their queue, and taken ones never", () => {
    holds(
      (process, each) => {
        each((k) =>
          process
            .resource("queue", `outbox ${k}`, 8 + k)
            .at(50, "left", "", "Main", { items: 9, resource: `outbox ${k}` })
            .at(90, "left", "", "Main", { items: 7, unfinished: 8, resource: `outbox ${k}` })
            .resource("queue", `inbox ${k}`, 30)
            .at(90, "left", "", "Main", { items: 0, unfinished: 1, resource: `inbox ${k}` }),
        );
        process.ends(100);
      },
      (count) =>
        Array.from({ length: count }, (_, k) => told("left-in-queue", [], { at: [8 + k] })),
    );
  });

  test("handlers that never ran are told with why: an exit that skips them, or a process that is kept", () => {
    const register = (process: Sketch, count: number): Sketch => {
      for (let k = 0; k < count; k++)
        process.at(5, "handler-registered", "main", "Main", {
          number: k,
          function: "close",
          place: 23,
          stack: [18],
        });
      return process;
    };
    for (const count of [1, 2, 5]) {
      const ran = readSketch((process) => {
        register(process, count).at(90, "main-ended", "main", "Main", { status: "finished" });
        for (let k = 0; k < count; k++)
          process
            .at(91, "handler-began", "", "Main", { number: k })
            .at(92, "handler-ended", "", "Main", { number: k });
        process.at(93, "process-ended", "main", "Main", { code: 0 });
      });
      expect(ran.told).toEqual([]);

      const skipped = readSketch((process) => {
        register(process, count)
          .at(90, "exit-called", "main", "Main", { code: 3, place: 40 })
          .at(91, "process-ended", "main", "Main", { code: 3 });
      });
      expect(skipped.found).toMatchObject([
        { rule: "handler-unrun", evidence: { why: "exit" } },
        { rule: "exit-by", evidence: { code: 3, unrun: count } },
      ]);

      const kept = readSketch((process) => {
        register(process, count).at(90, "main-ended", "main", "Main", { status: "finished" });
        for (let k = 0; k < count; k++)
          process
            .thread(`pool_${k}`, { worker: true })
            .at(900, "handle-alive", "", `pool_${k}`, { kind: "pool", place: 25 });
        process.hangs(2000);
      });
      expect(kept.told).toEqual([
        told("handler-unrun", [], { at: [23] }),
        told("kept-alive", [], { at: [25] }),
      ]);
      const [unrun] = kept.found;
      const handlers = unrun?.rule === "handler-unrun" ? unrun.evidence.handlers : [];
      expect(handlers.map(({ code }) => kept.lineOf(code))).toEqual(
        Array.from({ length: count }, () => 18),
      );
    }
  });

  test("whoever calls for the exit has not lost itself, and what that cut off is lost at exit", () => {
    holds(
      (process, each) => {
        process
          .thread("watchdog", { daemon: true })
          .actor("thread", "watch", { line: 5 })
          .at(2, "task-created", "watch")
          .at(3, "task-started", "watch", "watchdog");
        each((k) =>
          process
            .thread(`worker ${k}`)
            .actor("thread", `work#${k}`, { line: 6 })
            .at(2, "task-created", `work#${k}`)
            .at(3, "task-started", `work#${k}`, `worker ${k}`)
            .at(4, "stood-at", `work#${k}`, `worker ${k}`, { place: 12 }),
        );
        process
          .at(90, "exit-called", "watch", "watchdog", { code: 3, place: 4 })
          .at(91, "process-ended", "main", "Main", { code: 3 });
      },
      (count) => [told("lost-at-exit", names("work", count), { made: [6], stood: [12] })],
    );
  });
});

describe("loops and threads", () => {
  test("that are used as cannot work are told with what, where and how often", () => {
    for (const what of ["loop-in-loop", "wrong-thread", "wrong-loop", "self-wait"])
      holds(
        (process, each) => {
          loop(process);
          each((k) =>
            task(process, `use#${k}`)
              .at(20, "misused", `use#${k}`, "Main", { what, place: 15, stack: [15, 25] })
              .at(30, "task-ended", `use#${k}`, "Main", { status: "finished" }),
          );
          closes(process, 100);
        },
        (count) => [told(what, names("use", count), { made: [10], at: [15] })],
      );
  });

  test("are starved by a crowd of short steps that made somebody late, with what most of it goes on with", () => {
    const starved = (late: number) =>
      readSketch((process) => {
        task(loop(process), "beat")
          .at(500, "late", "beat", "Main", { late, place: 13 })
          .at(500, "crowded", "", "Main", { count: 800, busy: 400, longest: 20, place: 31 })
          .at(501, "task-ended", "beat", "Main", { status: "finished" });
        closes(process, 600);
      }).told.map(({ rule, of, at }) => [rule, of, at]);
    expect(starved(300)).toEqual([["loop-starved", ["beat"], [31]]]);
    // Of one that was late by little, or for longer than they took, they are not the cause.
    expect([starved(50), starved(900)]).toEqual([[], []]);
  });

  test("are held from as long as was asked for on, asyncio's 100 ms where nobody asked", () => {
    const rules = (ms: number, blocks: number | null) =>
      readSketch(
        (process) => {
          loop(process).at(20, "step-began", "run");
          task(process, "beat");
          process
            .at(20 + ms, "step-ended", "run", "Main", { place: 17, cpu: 1, queued: 1 })
            .at(20 + ms, "late", "beat", "Main", { late: ms, by: "run", place: 13 })
            .at(21 + ms, "task-ended", "beat", "Main", { status: "finished" });
          closes(process, 500);
        },
        1,
        { ...observedSource, blocks },
      ).told.map(({ rule, of }) => [rule, of]);
    const held = [["loop-blocked", ["run"]]];
    for (const [asked, least] of [
      [null, 100],
      [60, 60],
      [5, 5],
      [250, 250],
    ] as const)
      expect([rules(least - 1, asked), rules(least, asked)]).toEqual([[], held]);
  });

  test("whose step kept somebody waiting are held: where, in which call, how, and who stood where", () => {
    const held = (cpu: number, queued: number, count: number) =>
      readSketch((process) => {
        loop(process).at(20, "step-began", "run");
        for (let k = 0; k < count; k++) task(process, `beat#${k}`);
        process.at(1220, "step-ended", "run", "Main", {
          call: "time.sleep(1.2)",
          place: 17,
          stack: [17, 23],
          cpu,
          queued,
        });
        for (let k = 0; k < count; k++)
          process
            .at(1220, "late", `beat#${k}`, "Main", { late: 1100, by: "run", place: 13 })
            .at(1230, "task-ended", `beat#${k}`, "Main", { status: "finished" });
        closes(process, 1300);
      });
    for (const count of [1, 2, 5]) {
      const { told: found, reading, lineOf } = held(1, 1, count);
      expect(found.map(({ rule, of }) => [rule, of])).toEqual([["loop-blocked", ["run"]]]);
      const [{ hold, victims }] = reading.loops[0]!.blame.holds as [
        (typeof reading.loops)[number]["blame"]["holds"][number],
      ];
      expect(hold.seen).toMatchObject({ kind: "blocked", call: "time.sleep(1.2)", goesOn: false });
      expect(lineOf(hold.seen!.place)).toBe(17);
      expect(hold.seen!.stack!.map(lineOf)).toEqual([17, 23]);
      expect(victims).toMatchObject([{ tasks: count, late: 1_100_000 }]);
      expect(lineOf(victims[0]!.place)).toBe(13);
      const kind = (cpu: number, queued: number): unknown =>
        held(cpu, queued, count).reading.loops[0]!.blame.holds[0]!.hold.seen!.kind;
      expect(kind(1100, 50)).toBe("computing");
      expect(kind(200, 950)).toBe("computing");
      expect(kind(20, 1100)).toBe("queued");
    }
    // Of a machine that is busy no step is the cause.
    const busy = held(20, 1100, 1);
    expect(busy.told).toEqual([]);
    expect(busy.reading.loops[0]!.longestBlock).toBeNull();
  });

  test("whose step is long while nobody is due, whose main waits long, or who print at one time: nothing", () => {
    holds(
      (process, each) => {
        loop(process)
          .at(20, "step-began", "run")
          .at(900, "step-ended", "run", "Main", { place: 17, cpu: 870, queued: 0 });
        each((k) =>
          process
            .thread(`worker ${k}`)
            .actor("thread", `work#${k}`, { line: 6 })
            .at(2, "task-created", `work#${k}`)
            .at(3, "task-started", `work#${k}`, `worker ${k}`)
            .at(2999, "printed", `work#${k}`, `worker ${k}`, { text: "done\n" })
            .at(3000 + k, "task-ended", `work#${k}`, `worker ${k}`, { status: "finished" }),
        );
        closes(process, 1000);
        process.events.splice(-2);
        process
          .at(1010, "wait-began", "main", "Main", { for: "join", whom: "work#0", place: 40 })
          .at(3000, "wait-ended", "main", "Main", { for: "join" })
          .at(3000, "printed", "main", "Main", { text: "all done\n" })
          .ends(3020);
      },
      () => [],
    );
  });

  test("that stand still are told by place and kind, each stretch summed", () => {
    for (const count of [1, 2, 5]) {
      const { reading, lineOf } = readSketch((process) => {
        for (let k = 0; k < count; k++)
          process
            .at(100 * k, "block-began", "main", "Main", { duration: 0, place: 25 })
            .at(100 * k + 30, "block-ended", "main", "Main")
            .at(100 * k + 40, "wait-began", "main", "Main", { for: "get", place: 26 })
            .at(100 * k + 60, "wait-ended", "main", "Main", { for: "get" });
        process.ends(1000);
      });
      const [{ stretches }] = reading.standstills as [(typeof reading.standstills)[number]];
      expect(
        stretches.map(({ kind, for: what, place, ticks, times }) => [
          kind,
          what,
          lineOf(place),
          ticks / 1000,
          times,
        ]),
      ).toEqual([
        ["block", null, 25, 30 * count, count],
        ["wait", "get", 26, 20 * count, count],
      ]);
    }
  });
});
