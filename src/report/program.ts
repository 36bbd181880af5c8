/**
 * What is told of a program that no scenario describes: who there was, process by process, what became of
 * its tasks by kind, and where those stood that did not come to an end. Every format is made of this.
 */
import type { Ticks } from "../base/duration.ts";
import type { Alike, Floated } from "../reading/calls.ts";
import {
  type ActorOutcome,
  actorsByNumber,
  type Exit,
  isProgram,
  isWork,
  type ProcessOutcome,
} from "../reading/entities.ts";
import type { Hang } from "../reading/hang.ts";
import { type Steps, stepsOf } from "../reading/observations.ts";
import type { Reading } from "../reading/reading.ts";
import { findInProgram, type ProgramFinding } from "../remedies/program/findings.ts";
import { Names } from "../remedies/program/names.ts";
import type { ProcessDefinition } from "../trace/definitions.ts";
import { NOBODY } from "../trace/log.ts";
import type { RecordedTrace } from "../trace/read.ts";
import type { ObservedSource } from "../trace/trace.ts";
import { actorsApart } from "./apart.ts";
import { type Block, blocksOf } from "./program-blocks.ts";
import { type FailureReport, failuresOf } from "./program-failures.ts";
import { type Standing, standingsOf } from "./program-standings.ts";
import { type ThreadReport, threadsOf } from "./program-threads.ts";

/** A trace of such a program, read. */
export interface ObservedTrace {
  source: ObservedSource;
  trace: Pick<RecordedTrace, "definitions" | "cutOff" | "unknown" | "words" | "idOf">;
  reading: Reading;
  /** Processes below the command that no recorder saw, and why, in a sentence without its full stop. */
  unseen?: readonly Unseen[];
}

/** A process that no recorder saw. */
export interface Unseen {
  /** Its command line, as far as it is known. */
  process: string;
  why: string;
}

export interface ProgramReport extends ObservedTrace {
  /** What actors are called where nothing else says which is meant. */
  names: Names;
  processes: readonly ProcessReport[];
  /** Those that had not ended when the record did, and whose process is not known to have ended. */
  alive: ReadonlySet<number>;
  /** The programs of processes and of loops that are lost, as work may be. */
  programs: readonly ActorOutcome[];
  /** How many steps actors have had, as far as that is told. */
  steps: ReadonlyMap<number, Steps>;
  /** What those stand at who have not come to an end, by actor. */
  standings: ReadonlyMap<number, Standing>;
  blocks: readonly Block[];
  failures: readonly FailureReport[];
  /** How the first process hung that did; null where none did. */
  hang: Hang["is"] | null;
  /** Those who wait for each other in a circle. */
  circles: ReadonlySet<number>;
  /** Those who went on after whoever waited for them had given up. */
  outlived: ReadonlySet<number>;
  /** Those whose promises were dropped. */
  floated: ReadonlyMap<number, Floated>;
  /** Those who dropped a cancellation, with the place at which they did. */
  swallowed: ReadonlyMap<number, number | null>;
  /** Those who called for the exit of their process, and those who waited for them, with that. */
  decided: ReadonlyMap<number, Exit>;
  /** What a lost main stands waiting for. */
  inMain: ReadonlySet<number>;
  unseen: readonly Unseen[];
  findings: readonly ProgramFinding[];
  /** By actor: the rule of the first finding that is about it. */
  rules: ReadonlyMap<number, ProgramFinding["rule"]>;
}

