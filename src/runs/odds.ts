/** The odds of a scenario: a plan run many times in virtual time, its durations varied. */
import { Sensitivity } from "../strategies/sensitivity.ts";
import type { Ticks } from "../base/duration.ts";
import { Stretch } from "../base/stretch.ts";
import { type Jitter, seedOfRepetition } from "../scenario/jitter.ts";
import type { Watcher } from "./many.ts";
import type { Plan } from "../outcome/plan.ts";
import { run } from "./run.ts";

/** How often, how durations vary, and the instant at which each run ends. */
export interface Repetitions {
  runs: number;
  jitter: Jitter;
  timeout: Ticks | null;
}

/**
 * Runs a plan many times. Each run has a seed of its own, and is forgotten when it has been taken in.
 *
 * @returns what came of all runs; of those before it was aborted, if it was.
 */
export async function repeat(
  plan: Plan,
  { runs, jitter, timeout }: Repetitions,
  { signal, onProgress }: Watcher,
): Promise<Sensitivity> {
  const sensitivity = new Sensitivity(plan.scenario);
  const stretch = new Stretch();
  for (let done = 0; done < runs && !signal.aborted;) {
    const seed = seedOfRepetition(jitter.seed, done);
    const driver = { kind: "virtual", jitter: { share: jitter.share, seed } } as const;
    const one = await run({ ...plan, driver }, { timeout, signal });
    // A run that was cut short is none of those that are counted.
    if (signal.aborted) break;
    sensitivity.add(seed, one);
    done++;
    if (!stretch.isOver) continue;
    onProgress?.({ done, of: runs, latest: "" });
    await stretch.rest();
  }
  return sensitivity;
}
