/**
 * What must hold of a run: demands, and what a run lacks of them.
 *
 * Invariant: a demand is about one run alone, so a strategy is judged without looking at another;
 * and `written` is text that `parseDemands` reads back as the same demand.
 */
import { formatTime } from "../base/duration.ts";
import { type Checked, interruptionOf } from "./expectations.ts";
import type { Outcome } from "../outcome/outcome.ts";

/** One thing that must hold. */
export interface Demand {
  /** As on the command line: `main<=10s`. */
  written: string;
  /** What it wants, in words. */
  says: string;
  /** What a run lacks of it, in a few words with figures; null when it keeps it. */
  lack: (outcome: Outcome) => string | null;
  /** The task of the scenario that it names, if it names one. */
  task?: string;
}

/** All that must hold. */
export interface Demands {
  /** Whose wish it is. */
  source: "asked" | "expect" | "default";
  all: readonly Demand[];
}

/** What must hold because the user says so. */
export function askedFor(all: readonly Demand[]): Demands {
  return { source: "asked", all };
}

/** The one demand that a deadlocked run can keep. */
export const wantsDeadlock = "deadlock==true";

/** What a run lacks of all that must hold. */
export function lacksOf(outcome: Outcome, demands: readonly Demand[]): string[] {
  const stopped = stoppedBy(outcome, demands);
  if (stopped !== null) return [stopped];
  return [...new Set(demands.flatMap(({ lack }) => lack(outcome) ?? []))];
}

/** What a run does about each demand. */
export function checkDemands(outcome: Outcome, demands: readonly Demand[]): Checked[] {
  const stopped = stoppedBy(outcome, demands);
  return demands.map(({ written, says, lack }) => {
    const lacking = stopped ?? lack(outcome);
    const met = lacking === null;
    return { of: written, met, expected: says, found: lacking ?? says, position: null };
  });
}

/** What keeps a run from its end, unless that is wanted: nothing else of it is worth a word. */
function stoppedBy(outcome: Outcome, demands: readonly Demand[]): string | null {
  const { interruptedBy, wall } = outcome;
  if (interruptedBy === null) return null;
  if (interruptedBy !== "deadlock") return interruptionOf(outcome);
  const isWanted = demands.some(({ written }) => written === wantsDeadlock);
  return isWanted ? null : `it deadlocks at ${formatTime(wall)}`;
}
