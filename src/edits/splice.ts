/** Replacing ranges of bytes, and joining what several replacements do. */
import type { Replacement } from "./edit.ts";

/**
 * A text with its replacements made. Of insertions at one offset the earlier stands first.
 *
 * @throws RangeError where two overlap, or one reaches beyond the text.
 */
export function splice(text: Uint8Array, replacements: readonly Replacement[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let done = 0;
  for (const { from, to, bytes } of replacements.toSorted((a, b) => a.from - b.from)) {
    if (from < done || to < from || to > text.length)
      throw new RangeError(`a replacement of ${from} to ${to} cannot be made`);
    pieces.push(text.subarray(done, from), bytes);
    done = to;
  }
  return Buffer.concat([...pieces, text.subarray(done)]);
}

/** The replacements that differ: of two that are the same, as of one import, one is enough. */
export function together(
  some: readonly Replacement[],
  more: readonly Replacement[],
): Replacement[] {
  const isSame = (a: Replacement, b: Replacement): boolean =>
    a.from === b.from && a.to === b.to && Buffer.compare(a.bytes, b.bytes) === 0;
  return [...some, ...more.filter((one) => !some.some((other) => isSame(one, other)))];
}
