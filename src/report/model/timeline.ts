/**
 * A timeline of everything that a trace tells: rows of threads and of work by kind, what each of them was at, and
 * what became of it.
 */
import type { Ticks } from "../../base/duration.ts";
import { formatCount } from "../../base/count.ts";
import type { ActorOutcome } from "../../reading/entities.ts";
import { actorsByNumber, isWork } from "../../reading/entities.ts";
import type { LoopOutcome } from "../../reading/loops.ts";
import type { Reading } from "../../reading/reading.ts";
import { functionName, type Names } from "../../remedies/program/names.ts";
import type { Place } from "../../trace/definitions.ts";
import { NOBODY } from "../../trace/log.ts";
import type { Trace } from "../../trace/trace.ts";
import type { HeadRow as Row } from "../page/format.ts";
import { type Fate, fates } from "../page/words.ts";
import { Growing } from "./flattened.ts";
import { type Arrow, Stretches } from "./stretches.ts";

export type { Row };

/** Of every entity, in the order of the rows. */
export interface EntityColumns {
  name: string[];
  from: Ticks[];
  to: Ticks[];
  /** Indexes of `fates`. */
  fate: number[];
  /** Indexes of `places`, where it was made and where it stood last; -1 where that is not known. */
  made: number[];
  stood: number[];
  /** The entity that made it, and when; -1 where that is not known. */
  parent: number[];
  created: Ticks[];
  /** How many stretches are its own. */
  stretches: number[];
  /** The error that it failed with, as an index of `texts`, 0 for none. */
  error: number[];
}

/** An instant that concerns everybody, as the end of a process. */
export interface Moment {
  at: Ticks;
  words: string;
  entity: number;
}

export interface Timeline {
  wall: Ticks;
  rows: readonly Row[];
  entities: EntityColumns;
  /** By entity, in the order of time. */
  stretches: Growing;
  arrows: readonly Arrow[];
  moments: readonly Moment[];
  texts: readonly string[];
  places: readonly Place[];
  /** By entity: its callers where it was seen last, the innermost first, as indexes of `places`. */
  stacks: ReadonlyMap<number, readonly number[]>;
  /** The entities of actors, by their numbers in the trace. */
  ofActor: ReadonlyMap<number, number>;
}

/** A trace, read, and how those in it are called. */
export interface Told {
  trace: Pick<Trace, "definitions" | "words" | "log">;
  reading: Reading;
  names: Names;
  resources: ReadonlyMap<number, string>;
  fateOf: (actor: ActorOutcome) => Fate;
  /** What a process is called. */
  processName: (process: Reading["processes"][number]) => string;
}

export function timelineOf(told: Told): Timeline {
  return new TimelineMaker(told).make();
}

/** Entities of one kind, before they have their order. */
interface Group {
  is: Row["is"];
  name: string;
  depth: number;
  story: string;
  entities: { entity: number; name: string }[];
}

class TimelineMaker {
  readonly #told: Told;
  readonly #stretches: Stretches;
  readonly #actors: ReadonlyMap<number, ActorOutcome>;
  readonly #loops: readonly LoopOutcome[];
  readonly #places: Place[] = [];
  readonly #placeNumbers = new Map<string, number>();
  readonly #byNumber = new Map<number, number>();

