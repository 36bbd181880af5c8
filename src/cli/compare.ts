/** One scenario under several strategies: performing and judging them, for the command and the session. */
import { figuresOf, type Judged } from "../strategies/comparison.ts";
import { computeAtOnce } from "../strategies/computing.ts";
import { type Demand, lacksOf } from "../strategies/demands.ts";
import { remediesOf } from "../remedies/findings.ts";
import { Lanes } from "../reading/lanes.ts";
import { type Outcome, readOutcome } from "../reading/outcome.ts";
import { runVirtually } from "../drivers/virtual/virtual.ts";
import { areCallsTimed, callProblems } from "../scenario/calls.ts";
import type { Ticks } from "../base/duration.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Source } from "../scenario/source.ts";
import {
  allStrategies,
  isSamePoint,
  namedStrategies,
  parseStrategy,
  type Strategy,
} from "../scenario/strategy.ts";
import { type Manner, performAll, type Performed, type Piece, tryOut } from "./perform-all.ts";
import type { EndingSignal } from "./signals.ts";

/** What one strategy came to: all that is kept of a run, whose events may be millions. */
export interface Compared extends Judged {
  lanes: Lanes;
  wall: Ticks;
}

/** How much durations vary, and how often, in the search for what luck decides. */
const luck = { share: 0.01, runs: 64 };

/** Performs a scenario in virtual time again and again, each time with durations a little different. */
export function* simulateVaried(scenario: Scenario, strategy: Strategy): Generator<Outcome> {
  const plan = { scenario, strategy, runtime: `Bun ${Bun.version}` };
  for (let seed = 0; seed < luck.runs; seed++) {
    const log = runVirtually(plan, null, { share: luck.share, seed });
    yield readOutcome({ scenario, strategy, driver: "virtual", speed: 1 }, log);
  }
}

/**
 * Performs a scenario under each strategy.
 *
 * @param keep takes what is wanted of a run, whose events may be millions.
 * @returns what was kept, in the order of the strategies; or the signal by which the user ended it.
 */
export async function performUnder<Kept>(
  { scenario, folder }: Omit<Piece, "strategy">,
  strategies: readonly Strategy[],
  manner: Manner,
  keep: (run: Performed) => Kept,
): Promise<{ kept: Kept[]; done: number; signal: EndingSignal | null }> {
  const kept: Kept[] = [];
  const pieces = strategies.map((strategy, index) => ({ scenario, strategy, folder, index }));
  const nameOf = ({ strategy }: Piece): string => strategy.name;
  const { done, signal } = await performAll(pieces, manner, nameOf, ({ index }, run) => {
    if (run instanceof Error) throw run;
    kept[index] = keep(run);
  });
  return { kept, done, signal };
}

/**
 * The strategies that are compared, the document's own always among them: what is advised is advised
 * instead of it. Of those that a user names it is these alone.
 */
export function strategiesToCompare(
  { compare, strategy: own }: Scenario,
  { all, named }: { all: boolean; named: readonly Strategy[] | null },
): readonly Strategy[] {
  if (named !== null) return named;
  const listed = all
    ? allStrategies()
    : (compare ?? Object.keys(namedStrategies).map(parseStrategy));
  return listed.some((one) => isSamePoint(one, own)) ? listed : [own, ...listed];
}

/** Holds a run against what must hold. */
export function judge({ outcome, log }: Performed, demands: readonly Demand[]): Compared {
  const { scenario, strategy } = outcome;
  return {
    strategy,
    figures: figuresOf(outcome),
    lacks: lacksOf(outcome, demands),
    late: outcome.lateness.max,
    computesAtOnce: computeAtOnce(scenario, strategy, log),
    helps: () => whatHelps(scenario, strategy, demands),
    wall: outcome.wall,
    lanes: new Lanes(scenario, strategy).hearAll(log),
  };
}

/** Which changes of the program, among those that its findings know, leave less of the demands lacking. */
function whatHelps(scenario: Scenario, strategy: Strategy, demands: readonly Demand[]): string[] {
  if (!areCallsTimed(scenario)) return [];
  const outcome = tryOut(scenario, strategy);
  const lacking = lacksOf(outcome, demands).length;
  return remediesOf(outcome).flatMap(({ does, program }) =>
    program !== undefined && lacksOf(tryOut(program(scenario), strategy), demands).length < lacking
      ? [does]
      : [],
  );
}

/** Whether virtual time knows how long everything takes; user code takes as long as it takes. */
export function canSimulate(scenario: Scenario, { folder }: Source): boolean {
  return callProblems(scenario, folder, new Set()).length === 0;
}
