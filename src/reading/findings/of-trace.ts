/**
 * A trace as detectors see it, when nobody knows how its program is written.
 *
 * What a scenario or a strategy would say is said by definitions, or shows: a process that ended while a
 * loop was open in another thread did not wait for it.
 */
import type { Ticks } from "../../base/duration.ts";
import { NOBODY } from "../../trace/log.ts";
import {
  actorsByNumber,
  type ActorOutcome,
  type Exit,
  isWork,
  type TaskStatus,
} from "../entities.ts";
import type { Reading } from "../reading.ts";
import { precisionOf, type ReadingSource } from "../precision.ts";
import type { ActorPlace, ExitCall, Stray } from "./finding.ts";
import type { Case, Launch, MainProgram, Work } from "./case.ts";

/**
 * The case of a trace's first process; that of another is made of its reading (`one-process.ts`).
 *
 * @param source where the trace comes from, as far as its times depend on it.
 */
export function caseOfTrace(reading: Reading, source: ReadingSource): Case {
  const { actors, loops, threads, unfinished } = reading;
  const byNumber = actorsByNumber(actors);
  const main = mainOf(reading);
  const mainThread = byNumber.get(main.actor)?.thread ?? threads[0]?.number ?? 0;
  const launches = actors
    .filter(({ kind }) => kind === "launch")
    .map((actor) => launchOf(reading, actor));
  const floats = loops.some(({ thread, rules }) => thread === mainThread && rules === "javascript");
  const beside = loops.filter(({ thread }) => thread !== mainThread);
  const isCutOff = floats
    ? leftSleepers(reading)
    : beside.some(({ closedAt }) => closedAt === null);
  const interruptedBy = reading.processes[0]?.interruptedBy ?? null;
  return {
    wall: reading.wall,
    precision: precisionOf(source),
    interruptedBy,
    main,
    launches,
    launchOf: (task) => entryOf(byNumber, launches, task),
    tasks: worksOf(actors),
    actors: byNumber,
    placesOf: (actor) => placesOf(byNumber.get(actor)),
    floats,
    exit: source.kind === "observed" ? null : exitOf(reading, main, isCutOff),
    launched: loops.length > 0 || launches.some(({ startedAt }) => startedAt !== null),
    rejected: rejectionEnded(reading, precisionOf(source)),
    strays: straysOf(reading, { thread: mainThread, error: main.error }),
    exitCall: exitCallOf(reading, { thread: mainThread, actor: main.actor }),
    failures: reading.failures,
    waiting: interruptedBy === "deadlock" ? reading.waiting : [],
    blames: [...loops.map(({ blame }) => blame), reading.elsewhere],
    attempts: Map.groupBy(
      reading.attempts.map((one) => ({ ...one, stepsDone: byNumber.get(one.actor)?.done ?? 0 })),
      ({ task }) => task,
    ),
    holds: loops.flatMap(({ blame }) => blame.holds.map(({ hold }) => hold)),
    races: reading.races,
    aftermath: reading.aftermath,
    droppedPromises: reading.droppedPromises,
    left: {
      loop: beside.some(({ closedAt }) => closedAt === null),
      jobs: unfinished.filter(({ kind }) => kind === "job").length,
    },
  };
}

/**
 * Whether a rejection that nobody handled ended the process: it ended by itself, in a status that tells of
 * an error, when that was logged. A process that goes on has handled it somehow.
 */
function rejectionEnded({ failures, processes, exits, wall }: Reading, precision: Ticks): boolean {
  const { exitCode = null, endedAt = null } = processes[0] ?? {};
  if (exitCode === null || exitCode === 0) return false;
  if (exits.some(({ alone }) => alone === null)) return false;
  const logged = failures
    .flatMap(({ heard }) => heard)
    .findLast(({ where }) => where === "unhandled-rejection");
  return logged !== undefined && (endedAt ?? wall) - logged.at <= precision;
}

/** The first program of a thread; what was cut before it named one has none, which no number names. */
function mainOf({ actors, standstills }: Reading): MainProgram {
  const main = actors.find(({ kind }) => kind === "main");
  if (main === undefined)
    return {
      actor: NaN,
      status: "unstarted",
      startedAt: null,
      endedAt: null,
      error: null,
      waits: [],
    };
  const { number, status, startedAt, endedAt, error } = main;
  const waits = standstills.find(({ actor }) => actor === number)?.waits ?? [];
  return { actor: number, status, startedAt, endedAt, error, waits };
}

