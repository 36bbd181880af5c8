/** What is known of a program so far, as the definitions and the log of a trace. */
import type { ActorDefinition, Definitions } from "../trace/definitions.ts";
import { endings, type EventType, shapesByNumber, typeNumber } from "../trace/event.ts";
import {
  type Details,
  detailsAt,
  eachInTimeOrder,
  EventLog,
  NOBODY,
  NOWHERE,
} from "../trace/log.ts";
import type { Registers } from "./registers.ts";

/**
 * The definitions so far, but for the processes. A thread, loop or resource that is named and has none is given one that says so.
 * Places and actors are left out then: of an actor whose birth was dropped nobody knows what became of it.
 */
export function definitionsOf({
  of,
  named,
  processOfThread,
}: Registers): Omit<Definitions, "processes"> {
  const places = of.place.all(() => null);
  const known = (place: number | null): number | null =>
    place !== null && places.has(place) ? place : null;
  const threads = new Map(
    [
      ...of.thread.all((number) =>
        named[number] === true
          ? { process: processOfThread[number] ?? 0, name: `thread ${number}`, daemon: true }
          : null,
      ),
    ].map(([number, { place, ...thread }]) => {
      const isKnown = place !== undefined && known(place) !== null;
      return [number, isKnown ? { ...thread, place } : thread];
    }),
  );
  const loops = of.loop.all(() => ({ thread: 0, rules: "asyncio" }));
  return {
    places,
    threads,
    loops: new Map([...loops].filter(([, { thread }]) => threads.has(thread))),
    actors: parentsFirst(
      of.actor.all(() => null),
      known,
    ),
    resources: new Map(
      [
        ...of.resource.all((number) => {
          return { kind: "resource", name: `#${number}`, capacity: null, place: null };
        }),
      ].map(([number, resource]) => [number, { ...resource, place: known(resource.place) }]),
    ),
  };
}

/** Actors, each behind whoever made it: a file has no other order. */
function parentsFirst(
  actors: ReadonlyMap<number, ActorDefinition>,
  known: (place: number | null) => number | null,
): Map<number, ActorDefinition> {
  const ordered = new Map<number, ActorDefinition>();
  const add = (number: number): void => {
    const { place, code, parent, ...rest } = actors.get(number)!;
    const isCoded = code !== undefined && known(code) !== null;
    ordered.set(number, {
      ...rest,
      parent: parent !== null && ordered.has(parent) ? parent : null,
      place: known(place),
      ...(isCoded ? { code } : {}),
    });
  };
  const isNext = (number: number | null): number is number =>
    number !== null && actors.has(number) && !ordered.has(number);
  for (const [number, { parent }] of actors) {
    if (!isNext(number)) continue;
    // Most have a parent that stands before them already.
    if (!isNext(parent)) {
      add(number);
      continue;
    }
    const line = new Set([number]);
    for (let next: number | null = parent; isNext(next) && !line.has(next);) {
      line.add(next);
      next = actors.get(next)!.parent;
    }
    for (const one of [...line].toReversed()) add(one);
  }
  return ordered;
}

/** The word for how somebody ended of whom nothing is told: the record has gaps where it may have been. */
export const untold = "untold";

/** What an actor begins and ends with. */
const births: ReadonlyMap<number, EventType> = new Map([
  [typeNumber["task-created"], "task-ended"],
  [typeNumber["launch-started"], "launch-ended"],
  [typeNumber["main-started"], "main-ended"],
]);
function numbersOf(...types: EventType[]): ReadonlySet<number> {
  return new Set(types.map((type) => typeNumber[type]));
}

const deaths = numbersOf("task-ended", "task-destroyed", "launch-ended", "main-ended");
/** What main does is no sign that anybody else's end would have been told. */
const ofMain = numbersOf("main-started", "main-ended");
const sightings = numbersOf("stood-at", "waits-for");

/**
 * Ends those whose end is not told and who were not seen standing anywhere afterwards, in processes of whose
 * record a part is missing: nobody knows what became of them, so they must not be told as lost.
 *
 * @param gaps the processes, and whether it is the last part that is missing: then nobody was seen afterwards.
 */
export function endUntold(
  log: EventLog,
  { threads }: Definitions,
  gaps: ReadonlyMap<number, { atEnd: boolean }>,
): void {
  const open = new Map<number, { thread: number; ends: EventType }>();
  const seenAt = new Map<number, number>();
  let movedAt = 0;
  for (const { at, type, actor, thread, length } of log.chunks)
    for (let k = 0; k < length; k++) {
      const ends = births.get(type[k]!);
      const isDeath = deaths.has(type[k]!);
      if ((ends !== undefined || isDeath) && !ofMain.has(type[k]!)) movedAt = at[k]!;
      if (sightings.has(type[k]!)) seenAt.set(actor[k]!, at[k]!);
      else if (isDeath) open.delete(actor[k]!);
      else if (ends !== undefined && gaps.has(threads.get(thread[k]!)?.process ?? NaN))
        open.set(actor[k]!, { thread: thread[k]!, ends });
    }
  const isCut = (thread: number): boolean => gaps.get(threads.get(thread)!.process)!.atEnd;
  for (const [actor, { thread, ends }] of open)
    if (isCut(thread) || (seenAt.get(actor) ?? -1) < movedAt)
      log.record(log.end, typeNumber[ends], thread, actor, endings.length);
}

/** The events in the order of time, their times in whole ticks; those about nobody that is known are counted. */
export function inTicks(
  raw: EventLog,
  { places, actors }: Definitions,
): { log: EventLog; leftOut: number } {
  const isKnown = (place: number): boolean => place === NOWHERE || places.get(place) !== undefined;
  const namesKnown = (type: number, numbers: Details["numbers"]): boolean =>
    numbers === undefined ||
    (shapesByNumber[type]!.numbers ?? []).every(
      ({ name, unit }) =>
        unit !== "actor" || numbers[name] === undefined || actors.get(numbers[name]) !== undefined,
    );
  const settle = (type: number, details: Details | undefined): Details | undefined => {
    if (details === undefined) return undefined;
    const { place = NOWHERE, stack, numbers } = details;
    const isNamed = namesKnown(type, numbers);
    if (isNamed && isKnown(place) && (stack === undefined || stack.every(isKnown))) return details;
    const { place: _, stack: __, numbers: ___, ...rest } = details;
    return {
      ...rest,
      place: isKnown(place) ? place : NOWHERE,
      ...(stack === undefined ? {} : { stack: stack.filter(isKnown) }),
      ...(isNamed && numbers !== undefined ? { numbers } : {}),
    };
  };
  const log = new EventLog();
  let leftOut = 0;
  eachInTimeOrder(raw.chunks, (chunk, k) => {
    const actor = chunk.actor[k]!;
    const type = chunk.type[k]!;
    const kind = actor === NOBODY ? null : actors.get(actor)?.kind;
    const isOfTask = shapesByNumber[type]!.about === "task";
    if (kind === undefined || (isOfTask && (kind === "main" || kind === "launch"))) {
      leftOut++;
      return;
    }
    const at = Math.floor(chunk.at[k]!);
    const details = settle(type, detailsAt(chunk, k));
    log.record(at, type, chunk.thread[k]!, actor, chunk.value[k]!, details);
  });
  return { log, leftOut };
}
