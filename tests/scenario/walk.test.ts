// Walking a list of steps: the cursor, the count and the standpoint are three views of one order, the one a
// reader gets who writes every repeat out.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import type { LeafStep, Step } from "../../src/scenario/model.ts";
import { Cursor, countSteps, standpoint } from "../../src/scenario/walk.ts";
import { holds } from "../support/property.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const position = { line: 1, column: 1 };

/** A step performed: the step itself, its path in the list, and the innermost repeat's index. */
interface Performed {
  step: LeafStep;
  path: string;
  iteration: number;
}

/** The steps as performed, every repeat written out. */
function writtenOut(steps: Step[], prefix = "", iteration = 0): Performed[] {
  return steps.flatMap((step, index) => {
    const path = `${prefix}[${index}]`;
    if (step.kind !== "repeat") return [{ step, path, iteration }];
    return Array.from({ length: step.times }, (_, time) =>
      writtenOut(step.steps, `${path}.steps`, time),
    ).flat();
  });
}

const { steps } = fc.letrec<{ steps: Step[]; step: Step; repeat: Step; leaf: Step }>((tie) => ({
  steps: fc.array(tie("step"), { maxLength: 4 }),
  step: fc.oneof({ maxDepth: 4, withCrossShrink: true }, tie("leaf"), tie("repeat")),
  leaf: fc.nat({ max: 99 }).map((ticks): Step => ({ kind: "block", ticks, position })),
  repeat: fc
    .tuple(fc.nat({ max: 3 }), tie("steps"))
    .map(([times, inner]): Step => ({ kind: "repeat", times, steps: inner, position })),
}));

/** What a fresh cursor yields until it is done. */
function walked(list: Step[]): { step: LeafStep; iteration: number }[] {
  const cursor = new Cursor(list);
  const found = [];
  for (let step; (step = cursor.next()) !== undefined;)
    found.push({ step, iteration: cursor.iteration });
  return found;
}

function print(text: string): Step {
  return { kind: "print", text, position };
}

describe("walking a list of steps", () => {
  test("performs each repeat as often as it says, an inner one anew in every round", () => {
    const inner: Step = { kind: "repeat", times: 2, steps: [print("in")], position };
    const outer: Step = {
      kind: "repeat",
      times: 2,
      steps: [print("out"), inner, print("back")],
      position,
    };
    const list = [print("first"), outer, print("last")];
    const found = walked(list).map(({ step, iteration }) => [
      step.kind === "print" && step.text,
      iteration,
    ]);
    const round = (i: number) => [
      ["out", i],
      ["in", 0],
      ["in", 1],
      ["back", i],
    ];
    expect(found).toEqual([["first", 0], ...round(0), ...round(1), ["last", 0]]);
    expect(countSteps(list)).toBe(10);
    expect(standpoint(list, 6)).toMatchObject({ path: "[1].steps[1].steps[0]", iteration: 0 });
    expect(standpoint(list, 7)).toMatchObject({ path: "[1].steps[1].steps[0]", iteration: 1 });
    expect(standpoint(list, 8)).toMatchObject({ path: "[1].steps[2]", iteration: 1 });
    expect(standpoint(list, 9)).toMatchObject({ path: "[2]", iteration: 0 });
    expect(standpoint(list, 10)).toBeUndefined();
  });

  test("is the list with its repeats written out", () => {
    let repeated = 0;
    holds(
      fc.property(steps, (list) => {
        const expected = writtenOut(list);
        repeated += expected.some(({ iteration }) => iteration > 0) ? 1 : 0;
        expect(walked(list)).toEqual(expected.map(({ step, iteration }) => ({ step, iteration })));
        expect(countSteps(list)).toBe(expected.length);
        for (const [done, here] of expected.entries()) expect(standpoint(list, done)).toEqual(here);
        expect(standpoint(list, expected.length)).toBeUndefined();
        expect(standpoint(list, expected.length + 7)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
    expect(repeated).toBeGreaterThan(20);
  });

  test("stays at the end once it is there", () => {
    holds(
      fc.property(steps, (list) => {
        const cursor = new Cursor(list);
        for (let n = countSteps(list); n > 0; n--) expect(cursor.next()).toBeDefined();
        for (let n = 0; n < 3; n++) expect(cursor.next()).toBeUndefined();
      }),
    );
  });

  test("skips what repeats nothing or is repeated zero times", () => {
    const empty: Step = { kind: "repeat", times: 1_000_000_000, steps: [], position };
    const never: Step = { kind: "repeat", times: 0, steps: [print("never")], position };
    const list = [empty, never, { ...empty, times: 3, steps: [empty, never] }, print("last")];
    expect(walked(list)).toHaveLength(1);
    expect(countSteps(list)).toBe(1);
    expect(standpoint(list, 0)).toMatchObject({ path: "[3]" });
  });

  test("counts and finds without performing: a billion rounds take no time", () => {
    const list: Step[] = [
      { kind: "repeat", times: 1_000_000_000, steps: [print("a"), print("b")], position },
      print("last"),
    ];
    expect(countSteps(list)).toBe(2_000_000_001);
    expect(standpoint(list, 1_999_999_999)).toMatchObject({
      path: "[0].steps[1]",
      iteration: 999_999_999,
    });
    expect(standpoint(list, 2_000_000_000)).toMatchObject({ path: "[1]" });
  });
});
