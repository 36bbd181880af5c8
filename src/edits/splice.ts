/** Replacing ranges of bytes. */
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
