/** What was observed of a program is read. */
import { read } from "../reading/reading.ts";
import type { RecordedTrace } from "../trace/read.ts";
import type { ProgramRecording } from "./report.ts";

export function recordingOf(trace: RecordedTrace): ProgramRecording {
  const { source } = trace.header;
  if (source.kind !== "observed") throw new Error("a program has no document");
  return { of: "program", source, trace, reading: read(trace) };
}
