/**
 * The trace of an observed program, made of what the recorders of its processes write.
 *
 * Each slot is translated as it comes. What it names may be defined only later, in another ring or never, so
 * whatever is named has its number at once, and its definition when that comes. Invariant: what is told of
 * two processes has numbers of its own in each; the trace has no number without a definition.
 */
import { isAbsolute, relative } from "node:path";
import type {
  ActorDefinition,
  DefinitionKind,
  Definitions,
  LoopDefinition,
  Place,
  ProcessDefinition,
  ResourceDefinition,
  ThreadDefinition,
} from "../trace/definitions.ts";
import { tableOf } from "../trace/definitions.ts";
import {
  endings,
  type EventType,
  eventsFormat,
  shapesByNumber,
  typeNumber,
} from "../trace/event.ts";
import {
  type Details,
  detailsAt,
  detailsFrom,
  eachInTimeOrder,
  EventLog,
  NOBODY,
  NOWHERE,
  type Stack,
} from "../trace/log.ts";
import type { RecordedTrace } from "../trace/read.ts";
import { newTrace, type ObservedSource } from "../trace/trace.ts";
import { DETAIL, type RecordHeader, type RingNumber } from "./ring.ts";
import {
  actorKindAt,
  bornKinds,
  firstDefinition,
  resourceKindAt,
  Slot,
  slotKind,
  Texts,
  threadBit,
} from "./slots.ts";

/** The ns of a tick. */
const nsPerTick = 1000;

/** How many single details are kept; of more there is a count. */
const mostDetails = 4_000_000;

/** What a recorder tells of those who have not moved. */
const looks = numbersOf("stood-at", "waits-for", "holds", "handle-alive", "left");

function numbersOf(...types: EventType[]): ReadonlySet<number> {
  return new Set(types.map((type) => typeNumber[type]));
}

/** The largest number of a thread that an event can name. */
const mostThread = 0xffff;

/** Numbers of one kind of thing, and the definitions that have come so far. */
class Register<Definition> {
  readonly defined = new Map<number, Definition>();
  #count = 0;

  next(): number {
    return this.#count++;
  }

  /** All definitions in the order of their numbers. @param make one for what has none; null leaves it out. */
  all(make: (number: number) => Definition | null): Map<number, Definition> {
    const all = new Map<number, Definition>();
    for (let number = 0; number < this.#count; number++) {
      const definition = this.defined.get(number) ?? make(number);
      if (definition !== null) all.set(number, definition);
    }
    return all;
  }
}

type Registers = {
  readonly [Kind in DefinitionKind]: Register<DefinitionOf<Kind>>;
};

type DefinitionOf<Kind extends DefinitionKind> =
  Definitions[(typeof tableOf)[Kind]] extends Iterable<[number, infer Definition]>
    ? Definition
    : never;

/** What there is to be known of the program before it starts. */
export interface TranscriptSource extends ObservedSource {
  /** The version of tandem. */
  tandem: string;
  /** The folder of the command: places below it are told relative to it. */
  folder: string;
}

/** What every process writes into. */
interface Shared {
  readonly source: TranscriptSource;
  readonly registers: Registers;
  /** Times are ticks with fractions, in the order in which the rings were read. */
  readonly log: EventLog;
  /** How many single details are in it. */
  details: number;
  /** By thread: whether an event names it. The threads of recorders are named by none. */
  readonly named: boolean[];
  readonly processOfThread: number[];
  /** By pid: how a process ended, as its parent told. */
  readonly toldEnds: Map<number, ToldEnd>;
}

/** How a child process ended, as whoever waited for it has told. */
export interface ToldEnd {
  /** Below 0: the signal of that number. */
  status: number;
  /** When it was told, in ticks. */
  at: number;
}

export class Transcript {
  readonly processes: ProcessTranscript[] = [];
  readonly #shared: Shared;
  /** The recorder's clock at the trace's instant 0, and the same in ns since 1970. */
  #zero: { clock: bigint; epoch: bigint } | null = null;

