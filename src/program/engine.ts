/**
 * The engines of durable queues, by the figures that their behaviour follows from: measured, or read in their
 * source. A model in virtual time knows no more of an engine than this.
 */
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import type { Axes } from "../scenario/strategy.ts";

export interface Engine {
  /** What it is called, and where it keeps tasks. */
  name: string;
  /** How long the durable write of a task takes. */
  enqueue: Ticks;
  pickUp: Polling | Pushing;
  /** How often a program asks that waits for a result. */
  results: Ticks;
  /** The longest wait before a task is tried again. */
  mostBackoff: Ticks;
  /**
   * How often attempts at a task may come to no end beyond its tries, as their worker was killed or lost its lease,
   * before it is given up.
   */
  mostCrashes: number;
}

/**
 * A worker that finds nothing, or has no slot free, comes back after `first`, twice as long each time up to `most`,
 * of which it draws a share between a half and all of it.
 */
export interface Polling {
  by: "polling";
  first: Ticks;
  most: Ticks;
}

/** A worker that finds nothing is told when there is something, and takes it so long afterwards; it also looks by itself. */
export interface Pushing {
  by: "pushing";
  takes: Ticks;
  most: Ticks;
}

const second = 1000 * TICKS_PER_MS;

export const engines = {
  // It would hand a task to one worker after the other for ever: it is tandem's worker that gives it up.
  sqlite: {
    name: "OpenWorkflow on SQLite",
    enqueue: 2 * TICKS_PER_MS,
    pickUp: { by: "polling", first: 100 * TICKS_PER_MS, most: second },
    results: second,
    mostBackoff: 100 * second,
    mostCrashes: 5,
  },
  redis: {
    name: "BullMQ on Redis",
    enqueue: TICKS_PER_MS,
    pickUp: { by: "pushing", takes: 2 * TICKS_PER_MS, most: 5 * second },
    results: 50 * TICKS_PER_MS,
    mostBackoff: Infinity,
    mostCrashes: 1,
  },
} as const satisfies Record<NonNullable<Axes["engine"]>, Engine>;

/** How many attempts there may be at a task. */
export function mostAttempts(
  { retry }: { retry: number | null },
  { mostCrashes }: Pick<Engine, "mostCrashes">,
): number {
  return 1 + (retry ?? 0) + mostCrashes;
}

/**
 * For how long a claim holds. Where a task is acknowledged as it is taken that is no longer than an instant, and only
 * says when another worker has it if its own is killed within that.
 */
export function leaseOf({ lease }: { lease: Ticks | null }): Ticks {
  return lease ?? 30 * second;
}

/** How long the queue waits before the next attempt, when so many have been made. */
export function backoffAfter(
  attempts: number,
  { backoff }: { backoff: Ticks | null },
  { mostBackoff }: Engine,
): Ticks {
  return Math.min((backoff ?? 0) * 2 ** (attempts - 1), mostBackoff);
}
