/** Performing a plan many times in virtual time, its durations varied, on behalf of somebody who may not want to wait. */
import { type Performed, readOutcome } from "../analysis/outcome.ts";
import { Sensitivity } from "../analysis/sensitivity.ts";
import { runVirtually } from "../drivers/virtual/virtual.ts";
import type { RunPlan } from "../program/run.ts";
import type { Ticks } from "../scenario/duration.ts";
import { type Jitter, seedOfRepetition } from "../scenario/jitter.ts";
import { ProgressLine } from "./progress.ts";
import { type EndingSignal, SignalWatch } from "./signals.ts";

export interface Repeated {
  /** What all the runs came to that were performed. */
  sensitivity: Sensitivity;
  /** What ended it before all were. */
  signal: EndingSignal | null;
}

/** For how long, in ms, runs follow each other before a signal is looked for and progress is told. */
const stretchMs = 50;

/** Performs a plan again and again, each time with a seed of its own; Ctrl-C ends it with what there is. */
export async function repeatVirtually(
  plan: RunPlan,
  { timeout, jitter, runs }: { timeout: Ticks | null; jitter: Jitter; runs: number },
): Promise<Repeated> {
  const { scenario, strategy } = plan;
  const performed: Performed = { scenario, strategy, driver: "virtual", speed: 1 };
  const sensitivity = new Sensitivity(scenario);
  using watch = new SignalWatch();
  using progress = new ProgressLine();
  let stretchEnds = performance.now() + stretchMs;
  for (let run = 0; run < runs && watch.heard === null; run++) {
    const seed = seedOfRepetition(jitter.seed, run);
    const log = runVirtually(plan, timeout, { share: jitter.share, seed });
    sensitivity.add(seed, readOutcome(performed, log), log);
    if (performance.now() < stretchEnds) continue;
    progress.show(`${(run + 1).toLocaleString("en")} of ${runs.toLocaleString("en")} runs`);
    // A signal is only heard when this thread has nothing to do.
    await Bun.sleep(0);
    stretchEnds = performance.now() + stretchMs;
  }
  return { sensitivity, signal: watch.heard };
}
