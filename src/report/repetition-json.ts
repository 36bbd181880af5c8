/** What several real runs came to, as one JSON object. Times are milliseconds. */
import { TICKS_PER_MS } from "../base/duration.ts";
import type { Repetition } from "../strategies/repetition.ts";

/** @param of what was run. @param kept the file with the trace of the rarest run; null where none was wanted. */
export function repetitionToJson(
  { runs, warmUp, spread, endings, findings, rarest }: Repetition<unknown>,
  { of, wanted, kept }: { of: string; wanted: number; kept: string | null },
) {
  const { min, median, p95, max } = spread;
  return {
    of,
    runs,
    interrupted: runs < wanted,
    warmUp: warmUp === null ? null : warmUp / TICKS_PER_MS,
    wall: {
      min: min / TICKS_PER_MS,
      median: median / TICKS_PER_MS,
      p95: p95 / TICKS_PER_MS,
      max: max / TICKS_PER_MS,
    },
    endings: endings.map(({ words, rules, runs: times, first }) => {
      return { ending: words, findings: rules, runs: times, first };
    }),
    findings: findings.map(({ rule, message, runs: times, first }) => {
      return { rule, message, runs: times, first };
    }),
    rarest: { run: rarest.first, runs: rarest.runs, events: kept },
  };
}
