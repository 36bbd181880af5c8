/**
 * What is told of a program that no scenario describes: who there was, process by process, what became of
 * its tasks by kind, and where those stood that did not come to an end. Every format is made of this.
 */
import type { Ticks } from "../base/duration.ts";
import { type ActorOutcome, isWork, type ProcessOutcome } from "../reading/entities.ts";
import type { LoopOutcome } from "../reading/loops.ts";
import type { Reading } from "../reading/reading.ts";
import type { Span } from "../reading/spans.ts";
import { findInProgram, type ProgramFinding } from "../remedies/program/findings.ts";
import { Names } from "../remedies/program/names.ts";
import type { ProcessDefinition, ThreadDefinition } from "../trace/definitions.ts";
import type { RecordedTrace } from "../trace/read.ts";
import type { ObservedSource } from "../trace/trace.ts";
import { actorsApart } from "./apart.ts";

/** A trace of such a program, read. */
export interface ObservedTrace {
  source: ObservedSource;
  trace: Pick<RecordedTrace, "definitions" | "cutOff" | "unknown" | "words" | "idOf">;
  reading: Reading;
}

export interface ProgramReport extends ObservedTrace {
  /** What actors are called where nothing else says which is meant. */
  names: Names;
  processes: readonly ProcessReport[];
  /** Those that had not ended when the record did, and whose process is not known to have ended. */
  alive: ReadonlySet<number>;
  /** What those stand at who have not come to an end, by actor. */
  standings: ReadonlyMap<number, Standing>;
  findings: readonly ProgramFinding[];
}

export interface ProcessReport extends ProcessOutcome, Pick<ProcessDefinition, "pid" | "command"> {
  threads: readonly ThreadReport[];
  /** Programs of threads, and entries of loops, that never had a turn. */
  unstarted: readonly ActorOutcome[];
  kinds: readonly Kind[];
}

export interface ThreadReport extends ThreadDefinition {
  number: number;
  /** When it was first heard of; null when it never was. */
  startedAt: Ticks | null;
  /** The synchronous programs it ran, the first of all its own. */
  mains: readonly ActorOutcome[];
  loops: readonly LoopOutcome[];
  /** What the loops were entered with. */
  entries: readonly ActorOutcome[];
}

/** What became of work, the gravest first; `alive`: nobody knows, since the record ends before it did. */
export const fates = [
  "lost",
  "failed",
  "given up",
  "alive",
  "cancelled",
  "ended",
  "finished",
] as const;
export type Fate = (typeof fates)[number];

/** Tasks that share their kind, their function and the place where they were made. */
export interface Kind extends Pick<ActorOutcome, "kind" | "place"> {
  /** The function, or the name of a single one that has none. */
  name: string;
  tasks: readonly ActorOutcome[];
  counts: Readonly<Record<Fate, number>>;
  /** The longest that one of them took from its first turn to its end; null where none has ended. */
  longest: Ticks | null;
}

/** What somebody is at who has not come to an end, as far as the record tells. */
export interface Standing {
  actor: number;
  /** The kind of the span; `seen`: a recorder looked, and saw it wait. Null where only the place is known. */
  at: string | null;
  /** For what it waits, in the trace's own word. */
  for: string | null;
  /** The name of that, or of the function that it is in. */
  of: string | null;
  resource: number | null;
  /** The actor that it waits for. */
  whom: number | null;
  place: number | null;
  /** Since when, or when it was seen. */
  since: Ticks | null;
}

export function reportProgram(observed: ObservedTrace): ProgramReport {
  const { source, trace, reading } = observed;
  const names = new Names(trace.definitions, actorsApart(observed));
  const alive = aliveIn(reading);
  return {
    ...observed,
    names,
    alive,
    processes: processesOf(observed, alive),
    standings: standingsOf(reading),
    findings: findInProgram(reading, { source, names }),
  };
}

export function fateOf(
  { number, lost, givenUp, status, cancelled }: ActorOutcome,
  { alive }: Pick<ProgramReport, "alive">,
): Fate {
  if (alive.has(number)) return "alive";
  if (lost) return "lost";
  if (givenUp !== null) return "given up";
  const fate = fates.find((fate) => fate === status);
  // What its process cut off and is no loss was on its way out, or meant to end so.
  return fate ?? (cancelled !== null ? "cancelled" : "ended");
}

