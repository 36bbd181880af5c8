/** Random durations for a run in virtual time: from a seed, so that the same run can be had again. */
import type { Ticks } from "../../base/duration.ts";
import type { Jitter } from "../../scenario/jitter.ts";

/**
 * What a duration is to be this time: uniform within the jitter's share of it, above and below.
 *
 * What takes no time goes on taking none, and what takes some keeps a microsecond: a sleep of nothing
 * is another thing to an event loop than a short one.
 */
export function varying({ share, seed }: Jitter): (ticks: Ticks) => Ticks {
  const next = random(seed);
  return (ticks) =>
    ticks === 0 ? 0 : Math.max(1, Math.round(ticks * (1 + share * (2 * next() - 1))));
}

/**
 * Numbers from 0 up to 1, without 1: sfc32, the small fast counting generator of PractRand.
 *
 * It begins with 12 rounds that nobody sees, as its author advises, so seeds that differ by one bit give
 * numbers that have nothing in common. Math.random has no seed.
 */
export function random(seed: number): () => number {
  let a = 0;
  let b = seed | 0;
  let c = 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  return () => next() / 2 ** 32;
}
