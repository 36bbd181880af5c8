/**
 * How often a law is tried: a few times in the suite, and as often as it is promised by `bun run laws`.
 *
 * Invariant: the seeds of the suite are fixed and are the first of those that the laws try.
 */

/** Whether this is `bun run laws`, which takes its time. */
export const allRounds = process.env["TANDEM_LAWS"] !== undefined;

/**
 * @param usual how many rounds the suite runs.
 * @param promised how many `bun run laws` runs.
 */
export function rounds(usual: number, promised: number): number {
  return allRounds ? promised : usual;
}
