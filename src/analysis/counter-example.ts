/**
 * The smallest change of a scenario under which a choice of strategy would be wrong.
 *
 * Found by search in virtual time, from the smallest change on: each step longer and shorter, failing
 * tasks, steps that block instead of sleeping, waits left out. What is found has been run, so what it
 * claims is so; and whatever is smaller, among what is tried, has been run as well.
 */
import { type Change, editsOf, type Knob, knobsOf } from "../scenario/change.ts";
import { longest, type Ticks } from "../scenario/duration.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { type Demand, isOfEveryTask, lacksOf, mustNotFail } from "./demands.ts";
import type { Simulate } from "./simulate.ts";

export interface CounterExample {
  change: Change;
  /** What the choice lacks under it. */
  lacks: string[];
  /** The simplest strategy that would keep all of it; null where none would. */
  instead: Strategy | null;
}

/** How many times as long, or as short, a step is made at the most. */
const mostTimes = 64;

/**
 * The durations that are tried, by their first digits: all of two digits where there is time for
 * that; where there is not, fewer, and what lies between two of them is halved.
 */
const grids: readonly (readonly number[])[] = [
  Array.from({ length: 90 }, (_, k) => 10 + k),
  [10, 12, 15, 20, 25, 30, 40, 50, 60, 80],
  [10, 20, 50],
];

/** A scenario under a change. */
interface Changed {
  /** What a strategy lacks there. */
  lacks: (strategy: Strategy) => string[];
  /** What might be right there instead of the choice. */
  others: readonly Strategy[];
}

/** A change to be tried. */
interface Candidate {
  change: Change;
  /** What was left out between the one tried before it and this one; null where nothing was. */
  between: { knob: Knob; durations: readonly Ticks[] } | null;
  /** No change that was left out there is smaller than this. */
  least: number;
}

/**
 * Searches for the smallest change under which `choice` lacks something and another strategy does not.
 *
 * Where no strategy would do, it is the wish that is wrong and not the choice; so such a change is
 * told only where there is no other.
 *
 * @param others the strategies that might be right instead, the simplest first.
 * @param mostRuns about as many runs it may take to find what the choice lacks, and as many again to
 *   find what would be right. Where they do not suffice for all steps, the longest are tried.
 * @returns null where none of the changes does.
 */
export function findCounterExample(
  scenario: Scenario,
  choice: Strategy,
  others: (changed: Scenario) => readonly Strategy[],
  demands: readonly Demand[],
  simulate: Simulate,
  mostRuns: number,
): CounterExample | null {
  const search = new Search(scenario, choice, others, demands, simulate, mostRuns);
  for (const candidate of candidatesOf(scenario, demands, mostRuns)) search.try(candidate);
  return search.best ?? search.hopeless;
}

class Search {
  /** The smallest yet under which another strategy is right, and under which none is. */
  best: CounterExample | null = null;
  hopeless: CounterExample | null = null;
  readonly #choice: Strategy;
  readonly #under: (change: Change) => Changed;
  #runs: number;
  #asked: number;

  constructor(
    scenario: Scenario,
    choice: Strategy,
    others: (changed: Scenario) => readonly Strategy[],
    demands: readonly Demand[],
    simulate: Simulate,
    mostRuns: number,
  ) {
    this.#choice = choice;
    this.#runs = this.#asked = mostRuns;
    this.#under = ({ apply }) => {
      const changed = apply(scenario);
      return {
        lacks: (strategy) => lacksOf(simulate(changed, strategy), demands),
        others: others(changed),
      };
    };
  }

  try({ change, between, least }: Candidate): void {
    if (least >= this.#limit || !this.#isWrong(change) || between === null) return;
    // Where it begins to be wrong lies before it, and one halves the way there.
    const { knob, durations } = between;
    let [right, wrong] = [-1, durations.length];
    while (wrong - right > 1) {
      const middle = Math.floor((right + wrong) / 2);
      if (this.#isWrong(knob.to(durations[middle]!))) wrong = middle;
      else right = middle;
    }
  }

  /** Nothing as large as that is worth a try. */
  get #limit(): number {
    if (this.#runs <= 0 || this.#asked <= 0) return 0;
    return this.best?.change.size ?? Infinity;
  }

  #isWrong(change: Change): boolean {
    const { lacks: lacksOfOne, others } = this.#under(change);
    this.#runs--;
    const lacks = lacksOfOne(this.#choice);
    if (lacks.length === 0) return false;
    const instead = others.find((one) => this.#asked-- > 0 && lacksOfOne(one).length === 0);
    const isSmaller = (than: CounterExample | null): boolean =>
      than === null || change.size < than.change.size;
    if (instead !== undefined) {
      if (isSmaller(this.best)) this.best = { change, lacks, instead };
      return true;
    }
    // Where not all others could be asked, nobody knows.
    if (this.#asked >= 0 && isSmaller(this.hopeless))
      this.hopeless = { change, lacks, instead: null };
    return false;
  }
}

/** All changes that are tried, the smallest first. */
function candidatesOf(
  scenario: Scenario,
  demands: readonly Demand[],
  mostRuns: number,
): Candidate[] {
  // That a task fails says nothing of a wish that it finishes, nor a further one of what all shall do.
  const mayAdd = !demands.some(isOfEveryTask);
  const edits = editsOf(scenario)
    .filter(
      ({ adds, fails }) => (mayAdd || !adds) && !(fails !== null && mustNotFail(fails, demands)),
    )
    .map((change) => ({ change, between: null, least: change.size }));
  const room = Math.max(0, mostRuns - edits.length);
  const knobs = knobsOf(scenario).toSorted((a, b) => b.step.ticks - a.step.ticks);
  const runsOfAKnob = (grid: readonly number[]): number =>
    2 * Math.ceil(grid.length * Math.log10(mostTimes));
  const grid = grids.find((one) => knobs.length * runsOfAKnob(one) <= room) ?? grids.at(-1)!;
  return [
    ...edits,
    ...knobs
      .slice(0, Math.floor(room / runsOfAKnob(grid)))
      .flatMap((knob) => [...turned(knob, "longer", grid), ...turned(knob, "shorter", grid)]),
  ].toSorted((a, b) => a.change.size - b.change.size);
}

/** A step made longer or shorter, again and again. */
function turned(knob: Knob, way: "longer" | "shorter", grid: readonly number[]): Candidate[] {
  const { ticks } = knob.step;
  const end = way === "longer" ? Math.min(ticks * mostTimes, longest) : ticks / mostTimes;
  const all = durations(ticks, end, grids[0]!);
  const tried = new Set(durations(ticks, end, grid));
  let left: Ticks[] = [];
  return all.flatMap((to): Candidate[] => {
    if (!tried.has(to)) {
      left.push(to);
      return [];
    }
    const change = knob.to(to);
    const between = left.length === 0 ? null : { knob, durations: left };
    const least = left.length === 0 ? change.size : knob.to(left[0]!).size;
    left = [];
    return [{ change, between, least }];
  });
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
