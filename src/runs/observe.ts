/** A program that somebody else wrote is run, observed, and what became of everything in it is read. */
import { observe, type Observed, type Observing, type Running } from "../observe/observe.ts";
import type { ProgramRecording } from "./report.ts";

export { CannotStart } from "../observe/observe.ts";
export { findRuntime, javascript } from "../observe/javascript/javascript.ts";
export { findInterpreter, python } from "../observe/python/python.ts";
export type { ObservedLanguage, RecorderSettings } from "../observe/language.ts";
export type { Unseen } from "../observe/unseen.ts";

export interface ObserveOptions extends Omit<Observing, "onStart"> {
  /** Hears that the program has been started. */
  onStart?: (program: RunningProgram) => void;
}

/** A program that runs. */
export interface RunningProgram extends Pick<Running, "pid" | "forward"> {
  /** Where everything stands now. */
  look(): Promise<ProgramRecording>;
}

export type ObservedProgram = Observed;

/** Runs a program to its end, or to whatever ends it before. @throws CannotStart */
export async function observeProgram(options: ObserveOptions): Promise<ObservedProgram> {
  const { onStart, ...rest } = options;
  return await observe({
    ...rest,
    ...(onStart === undefined
      ? {}
      : {
          onStart: (running) =>
            onStart({
              pid: running.pid,
              forward: (signal) => running.forward(signal),
              look: async () => await recordingOf(await running.look()),
            }),
        }),
  });
}

/** Reads what was observed of a program. */
export async function recordingOf(trace: Observed["trace"]): Promise<ProgramRecording> {
  // The program does not wait for what reads its record.
  const { read } = await import("../reading/reading.ts");
  const { source } = trace.header;
  if (source.kind !== "observed") throw new Error("a program has no document");
  return { of: "program", source, trace, reading: read(trace) };
}
