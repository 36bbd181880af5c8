/** The first line of a trace in a file: what wrote it, and where it comes from. */
import type { eventsFormat } from "./event.ts";
import type { ObservedSource, ScenarioSource } from "./trace.ts";

/** A scenario's document is in its file, so that its run can be read again in full. */
export type RecordedSource = (ScenarioSource & { file: string; document: string }) | ObservedSource;

export interface TraceHeader {
  type: "trace-began";
  format: typeof eventsFormat;
  /** The version of tandem that wrote it. */
  tandem: string;
  /** When the instant 0 was, in ms since 1970; null in virtual time, and where nobody knows. */
  epoch: number | null;
  source: RecordedSource;
}