export interface ProcessReport extends ProcessOutcome, Pick<ProcessDefinition, "pid" | "command"> {
  threads: readonly ThreadReport[];
  /** Programs of threads, and entries of loops, that never had a turn. */
  unstarted: readonly ActorOutcome[];
  kinds: readonly Kind[];
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

/** Work that shares its kind, its function and the place where it was made. */
export interface Kind extends Pick<ActorOutcome, "kind" | "place"> {
  /** The function, or the name of a single one that has none. */
  name: string;
  /** Those that are told one by one. */
  tasks: readonly ActorOutcome[];
  /** How many there were, with those that were counted only. */
  total: number;
  counts: Readonly<Record<Fate, number>>;
  /** The longest that one of them took from its first turn to its end; null where none has ended. */
  longest: Ticks | null;
}

export function reportProgram(observed: ObservedTrace): ProgramReport {
  const { source, trace, reading, unseen = [] } = observed;
  const names = new Names(trace.definitions, actorsApart(observed));
  const alive = aliveIn(reading);
  const standings = standingsOf(reading, trace.definitions);
  const blocks = blocksOf(reading, standings);
  const findings = findInProgram(reading, { source, names });
  return {
    ...observed,
    names,
    alive,
    processes: processesOf(observed, { alive, standings, blocks }),
    programs: reading.actors.filter((actor) => isProgram(actor) && actor.lost),
    steps: stepsOf(reading.folded),
    standings,
    blocks,
    failures: failuresOf(
      reading,
      (place) => trace.definitions.places.get(place ?? NaN)?.function ?? null,
    ),
    hang: reading.hangs[0]?.is ?? null,
    circles: new Set(reading.hangs.flatMap(({ circle }) => circle.map(({ actor }) => actor))),
    outlived: new Set(
      findings.filter(({ rule }) => rule === "outlived").flatMap(({ actors }) => actors),
    ),
    floated: new Map(reading.floated.map((one) => [one.actor, one])),
    swallowed: new Map(reading.swallowed.map(({ actor, place }) => [actor, place])),
    unseen,
    decided: new Map(
      reading.processes.flatMap(({ exit }) =>
        exit === null || exit.actor === NOBODY
          ? []
          : [exit.actor, ...reading.chains.above(exit.actor)].map((actor) => [actor, exit]),
      ),
    ),
    inMain: new Set(
      reading.actors.flatMap(({ kind, lost, number }) =>
        kind === "main" && lost ? [...reading.chains.line(number)] : [],
      ),
    ),
    findings,
    rules: new Map(
      findings.toReversed().flatMap(({ actors, rule }) => actors.map((actor) => [actor, rule])),
    ),
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

/** Whether more is to be told of work than that there was some: it did not come to its end, or failed. */
export function isTold(task: ActorOutcome, report: ProgramReport): boolean {
  if (fateOf(task, report) !== "finished") return true;
  return report.swallowed.has(task.number) || report.outlived.has(task.number);
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
  { alive, ...known }: Pick<ProgramReport, "alive" | "standings" | "blocks">,
): ProcessReport[] {
  const { processes, threads, actors } = reading;
  const home = new Map(threads.map(({ number, process }) => [number, process]));
  const first = processes[0]?.number;
  /** What never ran anywhere is the first process's. */
  const processOf = (actor: ActorOutcome): number | undefined =>
    actor.thread === null ? first : home.get(actor.thread);
  const work = Map.groupBy(actors.filter(isWork), processOf);
  const byNumber = actorsByNumber(actors);
  const lineOf = (place: number): string => {
    const { file, line } = trace.definitions.places.get(place) ?? {};
    return `${file}:${line}`;
  };
  const counted = Map.groupBy(reading.alike, ({ actor }) => processOf(byNumber.get(actor)!));
  const unstarted = actors.filter((actor) => isProgram(actor) && actor.thread === null);
  const threadReports = threadsOf(reading, known);
  return processes.map((process) => {
    const { pid = null, command = null } = trace.definitions.processes.get(process.number) ?? {};
    return {
      ...process,
      pid,
      command,
      threads: threadReports.filter((thread) => thread.process === process.number),
      // A program that never had a turn ran on no thread.
      unstarted: process.number === first ? unstarted : [],
      kinds: kindsOf(
        work.get(process.number) ?? [],
        (counted.get(process.number) ?? []).map((one) => ({
          ...one,
          of: byNumber.get(one.actor)!,
        })),
        { alive, lineOf },
      ),
    };
  });
}

/** Work that was counted only, and one of its kind. */
interface Counted extends Pick<Alike, "count" | "longest"> {
  of: ActorOutcome;
}

function kindsOf(
  tasks: readonly ActorOutcome[],
  counted: readonly Counted[],
  { alive, lineOf }: { alive: ProgramReport["alive"]; lineOf: (place: number) => string },
): Kind[] {
  // Calls of one function in one line are of one kind, wherever in the line they stand.
  const keyOf = ({ kind, name, function: of, place }: ActorOutcome): string =>
    `${kind === "call" && place !== null ? lineOf(place) : place}\0${kind}\0${of ?? name}`;
  const told = Map.groupBy(tasks, keyOf);
  const sums = Map.groupBy(counted, ({ of }) => keyOf(of));
  return [...new Set([...told.keys(), ...sums.keys()])].map((key) => {
    const own = told.get(key) ?? [];
    const others = sums.get(key) ?? [];
    const { kind, name, function: of, place } = (own[0] ?? others[0]?.of)!;
    const counts = Object.fromEntries(fates.map((fate) => [fate, 0])) as Record<Fate, number>;
    let longest: Ticks | null = null;
    for (const task of own) {
      const fate = fateOf(task, { alive });
      counts[fate]++;
      if (fate === "alive" || task.startedAt === null || task.endedAt === null) continue;
      longest = Math.max(longest ?? 0, task.endedAt - task.startedAt);
    }
    let total = own.length;
    for (const one of others) {
      total += one.count;
      counts.finished += one.count;
      longest = Math.max(longest ?? 0, one.longest);
    }
    return { kind, name: of ?? name, place, tasks: own, total, counts, longest };
  });
}
