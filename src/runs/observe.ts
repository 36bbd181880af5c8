/** A program that somebody else wrote is run, observed, and what became of everything in it is read. */
import { observe, type Observed, type Observing, type Running } from "../observe/observe.ts";
import { read, type Reading } from "../reading/reading.ts";
import { waits } from "../trace/event.ts";
import { type Trace, wordOf } from "../trace/trace.ts";
import type { ProgramRecording } from "./report.ts";

export { CannotStart } from "../observe/observe.ts";
export { findInterpreter, python } from "../observe/python/python.ts";
export type { RecorderSettings } from "../observe/language.ts";
export type { Unseen } from "../observe/unseen.ts";

export interface ObserveOptions extends Omit<Observing, "mayGoOn" | "onStart"> {
  /** Hears that the program has been started. */
  onStart?: (program: RunningProgram) => void;
}

/** A program that runs. */
export interface RunningProgram extends Pick<Running, "pid" | "forward"> {
  /** Where everything stands now. */
  look(): Promise<ProgramRecording>;
}

export interface ObservedProgram extends Omit<Observed, "trace"> {
  recording: ProgramRecording;
}

/** Runs a program to its end, or to whatever ends it before. @throws CannotStart */
export async function observeProgram(options: ObserveOptions): Promise<ObservedProgram> {
  const { onStart, ...rest } = options;
  const { trace, ...observed } = await observe({
    ...rest,
    mayGoOn: (trace) => mayGoOn(trace, read(trace)),
    ...(onStart === undefined
      ? {}
      : {
          onStart: (running) =>
            onStart({
              pid: running.pid,
              forward: (signal) => running.forward(signal),
              look: async () => recordingOf(await running.look()),
            }),
        }),
  });
  return { ...observed, recording: recordingOf(trace) };
}

function recordingOf(trace: Observed["trace"]): ProgramRecording {
  const { source } = trace.header;
  if (source.kind !== "observed") throw new Error("a program has no document");
  return { of: "program", source, trace, reading: read(trace) };
}

/** What wakes a wait from outside of the program, or by the clock. */
const wakers: ReadonlySet<string> = new Set(["process", "input", "select", "sleep"]);
const wakingKinds: ReadonlySet<string> = new Set(["timer", "socket", "stream", "process"]);

/** Whether a timer, a socket, standard input or a child may still wake a program in which nothing moves. */
function mayGoOn(trace: Trace, { unfinished, sightings, handles }: Reading): boolean {
  const kindOf = (resource: number | null): string =>
    trace.definitions.resources.get(resource ?? -1)?.kind ?? "";
  return (
    handles.some(({ kind }) => kind !== "thread") ||
    sightings.some(
      ({ resource, of }) => wakingKinds.has(kindOf(resource)) || wakers.has(of ?? ""),
    ) ||
    unfinished.some(
      ({ kind, value, resource }) =>
        kind === "sleep" ||
        (kind === "wait" &&
          (wakers.has(wordOf(trace, waits, value)) || wakingKinds.has(kindOf(resource)))),
    )
  );
}
