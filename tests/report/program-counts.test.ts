/** How the verdict on an observed program counts its work, and what it says of threads that nobody joined. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { formatMeasured } from "../../src/base/duration.ts";
import { reportProgram } from "../../src/report/program.ts";
import { renderProgram } from "../../src/report/terminal/program.ts";
import { observedSource } from "../support/observed.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { readSketch, type Sketch } from "../support/sketch.ts";

setDefaultTimeout(patience);

/** The verdict on a sketched program, on one line. */
function verdict(draw: (process: Sketch) => void): string {
  const { trace, reading } = readSketch(draw);
  const report = reportProgram({ source: observedSource, trace, reading });
  return renderProgram(report, 1000).replaceAll(/\s+/g, " ");
}

/** A thread of the program's that ends after so many milliseconds. */
function thread(process: Sketch, name: string, ends: number | null, daemon = false): Sketch {
  process
    .thread(name, { daemon })
    .actor("thread", `run ${name}`, { line: 5, function: "run" })
    .at(1, "task-created", `run ${name}`, name)
    .at(1, "task-started", `run ${name}`, name);
  if (ends === null) return process;
  return process
    .at(ends, "task-ended", `run ${name}`, name, { status: "finished" })
    .at(ends, "thread-ended", `run ${name}`, name);
}

function task(process: Sketch, name: string, status: string | null): Sketch {
  process.actor("task", name, { line: 8 }).at(2, "task-created", name).at(2, "task-started", name);
  return status === null ? process : process.at(9, "task-ended", name, "Main", { status });
}

describe("what was lost is counted", () => {
  test("under the word of its kind, and only of kinds that there are", () => {
    for (const count of [1, 2, 5]) {
      const all = Array.from({ length: count }, (_, index) => index);
      const tasks = count === 1 ? "task" : "tasks";
      const threads = count === 1 ? "thread" : "threads";
      expect(
        verdict((process) => {
          for (const index of all) task(process, `work#${index}`, "finished");
          process.ends(50);
        }),
      ).toContain(` 0 of ${count} ${tasks} lost.`);
      expect(
        verdict((process) => {
          for (const index of all) thread(process, `t${index}`, 20);
          process.ends(50);
        }),
      ).toContain(` 0 of ${count} ${threads} cut off.`);
      // Threads to which nothing has happened are no part of what was lost.
      expect(
        verdict((process) => {
          for (const index of all) thread(process, `t${index}`, 20);
          for (const index of all) task(process, `work#${index}`, "finished");
          process.ends(50);
        }),
      ).toContain(` 0 of ${count} ${tasks} lost. `.trimEnd());
      expect(
        verdict((process) => {
          for (const index of all) {
            thread(process, `t${index}`, null, true).at(2, "block-began", `run t${index}`, `t${index}`, { duration: 0 }); // prettier-ignore
            task(process, `work#${index}`, null);
          }
          thread(process, "last", 20);
          process.ends(50);
        }),
      ).toContain(` ${count} of ${count} ${tasks} lost; ${count} of ${count + 1} threads cut off.`);
    }
    expect(verdict((process) => process.ends(5))).toContain(" There were no tasks.");
  });
});

test("of a program of which nothing was seen the reason is told, and no row of a main that never began", () => {
  for (const count of [1, 2, 5]) {
    const { trace, reading } = readSketch((process) => process.at(9, "process-ended", "main", "Main", { code: 3 })); // prettier-ignore
    const silent = {
      ...reading,
      actors: reading.actors.map((one) => ({ ...one, startedAt: null })),
    };
    const unseen = Array.from({ length: count }, (_, index) => {
      return { process: `sh ${index}`, why: "no process below it loaded the recorder" };
    });
    const report = reportProgram({ source: observedSource, trace, reading: silent, unseen });
    const text = renderProgram(report, 1000).replaceAll(/\s+/g, " ");
    const why = unseen.map(({ process }) => `Of ${process} nothing was seen, because no process below it loaded the recorder.`); // prettier-ignore
    expect(text).toBe(`app.py, for 9ms; exit status 3 ${why.join(" ")} `);
  }
});

describe("of a thread that nobody joined", () => {
  const joined = (process: Sketch, name: string): Sketch =>
    process
      .at(30, "wait-began", "main", "Main", { for: "join", whom: `run ${name}`, place: 7 })
      .at(30, "wait-ended", "main", "Main", { for: "join" });

  test("it is said for how long its process waited for it, unless it is a daemon", () => {
    for (const count of [1, 2, 5]) {
      const names = Array.from({ length: count }, (_, index) => `t${index}`);
      const said = (ends: number, does: (process: Sketch, name: string) => void = () => {}) =>
        verdict((process) => {
          for (const name of names) thread(process, name, ends);
          for (const name of names) does(process, name);
          process
            .at(50, "main-ended", "main", "Main", { status: "finished" })
            .at(900, "process-ended", "main", "Main", { code: 0 });
        });
      expect(said(850)).toContain("not joined; no daemon, so waited for at exit, for 800ms");
      expect(said(20)).toContain("not joined; over before main, which would have waited for it");
      expect(said(850, joined)).not.toContain("not joined");
      expect(said(20, joined)).not.toContain("not joined");
      const daemons = verdict((process) => {
        for (const name of names) thread(process, name, 20, true);
        process.ends(50);
      });
      expect(daemons).not.toContain("not joined");
    }
  });
});

test("law: a measured time has three significant digits at most, and is right as far as they go", () => {
  const ticks = fc.integer({ min: 1, max: 4e9 });
  fc.assert(
    fc.property(ticks, (ticks) => {
      const text = formatMeasured(ticks);
      const [, minutes = "0", rest = "0", unit = "s"] =
        /^(?:(\d+)m(?!s))? ?(?:([\d.]+)(us|ms|s))?$/.exec(text)!;
      const size = { us: 1, ms: 1000, s: 1_000_000 }[unit]!;
      const told = Number(minutes) * 60_000_000 + Number(rest) * size;
      expect(Math.abs(told - ticks) / ticks).toBeLessThanOrEqual(0.0051);
      expect(rest.replace(".", "").replace(/^0+/, "").length).toBeLessThanOrEqual(3);
    }),
    { numRuns: rounds(200, 20_000) },
  );
});
