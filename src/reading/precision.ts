/** How exact the times of a trace are. */
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import type { ObservedSource, ScenarioSource } from "../trace/trace.ts";

/** Where a trace comes from, as far as its times depend on it. */
export type ReadingSource =
  Pick<ScenarioSource, "kind" | "driver" | "speed"> | Pick<ObservedSource, "kind" | "blocks">;

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
