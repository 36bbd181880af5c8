/** Judging strategies: the figures of a run, the demands it does not meet, and the changes that would help. */
import type { Run } from "../outcome/run.ts";
import { Lanes } from "../reading/lanes.ts";
import { remediesOf } from "../remedies/findings.ts";
import type { Simulate } from "../remedies/simulate.ts";
import type { Ticks } from "../base/duration.ts";
import { areCallsTimed } from "../scenario/calls.ts";
import { mistakesOf } from "../scenario/axes.ts";
import type { Scenario } from "../scenario/model.ts";
import {
  allStrategies,
  isSamePoint,
  isWithinProcess,
  namedStrategies,
  parseStrategy,
  type Strategy,
} from "../scenario/strategy.ts";
import { canOutlive } from "../scenario/walk.ts";
import { figuresOf, type Judged } from "./comparison.ts";
import { computeAtOnce } from "./computing.ts";
import { type Demand, lacksOf } from "./demands.ts";

/** The judgement on one strategy, and all that is kept of its run, whose events may be millions. */
export interface Compared extends Judged {
  lanes: Lanes;
  wall: Ticks;
}

/** Holds a run against what must hold. @param tryOut for what would help. */
export function judge(
  { outcome, trace }: Run,
  demands: readonly Demand[],
  tryOut: Simulate,
): Compared {
  const { scenario, strategy } = outcome;
  return {
    strategy,
    figures: figuresOf(outcome),
    // Whatever a mistake comes to this time.
    lacks: [...lacksOf(outcome, demands), ...mistakesOf(strategy)],
    late: outcome.lateness.max,
    computesAtOnce: computeAtOnce(scenario, strategy, trace.log),
    helps: () => whatHelps(scenario, strategy, demands, tryOut),
    wall: outcome.wall,
    lanes: new Lanes(trace.definitions).hearAll(trace.log),
  };
}

/** The changes of the program, of those that its findings propose, under which fewer demands are unmet. */
function whatHelps(
  scenario: Scenario,
  strategy: Strategy,
  demands: readonly Demand[],
  tryOut: Simulate,
): string[] {
  if (!areCallsTimed(scenario)) return [];
  const outcome = tryOut(scenario, strategy);
  const lacking = lacksOf(outcome, demands).length;
  return remediesOf(outcome).flatMap(({ does, program }) =>
    program !== undefined && lacksOf(tryOut(program(scenario), strategy), demands).length < lacking
      ? [does]
      : [],
  );
}

/**
 * The strategies that are compared, the document's own always among them: what is advised is advised
 * instead of it. Of those that a user names it is these alone.
 */
export function strategiesToCompare(
  scenario: Scenario,
  { all, named }: { all: boolean; named: readonly Strategy[] | null },
): readonly Strategy[] {
  if (named !== null) return named;
  const { compare, strategy: own } = scenario;
  const listed = all
    ? allStrategies().filter((one) => canOutlive(scenario) || isWithinProcess(one))
    : (compare ?? Object.keys(namedStrategies).map(parseStrategy).filter(isWithinProcess));
  return listed.some((one) => isSamePoint(one, own)) ? listed : [own, ...listed];
}
