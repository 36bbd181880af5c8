/** Whether a run that fell short did so for its machine's sake: then nothing is decided about its scenario. */
import { TICKS_PER_MS } from "../base/duration.ts";
import { disturbedFor, isDisturbed } from "../outcome/disturbed.ts";
import type { Outcome } from "../outcome/outcome.ts";
import { speedOf } from "../outcome/plan.ts";
import { toleranceMs } from "./divergence.ts";

/** The least share of a run for which it was kept from going on, where no model says what it would have taken. */
const leastShare = 0.05;

/** How many times as late as one thread's wait a run may be: a delay is passed on, and others add their own. */
const passedOn = 3;

/**
 * Whether what was measured may be why a real run fell short.
 *
 * @param model the same run in virtual time; null where that cannot be known.
 * @param meets whether an outcome is as expected.
 */
export function mayBeTheMachine(
  outcome: Outcome,
  model: Outcome | null,
  meets: (outcome: Outcome) => boolean,
): boolean {
  if (!isDisturbed(outcome)) return false;
  const keptFor = disturbedFor(outcome);
  if (model === null) return keptFor >= leastShare * outcome.wall;
  // What falls short without any machine is the scenario's own, and so is what takes far longer than that.
  const tolerance = toleranceMs * TICKS_PER_MS * speedOf(outcome.driver);
  return meets(model) && outcome.wall - model.wall <= passedOn * keptFor + tolerance;
}
