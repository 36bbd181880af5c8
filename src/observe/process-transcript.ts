/**
 * One process in the trace: its numbers there, its events and its end, whatever its recorder writes.
 *
 * What a record names may be defined only later, or never, so whatever is named has its number at once, and its
 * definition when that comes.
 */
import { isAbsolute, relative } from "node:path";
import type { ActorDefinition, DefinitionKind, ProcessDefinition } from "../trace/definitions.ts";
import { type EventType, shapesByNumber, typeNumber } from "../trace/event.ts";
import { type Details, type EventLog, NOBODY } from "../trace/log.ts";
import {
  type DefinitionOf,
  mostThread,
  type Register,
  type Registers,
  type ToldEnd,
} from "./registers.ts";
import type { StartedAt } from "./trace-clock.ts";

/** What is known of a process from its start on. */
export interface ProcessHeader extends StartedAt {
  pid: number;
  parentPid: number;
  /** As `CPython 3.11.7`; empty where no recorder ran. */
  runtime: string;
  /** The command line, quoted as for a shell. */
  command: string;
  /** What its program is called, where that is known to be another name than that of what runs it. */
  program?: string;
}

/** How many single details are kept of all processes; of more there is a count. */
const mostDetails = 4_000_000;

/** What a recorder tells of those who have not moved. */
const looks: ReadonlySet<number> = new Set(
  (["stood-at", "waits-for", "holds", "handle-alive", "left"] as const).map(
    (type) => typeNumber[type],
  ),
);

/** An event, with the ids that its record has for whom it is about. */
export interface ToldEvent {
  /** In ticks of the trace. */
  at: number;
  type: number;
  thread: number;
  /** 0 is nobody. */
  actor: number;
  value: number;
}

export class ProcessTranscript {
  readonly header: ProcessHeader;
  readonly number: number;
  /** As its source's `language` has it; null where no recorder ran. */
  readonly language: string | null;
  /** What its recorder failed in, each once. */
  readonly troubles = new Set<string>();
  /** How many events it did not record, by why. */
  readonly dropped = new Map<string, number>();
  /** Whether something that lasts was dropped, so that an end that is not there may have been. */
  hasGaps = false;
  /** Whether the last part of its record is missing. */
  breaksOff = false;
  /** How many events have come, but for what a recorder tells of itself. */
  heard = 0;
  /** The status that the program asked for last, by itself or by failing. */
  exitCode: number | null = null;
  /** Whether it has called for its own end. */
  hasCalledExit = false;
  readonly #registers: Registers;
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
  /** When its last event happened, in ticks. */
  #lastAt = 0;
  #firstThread: number | null = null;
  /** A number that was made up for its main thread: that of the first thread that it tells of. */
  #madeThread: number | null = null;
  #main: number | null = null;

  constructor(registers: Registers, header: ProcessHeader, language: string | null) {
    this.#registers = registers;
    this.header = header;
    this.language = language;
    this.number = registers.of.process.next();
  }

