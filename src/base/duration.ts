/** Durations as people write them (`250ms`, `1.5s`, a bare number of milliseconds), and ticks. */

/** One microsecond. Time is counted in whole ticks so that (time, sequence) stays exact. */
export type Ticks = number;

export const TICKS_PER_MS = 1000;
export const NS_PER_TICK = 1000;

const ticksPerUnit: Record<string, number> = {
  us: 1,
  ms: TICKS_PER_MS,
  s: 1000 * TICKS_PER_MS,
  m: 60_000 * TICKS_PER_MS,
  h: 3_600_000 * TICKS_PER_MS,
};

/** The longest duration that can be written: a year. */
export const longest: Ticks = 366 * 24 * 60 * ticksPerUnit["m"]!;

/** Examples of a duration, for messages. */
export const durationExamples = `"250ms", "3s", "1.5s", "2m", "1h", "500us" or a number of milliseconds, a year at most`;

/**
 * Ticks of a duration, or undefined when the input is not one.
 *
 * A duration is a number of milliseconds or text with a unit; it is not negative, and at most a
 * year. Fractions of a microsecond are rounded.
 */
export function parseDuration(input: unknown): Ticks | undefined {
  let ticks: number;
  if (typeof input === "number") {
    ticks = input * TICKS_PER_MS;
  } else if (typeof input === "string") {
    const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(us|ms|s|m|h)?\s*$/.exec(input);
    if (match === null) return undefined;
    ticks = Number(match[1]) * ticksPerUnit[match[2] ?? "ms"]!;
  } else {
    return undefined;
  }
  ticks = Math.round(ticks);
  return ticks >= 0 && ticks <= longest ? ticks : undefined;
}

/** Ticks exactly, as one would write them in a document: `1.5s`, `250ms`, `500us`. */
export function formatDuration(ticks: Ticks): string {
  for (const unit of ["m", "s", "ms"]) {
    const size = ticksPerUnit[unit]!;
    // Three decimals at most, so that nothing is rounded: parsing gives the same duration back.
    if (ticks >= size && ticks % (size / 1000) === 0) return `${ticks / size}${unit}`;
  }
  return ticks === 0 ? "0ms" : `${ticks}us`;
}

/** A time rounded for a reader: some four significant digits, in the largest unit that fits (`1.234s`, `2m 5s`). */
export function formatTime(ticks: Ticks): string {
  if (ticks === 0) return "0ms";
  if (ticks < TICKS_PER_MS) return `${ticks}us`;
  const ms = ticks / TICKS_PER_MS;
  if (ms < 999.95) return `${Number(ms.toPrecision(4))}ms`;
  const seconds = ms / 1000;
  if (seconds < 120) return `${Number(seconds.toFixed(3))}s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Number((seconds - 60 * minutes).toFixed(1));
  return rest === 0 ? `${minutes}m` : `${minutes}m ${rest}s`;
}

/**
 * A measured time for a reader: three significant digits, in the largest unit that fits (`1.23s`, `55.1ms`,
 * `2m 5s`). What is measured is never the same twice, and its further digits say nothing.
 */
export function formatMeasured(ticks: Ticks): string {
  if (ticks < TICKS_PER_MS) return formatTime(ticks);
  const ms = ticks / TICKS_PER_MS;
  if (ms < 999.5) return `${Number(ms.toPrecision(3))}ms`;
  const seconds = ms / 1000;
  if (seconds < 119.5) return `${Number(seconds.toPrecision(3))}s`;
  const rest = Math.round(seconds) % 60;
  const minutes = Math.floor(Math.round(seconds) / 60);
  return rest === 0 ? `${minutes}m` : `${minutes}m ${rest}s`;
}
