/** The jitter of a run: how much durations vary, and the seed, by which the same run can be made again. */

export interface Jitter {
  /** A duration becomes at random what it is written as, give or take this share of it: above 0, at most 1. */
  share: number;
  /** A whole number from 0 to `mostSeed`: the same seed, the same run. */
  seed: number;
}

export const mostSeed = 0xffff_ffff;

/** The share that a percentage means, or undefined for what is none above 0% and up to 100%. */
export function parseJitterShare(text: string): number | undefined {
  const [, figure] = /^(\d+(?:\.\d+)?|\.\d+)%$/.exec(text) ?? [];
  const share = Number(figure) / 100;
  return share > 0 && share <= 1 ? share : undefined;
}

/**
 * The seed of a repetition, from 0. The first has the main seed itself, so a single run is the first of
 * many.
 *
 * A Weyl sequence: no seed comes twice in 2^32 repetitions; and as the step is 2^32 over the golden
 * ratio, the sequences of two main seeds that lie near each other meet only after very many.
 */
export function seedOfRepetition(seed: number, repetition: number): number {
  return (seed + Math.imul(repetition, 0x9e37_79b9)) >>> 0;
}
