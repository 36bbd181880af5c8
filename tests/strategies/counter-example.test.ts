/** The smallest change under which a choice would be wrong: whatever is smaller leaves it right. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { lacksOf } from "../../src/strategies/demands.ts";
import { simulate } from "../../src/runs/simulate.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { allStrategies, parseStrategy } from "../../src/scenario/strategy.ts";
import { draw, randomFrom } from "../drivers/arbitrary.ts";
import { compareDocument, type Comparison, type CompareWords } from "../support/comparison.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const timed = ["sleep", "block", "compute"];

type Written = Record<string, unknown>;

/** The steps of a document that take time. */
function timedSteps(part: unknown): Written[] {
  if (Array.isArray(part)) return part.flatMap(timedSteps);
  if (typeof part !== "object" || part === null) return [];
  const step = part as Written;
  const own = timed.some((kind) => typeof step[kind] === "number") ? [step] : [];
  return [...own, ...Object.values(step).flatMap(timedSteps)];
}

const coarse = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80];

/**
 * Durations in ms, from a 64th to 64 times: all of two digits up to four times as long or short, where
 * there are few steps; else those that are tried then.
 */
function durationsAround(ms: number, areFew: boolean): number[] {
  const found: number[] = [];
  for (const unit of [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000])
    for (let digits = 10; digits < 100; digits++) {
      const one = Number((digits * unit).toPrecision(2));
      const times = Math.max(one / ms, ms / one);
      const isTried = coarse.includes(digits) || (areFew && times <= 4);
      if (one !== ms && times <= 64 && isTried) found.push(one);
    }
  return found;
}

/** How large a change an advice tells of is; infinite where it tells of none under which another strategy is right. */
function sizeOf({ advice }: Comparison): number {
  const [unless] = advice.unless;
  if (unless === undefined || unless.instead === null) return Infinity;
  const [, from, to] =
    /^"\w+: ([\d.]+m?s)" of .* becomes "\w+: ([\d.]+(?:us|ms|s|m))"$/.exec(unless.change) ?? [];
  // Another kind of change; steps may be changed as far as that one counts.
  if (to === undefined) return 1.5;
  const ms = (text: string): number => {
    const scale = { us: 0.001, ms: 1, s: 1000, m: 60_000 }[/[a-z]+$/.exec(text)![0]]!;
    return parseFloat(text) * scale;
  };
  return Math.abs(Math.log2(ms(to) / ms(from!)));
}

test("law: no shorter or longer step makes the choice wrong that is changed by less than what is told", () => {
  const musts = ["finish,late<=100ms", "lost==0,heard", "heard,cleanup,main<=700ms"];
  let [told, tried] = [0, 0];
  for (let seed = 0; told < rounds(2, 60); seed++) {
    const { document, strategy } = draw(randomFrom(seed));
    const steps = timedSteps(document);
    // With more of them, the search is coarser.
    if (steps.length > 6) continue;
    const text = (): string => JSON.stringify({ ...document, strategy });
    const must = musts[seed % musts.length]!;
    const comparison = compareDocument(text(), { must });
    const { choose } = comparison.advice;
    const size = sizeOf(comparison);
    if (choose === null || size === Infinity) continue;
    told++;
    const choice = parseStrategy(choose);
    const demands = comparison.must.all;
    for (const step of steps) {
      const kind = timed.find((one) => one in step)!;
      const ms = step[kind] as number;
      for (const other of durationsAround(ms, steps.length <= 5)) {
        if (Math.abs(Math.log2(other / ms)) >= size - 1e-9) continue;
        tried++;
        step[kind] = other;
        const scenario = parseScenario(text(), "changed");
        const isRight = (one: typeof choice): boolean =>
          lacksOf(simulate({ scenario, strategy: one }).outcome, demands).length === 0;
        const change = `seed ${seed}: ${kind}: ${ms} becomes ${other}`;
        if (!isRight(choice))
          expect([change, allStrategies().find(isRight)?.name]).toEqual([change, undefined]);
      }
      step[kind] = ms;
    }
  }
  expect(tried).toBeGreaterThan(told * 10);
}, 3_600_000);

describe("a change is found", () => {
  const changeOf = (text: string, words: CompareWords): [string | null, string, string | null] => {
    const { choose, unless } = compareDocument(text, words).advice;
    return [choose, unless[0]!.change, unless[0]!.instead];
  };

  test("in a window that twice and four times as long both miss", () => {
    // Only where it wakes within the first 50 ms of b's block is a late by more than 250 ms.
    const text = `name: own
main: [launch]
tasks:
  a: [sleep: 1s]
  b: [sleep: 2.19s, block: 300ms]
`;
    expect(changeOf(text, { must: "finish,late<=250ms", strategies: ["await"] })).toEqual([
      "await",
      '"sleep: 1s" of a (line 4) becomes "sleep: 2.2s"',
      "await,offload=threads",
    ]);
  });

  test("where a step is shorter", () => {
    const text = "name: own\nmain: [launch, block: 2s]\ntasks: { a: [sleep: 1s] }\n";
    expect(changeOf(text, { must: "lost==0", strategies: ["daemon"] })).toEqual([
      "daemon",
      '"block: 2s" of main (line 2) becomes "block: 1s"',
      "await",
    ]);
  });

  test("of a step that takes less than a millisecond", () => {
    const text = "name: own\nmain: [launch, block: 500us]\ntasks: { a: [sleep: 400us] }\n";
    expect(changeOf(text, { must: "lost==0", strategies: ["daemon"] })).toEqual([
      "daemon",
      '"block: 500us" of main (line 2) becomes "block: 400us"',
      "await",
    ]);
  });
});
