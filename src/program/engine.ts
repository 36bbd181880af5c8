/**
 * The engines of durable queues, by the figures that their behaviour follows from: measured, or read in their
 * source. A model in virtual time knows no more of an engine than this.
 */
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import type { EngineAddress } from "../scenario/engine.ts";

export interface Engine {
  /** What it is called, and where it keeps tasks. */
  name: string;
  /** How long the durable write of a task takes. */
  enqueue: Ticks;
  /**
   * How a worker that finds nothing, or has no slot free, comes back: after `first`, twice as long each time up to
   * `most`, of which it draws a share between a half and all of it.
   */
  poll: { first: Ticks; most: Ticks };
  /** How often a program asks that waits for a result. */
  results: Ticks;
  /** The longest wait before a task is tried again. */
  mostBackoff: Ticks;
}

const second = 1000 * TICKS_PER_MS;

export const engines = {
  sqlite: {
    name: "OpenWorkflow on SQLite",
    enqueue: 2 * TICKS_PER_MS,
    poll: { first: 100 * TICKS_PER_MS, most: second },
    results: second,
    mostBackoff: 100 * second,
  },
} as const satisfies Record<EngineAddress["engine"], Engine>;

/**
 * How often a worker takes a task beyond its tries before it gives it up: attempts that came to no end, as their
 * worker was killed or lost its lease. The engine itself would go on for ever.
 */
export const mostCrashes = 5;

/** How many attempts there may be at a task. */
export function mostAttempts({ retry }: { retry: number | null }): number {
  return 1 + (retry ?? 0) + mostCrashes;
}

/** How long the queue waits before the next attempt, when so many have been made. */
export function backoffAfter(
  attempts: number,
  { backoff }: { backoff: Ticks | null },
  { mostBackoff }: Engine,
): Ticks {
  return Math.min((backoff ?? 0) * 2 ** (attempts - 1), mostBackoff);
}
