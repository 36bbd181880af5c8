/** Findings about work of a program that was lost, outlived whoever waited for it, or swallowed its cancellation. */
import type { Ticks } from "../../base/duration.ts";
import { byActor, inputsWith, type SettledWithout, type Use } from "../calls.ts";
import { actorsByNumber, type ActorOutcome } from "../entities.ts";
import type { Failure } from "../failures.ts";
import type { LoopOutcome } from "../loops.ts";
import type { Reading } from "../reading.ts";
import { endOf, whyNeverBegun } from "./ends.ts";
import { alike } from "./case.ts";
import { callsLostAtExit } from "./program-calls.ts";
import type { DetectedInProgram, Program } from "./program-finding.ts";

/** Tasks that were pending when a line of the program closed their loop. */
export function closedUnderTasks(program: Program): DetectedInProgram<"loop-closed-under-tasks">[] {
  return grouped(program, (actor) => loopClosedUnder(program, actor) !== null).map((tasks) => {
    const { closedAt, closed } = loopClosedUnder(program, tasks[0]!)!;
    return {
      rule: "loop-closed-under-tasks",
      actors: tasks.map(({ number }) => number),
      at: closedAt!,
      evidence: { how: closed?.how ?? null, place: closed?.place ?? null },
    };
  });
}

/** Tasks that the garbage collector took while they waited. */
export function collected(program: Program): DetectedInProgram<"task-collected">[] {
  return grouped(program, (actor) => isCollected(program, actor)).map((tasks) => {
    const collectedAt = program.reading.collected.get(tasks[0]!.number)!;
    return {
      rule: "task-collected",
      actors: tasks.map(({ number }) => number),
      at: collectedAt,
      evidence: { collectedAt },
    };
  });
}

/** Work that was under way when its process ended. What an interrupted process left undone is nobody's fault. */
export function lostAtExit(program: Program): DetectedInProgram<"lost-at-exit">[] {
  if (program.interruptedBy !== null) return [];
  if (program.floats) return callsLostAtExit(program);
  const isLost = (actor: ActorOutcome): boolean =>
    isAbandoned(program, actor) && actor.startedAt !== null;
  return grouped(program, isLost).map((tasks) => {
    const [{ endedAt }] = tasks as [ActorOutcome];
    const cleanupCut = tasks.some((task) => task.cleanupCut !== null);
    return {
      rule: "lost-at-exit",
      actors: tasks.map(({ number }) => number),
      at: endedAt ?? program.wall,
      evidence: { end: endOf(program), cleanupCut },
    };
  });
}

/** Coroutines that nobody awaited or made tasks of. */
export function neverAwaited(program: Program): DetectedInProgram<"coroutine-never-awaited">[] {
  const isOne = ({ kind, destroyed, startedAt }: ActorOutcome): boolean =>
    kind === "coroutine" && destroyed && startedAt === null;
  return grouped(program, isOne).map((coroutines) => {
    const [{ number, place }] = coroutines as [ActorOutcome];
    return {
      rule: "coroutine-never-awaited",
      actors: coroutines.map((one) => one.number),
      at: program.reading.collected.get(number) ?? program.wall,
      evidence: { isMadeKnown: place !== null },
    };
  });
}

/** Work that was handed over and never had a turn. */
export function neverBegun(program: Program): DetectedInProgram<"never-started">[] {
  if (program.interruptedBy !== null) return [];
  const isOne = (actor: ActorOutcome): boolean =>
    isAbandoned(program, actor) && actor.startedAt === null;
  return grouped(program, isOne).map((tasks) => {
    const actors = tasks.map(({ number }) => number);
    const [{ submittedAt, kind }] = tasks as [ActorOutcome];
    const isHandedOver = submittedAt !== null || kind === "job";
    return {
      rule: "never-started",
      actors,
      at: program.wall,
      evidence: isHandedOver ? { why: "not-taken" } : whyNeverBegun(program, actors),
    };
  });
}

