/** One scenario under several strategies: what each makes of it, and which to choose. */
import type { Advice } from "../strategies/advice.ts";
import { adviseOn } from "../strategies/choice.ts";
import { type Class, classOf } from "../strategies/comparison.ts";
import type { Demands } from "../strategies/demands.ts";
import { type Compared, judge } from "../strategies/judge.ts";
import type { Source } from "../scenario/source.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { runEach, type Watcher } from "./many.ts";
import type { Plan } from "../outcome/plan.ts";
import type { Run } from "../outcome/run.ts";
import { simulate, tryOut } from "./simulate.ts";

/** What is to be compared. */
export interface Comparing {
  source: Source;
  /** How each strategy is run, whichever the plan itself names. */
  plan: Plan;
  strategies: readonly Strategy[];
  must: Demands;
}

/** What each strategy came to, in their order, and what that speaks for. */
export interface Comparison<Kept> {
  runs: (Compared & Class & { kept: Kept })[];
  advice: Advice;
}

/**
 * Runs a scenario under each strategy, judges the runs and advises.
 *
 * @param keep takes what else is wanted of a run, whose events may be millions.
 * @returns null when it was aborted.
 */
export async function compare<Kept>(
  { source, plan, strategies, must }: Comparing,
  watcher: Watcher,
  keep: (run: Run) => Kept,
): Promise<Comparison<Kept> | null> {
  const { scenario } = plan;
  const runs = await runUnder(plan, strategies, watcher, (one) => ({
    ...classOf(judge(one, must.all, tryOut), scenario.strategy),
    kept: keep(one),
  }));
  return runs && { runs, advice: adviseOn({ source, scenario, must, simulate }, runs) };
}

/**
 * Runs a plan under each strategy.
 *
 * @returns what was kept, in the order of the strategies; null when it was aborted.
 */
export async function runUnder<Kept>(
  plan: Plan,
  strategies: readonly Strategy[],
  watcher: Watcher,
  keep: (run: Run) => Kept,
): Promise<Kept[] | null> {
  const kept: Kept[] = [];
  const all = strategies.map((strategy, index) => ({
    plan: { ...plan, strategy },
    name: strategy.name,
    index,
  }));
  await runEach(all, watcher, ({ index }, run) => {
    if (run instanceof Error) throw run;
    kept[index] = keep(run);
  });
  return watcher.signal.aborted ? null : kept;
}
