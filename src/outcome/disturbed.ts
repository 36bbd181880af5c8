/** What kept a real run from going on although nothing of its own did: as it was measured, and never guessed. */
import { formatTime, type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import type { Disturbance, TraceSource } from "../trace/trace.ts";
import { type Driver, speedOf } from "./plan.ts";

/** A run, as far as it is about this. */
interface Disturbed {
  disturbed: Disturbance | null;
  driver: Driver;
}

/** The measured disturbance of a run; null in virtual time, and of a record that holds none. */
export function disturbanceOf(source: TraceSource): Disturbance | null {
  return source.kind === "scenario" ? source.disturbed : null;
}

/**
 * The least wait for a core, in ms of real time, that is worth telling: a run on a quiet machine has waits of
 * some tenths of a millisecond, since its own threads have to share the cores.
 */
const leastWaited = 2;

/** Whether something kept it from going on that may have changed what came of it. */
export function isDisturbed({ disturbed }: Pick<Disturbed, "disturbed">): boolean {
  return disturbed !== null && (disturbed.stopped > 0 || (disturbed.waited ?? 0) >= leastWaited);
}

/** For how long it was kept from going on at most, in the scenario's time. */
export function disturbedFor({ disturbed, driver }: Disturbed): Ticks {
  const { waited, stopped } = disturbed ?? { waited: 0, stopped: 0 };
  return ((waited ?? 0) + stopped) * TICKS_PER_MS * speedOf(driver);
}

/** The words for it, in the scenario's time as all that is told; null where it is not worth telling, or not known. */
export function disturbedWords(outcome: Disturbed): string | null {
  const { disturbed, driver } = outcome;
  if (disturbed === null || !isDisturbed(outcome)) return null;
  const time = (ms: number): string => formatTime(Math.round(ms * TICKS_PER_MS * speedOf(driver)));
  const { stopped, waited } = disturbed;
  return [
    ...(stopped > 0 ? [`its processes were stopped for ${time(stopped)}`] : []),
    ...(waited !== null && waited >= leastWaited
      ? [`one of its threads waited ${time(waited)} for a core of the busy machine`]
      : []),
  ].join(", and ");
}
