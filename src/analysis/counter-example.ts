/**
 * The smallest change of a scenario under which a choice of strategy would be wrong.
 *
 * Found by search in virtual time: each step longer and shorter, failing tasks, steps that block
 * instead of sleeping, waits left out. What is found has been run, so what it claims is so.
 */
import { type Change, editsOf, type Knob, knobsOf } from "../scenario/change.ts";
import type { Ticks } from "../scenario/duration.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { type Demands, demandsBeside, lacksOf } from "./demands.ts";
import type { Outcome } from "./outcome.ts";
import type { Simulate } from "./simulate.ts";

/** A change, and what the choice lacks under it. */
interface Wrong {
  change: Change;
  lacks: string[];
}

export interface CounterExample extends Wrong {
  /** The simplest strategy that would keep all of it; null where none would. */
  instead: Strategy | null;
}

/** For how many changes, the smallest first, another strategy is looked for. */
const mostAsked = 20;

/** How many times as long, or as short, a step is made at the most. */
const mostTimes = 64;

/** How often the stretch in which a longer step becomes too long is halved. */
const halvings = 7;

/** How many runs a step's duration takes, both ways, give or take a few. */
const runsOfAKnob = 6;

/** How many runs are kept back to find what would be right instead. */
const reserve = 2 * mostAsked;

/**
 * Searches for the smallest change under which `choice` lacks something.
 *
 * @param others the strategies that might be right instead, the simplest first.
 * @param mostRuns about as many runs it may take. Where they do not suffice for all steps, the longest
 *   are tried: they need to change least.
 * @returns null where none of the changes does.
 */
export function findCounterExample(
  scenario: Scenario,
  choice: Strategy,
  others: readonly Strategy[],
  demands: Demands,
  simulate: Simulate,
  mostRuns: number,
): CounterExample | null {
  let left = mostRuns;
  const own = scenario.strategy;
  /** What strategies lack under a change. */
  const under = ({ apply, failing }: Change): ((strategy: Strategy) => string[]) => {
    const changed = apply(scenario);
    const perform = (strategy: Strategy): Outcome => {
      left--;
      return simulate(changed, strategy);
    };
    const now = perform(own);
    const wanted = demandsBeside(demands, now);
    return (strategy) =>
      lacksOf(excusing(failing, strategy.name === own.name ? now : perform(strategy)), wanted);
  };
  const lacks = (change: Change): string[] => under(change)(choice);
  /** The smallest under which another strategy is right. */
  const smallest = (wrong: readonly Wrong[]): CounterExample | null => {
    const sorted = wrong.toSorted((a, b) => a.change.size - b.change.size);
    for (const one of sorted.slice(0, mostAsked)) {
      const lacksOfOther = under(one.change);
      const instead = others.find((other) => left > 0 && lacksOfOther(other).length === 0);
      if (instead !== undefined) return { ...one, instead };
    }
    // Where no strategy would do, it is the wish that is wrong, not the choice.
    return sorted[0] === undefined ? null : { ...sorted[0], instead: null };
  };
  const edited = smallest(
    editsOf(scenario)
      .flatMap((change) => (left > reserve ? [{ change, lacks: lacks(change) }] : []))
      .filter((one) => one.lacks.length > 0),
  );
  // A step is not turned further than would be a larger change than that.
  const most = edited === null || edited.instead === null ? mostTimes : 2 ** edited.change.size;
  const knobs = knobsOf(scenario);
  const tried = new Set(
    knobs
      .toSorted((a, b) => b.step.ticks - a.step.ticks)
      .slice(0, Math.max(0, Math.ceil((left - reserve) / runsOfAKnob))),
  );
  const turned = smallest(
    knobs
      .filter((knob) => tried.has(knob))
      .flatMap((knob) => [
        ...turn(knob, "longer", lacks, most),
        ...(knob.task === null ? turn(knob, "shorter", lacks, most) : []),
      ]),
  );
  return (
    [turned, edited]
      .filter((one) => one !== null)
      .toSorted(
        (a, b) =>
          Number(a.instead === null) - Number(b.instead === null) || a.change.size - b.change.size,
      )[0] ?? null
  );
}

/** An outcome in which a task that must fail counts as finished: it did what it can. */
function excusing(failing: string | null, outcome: Outcome): Outcome {
  if (failing === null) return outcome;
  const tasks = outcome.tasks.map((task) =>
    task.spec.name === failing && task.status === "failed"
      ? { ...task, status: "finished" as const }
      : task,
  );
  return { ...outcome, tasks };
}

/** The least that a step must be longer or shorter, up to `most` times, for the choice to lack something; empty: it may be. */
function turn(
  { step, to }: Knob,
  way: "longer" | "shorter",
  lacks: (change: Change) => string[],
  most: number,
): Wrong[] {
  let wrong: Wrong[] = [];
  const fails = (ticks: Ticks): boolean => {
    const change = to(ticks);
    const lacking = lacks(change);
    if (lacking.length > 0) wrong = [{ change, lacks: lacking }];
    return lacking.length > 0;
  };
  let good = step.ticks;
  for (let times = 1; times < most;) {
    times = Math.min(2 * times, most);
    let bad = nice(way === "longer" ? step.ticks * times : step.ticks / times, way);
    if (!fails(bad)) {
      good = bad;
      continue;
    }
    for (let k = 0; k < halvings; k++) {
      const between = nice((good + bad) / 2, way);
      if (between === good || between === bad) break;
      if (fails(between)) bad = between;
      else good = between;
    }
    break;
  }
  return wrong;
}

/** A duration that one would write: two digits that count, at least a millisecond. */
function nice(ticks: number, way: "longer" | "shorter"): Ticks {
  const unit = Math.max(1000, 10 ** (Math.floor(Math.log10(ticks)) - 1));
  return Math.max(
    1000,
    (way === "longer" ? Math.ceil(ticks / unit) : Math.floor(ticks / unit)) * unit,
  );
}
