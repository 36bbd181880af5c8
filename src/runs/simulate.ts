/** Virtual time for those who try a scenario out under a strategy, to see what would become of it. */
import type { Outcome } from "../outcome/outcome.ts";
import type { Simulate } from "../remedies/simulate.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { planOf } from "../outcome/plan.ts";
import type { Run } from "../outcome/run.ts";
import { runInVirtualTime } from "./run.ts";

/** How much durations vary, and how often, in the search for what luck decides. */
const luck = { share: 0.01, runs: 64 };

/** Runs a scenario under a strategy in virtual time. */
export function simulate({ scenario, strategy }: { scenario: Scenario; strategy: Strategy }): Run {
  return runInVirtualTime(planOf(scenario, { strategy }));
}

/** The same for those who look at what came of it, and not at how. */
export const tryOut: Simulate = (scenario, strategy) => simulate({ scenario, strategy }).outcome;

/** Runs a scenario again and again, each time with durations a little different. */
export function* simulateVaried(scenario: Scenario, strategy: Strategy): Generator<Outcome> {
  for (let seed = 0; seed < luck.runs; seed++) {
    const jitter = { share: luck.share, seed };
    yield runInVirtualTime(planOf(scenario, { strategy, driver: { kind: "virtual", jitter } }))
      .outcome;
  }
}