  /** @param parent the number of the process that started it. */
  definition(parent: number | null): ProcessDefinition {
    const { command, pid, program = nameOf(command) } = this.header;
    return { name: program, parent, pid, command };
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

  /** Takes in how a child of it ended. */
  tellEnd(pid: number, end: ToldEnd): void {
    this.#registers.toldEnds.set(pid, end);
  }

  /** Counts events that it did not record. */
  setDropped(why: string, count: number): void {
    if (count > 0) this.dropped.set(why, count);
    else this.dropped.delete(why);
  }

  countDropped(why: string, count = 1): void {
    this.dropped.set(why, (this.dropped.get(why) ?? 0) + count);
  }

  /** Whether a single detail more is kept; else it is counted. */
  hasRoom(): boolean {
    if (this.#registers.details++ < mostDetails) return true;
    this.countDropped("more single events than are kept");
    return false;
  }

  /** Has a main thread, even if its recorder has told of none: something may be told of it yet. */
  haveThread(): void {
    this.#first();
  }

  addDropped(log: EventLog): void {
    for (const [why, count] of this.dropped)
      log.record(log.end, typeNumber.dropped, this.#first(), NOBODY, count, { text: why });
  }

  /** Records an event. What is about somebody, and names nobody, is about the program of its thread. */
  record({ at, type, thread: on, actor: id, value }: ToldEvent, details?: Details): void {
    const time = Math.max(0, at);
    this.#lastAt = Math.max(this.#lastAt, time);
    if (!looks.has(type)) this.heard++;
    const thread = this.threadNumber(on);
    this.#registers.named[thread] = true;
    let actor = id === 0 ? NOBODY : this.numberOf("actor", id);
    if (actor === NOBODY && shapesByNumber[type]!.about !== "anybody") actor = this.#programOf(on);
    if (type === typeNumber["exit-called"] && (details?.text ?? null) === null) {
      this.exitCode = value;
      this.hasCalledExit = true;
    }
    if (type === typeNumber["main-ended"]) this.exitCode ??= value === 0 ? 0 : 1;
    this.#registers.log.record(time, type, thread, actor, value, details);
  }

  #add(type: EventType, at: number, value: number, details?: Details): void {
    const actor = this.#mainActor();
    this.#registers.log.record(at, typeNumber[type], this.#first(), actor, value, details);
  }

  definePlace(id: number, { file, ...place }: DefinitionOf<"place">): void {
    this.define("place", id, { ...place, file: seenFrom(this.#registers.folder, file) });
  }

  /**
   * Defines a thread; what is told of it again adds to that.
   *
   * @param program the actor that is its program; 0 for none. A hidden thread is the recorder's own.
   */
  defineThread(
    id: number,
    definition: Pick<DefinitionOf<"thread">, "name"> & Partial<DefinitionOf<"thread">>,
    { program, isHidden }: { program: number; isHidden: boolean },
  ): void {
    const number = this.threadNumber(id);
    if (program !== 0) this.#programs.set(id, this.numberOf("actor", program));
    const { defined } = this.#registers.of.thread;
    if (isHidden) return void defined.delete(number);
    this.#firstThread ??= number;
    const before = defined.get(number);
    defined.set(number, { daemon: false, ...before, ...definition, process: this.number });
  }

  /** @returns the actor's number in the trace. */
  defineActor(id: number, definition: DefinitionOf<"actor">): number {
    const number = this.define("actor", id, definition);
    if (definition.kind === "main") this.#main ??= number;
    return number;
  }

  define<Kind extends DefinitionKind>(
    kind: Kind,
    id: number,
    definition: DefinitionOf<Kind>,
  ): number {
    const number = this.numberOf(kind, id);
    const { defined } = this.#registers.of[kind] as unknown as Register<DefinitionOf<Kind>>;
    defined.set(number, definition);
    return number;
  }

  /** Adds to a definition what has come to be known. */
  change<Kind extends "actor" | "place">(
    kind: Kind,
    id: number,
    change: { [Field in keyof DefinitionOf<Kind>]?: DefinitionOf<Kind>[Field] | undefined },
  ): void {
    const defined = this.#registers.of[kind].defined.get(this.numberOf(kind, id));
    for (const [field, value] of Object.entries(change))
      if (defined !== undefined && value !== undefined)
        (defined as unknown as Record<string, unknown>)[field] = value;
  }

  numberOf(kind: DefinitionKind, id: number): number {
    const ids = this.#ids[kind];
    let number = ids.get(id);
    if (number === undefined) ids.set(id, (number = this.#registers.of[kind].next()));
    return number;
  }

  threadNumber(id: number): number {
    const { thread: ids } = this.#ids;
    if (this.#madeThread !== null && !ids.has(id)) {
      ids.set(id, this.#madeThread);
      this.#madeThread = null;
    }
    const number = Math.min(this.numberOf("thread", id), mostThread);
    this.#registers.processOfThread[number] ??= this.number;
    return number;
  }

  /** The program of a thread, for what is told of nobody else. */
  #programOf(thread: number): number {
    return this.#programs.get(thread) ?? this.#mainActor();
  }

  /** The number of its main thread; one is made up as long as its recorder has told of none. */
  #first(): number {
    if (this.#firstThread !== null) return this.#firstThread;
    const { thread } = this.#registers.of;
    this.#firstThread = this.#madeThread = Math.min(thread.next(), mostThread);
    const made = { process: this.number, name: "MainThread", daemon: false };
    thread.defined.set(this.#firstThread, made);
    return this.#firstThread;
  }

  #mainActor(): number {
    if (this.#main !== null) return this.#main;
    const { actor } = this.#registers.of;
    this.#main = actor.next();
    actor.defined.set(this.#main, newActor("main", "main"));
    return this.#main;
  }
}

/** An actor of whom no more is known than its kind and its name. */
export function newActor(kind: string, name: string): ActorDefinition {
  return { kind, name, function: null, parent: null, place: null, until: null, cleanup: null };
}

/** A path as it is told: relative to a folder that it lies below. */
export function seenFrom(folder: string, path: string): string {
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
