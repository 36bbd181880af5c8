/** What several real runs came to, as one JSON object. Times are milliseconds. */
import { TICKS_PER_MS } from "../base/duration.ts";
import { spreadToJson } from "./odds-json.ts";
import type { Repetition } from "../strategies/repetition.ts";

/** @param of what was run. @param kept the file with the trace of the rarest run; null where none was wanted. */
export function repetitionToJson(
  { runs, warmUp, spread, endings, findings, rarest }: Repetition<unknown>,
  { of, wanted, kept }: { of: string; wanted: number; kept: string | null },
) {
  return {
    of,
    runs,
    interrupted: runs < wanted,
    warmUp: warmUp === null ? null : warmUp / TICKS_PER_MS,
    wall: spreadToJson(spread),
    endings: endings.map(({ words, rules, runs: times, first }) => {
      return { ending: words, findings: rules, runs: times, first };
    }),
    findings: findings.map(({ rule, message, runs: times, first }) => {
      return { rule, message, runs: times, first };
    }),
    rarest: { run: rarest.first, runs: rarest.runs, events: kept },
  };
}