  constructor(source: TranscriptSource) {
    const registers: Registers = {
      process: new Register<ProcessDefinition>(),
      place: new Register<Place>(),
      thread: new Register<ThreadDefinition>(),
      loop: new Register<LoopDefinition>(),
      actor: new Register<ActorDefinition>(),
      resource: new Register<ResourceDefinition>(),
    };
    const log = new EventLog();
    this.#shared = {
      source,
      registers,
      log,
      details: 0,
      named: [],
      processOfThread: [],
      toldEnds: new Map(),
    };
  }

  /** Adds a process. The first one's start is the trace's instant 0. */
  add(header: RecordHeader): ProcessTranscript {
    this.#zero ??= { clock: header.startedAt, epoch: header.startedEpoch };
    const process = new ProcessTranscript(this.#shared, header, this.#zero.clock);
    // Its parent may be a process with no recorder, or one that has ended.
    const parent = this.processes.findLast((one) => one.header.pid === header.parentPid);
    process.define(parent?.number ?? null);
    this.processes.push(process);
    return process;
  }

  /** A process that no recorder ran in: nothing is known of it but that it was there, and its end. */
  addUnseen(of: { pid: number; command: string; epochMs: number }): ProcessTranscript {
    const epoch = BigInt(Math.round(of.epochMs * 1000)) * 1000n;
    const clock = this.#zero === null ? 0n : this.#zero.clock + (epoch - this.#zero.epoch);
    return this.add({
      pid: of.pid,
      parentPid: 0,
      startedAt: clock,
      startedEpoch: epoch,
      runtime: "",
      command: of.command,
    });
  }

  /** The time, in ticks of the trace, of an instant in ms since 1970. */
  ticksAt(epochMs: number): number {
    if (this.#zero === null) return 0;
    return Math.max(0, epochMs * 1000 - Number(this.#zero.epoch / 1000n));
  }

  /** The same of an instant of the recorders' clock, in ns. */
  ticksOf(clock: bigint): number {
    if (this.#zero === null || clock < this.#zero.clock) return 0;
    return Number(clock - this.#zero.clock) / nsPerTick;
  }

  /** The trace so far: everything that is known now, in the order of time. */
  trace(): RecordedTrace {
    const { source, log: raw } = this.#shared;
    const { tandem, folder: _, ...given } = source;
    const runtime = this.processes.find(({ header }) => header.runtime !== "")?.header.runtime;
    const observed = { ...given, runtime: runtime ?? given.runtime };
    const definitions = settled(this.#shared);
    const { log, leftOut } = inTicks(raw, definitions);
    const first = this.processes[0];
    first?.setDropped("whom they are about was not recorded", leftOut);
    for (const process of this.processes) process.addDropped(log);
    const gaps = new Set(
      this.processes.filter(({ hasGaps }) => hasGaps).map(({ number }) => number),
    );
    if (gaps.size > 0) endUntold(log, definitions, gaps);
    return {
      ...newTrace(observed, definitions, log),
      words: gaps.size > 0 ? [untold] : [],
      header: {
        type: "trace-began",
        format: eventsFormat,
        tandem,
        epoch: first === undefined ? null : Number(first.header.startedEpoch / 1000n) / 1000,
        source: observed,
      },
      idOf: (kind, number) =>
        definitions[tableOf[kind]].get(number) === undefined ? null : number,
    };
  }
}

/** One process: its numbers, and what its slots have told so far. */
export class ProcessTranscript {
  readonly header: RecordHeader;
  readonly number: number;
  /** What its recorder failed in, each once. */
  readonly troubles = new Set<string>();
  /** How many events it did not record, by why. */
  readonly dropped = new Map<string, number>();
  /** Whether something that lasts was dropped, so that an end that is not there may have been. */
  hasGaps = false;
  /** How many events have come, but for what a recorder tells of itself. */
  heard = 0;
  /** The status that the program asked for last, by itself or by failing. */
  exitCode: number | null = null;
  /** Whether it has called for its own end. */
  hasCalledExit = false;
  readonly #shared: Shared;
  readonly #slot: Slot;
  readonly #texts = new Texts();
  readonly #ids: Readonly<Record<DefinitionKind, Map<number, number>>> = {
    process: new Map(),
    place: new Map(),
    thread: new Map(),
    loop: new Map(),
    actor: new Map(),
    resource: new Map(),
  };
  /** By thread: the actor that is its program. */
  readonly #programs = new Map<number, number>();
  readonly #pending: readonly [Map<number, Pending>, Map<number, Pending>] = [new Map(), new Map()];
  /** When its last event happened, in ticks. */
  #lastAt = 0;
  #firstThread: number | null = null;
  #main: number | null = null;

  constructor(shared: Shared, header: RecordHeader, zero: bigint) {
    this.#shared = shared;
    this.header = header;
    this.number = shared.registers.process.next();
    this.#slot = new Slot(zero);
  }

  define(parent: number | null): void {
    const { command, pid } = this.header;
    const name = nameOf(command);
    this.#shared.registers.process.defined.set(this.number, { name, parent, pid, command });
  }

  /** Takes a slot of one of its rings. */
  take(ring: RingNumber, view: DataView, offset: number): void {
    const slot = this.#slot;
    slot.read(view, offset);
    if (slot.kind < firstDefinition) this.#event(ring, slot);
    else if (slot.kind === slotKind.text) this.#texts.take(view, offset);
    else this.#definition(ring, slot);
  }

  /**
   * Tells how it ended.
   *
   * @param at in ticks; no event of its own comes later, so its last one's time is the least.
   */
  ended(at: number, how: { code: number } | { by: number; detail: string | null }): void {
    const time = Math.max(at, this.#lastAt);
    if ("code" in how) this.#add("process-ended", time, how.code);
    else
      this.#add(
        "interrupted",
        time,
        how.by,
        how.detail === null ? undefined : { text: how.detail },
      );
  }

  /** How it ended, as its parent has told; undefined as yet. */
  get toldEnd(): ToldEnd | undefined {
    return this.#shared.toldEnds.get(this.header.pid);
  }

  /** Counts events that it did not record. */
  setDropped(why: string, count: number): void {
    if (count > 0) this.dropped.set(why, count);
  }

  addDropped(log: EventLog): void {
    for (const [why, count] of this.dropped)
      log.record(log.end, typeNumber.dropped, this.#first(), NOBODY, count, { text: why });
  }

  #add(type: EventType, at: number, value: number, details?: Details): void {
    this.#shared.log.record(at, typeNumber[type], this.#first(), this.#mainActor(), value, details);
  }

  #event(ring: RingNumber, slot: Slot): void {
    const shape = shapesByNumber[slot.kind];
    const pending = this.#pending[ring].get(slot.thread);
    if (pending !== undefined) this.#pending[ring].delete(slot.thread);
    if (shape === undefined) return this.#count("events of a later recorder");
    if (ring === DETAIL && this.#shared.details++ >= mostDetails)
      return this.#count("more single events than are kept");
    const at = Math.max(0, slot.at / nsPerTick);
    this.#lastAt = Math.max(this.#lastAt, at);
    if (!looks.has(slot.kind)) this.heard++;
    const thread = this.#threadNumber(slot.thread);
    this.#shared.named[thread] = true;
    let actor = slot.actor === 0 ? NOBODY : this.#numberOf("actor", slot.actor);
    if (actor === NOBODY && shape.about !== "anybody") actor = this.#programOf(slot.thread);
    const value = valueIn(shape, slot);
    if (slot.kind === typeNumber["exit-called"]) {
      this.exitCode = value;
      this.hasCalledExit = true;
    }
    if (slot.kind === typeNumber["main-ended"]) this.exitCode ??= value === 0 ? 0 : 1;
    this.#shared.log.record(at, slot.kind, thread, actor, value, this.#details(slot, pending));
  }

  #done({ at: ns, value: busy, actor: id, place: count, extra: longest, thread: on }: Slot): void {
    const { log, named } = this.#shared;
    const at = Math.max(0, ns / nsPerTick);
    this.#lastAt = Math.max(this.#lastAt, at);
    this.heard += 2;
    const thread = this.#threadNumber(on);
    named[thread] = true;
    const actor = this.#numberOf("actor", id);
    const numbers = {
      busy: Math.round(busy / nsPerTick),
      longest: Math.round(longest / nsPerTick),
    };
    log.record(at, typeNumber.folded, thread, actor, count, { text: "step", numbers });
    log.record(at, typeNumber["task-ended"], thread, actor, 0);
  }

  #details(slot: Slot, pending: Pending | undefined): Details | undefined {
    const shape = shapesByNumber[slot.kind]!;
    const resource = pending?.resource;
    const text = shape.text === undefined ? undefined : this.#textOf(slot, resource !== undefined);
    const numbers = pending === undefined ? undefined : this.#numbers(slot.kind, pending);
    const place = slot.place === 0 ? pending?.stack?.[0] : this.#numberOf("place", slot.place);
    const stack = pending?.stack;
    return detailsFrom(place ?? NOWHERE, { text, resource, numbers, stack });
  }

  #textOf({ kind, extra }: Slot, hasResource: boolean): string | undefined {
    if (extra !== 0) return this.#texts.get(extra) ?? "";
    const { optional = false, ofResource = false } = shapesByNumber[kind]!.text! as TextShape;
    return optional || (ofResource && hasResource) ? undefined : "";
  }

  #numbers(kind: number, { actor, numbers }: Pending): Record<string, number> | undefined {
    const found: Record<string, number> = {};
    let next = 0;
    for (const { name, unit } of shapesByNumber[kind]!.numbers ?? [])
      if (unit === "actor") {
        if (actor !== undefined) found[name] = actor;
      } else {
        const value = numbers[next++];
        if (value !== undefined)
          found[name] = unit === "ticks" ? Math.round(value / nsPerTick) : value;
      }
    return Object.keys(found).length === 0 ? undefined : found;
  }

  #definition(ring: RingNumber, slot: Slot): void {
    switch (slot.kind) {
      case slotKind.place:
        return this.#place(slot);
      case slotKind.thread:
        return this.#thread(slot);
      case slotKind.actor:
        return this.#actor(slot);
      case slotKind.name:
        return this.#change("actor", slot.actor, { name: this.#texts.get(slot.extra) });
      case slotKind.code:
        return this.#change("actor", slot.actor, { code: this.#placeIn(slot) ?? undefined });
      case slotKind.source:
        return this.#change("place", slot.place, { source: this.#texts.get(slot.extra) });
      case slotKind.resource:
        return this.#resource(slot);
      case slotKind.loop: {
        const thread = this.#threadNumber(slot.thread);
        this.#define("loop", slot.actor, { thread, rules: "asyncio" });
        return;
      }
      case slotKind.child:
        this.#shared.toldEnds.set(slot.actor, {
          status: slot.value,
          at: Math.max(0, slot.at / nsPerTick),
        });
        return;
      case slotKind.done:
        return this.#done(slot);
      case slotKind.more:
      case slotKind.stack:
        return this.#keep(ring, slot);
      case slotKind.trouble:
        this.troubles.add(this.#texts.get(slot.extra) ?? "a hook");
        return;
      default:
        this.#count("definitions of a later recorder");
    }
  }

  #place({ actor: id, place: file, extra, valueLow: line, valueHigh: column }: Slot): void {
    const path = this.#texts.get(file) ?? "?";
    this.#define("place", id, {
      file: seenFrom(this.#shared.source.folder, path),
      line: Math.max(1, line),
      column: column > 0 ? column : null,
      function: this.#texts.get(extra) ?? null,
    });
  }

  #thread(slot: Slot): void {
    const { thread: id, actor, valueLow: bits, extra } = slot;
    const number = this.#threadNumber(id);
    const place = this.#placeIn(slot);
    if (actor !== 0) this.#programs.set(id, this.#numberOf("actor", actor));
    const isHidden = (bits & threadBit.hidden) !== 0;
    if (!isHidden) this.#firstThread ??= number;
    this.#shared.registers.thread.defined.set(number, {
      process: this.number,
      name: this.#texts.get(extra) ?? `Thread-${id}`,
      daemon: (bits & threadBit.daemon) !== 0,
      ...((bits & threadBit.worker) === 0 ? {} : { worker: true }),
      ...(place === null ? {} : { place }),
    });
    if (isHidden) this.#shared.registers.thread.defined.delete(number);
  }

  #actor(slot: Slot): void {
    const { actor: id, valueLow: parent, valueHigh, extra } = slot;
    const kind = actorKindAt[valueHigh] ?? "task";
    const of = this.#texts.get(extra) ?? null;
    const number = this.#define("actor", id, {
      kind,
      name: kind === "main" ? "main" : (of ?? `${kind} ${id}`),
      function: of,
      parent: parent === 0 ? null : this.#numberOf("actor", parent),
      place: this.#placeIn(slot),
      until: null,
      cleanup: null,
    });
    if (kind === "main") this.#main ??= number;
    if (!bornKinds.has(kind)) return;
    const at = Math.max(0, slot.at / nsPerTick);
    this.heard++;
    const thread = this.#threadNumber(slot.thread);
    this.#shared.named[thread] = true;
    this.#shared.log.record(at, typeNumber["task-created"], thread, number, 0);
  }

  #resource(slot: Slot): void {
    const { actor: id, valueLow: capacity, valueHigh, extra } = slot;
    const kind = resourceKindAt[valueHigh] ?? "resource";
    this.#define("resource", id, {
      kind,
      name: this.#texts.get(extra) ?? `${kind} ${id}`,
      capacity: capacity === 0 ? null : capacity,
      place: this.#placeIn(slot),
    });
  }

  /** Keeps what belongs to the next event of a thread. */
  #keep(ring: RingNumber, slot: Slot): void {
    const pending = this.#pending[ring].getOrInsertComputed(slot.thread, () => ({ numbers: [] }));
    if (slot.kind === slotKind.stack) {
      const place = this.#placeIn(slot);
      if (place !== null) pending.stack = [...(pending.stack ?? []), place];
      return;
    }
    if (slot.actor !== 0) pending.actor = this.#numberOf("actor", slot.actor);
    if (slot.place !== 0) pending.resource = this.#numberOf("resource", slot.place);
    pending.numbers = [slot.value, slot.extra];
  }

  #placeIn({ place }: Slot): number | null {
    return place === 0 ? null : this.#numberOf("place", place);
  }

  #define<Kind extends DefinitionKind>(
    kind: Kind,
    id: number,
    definition: DefinitionOf<Kind>,
  ): number {
    const number = this.#numberOf(kind, id);
    const { defined } = this.#shared.registers[kind] as unknown as Register<DefinitionOf<Kind>>;
    defined.set(number, definition);
    return number;
  }

  /** Adds to a definition what has come to be known. */
  #change<Kind extends "actor" | "place">(
    kind: Kind,
    id: number,
    change: { [Field in keyof DefinitionOf<Kind>]?: DefinitionOf<Kind>[Field] | undefined },
  ): void {
    const defined = this.#shared.registers[kind].defined.get(this.#numberOf(kind, id));
    for (const [field, value] of Object.entries(change))
      if (defined !== undefined && value !== undefined)
        (defined as unknown as Record<string, unknown>)[field] = value;
  }

  #numberOf(kind: DefinitionKind, id: number): number {
    const ids = this.#ids[kind];
    let number = ids.get(id);
    if (number === undefined) ids.set(id, (number = this.#shared.registers[kind].next()));
    return number;
  }

  #threadNumber(id: number): number {
    const number = Math.min(this.#numberOf("thread", id), mostThread);
    this.#shared.processOfThread[number] ??= this.number;
    return number;
  }

  /** The program of a thread, for what is told of nobody else. */
  #programOf(thread: number): number {
    return this.#programs.get(thread) ?? this.#mainActor();
  }

  /** The number of its main thread; one is made up where its recorder has told of none. */
  #first(): number {
    if (this.#firstThread !== null) return this.#firstThread;
    this.#firstThread = Math.min(this.#shared.registers.thread.next(), mostThread);
    const thread = { process: this.number, name: "MainThread", daemon: false };
    this.#shared.registers.thread.defined.set(this.#firstThread, thread);
    return this.#firstThread;
  }

  #mainActor(): number {
    if (this.#main !== null) return this.#main;
    this.#main = this.#shared.registers.actor.next();
    this.#shared.registers.actor.defined.set(this.#main, unknownActor("main", "main"));
    return this.#main;
  }

  #count(why: string): void {
    this.dropped.set(why, (this.dropped.get(why) ?? 0) + 1);
  }
}

