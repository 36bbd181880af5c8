/**
 * Findings about calls of async functions that were under way when their process ended: by whom they were waited
 * for, or that nobody could.
 *
 * Those that a lost call waited for were lost with it, and are told with it. What came to its end without a fault is
 * not told, even where nobody waited for it.
 */
import type { Floated, SettledWithout } from "../calls.ts";
import { actorsByNumber, type ActorOutcome } from "../entities.ts";
import type { Handler } from "../observations.ts";
import { kindOf } from "./case.ts";
import { endOf } from "./ends.ts";
import type { End } from "./finding.ts";
import type { DetectedInProgram, Program } from "./program-finding.ts";

/** What ended a process, with what is known beside of one whose loop floats: it has no other end than these. */
export function endOfProgram(program: Program): End {
  const { exitCall, main, floats, reading } = program;
  const error = reading.processes[0]?.error ?? null;
  if (!floats) return endOf(program);
  if (exitCall === null && error !== null) {
    if (main.status === "failed") return { by: "main-failed", error: error.error };
    if (error.is === "rejection") return { by: "rejection" };
    return { by: "uncaught", ended: "process", error: error.error };
  }
  const end = endOf(program);
  return end.by === "unknown" || end.by === "main-ended" ? { by: "nothing-left" } : end;
}

/** Calls whose promises nobody could wait for, and that their process cut off. */
export function floating(program: Program): DetectedInProgram<"floating">[] {
  if (program.interruptedBy !== null || !program.floats) return [];
  return lostCalls(program)
    .filter(({ why }) => why.is === "floating")
    .map(({ actors, awaited, why }) => {
      const dropped = why.is === "floating" ? why.dropped : null;
      return {
        rule: "floating",
        actors,
        at: endOfFirst(program, actors),
        place: dropped?.place ?? null,
        evidence: { dropped, end: endOfProgram(program), awaited },
      };
    });
}

/** Calls that somebody waited for, or that began when no other could go on any more; and main, where it was lost. */
export function callsLostAtExit(program: Program): DetectedInProgram<"lost-at-exit">[] {
  return lostCalls(program)
    .filter(({ why }) => why.is !== "floating")
    .map(({ actors, awaited, why }) => ({
      rule: "lost-at-exit",
      actors,
      at: endOfFirst(program, actors),
      evidence: {
        end: endOfProgram(program),
        cleanupCut: false,
        awaited,
        within: why.is === "within" ? why.handler : null,
        without: why.is === "without" ? why.settled : null,
      },
    }));
}

/** Why nobody saw a lost call to its end. */
type Why =
  | { is: "floating"; dropped: Floated | null }
  | { is: "within"; handler: Handler }
  | { is: "without"; settled: SettledWithout }
  | { is: "cut-off" };

/** Lost calls of one kind, for one reason, that no other lost call waited for. */
interface Lost {
  actors: number[];
  /** Those that they waited for. */
  awaited: number[];
  why: Why;
}

function lostCalls(program: Program): Lost[] {
  const { reading } = program;
  const { chains } = reading;
  const lost = reading.actors.filter(
    ({ lost, status, startedAt, kind }) =>
      lost &&
      startedAt !== null &&
      (status === "abandoned" || (kind === "main" && status === "interrupted")) &&
      kind !== "promise",
  );
  const numbers = new Set(lost.map(({ number }) => number));
  const told = new Set<number>();
  const isWaitedFor = ({ number }: ActorOutcome): boolean =>
    chains.waitersOf(number).some((waiter) => numbers.has(waiter));
  // Those that wait for each other in a circle have none above them.
  const ordered = [...lost.filter((one) => !isWaitedFor(one)), ...lost.filter(isWaitedFor)];
  const tops: { actor: ActorOutcome; below: number[] }[] = [];
  for (const actor of ordered) {
    if (told.has(actor.number)) continue;
    const below = [...chains.below(actor.number)].filter((one) => numbers.has(one));
    for (const one of [actor.number, ...below]) told.add(one);
    tops.push({ actor, below });
  }
  // What an error has cut off is told together.
  const end = endOfProgram(program);
  const isError = ["rejection", "uncaught", "main-failed"].includes(end.by);
  const alike = Map.groupBy(tops, ({ actor }) => {
    const why = whyOf(program, actor);
    return isError ? "" : `${kindOf(program, actor.number)} ${JSON.stringify(keyOf(why))}`;
  });
  return [...alike.values()].map((some) => {
    const actors = some.map(({ actor }) => actor.number);
    const own = new Set(actors);
    const awaited = [...new Set(some.flatMap(({ below }) => below))].filter((one) => !own.has(one));
    return { actors, awaited, why: isError ? { is: "cut-off" } : whyOf(program, some[0]!.actor) };
  });
}

function keyOf(why: Why): unknown {
  switch (why.is) {
    case "floating":
      return [why.is, why.dropped?.how, why.dropped?.place];
    case "within":
      return [why.is, why.handler.place];
    case "without":
      return [why.is, why.settled.place];
    case "cut-off":
      return why.is;
  }
}

function whyOf({ reading }: Program, { number, kind, startedAt }: ActorOutcome): Why {
  if (kind !== "call") return { is: "cut-off" };
  const handler = reading.handlers.findLast(
    ({ beganAt, endedAt, function: of }) =>
      isLast(of) &&
      beganAt !== null &&
      beganAt <= startedAt! &&
      (endedAt === null || startedAt! <= endedAt),
  );
  if (handler !== undefined) return { is: "within", handler };
  const settled = reading.settledWithout.findLast(({ actor }) => actor === number);
  if (settled !== undefined) return { is: "without", settled };
  const dropped = reading.floated.findLast(({ actor }) => actor === number);
  if (dropped !== undefined) return { is: "floating", dropped };
  const isUsed = reading.uses.some(({ actor }) => actor === number);
  const isAwaited = reading.chains.waitersOf(number).length > 0;
  return isUsed || isAwaited ? { is: "cut-off" } : { is: "floating", dropped: null };
}

/** Whether a handler is one of those behind which nothing goes on any more, by what it was registered for. */
function isLast(of: string): boolean {
  return /^exit\b/.test(of);
}

function endOfFirst({ reading, wall }: Program, [first]: readonly number[]): number {
  return actorsByNumber(reading.actors).get(first!)?.endedAt ?? wall;
}