  constructor(told: Told) {
    this.#told = told;
    this.#actors = actorsByNumber(told.reading.actors);
    // A loop by JavaScript's rules is its thread's own, and there as long as that.
    this.#loops = told.reading.loops.filter(({ rules }) => rules !== "javascript");
    const processEnds = this.#processEnds();
    // What a task does after its first attempt is its other attempts'.
    const attempts = new Map(told.reading.attempts.map(({ actor, to }) => [actor, to]));
    this.#stretches = new Stretches(told.trace, {
      ...told,
      loops: this.#loops,
      endOf: (number) => {
        const actor = this.#actors.get(number);
        const end = actor?.endedAt ?? processEnds.get(actor?.thread ?? -1) ?? null;
        return attempts.get(number) ?? end;
      },
    });
  }

  make(): Timeline {
    const { trace, reading } = this.#told;
    const flat = this.#stretches.hearAll(trace);
    const rows: Row[] = [];
    const order: { entity: number; name: string }[] = [];
    for (const group of this.#groups()) {
      const { entities, ...row } = group;
      rows.push({ ...row, first: order.length, count: entities.length });
      order.push(...this.#inOrder(entities));
    }
    const index = new Int32Array(this.#stretches.entities.length).fill(-1);
    for (const [at, { entity }] of order.entries()) index[entity] = at;
    const stretches = flat.columns;
    const sorted = reordered(stretches, flat.offsets, { order, index });
    for (let k = 0; k < sorted.length; k++) sorted.place[k] = this.#place(sorted.place[k]!);
    return {
      wall: reading.wall,
      rows,
      entities: this.#columns(order, flat.offsets, { index, stretches }),
      stretches: sorted,
      arrows: this.#stretches.arrows.flatMap(({ from, to, ...arrow }) => {
        const [own, other] = [index[from]!, index[to]!];
        return own < 0 || other < 0 ? [] : [{ ...arrow, from: own, to: other }];
      }),
      moments: this.#moments(index),
      stacks: this.#stacks(index),
      texts: this.#stretches.texts,
      places: this.#places,
      ofActor: new Map(
        order.flatMap(({ entity }, at) => {
          const { actor } = this.#stretches.entities[entity]!;
          return actor === null ? [] : [[actor, at] as const];
        }),
      ),
    };
  }

  /** Each process with its threads, and below these the work that ran on them by kind. */
  #groups(): Group[] {
    const { reading, processName } = this.#told;
    const { processes, threads, actors } = reading;
    const several = processes.length > 1;
    const depth = several ? 1 : 0;
    const homes = new Map(threads.map(({ number, process }) => [number, process]));
    const first = processes[0]?.number ?? 0;
    const work = Map.groupBy(
      actors.filter((actor) => this.#isShown(actor)),
      ({ thread }) => (thread === null ? first : (homes.get(thread) ?? first)),
    );
    return processes.flatMap((process) => [
      ...(several
        ? [
            {
              is: "heading" as const,
              name: `process ${processName(process)}`,
              depth: 0,
              story: this.#processStory(process),
              entities: [],
            },
          ]
        : []),
      ...threads
        .filter(({ number, process: of }) => of === process.number && this.#isHeardOf(number))
        .flatMap((thread) => [
          this.#threadGroup(thread, depth),
          ...this.#loopGroups(thread.number, depth + 1),
        ]),
      ...this.#kinds(work.get(process.number) ?? [], depth),
    ]);
  }

  #processStory({ number, exitCode }: Reading["processes"][number]): string {
    const pid = this.#told.trace.definitions.processes.get(number)?.pid ?? null;
    const parts = [
      pid === null ? null : `pid ${pid}`,
      exitCode === null ? null : `exit ${exitCode}`,
    ];
    return parts.filter((part) => part !== null).join(", ");
  }

  #isHeardOf(thread: number): boolean {
    return this.#told.reading.threads.some(
      (one) => one.number === thread && one.startedAt !== null,
    );
  }

  /** Whether an actor has a lane of its own: not the program of a thread, nor one of which nothing is told. */
  #isShown(actor: ActorOutcome): boolean {
    const entity = this.#stretches.entities[this.#stretches.entityOf(actor.number)]!;
    if (entity.thread !== null || actor.kind === "main") return false;
    if (actor.kind === "launch" || actor.kind === "attempt") return actor.startedAt !== null;
    return isWork(actor) && (actor.startedAt !== null || this.#stretches.created.has(actor.number));
  }

  #threadGroup(thread: Reading["threads"][number], depth: number): Group {
    const entity = this.#stretches.threadEntity(thread.number);
    const { actor } = this.#stretches.entities[entity]!;
    const program = actor === null ? undefined : this.#actors.get(actor);
    const of = program?.function ?? null;
    const isMain = program?.kind === "main";
    const name = isMain ? "main" : thread.name;
    const loops = this.#told.reading.loops.filter((loop) => loop.thread === thread.number).length;
    const story = [
      isMain && thread.name !== "main" ? thread.name : null,
      loops === 0 ? null : loops === 1 ? "event loop" : `event loop ×${loops}`,
      thread.isWorker ? "worker of a pool" : null,
      of === null || of === "<module>" ? null : functionName(of),
      thread.daemon ? "daemon" : null,
    ].filter((part) => part !== null);
    return { is: "thread", name, depth, story: story.join(", "), entities: [{ entity, name }] };
  }

  /** The loops that were open on a thread for some of its time, by the lines that opened them. */
  #loopGroups(thread: number, depth: number): Group[] {
    const { names } = this.#told;
    const loops = this.#loops.filter((loop) => loop.thread === thread);
    const whereOf = ({ opened }: LoopOutcome): string =>
      opened?.place == null ? "" : names.line(opened.place);
    return [...Map.groupBy(loops, whereOf)].map(([where, own]) => ({
      is: "work",
      name: "event loop",
      depth,
      story: [own[0]!.opened?.how ?? "", where].filter((part) => part !== "").join(", "),
      entities: own.map((loop) => ({
        entity: this.#stretches.loopEntity(loop),
        name: "event loop",
      })),
    }));
  }

  #kinds(actors: readonly ActorOutcome[], depth: number): Group[] {
    const { names, reading } = this.#told;
    const counted = new Map(reading.alike.map(({ actor, count }) => [actor, count]));
    const keyOf = ({ kind, function: of, name, place }: ActorOutcome): string =>
      [kind, of ?? name, place === null ? "" : names.line(place)].join("\0");
    return [...Map.groupBy(actors, keyOf).values()].map((own) => {
      const [{ kind, function: of, name, place }] = own as [ActorOutcome];
      const isProgram = kind === "launch";
      const others = own.reduce((sum, { number }) => sum + (counted.get(number) ?? 0), 0);
      const shown = of === null ? name : functionName(of);
      return {
        is: "work",
        name: isProgram && of === null ? "event loop" : shown,
        depth: depth + 1,
        story: [
          isProgram ? "entry of the loop" : kind,
          place === null ? "" : names.line(place),
          others === 0 ? "" : `${formatCount(others)} more only counted`,
        ]
          .filter((part) => part !== "")
          .join(", "),
        entities: own.map(({ number, name: ownName }) => ({
          entity: this.#stretches.entityOf(number),
          name: ownName,
        })),
      };
    });
  }

  /** Entities in the order in which they began. */
  #inOrder(entities: Group["entities"]): Group["entities"] {
    if (entities.length < 2) return entities;
    const startOf = ({ entity }: { entity: number }): Ticks => {
      const actor = this.#actors.get(this.#stretches.entities[entity]!.actor ?? NaN);
      return actor?.startedAt ?? this.#stretches.created.get(actor?.number ?? NaN) ?? Infinity;
    };
    const starts = new Map(entities.map((one) => [one, startOf(one)]));
    return entities.toSorted((a, b) => {
      const [left, right] = [starts.get(a)!, starts.get(b)!];
      return left === right ? 0 : left - right;
    });
  }

  #columns(
    order: readonly { entity: number; name: string }[],
    offsets: Int32Array,
    { index, stretches }: { index: Int32Array; stretches: Growing },
  ): EntityColumns {
    const { reading, fateOf } = this.#told;
    const columns = noEntities();
    const processEnds = this.#processEnds();
    for (const { entity, name } of order) {
      const { actor: number, thread: ofThread, loop } = this.#stretches.entities[entity]!;
      const actor = this.#actors.get(number ?? NaN);
      const thread = reading.threads.find((one) => one.number === ofThread);
      // Of an entity that came after all of them there are none.
      const end = offsets[entity + 1];
      const own = end === undefined ? { first: 0, end: 0 } : { first: offsets[entity]!, end };
      const firstFrom = own.end > own.first ? stretches.from[own.first]! : Infinity;
      const lastTo = own.end > own.first ? stretches.to[own.end - 1]! : 0;
      const created = this.#stretches.created.get(number ?? NaN);
      const began =
        actor?.startedAt ?? thread?.startedAt ?? loop?.openedAt ?? created ?? reading.wall;
      const from = Math.min(began, firstFrom);
      const ofNobody = loop?.closedAt == null ? "none" : "ended";
      const fate = actor === undefined ? ofNobody : fateOf(actor);
      const goesOn = fate === "alive" ? reading.wall : null;
      const ended =
        (actor === undefined ? (thread?.endedAt ?? loop?.closedAt) : actor.endedAt) ??
        processEnds.get(actor?.thread ?? ofThread ?? loop?.thread ?? -1) ??
        null;
      columns.name.push(name);
      columns.from.push(from);
      columns.to.push(Math.max(from, goesOn ?? ended ?? reading.wall, lastTo));
      columns.fate.push(fates.indexOf(fate));
      columns.made.push(this.#place(actor?.place ?? thread?.place ?? loop?.opened?.place ?? -1));
      columns.stood.push(this.#place(actor?.lastPlace ?? -1));
      const parent = actor?.parent ?? null;
      columns.parent.push(parent === null ? -1 : (index[this.#stretches.entityOf(parent)] ?? -1));
      columns.created.push(created ?? from);
      columns.stretches.push(own.end - own.first);
      columns.error.push(actor?.error == null ? 0 : this.#stretches.text(actor.error));
    }
    return columns;
  }

  /** Where the callers of those stood who did not come to an end of their own. */
  #stacks(index: Int32Array): Map<number, number[]> {
    const stacks = new Map<number, number[]>();
    for (const [actor, stack] of this.#told.reading.stacks) {
      const entity = index[this.#stretches.entityOf(actor)] ?? -1;
      const status = this.#actors.get(actor)?.status;
      if (entity < 0 || status === "finished") continue;
      const places = stack.map((place) => this.#place(place)).filter((place) => place >= 0);
      if (places.length > 0) stacks.set(entity, places);
    }
    return stacks;
  }

  /** By thread: when its process ended, and with it what had no end of its own. */
  #processEnds(): Map<number, Ticks | null> {
    const { processes, threads } = this.#told.reading;
    const ends = new Map(processes.map(({ number, endedAt }) => [number, endedAt]));
    return new Map(threads.map(({ number, process }) => [number, ends.get(process) ?? null]));
  }

  /** The ends of processes, and the calls for them. */
  #moments(index: Int32Array): Moment[] {
    const { reading, names, processName } = this.#told;
    const firstOf = (process: number): number => {
      const thread = reading.threads.find((one) => one.process === process);
      return thread === undefined ? -1 : index[this.#stretches.threadEntity(thread.number)]!;
    };
    return reading.processes.flatMap((process) => {
      const { number, exit, endedAt, exitCode, interruptedBy } = process;
      const entity = firstOf(number);
      if (entity < 0) return [];
      const where = exit?.place == null ? "" : ` at ${names.line(exit.place)}`;
      const by = exit === null || exit.actor === NOBODY ? -1 : this.#stretches.entityOf(exit.actor);
      const status = exitCode === null ? "" : `, status ${formatCount(exitCode)}`;
      return [
        ...(exit === null
          ? []
          : [{ at: exit.at, entity: index[by] ?? entity, words: `called for the exit${where}` }]),
        ...(endedAt === null || interruptedBy === "cut-off"
          ? []
          : [
              {
                at: endedAt,
                entity,
                words: `process ${processName(process)} ${interruptedBy === "kill" ? "was killed" : "ended"}${status}`,
              },
            ]),
      ];
    });
  }

  /** The index of a place; equal ones, which each process numbers for itself, have one. */
  #place(number: number): number {
    if (number < 0) return -1;
    const known = this.#byNumber.get(number);
    if (known !== undefined) return known;
    const place = this.#told.trace.definitions.places.get(number);
    if (place === undefined) return -1;
    const key = `${place.file}\0${place.line}\0${place.function}\0${place.source}`;
    const index = this.#placeNumbers.getOrInsertComputed(key, () => this.#places.push(place) - 1);
    this.#byNumber.set(number, index);
    return index;
  }
}

/** Columns of nobody, to be filled. */
export function noEntities(): EntityColumns {
  return {
    name: [],
    from: [],
    to: [],
    fate: [],
    made: [],
    stood: [],
    parent: [],
    created: [],
    stretches: [],
    error: [],
  };
}

/** Stretches in the order of the entities that are shown. */
function reordered(
  stretches: Growing,
  offsets: Int32Array,
  { order, index }: { order: readonly { entity: number }[]; index: Int32Array },
): Growing {
  const sorted = new Growing();
  for (const [at, { entity }] of order.entries())
    for (let k = offsets[entity]!; k < offsets[entity + 1]!; k++) {
      const whom = stretches.whom[k]!;
      sorted.add(
        at,
        stretches.from[k]!,
        stretches.to[k]!,
        stretches.state[k]!,
        stretches.what[k]!,
        stretches.place[k]!,
        whom < 0 ? -1 : index[whom]!,
      );
    }
  return sorted;
}
