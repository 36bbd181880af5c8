/**
 * Findings about calls of async functions that were under way when their process ended: by whom they were waited
 * for, or that nobody could.
 *
 * Those that a lost call waited for were lost with it, and are told with it. What came to its end without a fault is
 * not told, even where nobody waited for it.
 */
import { NOBODY } from "../../trace/log.ts";
import { byActor, type Floated, type SettledWithout } from "../calls.ts";
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
    if (main.status === "failed" || error.is === "main")
      return { by: "main-failed", error: error.error };
    if (error.is === "rejection") return { by: "rejection" };
    return { by: "uncaught", ended: "process", error: error.error };
  }
  const end = endOf(program);
  if (end.by !== "unknown" && end.by !== "main-ended") return end;
  // A main that was cut off with the status of an error was so by what is not known.
  const isCut =
    main.status === "interrupted" && ![0, 13].includes(reading.processes[0]?.exitCode ?? 0);
  // A timer that somebody waits for would have kept it, as a runner of tests does not wait for.
  const isTimed = reading.sightings.some(
    ({ actor, of }) => of === "timer" && program.tasks.get(actor)?.lost === true,
  );
  return isCut || isTimed ? { by: "unknown" } : { by: "nothing-left" };
}

/** The same for an actor: its thread may have come to an end before the process, which went on. */
function endFor(program: Program, number: number): End {
  const { actors, threads, exits, processes } = program.reading;
  const thread = actorsByNumber(actors).get(number)?.thread ?? null;
  const own = threads.find((one) => one.number === thread);
  const end = processes[0]?.endedAt ?? program.wall;
  const exit = exits.find((one) => one.thread === thread && one.at <= end);
  const isOver = exit?.alone != null || (own?.endedAt != null && own.endedAt < end);
  if (own === undefined || own === threads[0] || !isOver) return endOfProgram(program);
  const worker = actors.find((one) => one.kind === "thread" && one.thread === thread);
  if (worker?.status === "failed")
    return { by: "uncaught", ended: "thread", error: worker.error ?? "" };
  if (exit === undefined) return { by: "terminated", call: null };
  const { actor, place, code, alone } = exit;
  const by = actor === number || actor === NOBODY ? null : actor;
  const call = { by, thread: null, place };
  return alone === "terminate"
    ? { by: "terminated", call }
    : { by: "exit", ended: "thread", code, call };
}

/**
 * Calls whose promises nobody could wait for, and that were cut off; and those whose promises were taken for a yes
 * or a no, whatever they came to.
 */
export function floating(program: Program): DetectedInProgram<"floating">[] {
  if (!program.floats) return [];
  const lost = program.interruptedBy === null ? lostCalls(program) : [];
  const cut = lost.flatMap(({ actors, awaited, why, end }): DetectedInProgram<"floating">[] =>
    why.is === "floating"
      ? [
          {
            rule: "floating",
            actors,
            at: endOfFirst(program, actors),
            place: why.dropped?.place ?? null,
            evidence: { dropped: why.dropped, end, awaited },
          },
        ]
      : [],
  );
  const told = new Set(cut.flatMap(({ actors }) => actors));
  const taken = program.reading.floated.filter(
    ({ how, actor }) => conditions.has(how) && !told.has(actor),
  );
  const alike = Map.groupBy(
    taken,
    ({ actor, how, place }) => `${kindOf(program, actor)} ${how} ${place}`,
  );
  const asCondition = [...alike.values()].map((some): DetectedInProgram<"floating"> => {
    const [dropped] = some as [Floated];
    const { at, place } = dropped;
    const actors = some.map(({ actor }) => actor);
    return { rule: "floating", actors, at, place, evidence: { dropped, end: null, awaited: [] } };
  });
  return [...cut, ...asCondition];
}

/** What takes a promise for a yes or a no, of which it is always a yes, or for a number, which it never is. */
const conditions: ReadonlySet<string> = new Set([
  "condition",
  "filter",
  "some",
  "every",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "sort",
  "toSorted",
]);

/** Calls that somebody waited for, or that began when no other could go on any more; and main, where it was lost. */
export function callsLostAtExit(program: Program): DetectedInProgram<"lost-at-exit">[] {
  return lostCalls(program)
    .filter(({ why }) => why.is !== "floating")
    .map(({ actors, awaited, why, end }) => ({
      rule: "lost-at-exit",
      actors,
      at: endOfFirst(program, actors),
      evidence: {
        end,
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
  /** What ended the process, or their thread. */
  end: End;
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
  const alike = Map.groupBy(tops, ({ actor }) => {
    const end = endFor(program, actor.number);
    // What an error has cut off is told together.
    if (errors.has(end.by)) return `${end.by} ${actor.thread}`;
    const why = JSON.stringify([keyOf(whyOf(program, actor, end)), end.by]);
    // What nothing could settle has nothing to do with where it was called.
    return end.by === "nothing-left"
      ? `${actor.kind} ${actor.function ?? actor.name} ${why}`
      : `${kindOf(program, actor.number)} ${why}`;
  });
  return [...alike.values()].map((some) => {
    const [{ actor }] = some as [(typeof some)[number]];
    const actors = some.map((one) => one.actor.number);
    const own = new Set(actors);
    const awaited = [...new Set(some.flatMap(({ below }) => below))].filter((one) => !own.has(one));
    const end = endFor(program, actor.number);
    const isError = errors.has(end.by);
    return { actors, awaited, why: isError ? { is: "cut-off" } : whyOf(program, actor, end), end };
  });
}

/** Ends by errors. */
const errors: ReadonlySet<string> = new Set(["rejection", "uncaught", "main-failed"]);

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

function whyOf({ reading }: Program, { number, kind, startedAt }: ActorOutcome, end: End): Why {
  if (kind !== "call") return { is: "cut-off" };
  const handler = reading.handlers.findLast(
    ({ beganAt, endedAt, function: of }) =>
      isLast(of) &&
      beganAt !== null &&
      beganAt <= startedAt! &&
      (endedAt === null || startedAt! <= endedAt),
  );
  if (handler !== undefined) return { is: "within", handler };
  const settled = byActor(reading.settledWithout).get(number)?.at(-1);
  if (settled !== undefined) return { is: "without", settled };
  // What nothing could settle would not have come to its end if somebody had waited for it.
  if (end.by === "nothing-left") return { is: "cut-off" };
  const dropped = byActor(reading.floated).get(number)?.at(-1);
  if (dropped !== undefined) return { is: "floating", dropped };
  const isUsed = byActor(reading.uses).has(number);
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
