/** Candidates: the changes that are tried in search of a counter-example. */
import { type Change, editsOf, type Knob, knobsOf } from "../scenario/change.ts";
import { longest, type Ticks } from "../base/duration.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Demand } from "./demands.ts";
import { isOfEveryTask, mustNotFail } from "./expect-demands.ts";

/** The largest factor by which a step is made longer or shorter. */
const mostTimes = 64;

/**
 * The durations that are tried, by their first digits, and to how many times as long or short. A few
 * tell soon about how large a change it takes; then those between are tried that are a smaller one,
 * where there is time for that.
 */
const grids: readonly Grid[] = [
  { digits: [10, 20, 50], times: mostTimes },
  { digits: [10, 12, 15, 20, 25, 30, 40, 50, 60, 80], times: mostTimes },
  { digits: Array.from({ length: 90 }, (_, k) => 10 + k), times: 4 },
];

interface Grid {
  digits: readonly number[];
  times: number;
}

/** The digits of the finest grid, which lie between those of the coarser ones. */
const finest = grids.at(-1)!.digits;

/** A change to be tried. */
export interface Candidate {
  change: Change;
  /** The durations passed over between the candidate before it and this one; null where there are none. */
  between: { knob: Knob; durations: readonly Ticks[] } | null;
  /** A lower bound on the size of the changes passed over. */
  least: number;
}

/**
 * All changes that are tried, in groups from the coarsest, each from the smallest change on.
 *
 * @param mostRuns how many there may be. Where they do not suffice for all steps, the longest are changed.
 */
export function candidatesOf(
  scenario: Scenario,
  demands: readonly Demand[],
  mostRuns: number,
): Candidate[][] {
  // That a task fails says nothing of a wish that it finishes, nor a further one of what all shall do.
  const mayAdd = !demands.some(isOfEveryTask);
  const edits = editsOf(scenario)
    .filter(
      ({ adds, fails }) => (mayAdd || !adds) && !(fails !== null && mustNotFail(fails, demands)),
    )
    .map((change) => ({ change, between: null, least: change.size }));
  const room = Math.max(0, mostRuns - edits.length);
  const knobs = knobsOf(scenario).toSorted((a, b) => b.step.ticks - a.step.ticks);
  const runsOfAKnob = ({ digits, times }: Grid): number =>
    2 * Math.ceil(digits.length * Math.log10(times));
  const longestSteps = knobs.slice(0, Math.floor(room / runsOfAKnob(grids[0]!)));
  return grids
    .filter((grid, level) => level === 0 || knobs.length * runsOfAKnob(grid) <= room)
    .map((grid, level) => {
      const known = new Set(level === 0 ? [] : grids[level - 1]!.digits);
      const steps = longestSteps
        .flatMap((knob) => [...turned(knob, "longer", grid), ...turned(knob, "shorter", grid)])
        .filter(({ digits }) => !known.has(digits));
      const all: Candidate[] = level === 0 ? [...edits, ...steps] : steps;
      return all.toSorted((a, b) => a.change.size - b.change.size);
    });
}

/** A step made longer or shorter, again and again. */
function turned(
  knob: Knob,
  way: "longer" | "shorter",
  { digits, times }: Grid,
): (Candidate & { digits: number })[] {
  const { ticks } = knob.step;
  const end = way === "longer" ? Math.min(ticks * times, longest) : ticks / times;
  const all = durations(ticks, end, finest);
  const tried = new Set(durations(ticks, end, digits));
  let left: Ticks[] = [];
  return all.flatMap((to) => {
    if (!tried.has(to)) {
      left.push(to);
      return [];
    }
    const change = knob.to(to);
    const between = left.length === 0 ? null : { knob, durations: left };
    const least = left.length === 0 ? change.size : knob.to(left[0]!).size;
    left = [];
    return [{ change, between, least, digits: firstDigits(to) }];
  });
}

function firstDigits(ticks: Ticks): number {
  return Number(ticks.toExponential(1).replace(".", "").slice(0, 2));
}

/** The durations of a grid after `from`, up or down to `to`. */
function durations(from: Ticks, to: Ticks, grid: readonly number[]): Ticks[] {
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  const found: Ticks[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; 10 ** (power + 1) <= high; power++)
    for (const digits of grid) {
      const ticks = power < 0 ? digits / 10 ** -power : digits * 10 ** power;
      if (Number.isInteger(ticks) && ticks >= low && ticks <= high && ticks !== from)
        found.push(ticks);
    }
  return from < to ? found : found.reverse();
}
