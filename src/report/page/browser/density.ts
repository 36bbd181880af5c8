/**
 * How many entities of a group were in each state, on average over any stretch of time.
 *
 * Of each state there are the sorted beginnings and ends with their sums, so the time that all spent in it before an
 * instant is known by two look-ups, exactly, at every scale.
 */
import type { Data } from "./data.ts";

/** The states whose numbers are drawn; what is merely alive is not counted. */
export const counted = 4;

class Sums {
  readonly #times: Uint32Array;
  /** By index: the sum of all times before it. */
  readonly #sums: Float64Array;

  constructor(times: Uint32Array) {
    this.#times = times.sort();
    this.#sums = new Float64Array(times.length + 1);
    for (let k = 0; k < times.length; k++) this.#sums[k + 1] = this.#sums[k]! + times[k]!;
  }

  /** The time since each of those that are not after an instant, together. @param hint where to look first. */
  since(at: number, hint: { k: number }): number {
    const times = this.#times;
    const { length } = times;
    let { k } = hint;
    // The next instant is near the one before: gallop, and then search.
    let step = 1;
    let low = k;
    while (k < length && times[k]! <= at) {
      low = k + 1;
      k += step;
      step *= 2;
    }
    let high = Math.min(k, length);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (times[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    hint.k = low;
    return low * at - this.#sums[low]!;
  }
}

export class Density {
  readonly #begins: Sums[] = [];
  readonly #ends: Sums[] = [];

  /** @param first,count the entities of the group. */
  constructor({ entities, stretches }: Data, first: number, count: number) {
    const from = entities.offsets[first]!;
    const to = entities.offsets[first + count]!;
    const sizes = new Uint32Array(counted + 1);
    for (let k = from; k < to; k++) sizes[Math.min(counted, stretches.state[k]!)]!++;
    const begins = Array.from({ length: counted }, (_, state) => new Uint32Array(sizes[state]!));
    const ends = Array.from({ length: counted }, (_, state) => new Uint32Array(sizes[state]!));
    const at = new Uint32Array(counted + 1);
    for (let k = from; k < to; k++) {
      const state = stretches.state[k]!;
      if (state >= counted) continue;
      const index = at[state]!++;
      begins[state]![index] = stretches.from[k]!;
      ends[state]![index] = stretches.to[k]!;
    }
    for (let state = 0; state < counted; state++) {
      this.#begins.push(new Sums(begins[state]!));
      this.#ends.push(new Sums(ends[state]!));
    }
  }

  /**
   * The mean number in each state, by pixel.
   *
   * @param into a row of `width` for each state.
   */
  means(from: number, perPixel: number, width: number, into: Float64Array): void {
    for (let state = 0; state < counted; state++) {
      const begun = { k: 0 };
      const ended = { k: 0 };
      const begins = this.#begins[state]!;
      const ends = this.#ends[state]!;
      let before = begins.since(from, begun) - ends.since(from, ended);
      for (let x = 0; x < width; x++) {
        const at = from + (x + 1) * perPixel;
        const now = begins.since(at, begun) - ends.since(at, ended);
        into[state * width + x] = (now - before) / perPixel;
        before = now;
      }
    }
  }
}