/** Work that went on when whoever waited for it had given up. */
export function outlived(program: Program): DetectedInProgram<"outlived">[] {
  const { outlived: all, actors } = program.reading;
  const byNumber = actorsByNumber(actors);
  const kinds = Map.groupBy(all, ({ actor, waiter, by }) => {
    const { kind, name, function: of, place } = byNumber.get(actor)!;
    const { function: waiting = null } = byNumber.get(waiter ?? -1) ?? {};
    return `${kind} ${of ?? name} ${place} ${waiting} ${by}`;
  });
  return [...kinds.values()].map((some) => {
    const [first] = some as [(typeof some)[number]];
    const { waiter, by, place = null } = first;
    const until = (one: typeof first): number => one.endedAt ?? program.wall;
    const longest =
      by === "all" || by === "race"
        ? some.reduce((a, b) => (until(b) - b.at > until(a) - a.at ? b : a))
        : first;
    const { endedAt } = longest;
    return {
      rule: "outlived",
      actors: some.map((one) => one.actor),
      at: longest.at,
      evidence: {
        waiter,
        by,
        place,
        failed: by === "all" ? failedInto(program.reading, { ...first, place }) : null,
        endedAt,
        until: until(longest),
      },
    };
  });
}

/** Whose failure it was that a combinator had failed with when it settled without an actor; null where not known. */
export function failedInto(
  { failures, uses }: Pick<Reading, "failures" | "uses">,
  { actor, at, place }: Pick<SettledWithout, "actor" | "at" | "place">,
): number | null {
  const inputs = inputsWith(uses, { actor, by: "all", place });
  const known = failedWith.get(inputs);
  if (known?.at === at) return known.actor;
  const own = byActor(failures);
  const failed = inputs.flatMap((use) => own.get(use.actor) ?? []).filter((one) => one.at <= at);
  const last = failed.reduce<Failure | null>((a, b) => (a !== null && a.at > b.at ? a : b), null);
  failedWith.set(inputs, { at, actor: last?.actor ?? null });
  return last?.actor ?? null;
}

/** What has been found of a combinator's inputs last, since it is asked for each of them. */
const failedWith = new WeakMap<readonly Use[], { at: Ticks; actor: number | null }>();

/**
 * Tasks that caught their cancellation and went on, or ended because of a clause for whatever may come. Whoever
 * catches just that, and ends, has stopped as it was asked to.
 */
export function cancelsSwallowed({ reading }: Program): DetectedInProgram<"cancel-swallowed">[] {
  const atFault = reading.swallowed.filter(({ how }) => how !== "dropped");
  const alike = Map.groupBy(atFault, ({ actor, place, how }) => {
    const { kind, function: of, name } = reading.actors.find((one) => one.number === actor)!;
    return `${kind} ${of ?? name} ${place} ${how}`;
  });
  return [...alike.values()].map((some) => {
    const [first] = some as [(typeof some)[number]];
    return {
      rule: "cancel-swallowed",
      actors: [...new Set(some.map(({ actor }) => actor))],
      at: first.at,
      place: first.place,
      evidence: { times: some.length, swallowed: first },
    };
  });
}

/** Work that fits, by its kind. */
function grouped(program: Program, fits: (actor: ActorOutcome) => boolean): ActorOutcome[][] {
  const byNumber = actorsByNumber(program.reading.actors);
  return alike(program, (_, number) => fits(byNumber.get(number)!)).map((numbers) =>
    numbers.map((number) => byNumber.get(number)!),
  );
}

/** Whether work was pending when its process ended, for no other reason than that. */
function isAbandoned(program: Program, actor: ActorOutcome): boolean {
  const { lost, status, destroyed } = actor;
  return lost && status === "abandoned" && !destroyed && loopClosedUnder(program, actor) === null;
}

/** Whether the collector took a task that nothing else had ended. */
function isCollected(program: Program, actor: ActorOutcome): boolean {
  return actor.destroyed && actor.kind !== "coroutine" && loopClosedUnder(program, actor) === null;
}

/** The loop that was closed with a task on it pending, which nobody had cancelled; null where none was. */
function loopClosedUnder({ reading }: Program, actor: ActorOutcome): LoopOutcome | null {
  const { kind, thread, startedAt, cancelled, status, number } = actor;
  if (kind !== "task" || cancelled !== null || status !== "abandoned") return null;
  const loop = reading.loops.findLast(
    (one) => one.thread === thread && one.openedAt <= (startedAt ?? Infinity),
  );
  const closedAt = loop?.closedAt ?? null;
  if (closedAt === null || closedAt > (reading.collected.get(number) ?? Infinity)) return null;
  return loop!;
}
