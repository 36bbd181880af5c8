/** The recorder's clock: ticks (µs, with fractions) since the process's instant 0, the same on all its threads. */

/** Microseconds since 1970. */
const epochNow = (): number => (performance.timeOrigin + performance.now()) * 1000;

/** When this process began, in whole µs since 1970. On a Worker it is when that began. */
export const startOfThread = (): number => Math.floor(performance.timeOrigin * 1000);

let offset = 0;

// Each runtime's own, as it was before the program could replace it, in one call that an engine can inline.
const { performance: clock } = globalThis;
const { now: read } = clock;
const nanoseconds = typeof Bun === "undefined" ? null : Bun.nanoseconds;

export const now: () => number =
  nanoseconds === null
    ? () => read.call(clock) * 1000 + offset
    : () => nanoseconds() * 0.001 + offset;

/** Has the clock count from an instant, in µs since 1970. */
export function setInstant(epoch: number): void {
  offset = 0;
  offset = epochNow() - now() - epoch;
}
