/**
 * Demands on a run, and what a run lacks of them.
 *
 * Invariant: a demand is about one run alone, so a strategy is judged without looking at another;
 * and `written` is text that `parseDemands` reads back as the same demand.
 */
import { formatTime } from "../base/duration.ts";
import { type Checked, interruptionOf } from "./expectations.ts";
import type { Judgeable } from "./judgeable.ts";

/** A demand: a condition on one run. */
export interface Demand {
  /** As on the command line: `main<=10s`. */
  written: string;
  /** The demand in words. */
  says: string;
  /** A few words with figures about a run that does not meet it; null for one that does. */
  lack: (outcome: Judgeable) => string | null;
  /** The task of the scenario that it names, if it names one. */
  task?: string;
}

/** All demands on a scenario. */
export interface Demands {
  /** The source of the demands: the user (`asked`), the document, or the default. */
  source: "asked" | "expect" | "default";
  all: readonly Demand[];
}

/** The demands that the user has given. */
export function askedFor(all: readonly Demand[]): Demands {
  return { source: "asked", all };
}

/** The one demand that a deadlocked run can meet. */
export const wantsDeadlock = "deadlock==true";

/** The words about each demand that a run does not meet. */
export function lacksOf(outcome: Judgeable, demands: readonly Demand[]): string[] {
  const stopped = stoppedBy(outcome, demands);
  if (stopped !== null) return [stopped];
  return [...new Set(demands.flatMap(({ lack }) => lack(outcome) ?? []))];
}

/** The check of a run against each demand. */
export function checkDemands(outcome: Judgeable, demands: readonly Demand[]): Checked[] {
  const stopped = stoppedBy(outcome, demands);
  return demands.map(({ written, says, lack }) => {
    const lacking = stopped ?? lack(outcome);
    const met = lacking === null;
    return { of: written, met, expected: says, found: lacking ?? says, position: null };
  });
}

/** The interruption of a run, unless it is wanted. It is told alone, since it explains every other lack. */
function stoppedBy(outcome: Judgeable, demands: readonly Demand[]): string | null {
  const { interruptedBy, wall } = outcome;
  if (interruptedBy === null) return null;
  if (interruptedBy !== "deadlock") return interruptionOf(outcome);
  const isWanted = demands.some(({ written }) => written === wantsDeadlock);
  return isWanted ? null : `it deadlocks at ${formatTime(wall)}`;
}