/** Details that stand before the event they belong to. */
interface Pending {
  actor?: number;
  resource?: number;
  numbers: readonly number[];
  stack?: Stack;
}

interface TextShape {
  optional?: boolean;
  ofResource?: boolean;
}

function valueIn({ value }: (typeof shapesByNumber)[number], slot: Slot): number {
  if (value === undefined) return 0;
  if ("words" in value) return slot.valueLow;
  if (value.unit === "status") return slot.value;
  return value.unit === "ticks"
    ? Math.max(0, Math.round(slot.value / nsPerTick))
    : Math.max(0, slot.value);
}

/** A path as it is told: relative to a folder that it lies below. */
function seenFrom(folder: string, path: string): string {
  if (!isAbsolute(path)) return path;
  const short = relative(folder, path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}

/** What a process is called: what it runs, without the folder and the arguments. */
function nameOf(command: string): string {
  const words = command.split(" ");
  const word = words.find((one) => !one.startsWith("-")) ?? words[0] ?? "";
  return word.slice(word.lastIndexOf("/") + 1) || "program";
}

function unknownActor(kind: string, name: string): ActorDefinition {
  return { kind, name, function: null, parent: null, place: null, until: null, cleanup: null };
}

/**
 * The definitions so far. A thread, loop or resource that is named and has none is given one that says so.
 * Places and actors are left out then: of an actor whose birth was dropped nobody knows what became of it.
 */
function settled({ registers, named, processOfThread }: Shared): Definitions {
  const places = registers.place.all(() => null);
  const known = (place: number | null): number | null =>
    place !== null && places.has(place) ? place : null;
  return {
    processes: registers.process.all(() => null),
    places,
    threads: new Map(
      [
        ...registers.thread.all((number) =>
          named[number] === true
            ? { process: processOfThread[number] ?? 0, name: `thread ${number}`, daemon: true }
            : null,
        ),
      ].map(([number, { place, ...thread }]) => {
        const isKnown = place !== undefined && known(place) !== null;
        return [number, isKnown ? { ...thread, place } : thread];
      }),
    ),
    loops: registers.loop.all(() => ({ thread: 0, rules: "asyncio" })),
    actors: parentsFirst(
      registers.actor.all(() => null),
      known,
    ),
    resources: registers.resource.all((number) => {
      return { kind: "resource", name: `#${number}`, capacity: null, place: null };
    }),
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
const untold = "untold";

/** What an actor begins and ends with. */
const births: ReadonlyMap<number, EventType> = new Map([
  [typeNumber["task-created"], "task-ended"],
  [typeNumber["launch-started"], "launch-ended"],
]);
const deaths = numbersOf("task-ended", "task-destroyed", "launch-ended");
const sightings = numbersOf("stood-at", "waits-for");

/**
 * Ends those whose end is not told and who were not seen standing anywhere afterwards, in processes of whose
 * record a part is missing: nobody knows what became of them, so they must not be told as lost.
 */
function endUntold(log: EventLog, { threads }: Definitions, gaps: ReadonlySet<number>): void {
  const open = new Map<number, { thread: number; ends: EventType }>();
  const seenAt = new Map<number, number>();
  let movedAt = 0;
  for (const { at, type, actor, thread, length } of log.chunks)
    for (let k = 0; k < length; k++) {
      const ends = births.get(type[k]!);
      const isDeath = deaths.has(type[k]!);
      if (ends !== undefined || isDeath) movedAt = at[k]!;
      if (sightings.has(type[k]!)) seenAt.set(actor[k]!, at[k]!);
      else if (isDeath) open.delete(actor[k]!);
      else if (ends !== undefined && gaps.has(threads.get(thread[k]!)?.process ?? NaN))
        open.set(actor[k]!, { thread: thread[k]!, ends });
    }
  for (const [actor, { thread, ends }] of open)
    if ((seenAt.get(actor) ?? -1) < movedAt)
      log.record(log.end, typeNumber[ends], thread, actor, endings.length);
}

/** The events in the order of time, their times in whole ticks; those about nobody that is known are counted. */
function inTicks(
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
    if (actor !== NOBODY && actors.get(actor) === undefined) {
      leftOut++;
      return;
    }
    const type = chunk.type[k]!;
    const at = Math.floor(chunk.at[k]!);
    const details = settle(type, detailsAt(chunk, k));
    log.record(at, type, chunk.thread[k]!, actor, chunk.value[k]!, details);
  });
  return { log, leftOut };
}
