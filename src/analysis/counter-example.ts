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

export interface CounterExample {
  change: Change;
  /** What the choice then lacks. */
  lacks: string[];
  /** The simplest strategy that would keep all of it; null where none would. */
  instead: Strategy | null;
}

/** For how many changes, the smallest first, another strategy is looked for. */
const mostAsked = 20;

/** Performs a scenario in virtual time. */
export type Simulate = (scenario: Scenario, strategy: Strategy) => Outcome;

/** How many times as long, or as short, a step is made at the most. */
const mostTimes = 64;

/** How often the stretch in which a longer step becomes too long is halved. */
const halvings = 7;

/**
 * Searches for the smallest change under which `choice` lacks something.
 *
 * @param others the strategies that might be right instead, the simplest first.
 * @returns null where none of the changes does.
 */
export function findCounterExample(
  scenario: Scenario,
  choice: Strategy,
  others: readonly Strategy[],
  demands: Demands,
  simulate: Simulate,
): CounterExample | null {
  const lacksUnder = (strategies: readonly Strategy[], { apply, failing }: Change) => {
    const changed = apply(scenario);
    const wanted = demandsBeside(demands, simulate(changed, scenario.strategy));
    return strategies.map((strategy) =>
      lacksOf(excusing(failing, simulate(changed, strategy)), wanted),
    );
  };
  const lacks = (change: Change): string[] => lacksUnder([choice], change)[0]!;
  const changes = [
    ...knobsOf(scenario).flatMap((knob) => [
      turn(knob, "longer", lacks),
      ...(knob.task === null ? [turn(knob, "shorter", lacks)] : []),
    ]),
    ...editsOf(scenario),
  ].filter((change) => change !== null);
  const wrong = changes
    .map((change) => ({ change, lacks: lacks(change) }))
    .filter((one) => one.lacks.length > 0)
    .toSorted((a, b) => a.change.size - b.change.size);
  for (const one of wrong.slice(0, mostAsked)) {
    const keeps = lacksUnder(others, one.change).findIndex(({ length }) => length === 0);
    if (keeps >= 0) return { ...one, instead: others[keeps]! };
  }
  // Where no strategy would do, it is the wish that is wrong, not the choice.
  return wrong[0] === undefined ? null : { ...wrong[0], instead: null };
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

/** The least that a step must be longer or shorter for the choice to lack something; null: it may be as it likes. */
function turn(
  { step, to }: Knob,
  way: "longer" | "shorter",
  lacks: (change: Change) => string[],
): Change | null {
  const fails = (ticks: Ticks): boolean => lacks(to(ticks)).length > 0;
  let good = step.ticks;
  for (let times = 2; times <= mostTimes; times *= 2) {
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
    return to(bad);
  }
  return null;
}

/** A duration that one would write: two digits that count, at least a millisecond. */
function nice(ticks: number, way: "longer" | "shorter"): Ticks {
  const unit = Math.max(1000, 10 ** (Math.floor(Math.log10(ticks)) - 1));
  return Math.max(
    1000,
    (way === "longer" ? Math.ceil(ticks / unit) : Math.floor(ticks / unit)) * unit,
  );
}
