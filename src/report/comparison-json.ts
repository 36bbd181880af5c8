/**
 * The result objects of a comparison of strategies, and of their verification on both drivers. Times are ms of
 * scenario time.
 */
import { TICKS_PER_MS } from "../base/duration.ts";
import type { Advice } from "../strategies/advice.ts";
import type { Class } from "../strategies/comparison.ts";
import type { Verified } from "../strategies/divergence.ts";
import type { Compared } from "../strategies/judge.ts";
import type { RunResult } from "./json.ts";

/** What came of strategies beside each other. */
interface Comparison {
  /** The scenario's name. */
  scenario: string;
  driver: "virtual" | "real";
  /** In the order in which they are compared; `own`: whether it is the document's own strategy. */
  runs: readonly { kept: RunResult | null; own: boolean }[];
  /** Strategies under which the same happens; null unless all are compared. */
  classes: readonly (Class & Pick<Compared, "strategy">)[] | null;
  advice: Advice;
}

export function comparisonToJson({ scenario, driver, runs, classes, advice }: Comparison): object {
  return {
    scenario,
    driver,
    runs: runs.map(({ kept, own }) => ({ ...kept, own })),
    classes: classes?.map(({ strategy, members, own }) => ({
      strategy: strategy.name,
      members: members.map(({ name }) => name),
      own,
    })),
    advice,
  };
}

/** Where the drivers differ. @param speed of the real runs. */
export function verificationToJson(
  scenario: string,
  speed: number,
  verified: readonly Verified[],
): object {
  return {
    scenario,
    speed,
    verified: verified.map(verifiedToJson),
  };
}

/** A real run beside its model. */
export function verifiedToJson({ late, tolerance, onlyLate: _, ...one }: Verified): object {
  return {
    ...one,
    late: late === null ? null : late / TICKS_PER_MS,
    tolerance: tolerance / TICKS_PER_MS,
  };
}
