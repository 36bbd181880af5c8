/** The recorder's clock: ticks (µs, with fractions) since the process's instant 0, the same on all its threads. */

/** Microseconds since 1970. */
const epochNow = (): number => (performance.timeOrigin + performance.now()) * 1000;

/** When this process began, in whole µs since 1970. On a Worker it is when that began. */
export const startOfThread = (): number => Math.floor(performance.timeOrigin * 1000);

let raw: () => number;
if (typeof Bun === "undefined") {
  const { performance: clock } = globalThis;
  const read = clock.now;
  raw = () => read.call(clock) * 1000;
} else {
  const read = Bun.nanoseconds;
  raw = () => read() / 1000;
}

let offset = 0;

/** Has the clock count from an instant, in µs since 1970. */
export function setInstant(epoch: number): void {
  offset = epochNow() - raw() - epoch;
}

export const now = (): number => raw() + offset;
