/** Findings about loops of a program that were held while somebody was due. */
import { loopBlocked, starved } from "./held.ts";
import type { DetectedInProgram, Program } from "./program-finding.ts";

/** Who held a loop's thread and made somebody late by it, or holds it for ever. */
export function loopsBlocked(program: Program): DetectedInProgram<"loop-blocked">[] {
  return loopBlocked(program).filter(({ evidence: { holder } }) => {
    const { seen } = holder.longest;
    if (seen?.goesOn === true) return true;
    // Of a machine that gives it no core a step is not the cause.
    return holder.victims.length > 0 && seen?.kind !== "queued";
  });
}

/** Who was late through many short steps. A busy machine is no fault of the program's. */
export function loopsStarved(program: Program): DetectedInProgram<"loop-starved">[] {
  return starved(program).flatMap(({ evidence, ...found }) =>
    evidence.by === "nobody" ? [] : [{ ...found, rule: "loop-starved" as const, evidence }],
  );
}
