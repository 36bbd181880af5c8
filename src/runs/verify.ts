/** Each strategy on both drivers, held against each other: what differs, and why. */
import { findDivergences, type Verified } from "../strategies/divergence.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { runUnder } from "./compare.ts";
import type { Watcher } from "./many.ts";
import type { Plan } from "../outcome/plan.ts";
import type { Run } from "../outcome/run.ts";
import { simulate, simulateVaried } from "./simulate.ts";

/**
 * Runs each strategy on both drivers.
 *
 * @param plan of a real run.
 * @returns null when it was aborted.
 */
export async function verify(
  plan: Plan,
  strategies: readonly Strategy[],
  watcher: Watcher,
): Promise<Verified[] | null> {
  const verified = await runUnder(plan, strategies, watcher, besideItsModel);
  if (verified === null) return null;
  // A machine may hesitate anywhere, and nothing in a run says so; but not in the same place again.
  for (const [index, first] of verified.entries()) {
    if (!first.onlyLate) continue;
    watcher.onProgress?.({ done: index, of: strategies.length, latest: first.strategy });
    const { signal } = watcher;
    const again = await runUnder(plan, [strategies[index]!], { signal }, besideItsModel);
    if (again === null) return null;
    if (again[0]!.divergences.length === 0) first.cause = "performed again, nothing differs";
  }
  return verified;
}

/** A real run held against its model. */
export function besideItsModel(run: Run): Verified {
  const { scenario, strategy } = run.plan;
  const model = simulate({ scenario, strategy });
  const found = findDivergences(model, run, () => simulateVaried(scenario, strategy));
  return { strategy: strategy.name, ...found };
}
