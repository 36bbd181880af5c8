/** What a real run is asked for, and what comes of it. */
import type { Ticks } from "../../base/duration.ts";
import type { Place } from "../../trace/definitions.ts";
import type { Columns, EventLog } from "../../trace/log.ts";
import type { Disturbance } from "../../trace/trace.ts";

export interface RealOptions {
  speed: number;
  /** The folder that paths of the user's modules are relative to. */
  folder: string;
  /** Ends the run at this instant of scenario time. */
  timeout: Ticks | null;
  /** Ends the run when it is aborted. */
  signal: AbortSignal;
  /** Hears each line the program prints when it is printed. */
  onPrint?: ((text: string, stream: "stdout" | "stderr") => void) | undefined;
  /** Hears each line that comes out of the child's own streams, past tandem and the record. */
  onRaw?: (text: string, stream: "stdout" | "stderr") => void;
  /** Hears of all events, thread by thread, and of a line after the events before it. */
  onEvents?: (thread: number, columns: Columns) => void;
}

/** The result of a real run. */
export interface RealResult {
  /** The events in the order of time. */
  log: EventLog;
  /** The places in user code that it came upon, by their numbers in the log. */
  places: ReadonlyMap<number, Place>;
  /** When main started, in ms since 1970; null if it did not. */
  epoch: number | null;
  /** What kept it from going on. */
  disturbed: Disturbance;
  /** Whether something else than the program's end has ended the run. */
  endedEarly: boolean;
  /** The signal of a terminal that ended the child, when it was none of tandem's own sending. */
  signal: "SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGTERM" | null;
  /** What the child wrote to stderr, if it ended unexpectedly; and what user code did to the pipe of events. */
  complaint: string;
}
