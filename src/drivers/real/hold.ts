/** The two ways in which a step holds its thread for a while: doing nothing, and computing. */

import { type Ticks, TICKS_PER_MS } from "../../base/duration.ts";

// User code has its own Bun.sleepSync measured; this one must not be.
const { sleepSync } = Bun;

/**
 * Summing this up takes a core about 10 µs. It is done by native code: a loop in JavaScript would be
 * compiled in stages while a run goes on, on a core that the run has a use for.
 */
const slice = new Uint8Array(32_768);

/** Nobody ever writes here: a cell to wait at for less than a timer's millisecond. */
const never = new Int32Array(new SharedArrayBuffer(4));

/** Holds the thread as a step says; at a speed of 2 for half the time. */
export function hold(
  { kind, ticks }: { kind: "block" | "compute"; ticks: Ticks },
  speed: number,
): void {
  const ms = ticks / TICKS_PER_MS / speed;
  if (kind === "block") standStill(ms);
  else compute(ms);
}

/** Blocks the thread for this many milliseconds. */
export function standStill(ms: number): void {
  const deadline = performance.now() + ms;
  // Bun.sleepSync cuts off fractions of a millisecond; Atomics.wait honours them.
  if (ms >= 1) sleepSync(Math.floor(ms));
  standStillBriefly(deadline - performance.now());
}

/** The same for less than a timer can do, which cuts off fractions of a millisecond. */
export function standStillBriefly(ms: number): void {
  if (ms > 0) Atomics.wait(never, 0, 0, ms);
}

/** The longest that a slice of computing may count for, in ms; one that took longer was interrupted. */
const longestSlice = 0.1;

/**
 * Burns this many milliseconds of CPU time: on a busy machine it lasts longer.
 *
 * It is counted in slices of microseconds by the wall clock, leaving out the time for which the
 * system gave the core to others. The thread's own CPU clock would be the thing to ask, but where
 * the kernel keeps it in ticks it only moves every 4 ms.
 */
export function compute(ms: number): void {
  let left = ms;
  for (let before = performance.now(); left > 0;) {
    Bun.hash.adler32(slice);
    const now = performance.now();
    left -= Math.min(now - before, longestSlice);
    before = now;
  }
}
