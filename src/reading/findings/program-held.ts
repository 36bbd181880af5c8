/** Findings about loops of a program that were held while somebody was due. */
import type { Hold } from "../holds.ts";
import { noticeable } from "../victims.ts";
import type { Detected } from "./finding.ts";
import { loopBlocked, starved } from "./held.ts";
import type { DetectedInProgram, Program } from "./program-finding.ts";

/** Who held a loop's thread and made somebody late by it, or holds it for ever. */
export function loopsBlocked(program: Program): DetectedInProgram<"loop-blocked">[] {
  return held(program).filter(({ evidence: { holder } }) => turnsOf(holder.longest) === null);
}

function held(program: Program): Detected<"loop-blocked">[] {
  return loopBlocked(program).filter(({ evidence: { holder } }) => {
    const { seen } = holder.longest;
    if (seen?.goesOn === true) return true;
    // Of a machine that gives it no core a step is not the cause.
    return holder.victims.length > 0 && seen?.kind !== "queued";
  });
}

/** How many turns of microtasks a hold was made of, none of them long; null where it is not told or one was. */
function turnsOf({ seen, ticks }: Hold): number | null {
  const { turns = 0 } = seen ?? {};
  return turns > 1 && ticks / turns < noticeable ? turns : null;
}

/** Who was late through many short steps, or turns of microtasks. A busy machine is no fault of the program's. */
export function loopsStarved(program: Program): DetectedInProgram<"loop-starved">[] {
  const bySteps = starved(program).flatMap(({ evidence, ...found }) =>
    evidence.by === "nobody"
      ? []
      : [
          {
            ...found,
            rule: "loop-starved" as const,
            place: evidence.by === "sums" ? evidence.sum.place : null,
            evidence,
          },
        ],
  );
  const byTurns = held(program).flatMap(({ evidence, ...found }) => {
    const turns = turnsOf(evidence.holder.longest);
    if (turns === null) return [];
    return [
      {
        ...found,
        rule: "loop-starved" as const,
        evidence: { by: "turns" as const, turns, ...evidence },
      },
    ];
  });
  return [...bySteps, ...byTurns];
}
