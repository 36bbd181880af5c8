/** What several runs came to: what was the same in all, what was not, and which run is kept. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { Repetition } from "../../src/strategies/repetition.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const lost = { identity: "lost upload", rule: "lost-at-close", message: "upload was lost" };
const held = { identity: "held", rule: "loop-blocked", message: "parse held the loop" };

/** Runs by their findings; each is kept as its number. */
function repeated(
  runs: readonly (readonly (typeof lost)[])[],
  wall = (run: number) => run,
): Repetition<number> {
  const repetition = new Repetition<number>();
  for (const [index, findings] of runs.entries())
    repetition.add({ wall: wall(index + 1), ending: "exit status 0", findings, kept: index + 1 });
  return repetition;
}

test("a finding counts once a run, and endings go from the most frequent to the rarest", () => {
  const { findings, endings } = repeated([[held], [held, lost, lost], [held], [held]]);
  expect(findings.map(({ rule, runs, first }) => [rule, runs, first])).toEqual([
    ["loop-blocked", 4, 1],
    ["lost-at-close", 1, 2],
  ]);
  expect(endings.map(({ rules, runs }) => [rules, runs])).toEqual([
    [["loop-blocked"], 3],
    [["loop-blocked", "lost-at-close"], 1],
  ]);
});

test("the order in which findings are told makes no other ending", () => {
  expect(
    repeated([
      [held, lost],
      [lost, held],
    ]).endings,
  ).toHaveLength(1);
});

test("the rarest run is kept, whenever it came; of two that are as rare the one with more findings", () => {
  expect(repeated([[], [lost], [], []]).rarest).toMatchObject({ first: 2, kept: 2 });
  expect(repeated([[lost], [], [], []]).rarest).toMatchObject({ first: 1, kept: 1 });
  expect(repeated([[], [lost]]).rarest.first).toBe(2);
  expect(repeated([[held]]).rarest.first).toBe(1);
});

test("of many endings the runs of the rarest are kept, and no more than a few", () => {
  const other = (index: number) => ({ ...lost, identity: `lost ${index}` });
  const repetition = repeated([[], [], ...Array.from({ length: 30 }, (_, k) => [other(k)])]);
  expect(repetition.endings.filter(({ kept }) => kept !== null)).toHaveLength(8);
  expect(repetition.rarest.runs).toBe(1);
  expect(repetition.rarest.kept).not.toBeNull();
});

test("the first of three runs or more, which warms caches, is told apart from the spread of the others", () => {
  const times = [900, 20, 10, 30, 40];
  const of = (runs: number): Repetition<number> =>
    repeated(
      Array.from({ length: runs }, () => []),
      (run) => times[run - 1]!,
    );
  expect(of(1)).toMatchObject({
    warmUp: null,
    spread: { min: 900, median: 900, p95: 900, max: 900 },
  });
  expect(of(2)).toMatchObject({ warmUp: null, spread: { min: 20, max: 900 } });
  expect(of(5)).toMatchObject({ warmUp: 900, spread: { min: 10, median: 20, p95: 40, max: 40 } });
});
