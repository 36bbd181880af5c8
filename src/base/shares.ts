/** Shares, from 0 to 1: as percentages, and as ranks among values in order. */

/** A share as one writes it: `5%`, `12.5%`. */
export function exactPercent(share: number): string {
  // Twelve digits drop what floating point adds to the share: 0.07 * 100 is 7.000000000000001.
  return `${Number((share * 100).toPrecision(12))}%`;
}

/** A share that has been measured, to a tenth of a percent. */
export function roundPercent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`;
}

/**
 * The index, among so many values in order, of the percentile by nearest rank: the smallest value that at
 * least this share of all does not exceed.
 */
export function nearestRank(share: number, count: number): number {
  return Math.ceil(share * count) - 1;
}

/** How values are spread: the least, two percentiles by nearest rank, and the most. */
export interface Spread {
  min: number;
  median: number;
  p95: number;
  max: number;
}

/** The spread of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const percentile = (share: number): number => sorted[nearestRank(share, sorted.length)]!;
  return { min: sorted[0]!, median: percentile(0.5), p95: percentile(0.95), max: sorted.at(-1)! };
}
