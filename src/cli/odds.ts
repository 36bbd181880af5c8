/** The odds of a scenario, for a user who may end the runs early. */
import { json } from "../base/texts.ts";
import { sensitivityToJson } from "../report/odds-json.ts";
import { renderSensitivity } from "../report/terminal/sensitivity.ts";
import { type Repetitions, repeat } from "../runs/odds.ts";
import type { Plan } from "../outcome/plan.ts";
import { exitStatus, signalStatus } from "./command.ts";
import { textWidth, writeErrLine, writeOut } from "./output.ts";
import { watched } from "./watched.ts";

export interface OddsOptions extends Repetitions {
  json: boolean;
  /** Whether work that was lost in any run makes the exit status 1. */
  strict: boolean;
}

/**
 * Runs a plan many times and writes to stdout what came of it; Ctrl-C ends it with what there is.
 *
 * @param again the command that performs one of the runs again, but for its `--seed`.
 * @returns the exit status.
 */
export async function tellOdds(plan: Plan, options: OddsOptions, again: string): Promise<number> {
  const { jitter, runs, strict } = options;
  const { result: sensitivity, signal } = await watched(
    (watcher) => repeat(plan, options, watcher),
    ({ done }) => `${done.toLocaleString("en")} of ${runs.toLocaleString("en")} runs`,
  );
  if (sensitivity.runs === 0) return signalStatus[signal!];
  const report = sensitivity.report();
  const interrupted = signal !== null;
  writeOut(
    options.json
      ? json(sensitivityToJson(plan, jitter, report, interrupted), 2)
      : renderSensitivity({ ...plan, jitter }, report, again, textWidth()),
  );
  if (signal !== null) {
    writeErrLine(`tandem: interrupted after ${report.runs} of ${runs} runs`);
    return signalStatus[signal];
  }
  const fellShort = report.fellShort > 0 || (strict && report.lost > 0);
  return fellShort ? exitStatus.fellShort : exitStatus.done;
}
