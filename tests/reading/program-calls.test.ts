/** What is told of calls of async functions, and what is not: each law with one, two and five of everything. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { patience } from "../support/patience.ts";
import { readSketch, type Sketch, type Told } from "../support/sketch.ts";

setDefaultTimeout(patience);

const told = (rule: string, of: string[], more: Partial<Told> = {}): Told => {
  return { rule, of, made: [], stood: [], at: [], ...more };
};

/** The names of so many of one kind. */
const names = (what: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${what}#${index}`);

/** Does something for each of so many, by number. */
type Each = (does: (index: number) => void) => void;

/** What is told of programs that have one, two and five of everything. */
function holds(draw: (process: Sketch, each: Each) => void, expected: (count: number) => Told[]) {
  for (const count of [1, 2, 5]) {
    const each: Each = (does) => {
      for (let index = 0; index < count; index++) does(index);
    };
    const draws = (process: Sketch): void => draw(floats(process), each);
    expect(readSketch(draws).told).toEqual(expected(count));
  }
}

/** Who is lost in a program. */
function lostIn(draw: (process: Sketch) => void): string[] {
  const { reading, trace } = readSketch((process) => draw(floats(process)));
  return reading.actors
    .filter(({ lost }) => lost)
    .map(({ number }) => trace.definitions.actors.get(number)!.name);
}

/** A loop on main's thread that goes by JavaScript's rules. */
function floats(process: Sketch): Sketch {
  return process.loop("Main", "javascript").at(0, "loop-opened", "main");
}

/** A call, made at line 10 by `by`, whose function stands at line 1; it stands at line 3. */
function call(process: Sketch, name: string, by = "main", ms = 2): Sketch {
  return process
    .actor("call", name, { line: 10, code: 1, by })
    .at(ms, "task-created", name)
    .at(ms, "task-started", name)
    .at(ms + 1, "stood-at", name, "Main", { place: 3 });
}

const awaits = (process: Sketch, who: string, whom: string, ms = 4): Sketch =>
  process
    .at(ms, "used", whom, "Main", { how: "await", by: who })
    .at(ms, "waits-for", who, "Main", { whom });

/** Main calls for the exit at line 20, which ends the process. */
const exits = (process: Sketch, ms: number, by = "main"): Sketch =>
  process
    .at(ms, "exit-called", by, "Main", { code: 0, place: 20 })
    .at(ms, "process-ended", "main", "Main", { code: 0 });

/** Main comes to its end, and the process to its own when nothing is left. */
const runsOut = (process: Sketch, ms: number): Sketch =>
  process
    .at(ms, "main-ended", "main", "Main", { status: "finished" })
    .at(ms + 1, "process-ended", "main", "Main", { code: 0 });

const ends = (process: Sketch, name: string, ms: number): Sketch =>
  process.at(ms, "task-ended", name, "Main", { status: "finished" });

describe("a call that was cut off by its process's end", () => {
  test("floated where its promise was dropped, and where it was kept and never used", () => {
    holds(
      (process, each) => {
        each((k) => {
          call(process, `job#${k}`);
          process.at(3, "floated", `job#${k}`, "Main", { how: "forEach", place: 9 });
          process
            .actor("call", `kept#${k}`, { line: 12, code: 1 })
            .at(2, "task-created", `kept#${k}`)
            .at(2, "task-started", `kept#${k}`);
        });
        exits(process, 50);
      },
      (count) => [
        told("floating", names("job", count), { made: [10], stood: [3], at: [9] }),
        told("floating", names("kept", count), { made: [12] }),
      ],
    );
  });

  test("is cut off by an exit that a callback called for long after main's end, however late its process was seen to end", () => {
    const { reading } = readSketch((process) => {
      call(floats(process), "job").at(40, "main-ended", "main", "Main", { status: "finished" });
      process.actor("callback", "timer callback", { line: 12 });
      process
        .at(50, "exit-called", "timer callback", "Main", { code: 0, place: 20 })
        .at(5_250, "process-ended", "main", "Main", { code: 0 });
    });
    expect(reading.processes.map(({ exit }) => exit?.at)).toEqual([50_000]);
  });

  test("is told with whoever waited for it, and lost as well", () => {
    const draw = (process: Sketch, each: Each): void => {
      each((k) => {
        call(process, `top#${k}`).at(3, "floated", `top#${k}`, "Main", { how: "void", place: 9 });
        call(process, `inner#${k}`, `top#${k}`);
        awaits(process, `top#${k}`, `inner#${k}`);
      });
      exits(process, 50);
    };
    holds(draw, (count) => [
      told("floating", names("top", count), { made: [10], stood: [3], at: [9] }),
    ]);
    expect(lostIn((process) => draw(process, (does) => does(0)))).toEqual(["top#0", "inner#0"]);
  });

  test("is lost at exit where somebody waited for it, or it was in use", () => {
    for (const how of ["then", "library", "all"])
      holds(
        (process, each) => {
          each((k) => {
            call(process, `job#${k}`).at(3, "used", `job#${k}`, "Main", { how });
          });
          exits(process, 50);
        },
        (count) => [told("lost-at-exit", names("job", count), { made: [10], stood: [3] })],
      );
  });

  test("is not lost where it called for the exit itself, or waits for whoever did", () => {
    expect(
      lostIn((process) => {
        call(process, "outer");
        call(process, "inner", "outer", 4);
        awaits(process, "outer", "inner", 6);
        awaits(process, "main", "outer", 7);
        exits(process, 50, "inner");
      }),
    ).toEqual([]);
    // By all of a group, of which the others are lost.
    expect(
      lostIn((process) => {
        call(process, "outer");
        for (const name of ["a", "b"]) {
          call(process, name, "outer");
          process.at(4, "used", name, "Main", { how: "all", by: "outer", place: 12 });
        }
        exits(process, 50, "b");
      }),
    ).toEqual(["a"]);
    // Whoever has left a combinator behind waits for it no more.
    expect(
      lostIn((process) => {
        call(process, "outer");
        call(process, "a", "outer");
        process
          .at(4, "used", "a", "Main", { how: "race", by: "outer", place: 12 })
          .at(9, "settled-race", "a", "Main", { combinator: "race", place: 12 })
          .at(10, "waits-for", "outer", "Main", { of: "timer" });
        exits(process, 50, "a");
      }),
    ).toEqual(["outer"]);
  });

  test("is not lost where it stands in the call that calls for the exit", () => {
    const draw =
      (waitsAt: number | null) =>
      (process: Sketch): void => {
        call(process, "outer");
        if (waitsAt !== null) process.at(waitsAt, "waits-for", "outer", "Main", { of: "timer" });
        call(process, "inner", "outer", 10);
        exits(process, 50, "inner");
      };
    expect(lostIn(draw(null))).toEqual([]);
    expect(lostIn(draw(5))).toEqual([]);
    expect(lostIn(draw(20))).toEqual(["outer"]);
  });

  test("waits no longer for what it was seen to wait for, once it was seen to wait for something unknown", () => {
    const waits = (isSeenAgain: boolean): (number | null)[] => {
      const { reading } = readSketch((process) => {
        call(floats(process), "outer");
        call(process, "inner", "outer");
        awaits(process, "outer", "inner");
        if (isSeenAgain) process.at(9, "waits-for", "outer");
      });
      return reading.sightings.map(({ whom }) => whom);
    };
    expect(waits(false)).toHaveLength(1);
    expect(waits(true)).toEqual([]);
  });

  test("is told to have begun in a listener of exit, and not in one of beforeExit", () => {
    for (const [listener, isWithin] of [
      ["exit listener", true],
      ["beforeExit listener", false],
    ] as const)
      for (const count of [1, 2, 5]) {
        const { found, told: all } = readSketch((process) => {
          floats(process).at(1, "handler-registered", "", "Main", {
            number: 0,
            function: listener,
            place: 15,
          });
          process.at(40, "handler-began", "", "Main", { number: 0 });
          for (let k = 0; k < count; k++) call(process, `flush#${k}`, "main", 41);
          process.at(43, "handler-ended", "", "Main", { number: 0 });
          process
            .at(30, "main-ended", "main", "Main", { status: "finished" })
            .at(60, "process-ended", "main", "Main", { code: 0 });
        });
        expect(all).toEqual([
          told("lost-at-exit", names("flush", count), { made: [10], stood: [3] }),
        ]);
        const [{ evidence }] = found as [(typeof found)[number]];
        expect("within" in evidence && evidence.within !== null).toBe(isWithin);
      }
  });

  test("is told once, with all else that an error has cut off, behind that error", () => {
    holds(
      (process, each) => {
        call(process, "load")
          .at(40, "task-ended", "load", "Main", { status: "failed", error: "down", place: 8 })
          .at(40, "error-logged", "load", "Main", { reason: "unhandled-rejection" });
        each((k) => {
          call(process, `a#${k}`).at(3, "floated", `a#${k}`, "Main", { how: "void", place: 9 });
          call(process, `b#${k}`).at(3, "used", `b#${k}`, "Main", { how: "then" });
        });
        process.at(50, "process-ended", "main", "Main", { code: 1 });
      },
      (count) => [
        told("only-logged", ["load"], { made: [10] }),
        told("lost-at-exit", Array.from({ length: count }, (_, k) => [`a#${k}`, `b#${k}`]).flat(), {
          made: [10],
          stood: [3],
        }),
      ],
    );
  });

  test("on a Worker is lost with that, however it ended", () => {
    const draw =
      (end: "terminated" | "terminate" | "failed" | "exit" | "none") =>
      (process: Sketch, each: Each): void => {
        process.thread("worker 1").loop("worker 1", "javascript");
        process
          .actor("thread", "w.js", { line: 5 })
          .at(2, "task-created", "w.js")
          .at(2, "task-started", "w.js", "worker 1")
          .at(2, "loop-opened", "w.js", "worker 1");
        each((k) =>
          process
            .actor("call", `job#${k}`, { line: 10 })
            .at(3, "task-created", `job#${k}`, "worker 1")
            .at(3, "task-started", `job#${k}`, "worker 1")
            .at(3, "floated", `job#${k}`, "worker 1", { how: "void", place: 9 }),
        );
        if (end === "failed")
          process.at(9, "task-ended", "w.js", "worker 1", { status: "failed", error: "no" });
        if (end === "exit")
          process.at(9, "exit-called", "w.js", "worker 1", { code: 0, place: 20, alone: "exit" });
        if (end === "terminate")
          process.at(9, "exit-called", "main", "worker 1", {
            code: 1,
            place: 21,
            alone: "terminate",
          });
        if (end !== "none") process.at(10, "thread-ended", "w.js", "worker 1");
        runsOut(process, 50);
      };
    const floating = (count: number): Told[] => [
      told("floating", names("job", count), { made: [10], at: [9] }),
    ];
    const cut = (count: number): Told[] => [
      told("lost-at-exit", names("job", count), { made: [10] }),
    ];
    holds(draw("terminated"), floating);
    holds(draw("terminate"), floating);
    holds(draw("exit"), floating);
    holds(draw("failed"), (count) => [
      ...cut(count),
      told("failure-unheard", ["w.js"], { made: [5] }),
    ]);
    // Nothing was left that could have settled it, whoever had waited for it.
    holds(draw("none"), cut);
  });
});

describe("main", () => {
  test("is lost where nothing was left to settle what it awaits, with the call it stands in", () => {
    const draw = (process: Sketch): void => {
      call(process, "verdict");
      awaits(process, "main", "verdict");
      call(process, "aside").at(3, "floated", "aside", "Main", { how: "void", place: 9 });
      process.at(50, "process-ended", "main", "Main", { code: 13 });
    };
    expect(lostIn(draw)).toEqual(["main", "aside"]);
    const { told: all } = readSketch((process) => draw(floats(process)));
    expect(all.map(({ rule, of }) => [rule, of])).toEqual([
      ["lost-at-exit", ["main"]],
      ["lost-at-exit", ["aside"]],
    ]);
  });

  test("is not lost where a signal ended the process, and what it awaits is", () => {
    const draw = (process: Sketch): void => {
      call(process, "job");
      awaits(process, "main", "job");
      process.at(50, "interrupted", "main", "Main", { by: "signal", detail: "SIGTERM" });
    };
    expect(lostIn(draw)).toEqual(["job"]);
  });

  test("is not lost where a call for the exit or an error ended the process", () => {
    expect(lostIn((process) => exits(call(process, "job"), 50, "job"))).toEqual([]);
    expect(
      lostIn((process) =>
        process
          .actor("callback", "timer callback", { line: 7 })
          .at(40, "task-ended", "timer callback", "Main", { status: "failed", error: "no" })
          .at(40, "error-logged", "timer callback", "Main", { reason: "uncaught-exception" })
          .at(41, "process-ended", "main", "Main", { code: 1 }),
      ),
    ).toEqual([]);
  });

  test("is told to be cut off by an exit of somebody it does not wait for, but not by its user's signal", () => {
    const draw =
      (by: string) =>
      (process: Sketch): void => {
        floats(process).at(2, "waits-for", "main", "Main", { of: "timer" });
        process
          .actor("callback", by, { line: 7 })
          .at(50, "exit-called", by, "Main", { code: 1, place: 8 })
          .at(50, "process-ended", "main", "Main", { code: 1 });
      };
    expect(readSketch(draw("timer callback")).told).toEqual([told("exit-by", [], { at: [8] })]);
    expect(readSketch(draw("SIGINT listener")).told).toEqual([]);
    const own = (process: Sketch): void => {
      floats(process);
      call(process, "command");
      awaits(process, "main", "command");
      exits(process, 50, "command");
    };
    expect(readSketch(own).told).toEqual([]);
  });
});

describe("a call that came to its end", () => {
  test("floats all the same where its promise was taken for a yes or a no", () => {
    for (const how of ["condition", "filter", "some"])
      holds(
        (process, each) => {
          each((k) => {
            call(process, `may#${k}`).at(3, "floated", `may#${k}`, "Main", { how, place: 9 });
            ends(process, `may#${k}`, 20);
          });
          runsOut(process, 50);
        },
        (count) => [told("floating", names("may", count), { made: [10], at: [9] })],
      );
  });

  test("is not told, whether anybody waited for it or not", () => {
    holds(
      (process, each) => {
        each((k) => {
          call(process, `job#${k}`).at(3, "floated", `job#${k}`, "Main", { how: "void", place: 9 });
          ends(process, `job#${k}`, 20);
          call(process, `other#${k}`);
          ends(process, `other#${k}`, 20);
        });
        runsOut(process, 50);
      },
      () => [],
    );
  });

  test("has outlived a Promise.all that had failed without it, and a race, but for one that its like has won", () => {
    const draw =
      (how: string, winner: "failed" | "finished", of: string) =>
      (process: Sketch, each: Each): void => {
        call(process, "run");
        awaits(process, "main", "run");
        call(process, `${of}#9`, "run").at(4, "used", `${of}#9`, "Main", {
          how,
          by: "run",
          place: 12,
        });
        process
          .at(20, "task-ended", `${of}#9`, "Main", { status: winner, place: 8 })
          .at(21, "heard", `${of}#9`, "Main", { by: "raised", in: "run", place: 13 });
        each((k) => {
          call(process, `late#${k}`, "run")
            .at(4, "used", `late#${k}`, "Main", { how, by: "run", place: 12 })
            .at(21, "settled-race", `late#${k}`, "Main", { combinator: how, place: 12 });
          ends(process, `late#${k}`, 60);
        });
        ends(process, "run", 22);
        runsOut(process, 80);
      };
    const outlived = (count: number): Told[] => [
      told("outlived", names("late", count), { made: [10] }),
    ];
    holds(draw("all", "failed", "other"), outlived);
    holds(draw("all", "failed", "late"), outlived);
    holds(draw("race", "failed", "limit"), outlived);
    holds(draw("race", "finished", "limit"), outlived);
    holds(draw("race", "failed", "late"), outlived);
    holds(draw("race", "finished", "late"), () => []);
    holds(draw("any", "finished", "other"), () => []);
  });

  test("has outlived nobody who waits for it elsewhere", () => {
    holds(
      (process, each) => {
        each((k) => {
          call(process, `late#${k}`)
            .at(4, "used", `late#${k}`, "Main", { how: "race", place: 12 })
            .at(21, "settled-race", `late#${k}`, "Main", { combinator: "race", place: 12 })
            .at(30, "used", `late#${k}`, "Main", { how: "await", place: 14 });
          ends(process, `late#${k}`, 60);
        });
        runsOut(process, 80);
      },
      () => [],
    );
  });

  test("has outlived nobody where it ended at once", () => {
    holds(
      (process, each) => {
        each((k) => {
          call(process, `late#${k}`)
            .at(4, "used", `late#${k}`, "Main", { how: "all", place: 12 })
            .at(21, "settled-race", `late#${k}`, "Main", { combinator: "all", place: 12 });
          ends(process, `late#${k}`, 23);
        });
        runsOut(process, 80);
      },
      () => [],
    );
  });
});

describe("a failure", () => {
  const fails = (process: Sketch, name: string, ms: number, more: object = {}): Sketch =>
    process.at(ms, "task-ended", name, "Main", {
      status: "failed",
      error: "no",
      place: 8,
      ...more,
    });

  test("is one, through however many calls it came", () => {
    const { reading } = readSketch((process) => {
      floats(process);
      for (const name of ["a", "b", "c"]) call(process, name);
      fails(process, "a", 10);
      fails(process, "b", 10, { from: "a" });
      fails(process, "c", 10, { from: "b" });
      process.at(11, "heard", "c", "Main", { by: "raised", in: "main", place: 21 });
      runsOut(process, 50);
    });
    expect(reading.failures).toHaveLength(1);
    const calls = reading.actors.filter(({ kind }) => kind === "call");
    expect(calls.map(({ status, heard }) => [status, heard?.by])).toEqual(
      Array(3).fill(["failed", "raised"]),
    );
  });

  test("is swallowed where a combinator had failed with another's, and unheard where none had", () => {
    holds(
      (process, each) => {
        call(process, "first").at(4, "used", "first", "Main", { how: "all", place: 12 });
        fails(process, "first", 20).at(21, "heard", "first", "Main", { by: "raised", in: "main" });
        each((k) => {
          call(process, `second#${k}`)
            .at(4, "used", `second#${k}`, "Main", { how: "all", place: 12 })
            .at(21, "settled-race", `second#${k}`, "Main", { combinator: "all", place: 12 });
          fails(process, `second#${k}`, 24).at(25, "heard", `second#${k}`, "Main", {
            by: "nobody",
          });
          process
            .actor("call", `alone#${k}`, { line: 30 })
            .at(2, "task-created", `alone#${k}`)
            .at(2, "task-started", `alone#${k}`);
          fails(process, `alone#${k}`, 26).at(27, "heard", `alone#${k}`, "Main", { by: "nobody" });
        });
        runsOut(process, 80);
      },
      (count) => [
        told("failure-unheard", names("alone", count), { made: [30] }),
        told("failure-swallowed", names("second", count), { made: [10] }),
      ],
    );
  });

  test("was handled late where it was unheard when its turn was over, and heard afterwards", () => {
    holds(
      (process, each) => {
        each((k) => {
          call(process, `job#${k}`);
          fails(process, `job#${k}`, 20)
            .at(20, "heard", `job#${k}`, "Main", { by: "nobody" })
            .at(60, "heard", `job#${k}`, "Main", { by: "raised", in: "main", place: 21 });
        });
        runsOut(process, 80);
      },
      (count) => [told("handled-late", names("job", count), { made: [10] })],
    );
  });

  test("that came up to main, and ended the process with that, is told by main alone", () => {
    holds(
      (process, each) => {
        each((k) => {
          call(process, `job#${k}`);
          fails(process, `job#${k}`, 20);
        });
        call(process, "outer");
        fails(process, "outer", 20, { from: "job#0" });
        process
          .at(21, "main-ended", "main", "Main", { status: "failed", error: "no" })
          .at(21, "error-logged", "outer", "Main", { reason: "main-failed" });
        each((k) => {
          if (k > 0)
            process.at(22, "heard", `job#${k}`, "Main", { by: "raised", in: "main", place: 21 });
        });
        call(process, "aside").at(3, "floated", "aside", "Main", { how: "void", place: 9 });
        process.at(23, "process-ended", "main", "Main", { code: 1 });
      },
      () => [told("lost-at-exit", ["aside"], { made: [10], stood: [3] })],
    );
  });

  test("that was heard is not told", () => {
    holds(
      (process, each) => {
        each((k) => {
          call(process, `job#${k}`);
          fails(process, `job#${k}`, 20).at(20, "heard", `job#${k}`, "Main", {
            by: "raised",
            in: "main",
            place: 21,
          });
        });
        runsOut(process, 80);
      },
      () => [],
    );
  });
});

describe("a loop", () => {
  /** Main keeps the thread, and a timer is late by that. */
  const keeps =
    (more: object) =>
    (process: Sketch, each: Each): void => {
      process
        .at(10, "step-began", "main")
        .at(410, "step-ended", "main", "Main", { place: 9, ...more });
      each((k) =>
        process
          .actor("callback", `timer#${k}`, { line: 16 })
          .at(411, "late", `timer#${k}`, "Main", { late: 300, place: 16 }),
      );
      runsOut(process, 420);
    };

  test("was blocked by a long turn, and starved by very many short ones", () => {
    holds(keeps({ cpu: 400 }), () => [told("loop-blocked", ["main"])]);
    holds(keeps({ cpu: 400, turns: 3 }), () => [told("loop-blocked", ["main"])]);
    holds(keeps({ cpu: 400, turns: 100_000 }), () => [told("loop-starved", ["main"])]);
  });

  test("was held by nobody that has a fault where nobody was due, or the machine gave no core", () => {
    holds(
      (process) => keeps({ cpu: 400 })(process, () => {}),
      () => [],
    );
    holds(
      (process) => keeps({ cpu: 400, turns: 100_000 })(process, () => {}),
      () => [],
    );
    holds(keeps({ cpu: 0, queued: 400 }), () => []);
  });

  test("that is held for ever is blocked, and who waits for a promise made by hand waits in vain", () => {
    const draw = (process: Sketch): void => {
      floats(process).actor("promise", "release", { line: 26 });
      process
        .at(10, "step-began", "main")
        .at(10, "stood-at", "release", "Main", { place: 8 })
        .at(20, "stood-at", "main", "Main", { place: 21 })
        .at(20, "waits-for", "main", "Main", { of: "Atomics.wait" })
        .hangs(500);
    };
    const { told: all, reading } = readSketch(draw);
    expect(all).toEqual([told("loop-blocked", ["main"], { stood: [] })]);
    expect(reading.hangs.map(({ is }) => is)).toEqual(["blocked"]);
    const lost = reading.actors.filter((one) => one.lost);
    expect(lost.map(({ function: of }) => of)).toEqual(["release"]);
  });
});

describe("what keeps a program whose main is over", () => {
  const kept = (...kinds: string[]): Told[] =>
    readSketch((process) => {
      floats(process).at(20, "main-ended", "main", "Main", { status: "finished" });
      for (const kind of kinds) process.at(3000, "handle-alive", "", "Main", { kind, place: 7 });
      process.at(3000, "interrupted", "main", "Main", { by: "timeout" });
    }).told;

  test("is told, unless something waits for the world outside", () => {
    for (const kind of ["interval", "timer", "socket", "worker", "child process", "message port"])
      expect(kept(kind)).toEqual([told("kept-alive", [], { at: [7] })]);
    for (const kind of ["server", "watcher", "stdin"]) expect(kept("interval", kind)).toEqual([]);
    expect(kept()).toEqual([]);
  });

  test("is told too where it ended by itself in the end, and had done nothing for long", () => {
    const ended = (draw: (process: Sketch) => void): Told[] =>
      readSketch((process) => {
        floats(process)
          .at(20, "main-ended", "main", "Main", { status: "finished" })
          .at(20, "handle-alive", "", "Main", { kind: "timer", place: 7 });
        draw(process);
        process.at(1600, "process-ended", "main", "Main", { code: 0 });
      }).told;
    expect(ended(() => {})).toEqual([told("kept-alive", [], { at: [7] })]);
    const settles = (process: Sketch): void => {
      process
        .actor("promise", "limit", { line: 6 })
        .at(5, "task-created", "limit")
        .at(5, "task-started", "limit")
        .at(1590, "task-ended", "limit", "Main", { status: "finished" });
    };
    expect(ended(settles)).toEqual([told("kept-alive", [], { at: [7] })]);
    expect(ended((process) => process.at(1500, "printed", "main", "Main", { text: "" }))).toEqual(
      [],
    );
    expect(ended((process) => ends(call(process, "job"), "job", 1500))).toEqual([]);
    const held = (from: number, to: number) => (process: Sketch) => {
      process
        .at(from, "step-began", "main", "Main", { place: 3 })
        .at(to, "step-ended", "main", "Main", { place: 3, cpu: to - from, queued: 0 });
    };
    expect(ended(held(21, 1590)).map(({ rule }) => rule)).not.toContain("kept-alive");
    expect(ended(held(21, 300)).map(({ rule }) => rule)).toContain("kept-alive");
  });
});

describe("output", () => {
  test("was cut where bytes were not handed to the system, and not where none were left", () => {
    const cut = (bytes: number): Told[] =>
      readSketch((process) => {
        floats(process).at(50, "output-cut", "", "Main", { bytes, stream: "stdout" });
        exits(process, 50);
      }).told;
    expect(cut(70_000)).toEqual([told("output-cut", [], { at: [20] })]);
    expect(cut(0)).toEqual([]);
  });
});

describe("calls that are counted only", () => {
  test("are no work of the one that they are told about, where nothing else is told of that", () => {
    const { reading } = readSketch((process) => {
      floats(process).actor("call", "job", { line: 10, code: 1 });
      process.at(20, "alike", "job", "Main", { count: 5000, longest: 12 });
      runsOut(process, 50);
    });
    expect(reading.alike.map(({ count, longest }) => [count, longest])).toEqual([[5000, 12_000]]);
    expect(reading.actors.filter(({ lost }) => lost)).toEqual([]);
  });
});

describe("races at one place", () => {
  test("are each their own: that another was won by its like says nothing of one that was not", () => {
    const { told: all } = readSketch((process) => {
      floats(process);
      for (const [name, begins, ends] of [
        ["early", 2, 10],
        ["late", 100, 400],
      ] as const)
        process
          .actor("call", name, { line: 10, code: 1, function: "work" })
          .at(begins, "task-created", name)
          .at(begins, "task-started", name)
          .at(begins, "used", name, "Main", { how: "race", by: "main", place: 12 })
          .at(ends, "task-ended", name, "Main", { status: "finished" });
      process.at(150, "settled-race", "late", "Main", { combinator: "race", place: 12 });
      runsOut(process, 500);
    });
    expect(all).toEqual([told("outlived", ["late"], { made: [10] })]);
  });
});

describe("processes and Workers", () => {
  test("a child that a signal ended has lost its calls, and not its main module", () => {
    const lost = (childEndsAt: number): string[] => {
      const { reading, trace } = readSketch((process, number) => {
        floats(process);
        if (number === 0) {
          runsOut(process, 60);
          return;
        }
        call(process, "convert");
        awaits(process, "main", "convert");
        process.at(childEndsAt, "interrupted", "main", "Main", { by: "signal", detail: "SIGTERM" });
      }, 2);
      return reading.actors
        .filter((one) => one.lost)
        .map(({ number }) => trace.definitions.actors.get(number)!.name);
    };
    for (const ms of [50, 90]) expect(lost(ms)).toEqual(["convert"]);
  });

  test("what a process cut off was cut off at its own end, and not at that of the whole", () => {
    const { reading } = readSketch((process, number) => {
      if (number === 1) {
        runsOut(floats(process), 900);
        // A process that nobody is known to have started.
        delete (process.definitions[0] as { parent?: string }).parent;
        return;
      }
      exits(call(floats(process), "job"), 50);
    }, 2);
    const [main, job] = reading.actors;
    expect([main!.endedAt, job!.endedAt, reading.wall]).toEqual([50_000, 50_000, 901_000]);
  });

  test("a Worker that serves others is not lost with its process, however many there are", () => {
    holds(
      (process, each) => {
        each((k) =>
          process
            .thread(`worker ${k}`)
            .loop(`worker ${k}`, "javascript")
            .actor("thread", `w.js#${k}`, { line: 5 })
            .at(2, "task-started", `w.js#${k}`, `worker ${k}`)
            .at(2, "loop-opened", `w.js#${k}`, `worker ${k}`),
        );
        exits(process, 50);
      },
      () => [],
    );
    expect(
      lostIn((process) => {
        process
          .thread("worker 1")
          .actor("thread", "w.js", { line: 5 })
          .at(2, "task-started", "w.js", "worker 1");
        exits(process, 50);
      }),
    ).toEqual([]);
  });
});
