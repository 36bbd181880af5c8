/** The holds of a thread by a step: blocking it, and computing on it. */

import { type Ticks, TICKS_PER_MS } from "../../base/duration.ts";

// The engine's own Bun.sleepSync, since that of user code is measured.
const { sleepSync } = Bun;

/**
 * The bytes whose checksum is a slice of computing, some 10 µs long. Native code computes it: a loop in
 * JavaScript would be compiled in stages during the run, on cores that the run needs.
 */
const slice = new Uint8Array(32_768);

/** A cell that nobody writes, to wait at for less than a timer's millisecond. */
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

/** Blocks the thread for a fraction of a millisecond, which timers cut off. */
export function standStillBriefly(ms: number): void {
  if (ms > 0) Atomics.wait(never, 0, 0, ms);
}

/** The longest that a slice of computing may count for, in ms; one that took longer was interrupted. */
const longestSlice = 0.1;

/**
 * Burns this many milliseconds of CPU time, which lasts longer on a busy machine.
 *
 * The wall clock counts it in slices of microseconds. A slice that took far longer was preempted, and
 * counts for less. The thread's CPU clock would be exact, but some kernels move it in ticks of 4 ms.
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