/** Where a process has no end in the record, what has none either may have gone on. */
function aliveIn({ processes, threads, actors }: Reading): Set<number> {
  const open = new Set(
    processes.filter(({ endedAt }) => endedAt === null).map((one) => one.number),
  );
  const homes = new Map(threads.map(({ number, process }) => [number, process]));
  const first = processes[0]?.number ?? 0;
  const going = new Set(["abandoned", "interrupted", "unstarted"]);
  return new Set(
    actors
      .filter(({ status, destroyed }) => going.has(status) && !destroyed)
      .filter(({ thread }) => open.has(thread === null ? first : (homes.get(thread) ?? first)))
      .map(({ number }) => number),
  );
}

function processesOf(
  { trace, reading }: ObservedTrace,
  alive: ProgramReport["alive"],
): ProcessReport[] {
  const { processes, threads, actors, loops } = reading;
  const home = new Map(threads.map(({ number, process }) => [number, process]));
  const first = processes[0]?.number;
  /** What never ran anywhere is the first process's. */
  const processOf = (actor: ActorOutcome): number | undefined =>
    actor.thread === null ? first : home.get(actor.thread);
  const work = Map.groupBy(actors.filter(isWork), processOf);
  const programs = Map.groupBy(
    actors.filter((actor) => !isWork(actor)),
    ({ thread }) => thread,
  );
  const ofKind = (thread: number, kind: string): ActorOutcome[] =>
    (programs.get(thread) ?? []).filter((one) => one.kind === kind);
  return processes.map((process) => {
    const { pid = null, command = null } = trace.definitions.processes.get(process.number) ?? {};
    return {
      ...process,
      pid,
      command,
      threads: threads
        .filter((thread) => thread.process === process.number)
        .map((thread) => ({
          ...thread,
          mains: ofKind(thread.number, "main"),
          loops: loops.filter((loop) => loop.thread === thread.number),
          entries: ofKind(thread.number, "launch"),
        })),
      // A program that never had a turn ran on no thread.
      unstarted: process.number === first ? (programs.get(null) ?? []) : [],
      kinds: kindsOf(work.get(process.number) ?? [], alive),
    };
  });
}

function kindsOf(tasks: readonly ActorOutcome[], alive: ProgramReport["alive"]): Kind[] {
  const alike = Map.groupBy(
    tasks,
    ({ kind, name, function: of, place }) => `${place}\0${kind}\0${of ?? name}`,
  );
  return [...alike.values()].map((tasks) => {
    const [{ kind, name, function: of, place }] = tasks as [ActorOutcome];
    const counts = Object.fromEntries(fates.map((fate) => [fate, 0])) as Record<Fate, number>;
    let longest: Ticks | null = null;
    for (const task of tasks) {
      const fate = fateOf(task, { alive });
      counts[fate]++;
      if (fate === "alive" || task.startedAt === null || task.endedAt === null) continue;
      longest = Math.max(longest ?? 0, task.endedAt - task.startedAt);
    }
    return { kind, name: of ?? name, place, tasks, counts, longest };
  });
}

/** What each stands at: the innermost of what it has begun, else what was seen, else its last place. */
function standingsOf(reading: Reading): Map<number, Standing> {
  const { actors, unfinished, sightings } = reading;
  const waiting = new Map(reading.waiting.map((one) => [one.actor, one.for]));
  const spans = new Map<number, Span>();
  for (const span of unfinished) if (span.kind !== "cleanup") spans.set(span.actor, span);
  const seen = new Map(sightings.map((sighting) => [sighting.actor, sighting]));
  const standings = new Map<number, Standing>();
  for (const { number: actor, status, lastPlace } of actors) {
    if (status === "finished" || status === "failed") continue;
    const span = spans.get(actor);
    const sighting = seen.get(actor);
    if (span !== undefined)
      standings.set(actor, standingIn(span, { for: waiting.get(actor) ?? null, lastPlace }));
    else if (sighting !== undefined) {
      const { of, resource, whom, place, at: since } = sighting;
      const what = { of, resource, whom, place: place ?? lastPlace, since };
      standings.set(actor, { actor, at: "seen", for: null, ...what });
    } else if (lastPlace !== null) {
      const nothing = { at: null, for: null, of: null, resource: null, whom: null, since: null };
      standings.set(actor, { actor, ...nothing, place: lastPlace });
    }
  }
  return standings;
}

function standingIn(
  { actor, kind: at, of, whom, resource, place, from: since }: Span,
  known: { for: string | null; lastPlace: number | null },
): Standing {
  const what = at === "wait" ? known.for : null;
  return { actor, at, for: what, of, resource, whom, place: place ?? known.lastPlace, since };
}
