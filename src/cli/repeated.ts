/** The same, run many times for real, for a user who may end that early: `run --driver real` and `observe` with --runs. */
import { formatCount } from "../base/count.ts";
import { json } from "../base/texts.ts";
import { identityOf } from "../edits/identity.ts";
import { isLost } from "../outcome/outcome.ts";
import type { Plan } from "../outcome/plan.ts";
import { findFindings } from "../remedies/findings.ts";
import { shownCommand } from "../report/program-command.ts";
import { reportProgram } from "../report/program.ts";
import { repetitionToJson } from "../report/repetition-json.ts";
import { renderRepetition } from "../report/terminal/repetition.ts";
import { cutWords } from "../report/terminal/sensitivity.ts";
import { observeProgram, type ObservedProgram, type ObservingProgram } from "../runs/observe.ts";
import { encodeRecord } from "../runs/record.ts";
import { recordingOf } from "../runs/recording.ts";
import { run } from "../runs/run.ts";
import { tryOut } from "../runs/simulate.ts";
import type { Ticks } from "../base/duration.ts";
import type { Demand } from "../strategies/demands.ts";
import { Repetition } from "../strategies/repetition.ts";
import type { JsonText } from "../base/texts.ts";
import { encodeTrace } from "../trace/ndjson.ts";
import type { Run } from "../outcome/run.ts";
import type { Arguments } from "./arguments.ts";
import { exitStatus, signalStatus } from "./command.ts";
import type { commands } from "./commands.ts";
import { keepRecord } from "./events-file.ts";
import { ForwardedSignals } from "./observing.ts";
import { statusOf, unmetOf, unmetWords, writeResult } from "./observed.ts";
import { textWidth, writeErr, writeErrLine, writeOut } from "./output.ts";
import { ProgressLine } from "./progress.ts";
import { SignalWatch } from "./signals.ts";
import { version } from "./version.ts";
import { watched } from "./watched.ts";

export interface RepeatedRun {
  runs: number;
  timeout: Ticks | null;
  json: boolean;
  strict: boolean;
  events: string | null;
  force: boolean;
}

/**
 * Runs a plan many times for real, one run after the other, and writes to stdout what came of it.
 *
 * @param document the text of the scenario's document. @returns the exit status.
 */
export async function runRepeatedly(
  plan: Plan,
  document: string,
  { runs, timeout, json: asJson, strict, events, force }: RepeatedRun,
): Promise<number> {
  const repetition = new Repetition<Run>();
  let fellShort = false;
  using watch = new SignalWatch();
  await watched(async (watcher) => {
    while (repetition.runs < runs && !watcher.signal.aborted) {
      watcher.onProgress?.({ done: repetition.runs, of: runs, latest: plan.scenario.name });
      const one = await run(plan, { timeout, signal: watcher.signal });
      if (watcher.signal.aborted) return;
      const { outcome } = one;
      fellShort ||=
        outcome.main.status !== "finished" ||
        outcome.interruptedBy !== null ||
        (strict && outcome.tasks.some(isLost));
      repetition.add({ ...endOf(one), wall: outcome.wall, kept: one });
    }
  });
  if (repetition.runs === 0) return signalStatus[watch.heard!];
  if (events !== null)
    await keepRecord(events, encodeRecord(repetition.rarest.kept!, document, version), force);
  const of = `${plan.scenario.name}, strategy ${plan.strategy.name}`;
  writeOut(
    asJson
      ? json(repetitionToJson(repetition, { of, wanted: runs, kept: events }), 2)
      : renderRepetition(repetition, { of, kept: events, width: textWidth() }),
  );
  if (repetition.runs < runs)
    writeErrLine(`tandem: interrupted after ${repetition.runs} of ${runs} runs`);
  if (watch.heard !== null) return signalStatus[watch.heard];
  return fellShort ? exitStatus.fellShort : exitStatus.done;
}

/** How a run ended, and what was found in it. */
function endOf({ outcome }: Run) {
  const { main, tasks, interruptedBy } = outcome;
  const alike = Map.groupBy(tasks, (task) =>
    isLost(task) ? `lost (${task.status})` : task.status,
  );
  const parts = [...alike].map(([status, all]) => {
    const names = all.map(({ name }) => name);
    return `${names.length > 4 ? `${formatCount(names.length)} tasks` : names.join(", ")} ${status}`;
  });
  const cut = interruptedBy === null ? [] : [cutWords(interruptedBy)];
  return {
    ending: [`main ${main.status}`, ...parts, ...cut].join("; "),
    findings: findFindings(outcome, tryOut).map(({ rule, message, task }) => ({
      identity: `${rule} ${task ?? ""}`,
      rule,
      message,
    })),
  };
}

type Words = Arguments<typeof commands.observe>;

/** Runs a program many times, and tells on stderr what came of it. @returns the exit status. */
export async function observeRepeatedly(
  observing: ObservingProgram,
  { options }: Words,
  demands: readonly Demand[],
): Promise<number> {
  const { runs, events, force, quiet } = options;
  const repetition = new Repetition<ObservedProgram>();
  const unmetIn = new Map<string, number>();
  let status: number = exitStatus.done;
  let signalled: NodeJS.Signals | null = null;
  let of = "";
  using watch = new SignalWatch();
  for (let index = 0; index < runs && signalled === null; index++) {
    using signals = new ForwardedSignals({ isQuiet: quiet });
    using line = new ProgressLine();
    // The program's own output would stand in the line.
    if (options["quiet-program"] && !quiet) line.show(`run ${index + 1} of ${runs}`);
    const observed = await observeProgram({
      ...observing,
      onStart: (program) => signals.goTo(program),
    });
    signalled = signals.forwarded;
    const { trace } = observed;
    const recording = recordingOf(trace);
    const report = reportProgram({ ...recording, unseen: observed.unseen });
    of = shownCommand(recording.source.command);
    const unmet = await unmetOf(recording, demands);
    for (const words of unmet.map(unmetWords)) unmetIn.set(words, (unmetIn.get(words) ?? 0) + 1);
    const own = statusOf(observed, unmet);
    if (status === exitStatus.done) status = own;
    repetition.add({
      wall: report.reading.wall,
      ending: endingOf(observed),
      findings: report.findings.map((finding) => ({
        identity: identityOf(finding, trace.definitions),
        rule: finding.rule,
        message: finding.message,
      })),
      kept: observed,
    });
  }
  if (events !== null) {
    const { trace } = repetition.rarest.kept!;
    await keepRecord(events, encodeTrace(trace, trace.header), force);
  }
  if (options.json !== false) {
    const result: JsonText = json(
      repetitionToJson(repetition, { of, wanted: runs, kept: events }),
      2,
    );
    await writeResult(options.json, result);
  }
  if (watch.heard !== null && signalled === null) status = signalStatus[watch.heard];
  if (quiet) return status;
  writeErr(renderRepetition(repetition, { of, kept: events, width: textWidth() }));
  for (const [words, times] of unmetIn)
    writeErrLine(`${words} (in ${times} of ${repetition.runs} runs)`);
  if (repetition.runs < runs)
    writeErrLine(`tandem: interrupted after ${repetition.runs} of ${runs} runs`);
  return status;
}

function endingOf({ code, signal, endedFor }: ObservedProgram): string {
  if (endedFor === "timeout" || endedFor === "hang") return `ended by --${endedFor}`;
  return signal === null ? `exit status ${code ?? "unknown"}` : `ended by ${signal}`;
}
