/** Event loops that a thread turns one after the other, and what it does before, between and after them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { stepsOf } from "../../src/reading/observations.ts";
import { patience } from "../support/patience.ts";
import { readSketch } from "../support/sketch.ts";

setDefaultTimeout(patience);

test("what a thread does before its loop opens, or when it has closed, is no hold of a loop", () => {
  for (const count of [1, 2, 5]) {
    const { reading } = readSketch((process) => {
      for (let index = 0; index < count; index++) process.loop("Main");
      process.at(1, "block-began", "main", "Main", { duration: 0, place: 20 });
      for (let index = 0; index < count; index++) {
        const at = 100 + index * 1000;
        // A recorder that looks now and then may be late to see that main goes on, and early to see it stand.
        process
          .at(at, "loop-opened", "main")
          .at(at + 2, "block-ended", "main", "Main", { place: 20 })
          .at(at + 98, "block-began", "main", "Main", { duration: 0, place: 20 })
          .at(at + 100, "loop-closed", "main");
      }
      process.ends(count * 1000 + 500);
    });
    expect(reading.loops.map(({ longestBlock }) => longestBlock)).toEqual(
      Array.from({ length: count }, () => null),
    );
    expect(reading.loops.flatMap(({ blame }) => blame.holds)).toEqual([]);
  }
});

test("a step that holds a loop's thread is a hold of that loop alone, and ends with it", () => {
  for (const count of [1, 2, 5]) {
    const { reading } = readSketch((process) => {
      for (let index = 0; index < count; index++)
        process.loop("Main").actor("task", `work#${index}`, { line: 10 });
      for (let index = 0; index < count; index++) {
        const at = 100 + index * 1000;
        process
          .at(at, "loop-opened", "main")
          .at(at, "task-created", `work#${index}`)
          .at(at, "task-started", `work#${index}`)
          .at(at + 10, "step-began", `work#${index}`)
          .at(at + 200 + index, "step-ended", `work#${index}`)
          .at(at + 210, "task-ended", `work#${index}`, "Main", { status: "finished" })
          .at(at + 300, "loop-closed", "main")
          .at(at + 310, "block-began", "main", "Main", { duration: 0 })
          .at(at + 900, "block-ended", "main");
      }
      process.ends(count * 1000 + 500);
    });
    expect(reading.loops.map(({ longestBlock }) => longestBlock?.ticks)).toEqual(
      Array.from({ length: count }, (_, index) => (190 + index) * 1000),
    );
  }
});

test("the step in which a cancellation arrives is none of a task's own", () => {
  const step = (count: number): { count: number; kind: string; busy: number; longest: number } => {
    return { count, kind: "step", busy: 1, longest: 1 };
  };
  for (const count of [1, 2, 5]) {
    const { reading } = readSketch((process) => {
      for (const told of ["apart", "together"]) {
        process
          .actor("task", told, { line: 10 })
          .at(1, "task-created", told)
          .at(1, "task-started", told);
        if (told === "apart") process.at(2, "folded", told, "Main", step(count));
        process
          .at(2, "cancel-requested", told, "Main", { reason: "program" })
          .at(3, "folded", told, "Main", step(told === "apart" ? 3 : count + 1))
          .at(3, "task-ended", told, "Main", { status: "cancelled" });
      }
      process.ends(5);
    });
    const steps = stepsOf(reading.folded);
    const of = (name: string) => steps.get(reading.actors.find((one) => one.name === name)!.number);
    expect(of("apart")).toEqual({ own: count + 2, before: count });
    expect(of("together")).toEqual({ own: count, before: count });
  }
});
