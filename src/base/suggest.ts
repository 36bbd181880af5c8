/** "Did you mean …?": the nearest of some known words to one that is not known. */

/** Edits between two words: insert, delete, replace or swap neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [
    i,
    ...Array<number>(b.length).fill(0),
  ]);
  rows[0] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(
        rows[i - 1]![j]! + 1,
        rows[i]![j - 1]! + 1,
        rows[i - 1]![j - 1]! + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = best;
    }
  }
  return rows[a.length]![b.length]!;
}

/** The most pairs of letters that a command compares, in some tenths of a second: a document may have 50,000 unknown keys. */
const mostPairs = 5_000_000;

let pairs = 0;

/** The known word nearest to `word`, when it is near enough to be what was meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64 || known.length > 1000 || pairs > mostPairs) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    // Each letter more is an edit.
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    pairs += candidate.length * word.length;
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/**
 * A value that somebody wrote, as one would spell it. Made to a string, an object would be asked for a function that
 * it may have something else in the place of (`toString: 1`).
 */
export function spelled(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

/** `did you mean "x"?`, or the list of what there is: the end of a sentence about an unknown word. */
export function suggestion(written: unknown, known: readonly string[], what: string): string {
  const near = nearest(spelled(written), known);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (known.length === 0) return `there are no ${what}`;
  const shown = known.slice(0, 24).join(", ");
  return `${what}: ${shown}${known.length > 24 ? ", …" : ""}`;
}
