/** Findings about a held loop: who held it and whom that made late, one for each cause. */
import type { Ticks } from "../../base/duration.ts";
import type { Blame, Holder } from "../blame.ts";
import type { Victim } from "../victims.ts";
import type { Case } from "./case.ts";
import type { Detected } from "./finding.ts";

/** The most who hold a loop that have a finding of their own; the others are counted. */
const mostTold = 5;

/** Who held a loop's thread for a slow step: those that made somebody late, or else the longest. */
export function loopBlocked(subject: Case): Detected<"loop-blocked">[] {
  return subject.blames.flatMap(({ holders }) => blockedBy(subject, holders));
}

function blockedBy(subject: Case, holders: readonly Holder[]): Detected<"loop-blocked">[] {
  const guilty = holders.filter(({ victims }) => victims.length > 0);
  const told =
    guilty.length > 0 ? guilty : holders.slice(0, 1).filter((one) => matters(subject, one));
  return told.slice(0, mostTold).map((holder, index) => ({
    rule: "loop-blocked",
    actors: [holder.longest.actor],
    at: holder.longest.at,
    evidence: { holder, more: index === mostTold - 1 ? told.length - mostTold : 0 },
  }));
}

/** A main that blocks while nothing is left in the background holds up nobody. */
function matters({ main, tasks }: Case, { longest }: Holder): boolean {
  if (longest.actor !== main.actor) return true;
  for (const [, { lost }] of tasks) if (lost) return true;
  return false;
}

/** Who was late although no slow step kept them waiting. */
export function starved({ blames }: Case): Detected<"starved">[] {
  return blames.flatMap(starvedOn);
}

function mostBy(cause: { victims: readonly Victim[] } | null): Ticks {
  return cause?.victims.reduce((most, { by }) => Math.max(most, by), 0) ?? 0;
}

function starvedOn({ crowd, summed, unexplained }: Blame): Detected<"starved">[] {
  // Of steps that are told one by one and those in sums the cause is the one that more is due to.
  const isOfSums = mostBy(summed) > mostBy(crowd);
  const byCrowd =
    crowd === null || isOfSums ? null : ({ by: "crowd", victims: crowd.victims, crowd } as const);
  const bySums = summed === null || !isOfSums ? null : ({ by: "sums", ...summed } as const);
  const byNobody =
    unexplained.length === 0 ? null : ({ by: "nobody", victims: unexplained } as const);
  return [byCrowd, bySums, byNobody].flatMap((evidence) => {
    if (evidence === null) return [];
    const { actor, due, late } = evidence.victims[0]!;
    return [{ rule: "starved", actors: [actor], at: due + late, evidence }];
  });
}
