/**
 * The odds of a scenario: a plan performed many times in virtual time, its durations varied, on behalf
 * of somebody who may not want to wait for the end of it.
 */
import { type Performed, readOutcome } from "../reading/outcome.ts";
import { Sensitivity } from "../strategies/sensitivity.ts";
import { runVirtually } from "../drivers/virtual/virtual.ts";
import type { RunPlan } from "../program/run.ts";
import { sensitivityToJson } from "../report/odds-json.ts";
import { renderSensitivity } from "../report/terminal/sensitivity.ts";
import type { Ticks } from "../base/duration.ts";
import { type Jitter, seedOfRepetition } from "../scenario/jitter.ts";
import { exitStatus, signalStatus } from "./command.ts";
import { textWidth, writeErr, writeOut } from "./output.ts";
import { ProgressLine } from "./progress.ts";
import { type EndingSignal, SignalWatch } from "./signals.ts";

export interface OddsOptions {
  /** Ends each run at this instant. */
  timeout: Ticks | null;
  jitter: Jitter;
  runs: number;
  json: boolean;
  /** Whether work that was lost in any run makes the exit status 1. */
  strict: boolean;
}

/** For how long, in ms, runs follow each other before a signal is looked for and progress is told. */
const stretchMs = 50;

/**
 * Performs a plan many times and writes to stdout what came of it; Ctrl-C ends it with what there is.
 *
 * @param again the command that performs one of the runs again, but for its `--seed`.
 * @returns the exit status.
 */
export async function tellOdds(
  plan: RunPlan,
  options: OddsOptions,
  again: string,
): Promise<number> {
  const { scenario, strategy } = plan;
  const performed: Performed = { scenario, strategy, driver: "virtual", speed: 1 };
  const { sensitivity, signal } = await repeat(plan, performed, options);
  if (sensitivity.runs === 0) return signalStatus[signal!];
  const { jitter, runs, json, strict } = options;
  const report = sensitivity.report();
  const interrupted = signal !== null;
  writeOut(
    json
      ? `${JSON.stringify(sensitivityToJson(performed, jitter, report, interrupted), null, 2)}\n`
      : renderSensitivity(performed, jitter, report, again, textWidth()),
  );
  if (signal !== null) {
    writeErr(`tandem: interrupted after ${report.runs} of ${runs} runs\n`);
    return signalStatus[signal];
  }
  const fellShort = report.fellShort > 0 || (strict && report.lost > 0);
  return fellShort ? exitStatus.fellShort : exitStatus.done;
}

/** Each run has a seed of its own, and is forgotten when it has been taken in. */
async function repeat(
  plan: RunPlan,
  performed: Performed,
  { timeout, jitter, runs }: OddsOptions,
): Promise<{ sensitivity: Sensitivity; signal: EndingSignal | null }> {
  const sensitivity = new Sensitivity(plan.scenario);
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