function launchOf({ raisedInto }: Reading, actor: ActorOutcome): Launch {
  const { number, status, startedAt, endedAt, error, heard } = actor;
  const failedWith = status === "failed" ? (raisedInto.get(number) ?? []) : [];
  return { actor: number, status, startedAt, endedAt, error, heard, failedWith };
}

/** Whether the process ended while something was pending that waited for nobody: time would have woken it. */
function leftSleepers({ actors, unfinished }: Reading): boolean {
  const waits = unfinished.filter(({ kind }) => ["wait", "call", "settle"].includes(kind));
  const waiting = new Set(waits.map(({ actor }) => actor));
  return actors.some(
    ({ kind, status, number }) => kind !== "main" && status === "abandoned" && !waiting.has(number),
  );
}

/** Whether the process waited when main was over; where it ended all the same, that was its grace. */
function exitOf({ wall }: Reading, { endedAt }: MainProgram, isCutOff: boolean): Case["exit"] {
  const waited = wall - (endedAt ?? wall);
  return isCutOff && waited > 0
    ? { waits: true, grace: waited }
    : { waits: !isCutOff, grace: null };
}

/** The entry that a task descends from, or else the one on its thread, or the only one. */
function entryOf(
  actors: ReadonlyMap<number, ActorOutcome>,
  launches: readonly Launch[],
  task: number,
): Launch | null {
  const entry = (actor: number): Launch | undefined =>
    launches.find((launch) => launch.actor === actor);
  // A trace that says that somebody descends from itself is read all the same.
  const seen = new Set<number>();
  for (let at: number | null = task; at !== null && !seen.has(at);) {
    const found = entry(at);
    if (found !== undefined) return found;
    seen.add(at);
    at = actors.get(at)?.parent ?? null;
  }
  const thread = actors.get(task)?.thread ?? null;
  const beside = launches.find(
    (launch) => thread !== null && actors.get(launch.actor)?.thread === thread,
  );
  return beside ?? (launches.length === 1 ? launches[0]! : null);
}

/** Work by number. What was cut off had something left to do, as far as a trace tells. */
function worksOf(actors: readonly ActorOutcome[]): Case["tasks"] {
  return new Map(
    actors.filter(isWork).map((actor): [number, Work] => {
      const status = actor.status as TaskStatus;
      const stoodAt = status === "cancelled" || status === "abandoned" ? "somewhere" : null;
      return [actor.number, { ...actor, status, stoodAt }];
    }),
  );
}

/** Where an actor was made, and where it stood if it did not come to an end of its own. */
function placesOf(actor: ActorOutcome | undefined): ActorPlace[] {
  if (actor === undefined) return [];
  const { place, lastPlace, status } = actor;
  const isCut = status === "cancelled" || status === "abandoned";
  return [
    ...(place === null ? [] : [{ is: "made" as const, place }]),
    ...(lastPlace === null || !isCut ? [] : [{ is: "stood" as const, place: lastPlace }]),
  ];
}

/** What ended threads; with main's the process ends. */
export function straysOf(
  { strays, exits }: Pick<Reading, "strays" | "exits">,
  main: { thread: number; error: string | null },
): Case["strays"] {
  return strays.map(({ thread, error, at }) => {
    const ended = thread === main.thread ? "process" : "thread";
    const exit = exits.find((one) => one.thread === thread);
    const end: Stray["end"] =
      exit === undefined
        ? { by: "uncaught", ended, error }
        : { by: "exit", ended, code: exit.code, call: callOf(exit, { thread, actor: NOBODY }) };
    return { at, end, failedMain: error === main.error };
  });
}

/** The call for an exit that ended the first process; null where none did. */
export function exitCallOf(
  { processes }: Pick<Reading, "processes">,
  main: { thread: number; actor: number },
): Case["exitCall"] {
  const exit = processes[0]?.exit ?? null;
  return exit && { by: "exit", ended: "process", code: exit.code, call: callOf(exit, main) };
}

/** A call for an exit. @param plain the thread and the actor that need not be said. */
function callOf(
  { actor, thread, place }: Exit,
  plain: { thread: number; actor: number },
): ExitCall {
  return {
    by: actor === plain.actor || actor === NOBODY ? null : actor,
    thread: thread === plain.thread ? null : thread,
    place,
  };
}
