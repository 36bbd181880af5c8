/** Whole numbers in sentences. */

/**
 * A count with its thousands set apart: `12,345`.
 *
 * Not by `toLocaleString`: the first call of that loads the tables of a language, which takes as long
 * as a small scenario in virtual time.
 */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
