/** What reading needs of a trace, and how exact its times are. */
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import type { Definitions } from "../trace/definitions.ts";
import type { EventLog } from "../trace/log.ts";

export interface Recorded {
  readonly source: ReadingSource;
  readonly definitions: Definitions;
  /** In the order of time. */
  readonly log: EventLog;
  /** Words that this version does not know, behind the known ones of an event's value; left out for none. */
  readonly words?: readonly string[];
}

/** The word that the value of an event is. @param known those that its type's shape has. */
export function wordOf<Known extends string>(
  { words = [] }: Pick<Recorded, "words">,
  known: readonly Known[],
  value: number,
): Known | (string & {}) {
  return known[value] ?? words[value - known.length] ?? "unknown";
}

/** Where a trace comes from, as far as its times depend on it. */
export type ReadingSource =
  | {
      readonly kind: "scenario";
      readonly driver: "virtual" | "real";
      /** Every duration was divided by it, and every time is multiplied back. */
      readonly speed: number;
    }
  | { readonly kind: "observed" };

/** By how much, in ms of real time, a real run is late when the machine has little else to do. */
const noiseMs = 20;

/** In real time, how near two events of different threads must be for their order to be luck. */
const raceWindowMs = 5;

/** How far times may be off by chance: not at all in virtual time. */
export function precisionOf(source: ReadingSource): Ticks {
  return isExact(source) ? 0 : noiseMs * TICKS_PER_MS * speedOf(source);
}

/** How much time may go by within one step for no reason: none in virtual time. */
export function seamOf(source: ReadingSource): Ticks {
  return isExact(source) ? 0 : TICKS_PER_MS * speedOf(source);
}

/** The race window in ticks of the trace's time: a fast run puts more of that into it. */
export function raceWindow(speed: number): Ticks {
  return raceWindowMs * TICKS_PER_MS * speed;
}

/** How many times faster than its own time a trace was recorded. */
export function speedOf(source: ReadingSource): number {
  return source.kind === "scenario" ? source.speed : 1;
}

function isExact(source: ReadingSource): boolean {
  return source.kind === "scenario" && source.driver === "virtual";
}
