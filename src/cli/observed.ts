/**
 * What is told of an observed program, as files and on stderr: while it runs, and when it has ended.
 *
 * It is loaded while the program starts, which must not wait for it.
 */
import { constants } from "node:os";
import { writeFile } from "../base/files.ts";
import { joined, json, type Output, terminal as template } from "../base/texts.ts";
import { programJson } from "../report/program-json.ts";
import { programLanes } from "../report/program-lanes.ts";
import { reportProgram } from "../report/program.ts";
import { renderProgram } from "../report/terminal/program.ts";
import type { ObservedProgram, RunningProgram } from "../runs/observe.ts";
import type { Demand } from "../strategies/demands.ts";
import { judgeProgram } from "../strategies/observed.ts";
import { encodeTrace } from "../trace/ndjson.ts";
import type { Arguments } from "./arguments.ts";
import { exitStatus } from "./command.ts";
import type { commands } from "./commands.ts";
import { keepRecord } from "./events-file.ts";
import { terminal, textWidth, writeErr, writeOut } from "./output.ts";
import { pictureOf } from "./shown-run.ts";
import { lookOf } from "./terminal.ts";

type Words = Arguments<typeof commands.observe>;

/** Tells where everything stands in a program that goes on. */
export async function tellNow(program: RunningProgram): Promise<void> {
  const report = reportProgram(await program.look());
  writeErr(joined(["", renderProgram(report, textWidth())], "\n"));
}

/** Tells everything that is wanted, the files first of all: nothing that is shown keeps them from being written. */
export async function tell(
  observed: ObservedProgram,
  words: Words,
  demands: readonly Demand[],
): Promise<void> {
  const { options } = words;
  const { recording } = observed;
  const { trace } = recording;
  if (options.events !== null) {
    const { tandem, epoch } = trace.header;
    const pieces = encodeTrace(trace, { tandem, epoch, source: recording.source });
    await keepRecord(options.events, pieces, options.force);
  }
  const report = reportProgram({ ...recording, unseen: observed.unseen });
  if (options.json !== false)
    await writeResult(options.json, json(programJson(report, { all: options.all }), 2));
  if (options.quiet) return;
  if (options.timeline) {
    const lanes = programLanes(trace);
    const look = lookOf(terminal.stderr, options);
    writeErr(joined(["", pictureOf(lanes, recording.reading.wall, look)], "\n"));
  }
  writeErr(joined(["", renderProgram(report, textWidth())], "\n"));
  tellBeside(observed);
  for (const { of, met, expected, found } of judgeProgram(recording.reading, demands))
    if (!met) writeErr(template`--must ${of}: expected ${expected}, found ${found}\n`);
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

/** The exit status of the command. */
export function statusOf(
  { endedFor, code, signal, recording }: ObservedProgram,
  demands: readonly Demand[],
): number {
  if (endedFor === "timeout" || endedFor === "hang") return exitStatus.overtime;
  if (signal !== null) return 128 + constants.signals[signal];
  if (code !== 0) return code ?? exitStatus.broken;
  const isShort = judgeProgram(recording.reading, demands).some(({ met }) => !met);
  return isShort ? exitStatus.fellShort : exitStatus.done;
}
