/**
 * What is told of an observed program, as files and on stderr: while it runs, and when it has ended.
 *
 * It is loaded while the program starts, which must not wait for it.
 */
import { constants } from "node:os";
import { writeFile } from "../base/files.ts";
import { joined, json, type Output, terminal as template } from "../base/texts.ts";
import { programJson } from "../report/program-json.ts";
import { reportProgram } from "../report/program.ts";
import { renderProgram } from "../report/terminal/program.ts";
import type { EditsReport } from "../report/edits.ts";
import type { ObservedProgram, ObservingProgram, RunningProgram } from "../runs/observe.ts";
import { recordingOf } from "../runs/recording.ts";
import type { ProgramRecording } from "../runs/report.ts";
import type { Demand } from "../strategies/demands.ts";
import type { Checked } from "../strategies/expectations.ts";
import { encodeTrace } from "../trace/ndjson.ts";
import type { Arguments } from "./arguments.ts";
import { exitStatus } from "./command.ts";
import type { commands } from "./commands.ts";
import { keepRecord } from "./events-file.ts";
import { terminal, textWidth, writeErr, writeOut } from "./output.ts";
import { lookOf } from "./terminal.ts";

type Words = Arguments<typeof commands.observe>;

/** Tells where everything stands in a program that goes on. */
export async function tellNow(program: RunningProgram): Promise<void> {
  const report = reportProgram(recordingOf(await program.look()));
  writeErr(joined(["", renderProgram(report, textWidth())], "\n"));
}

/** How the program was observed, as far as it is to be run again; `signalled`: what the user sent to it meanwhile. */
export interface Again {
  observing: ObservingProgram;
  signalled: NodeJS.Signals | null;
}

/**
 * Tells everything that is wanted, the files first of all: nothing that is shown keeps them from being written.
 * A result with edits waits for their proofs.
 *
 * @returns the exit status of the command.
 */
export async function tell(
  observed: ObservedProgram,
  words: Words,
  { demands, again }: { demands: readonly Demand[]; again: Again },
): Promise<number> {
  const { options } = words;
  const { trace } = observed;
  if (options.events !== null) {
    const { tandem, epoch, source } = trace.header;
    const pieces = encodeTrace(trace, { tandem, epoch, source });
    await keepRecord(options.events, pieces, options.force);
  }
  const isRead = !options.quiet || options.json !== false || options.fix || demands.length > 0;
  if (!isRead) return statusOf(observed, []);
  const recording = recordingOf(trace);
  const report = reportProgram({ ...recording, unseen: observed.unseen });
  const writeJson = async (edits: EditsReport | null): Promise<void> => {
    if (options.json === false) return;
    await writeResult(options.json, json(programJson(report, { all: options.all, edits }), 2));
  };
  if (!options.fix) await writeJson(null);
  const unmet = await unmetOf(recording, demands);
  if (!options.quiet) {
    if (options.timeline) await tellTimeline(recording, options);
    writeErr(joined(["", renderProgram(report, textWidth())], "\n"));
    tellBeside(observed);
    for (const { of, expected, found } of unmet)
      writeErr(template`--must ${of}: expected ${expected}, found ${found}\n`);
  }
  const status = statusOf(observed, unmet);
  if (!options.fix) return status;
  const { fixProgram } = await import("./fixes.ts");
  const fixes = await fixProgram({ report, ...again }, words);
  await writeJson(fixes);
  return fixes.status ?? status;
}

async function unmetOf(
  { reading }: ProgramRecording,
  demands: readonly Demand[],
): Promise<Checked[]> {
  if (demands.length === 0) return [];
  const { judgeProgram } = await import("../strategies/observed.ts");
  return judgeProgram(reading, demands).filter(({ met }) => !met);
}

async function tellTimeline(
  { trace, reading }: ProgramRecording,
  options: Words["options"],
): Promise<void> {
  const { programLanes } = await import("../report/program-lanes.ts");
  const { pictureOf } = await import("./shown-run.ts");
  const look = lookOf(terminal.stderr, options);
  writeErr(joined(["", pictureOf(programLanes(trace), reading.wall, look)], "\n"));
}

/** What the verdict cannot know: what tandem itself did, and what its recorder failed in. */
function tellBeside({ troubles, endedFor }: ObservedProgram): void {
  for (const trouble of troubles)
    writeErr(template`The recorder failed, and went on without that: ${trouble}\n`);
  if (endedFor === "timeout") writeErr(template`Ended by --timeout.\n`);
  if (endedFor === "hang") writeErr(template`Ended by --hang: nothing moved, and nothing could.\n`);
}

async function writeResult(file: string, result: Output): Promise<void> {
  if (file === "-") writeOut(result);
  else await writeFile(file, [result], { replace: true, isPrivate: true });
}

/** @param unmet the demands that were not met. */
function statusOf({ endedFor, code, signal }: ObservedProgram, unmet: readonly Checked[]): number {
  if (endedFor === "timeout" || endedFor === "hang") return exitStatus.overtime;
  if (signal !== null) return 128 + constants.signals[signal];
  if (code !== 0) return code ?? exitStatus.broken;
  return unmet.length > 0 ? exitStatus.fellShort : exitStatus.done;
}
