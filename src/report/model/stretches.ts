/**
 * What every actor and every thread was at, and when: all of a trace, whatever its size, in columns.
 *
 * An entity is a thread, with the program that it was started for, or an actor beside it. Its stretches do not
 * overlap: of several spans at one time the innermost counts, and one that holds its thread, or starves, in any
 * case. What nothing is told of is no stretch.
 */
import type { Ticks } from "../../base/duration.ts";
import { LogCursor } from "../../reading/cursor.ts";
import { kindOfHold } from "../../reading/holds.ts";
import { HeldThread } from "../../reading/lanes.ts";
import { byTypeNumber, type Hears } from "../../reading/listener.ts";
import { nextLoop } from "../../reading/loops.ts";
import { Numbered } from "../../reading/numbered.ts";
import { type Span, SpanFold } from "../../reading/spans.ts";
import { slow } from "../../reading/victims.ts";
import { callText, type Names } from "../../remedies/program/names.ts";
import { seenWaitWords } from "../../remedies/program/waits.ts";
import { typeNumber, waits } from "../../trace/event.ts";
import type { LoopOutcome } from "../../reading/loops.ts";
import { type Trace, wordOf } from "../../trace/trace.ts";
import { arrowKinds } from "../page/words.ts";
import { Flattened, Growing } from "./flattened.ts";

const loopOpened = typeNumber["loop-opened"];

/** Indexes of `states`. */
const [HOLDING, STARVED, RUNNING, WAITING, ALIVE] = [0, 1, 2, 3, 4] as const;

/** A thread, a loop that is open for some of a thread's time, or an actor that is not the program of a thread. */
export interface Entity {
  thread: number | null;
  actor: number | null;
  loop: LoopOutcome | null;
}

export interface Arrow {
  /** An index of `arrowKinds`: what was cancelled, or sent; the others follow from who made and awaited whom. */
  kind: number;
  from: number;
  at: Ticks;
  to: number;
  /** When it arrives. */
  toAt: Ticks;
}

/** What is known of a trace beside its events. */
export interface Known {
  names: Names;
  /** What resources are called. */
  resources: ReadonlyMap<number, string>;
  /** When an actor ended, or its process with it; null where that is not in the record. */
  endOf: (actor: number) => Ticks | null;
  /** The loops that were open for some of a thread's time. */
  loops: readonly LoopOutcome[];
}

/** What an entity was last seen at by a recorder that looked. */
interface Seen {
  from: Ticks;
  state: number;
  what: number;
  place: number;
  whom: number;
}

const CANCELLED = arrowKinds.indexOf("cancelled");
const SENT = arrowKinds.indexOf("sent");

/** A step of a thread that has not ended. */
interface OpenStep {
  actor: number;
  from: Ticks;
}

/** The most items of channels whose way is told. */
const mostSent = 20_000;

export class Stretches {
  readonly entities: Entity[] = [];
  /** Texts that stretches name by their indexes; the first is empty. */
  readonly texts: string[] = [""];
  readonly arrows: Arrow[] = [];
  /** By actor: when it was made. */
  readonly created = new Map<number, Ticks>();
  readonly #trace: Pick<Trace, "definitions" | "words">;
  readonly #names: Names;
  readonly #resources: ReadonlyMap<number, string>;
  readonly #endOf: Known["endOf"];
  readonly #opened: readonly LoopOutcome[];
  readonly #textNumbers = new Map<string, number>([["", 0]]);
  readonly #ofActor = new Numbered<number>();
  readonly #ofThread: number[] = [];
  readonly #ofLoop = new Map<LoopOutcome, number>();
  /** By thread: whether the entity has a program of its own. */
  readonly #bound: boolean[] = [];
  readonly #columns = new Growing();
  readonly #spans = new SpanFold();
  readonly #loops: HeldThread[] = [];
  /** The threads on which a loop is open: who computes there keeps it from everybody else. */
  readonly #turning = new Set<number>();
  readonly #mains: number[] = [];
  readonly #steps: OpenStep[][] = [];
  /** By what is waited for: the text of a wait of which nothing else is told. */
  readonly #plainWaits: number[] = [];
  readonly #seen = new Map<number, Seen>();
  /** By actor: the jobs of pools that have begun and not ended. */
  readonly #jobs = new Map<number, { thread: number; from: Ticks }>();
  readonly #sent = new Map<string, { entity: number; at: Ticks }>();
  #end: Ticks = 0;

  constructor(
    trace: Pick<Trace, "definitions" | "words">,
    { names, resources, endOf, loops }: Known,
  ) {
    this.#trace = trace;
    this.#names = names;
    this.#resources = resources;
    this.#endOf = endOf;
    this.#opened = loops;
  }

  /** Hears all events of a trace. @returns the stretches by entity, each entity's in the order of time. */
  hearAll({ log }: Pick<Trace, "log">): Flattened {
    const event = new LogCursor(log);
    while (event.next()) this.#hear(event);
    this.#finish();
    return new Flattened(this.#columns, this.entities.length);
  }

  /** The entity of an actor. */
  entityOf(actor: number): number {
    return this.#ofActor.get(actor) ?? this.#add(actor);
  }

  /** The entity of a thread. */
  threadEntity(thread: number): number {
    return (this.#ofThread[thread] ??= this.entities.push({ thread, actor: null, loop: null }) - 1);
  }

  /** The entity of a loop. */
  loopEntity(loop: LoopOutcome): number {
    return this.#ofLoop.getOrInsertComputed(
      loop,
      () => this.entities.push({ thread: null, actor: null, loop }) - 1,
    );
  }

  text(text: string): number {
    const known = this.#textNumbers.get(text);
    if (known !== undefined) return known;
    const number = this.texts.push(text) - 1;
    this.#textNumbers.set(text, number);
    return number;
  }

  #add(actor: number): number {
    return this.#ofActor.set(actor, this.entities.push({ thread: null, actor, loop: null }) - 1);
  }

  /** An actor is the program of its thread, and has its lane. */
  #bind(actor: number, thread: number): void {
    if (this.#bound[thread] === true || this.#ofActor.get(actor) !== undefined) return;
    this.#bound[thread] = true;
    const entity = this.threadEntity(thread);
    this.entities[entity]!.actor = actor;
    this.#ofActor.set(actor, entity);
  }

  static readonly #hears: Hears<Stretches> = {
    "main-started": (reader, { actor, thread }) => {
      reader.#mains[thread] = actor;
      reader.#bind(actor, thread);
    },
    "task-created": (reader, { actor, at }) => void reader.created.set(actor, at),
    "task-started": (reader, { actor, thread, at }) => {
      const isThread = reader.#trace.definitions.actors.get(actor)?.kind === "thread";
      if (isThread) reader.#bind(actor, thread);
      const entity = reader.entityOf(actor);
      if (reader.#isJob(actor)) reader.#jobs.set(actor, { thread, from: at });
      const due = reader.created.get(actor);
      if (due !== undefined && !isThread) reader.#starved(entity, thread, { due, at, place: -1 });
    },
    "task-ended": (reader, { actor, at }) => {
      reader.#unsee(reader.entityOf(actor), at);
      reader.#jobEnded(actor, at);
    },
    "loop-closed": (reader, { thread }) => void reader.#turning.delete(thread),
    "main-ended": (reader, { actor, at }) => reader.#unsee(reader.entityOf(actor), at),
    "launch-ended": (reader, { actor, at }) => reader.#unsee(reader.entityOf(actor), at),
    "step-began": (reader, { actor, thread, at }) => {
      (reader.#steps[thread] ??= []).push({ actor, from: at });
      reader.#unsee(reader.entityOf(actor), at);
    },
    "step-ended": (reader, event) => {
      const step = reader.#steps[event.thread]?.pop();
      if (step !== undefined) reader.#held(event, step);
    },
    "call-held": (reader, { actor, thread, at, value, place }) => {
      const entity = reader.entityOf(actor);
      const columns = [
        reader.text("in your function, which holds its thread"),
        place ?? -1,
      ] as const;
      // A pool's thread is not the task's own, which waits meanwhile.
      if (!reader.#spans.isWorker(thread))
        reader.#columns.add(entity, at - value, at, HOLDING, ...columns, -1);
      const onThread = reader.threadEntity(thread);
      if (onThread !== entity)
        reader.#columns.add(onThread, at - value, at, HOLDING, ...columns, entity);
    },
    late: (reader, { actor, at, value, place, numbers }) => {
      const by = numbers?.["by"];
      const entity = reader.entityOf(actor);
      // It was due, and so no longer at what it was seen at.
      reader.#unsee(entity, Math.max(at - value, reader.#seen.get(entity)?.from ?? 0));
      const words =
        by === undefined || by === actor
          ? "ready, and its thread was held"
          : `ready, while ${reader.#names.kind(by)} held its thread`;
      const whom = by === undefined ? -1 : reader.entityOf(by);
      reader.#columns.add(entity, at - value, at, STARVED, reader.text(words), place ?? -1, whom);
    },
    "stood-at": (reader, { actor, at, place }) => {
      const entity = reader.entityOf(actor);
      reader.#unsee(entity, at);
      const what = reader.text("last seen here");
      reader.#seen.set(entity, { from: at, state: ALIVE, what, place: place ?? -1, whom: -1 });
    },
    "waits-for": (reader, event) => reader.#sighted(event),
    "cancel-requested": (reader, { actor, at, numbers }) => {
      const by = numbers?.["by"];
      if (by === undefined) return;
      const [from, to] = [reader.entityOf(by), reader.entityOf(actor)];
      reader.arrows.push({ kind: CANCELLED, from, at, to, toAt: at });
    },
    sent: (reader, { actor, at, value, resource, text }) => {
      if (reader.#sent.size < mostSent)
        reader.#sent.set(`${resource ?? text}\0${value}`, { entity: reader.entityOf(actor), at });
    },
    received: (reader, { actor, at, value, resource, text }) => {
      const sent = reader.#sent.get(`${resource ?? text}\0${value}`);
      if (sent === undefined) return;
      const to = reader.entityOf(actor);
      reader.arrows.push({ kind: SENT, from: sent.entity, at: sent.at, to, toAt: at });
    },
  };

  /** By the number of a type. */
  static readonly #hearings = byTypeNumber(this.#hears);

  #hear(event: LogCursor): void {
    const { thread, at } = event;
    if (at > this.#end) this.#end = at;
    if (event.typeNumber === loopOpened) {
      this.#turning.add(thread);
      this.#loops[thread] = new HeldThread(
        nextLoop(this.#trace.definitions, thread, this.#loops[thread]?.number ?? null),
        this.#mains[thread] ?? null,
      );
    }
    this.#loops[thread]?.holds.hear(event);
    const span = this.#spans.hear(event);
    if (span !== null && span.to !== null) this.#ended(span, span.to);
    else if (span !== null && span.kind !== "cleanup" && this.#seen.size > 0)
      this.#unsee(this.entityOf(span.actor), at);
    Stretches.#hearings[event.typeNumber]?.(this, event, span);
  }

  #isJob(actor: number): boolean {
    return this.#trace.definitions.actors.get(actor)?.kind === "job";
  }

  /** A job of a pool is over, which kept one of the pool's threads. */
  #jobEnded(actor: number, at: Ticks): void {
    const job = this.#jobs.get(actor);
    if (job === undefined) return;
    this.#jobs.delete(actor);
    const { thread, from } = job;
    const entity = this.entityOf(actor);
    const what = this.text(`does a job of ${this.#names.kind(actor)}`);
    this.#columns.add(entity, from, at, RUNNING, this.text("is done by a pool"), -1, -1);
    this.#columns.add(this.threadEntity(thread), from, at, RUNNING, what, -1, entity);
  }

  /** A span is over: whoever was at it has a stretch of that. */
  #ended(span: Span, at: Ticks): void {
    const { kind, actor, thread, from, whom } = span;
    // A recorder that looks from time to time may tell of the end only when the actor's own is over. The program of
    // a thread goes on behind its end, where its process calls what it is to call then.
    const isOver = this.entities[this.entityOf(actor)]!.thread === null;
    const to = isOver ? Math.min(at, this.#lastOf(actor)) : at;
    const place = span.place ?? -1;
    if (kind === "job") {
      const what = this.text(`does a job of ${this.#names.kind(actor)}`);
      this.#columns.add(this.threadEntity(thread), from, to, RUNNING, what, place, -1);
      return;
    }
    if (span.inPool || kind === "cleanup") return;
    const entity = this.entityOf(actor);
    switch (kind) {
      case "sleep":
        this.#columns.add(entity, from, to, WAITING, this.text("sleeps"), place, -1);
        if (to > from + span.value)
          this.#starved(entity, thread, { due: from + span.value, at: to, place });
        return;
      case "wait": {
        const what = this.#waitText(span);
        const target = whom === null ? -1 : this.entityOf(whom);
        this.#columns.add(entity, from, to, WAITING, what, place, target);
        return;
      }
      case "block":
        return this.#keeps(span, to, { state: HOLDING, words: "stands still, holding its thread" });
      case "compute":
        return this.#keeps(span, to, {
          state: this.#turning.has(thread) ? HOLDING : RUNNING,
          words: "computes",
        });
      case "settle":
        return this.#columns.add(
          entity,
          from,
          to,
          WAITING,
          this.text("waits for the tasks of its group"),
          place,
          -1,
        );
      case "offload":
        return this.#columns.add(
          entity,
          from,
          to,
          WAITING,
          this.text("waits for the pool"),
          place,
          -1,
        );
      case "call":
        return this.#columns.add(
          entity,
          from,
          to,
          RUNNING,
          this.text(`in ${span.of ?? "a function"}`),
          place,
          -1,
        );
      default:
        return;
    }
  }

  /** What keeps its thread is seen on the thread as well. */
  #keeps(
    { actor, thread, from, place }: Span,
    to: Ticks,
    { state, words }: { state: number; words: string },
  ): void {
    const entity = this.entityOf(actor);
    const what = this.text(words);
    this.#columns.add(entity, from, to, state, what, place ?? -1, -1);
    const onThread = this.threadEntity(thread);
    const isFree = this.#trace.definitions.actors.get(actor)?.kind !== "main";
    if (onThread !== entity && isFree)
      this.#columns.add(onThread, from, to, state, what, place ?? -1, entity);
  }

  /** Somebody has had a thread for a step that was told. */
  #held({ thread, actor, at, numbers, text, place }: LogCursor, { from }: OpenStep): void {
    if (at <= from) return;
    const kind = kindOfHold(at - from, numbers ?? {}, slow);
    const call = text === undefined ? "" : ` in ${callText(text)}`;
    const words =
      kind === "queued"
        ? "had its thread, and got no core of a busy machine"
        : kind === "computing"
          ? `computes${call}, holding its thread`
          : kind === "blocked"
            ? `stands still${call}, holding its thread`
            : `holds its thread${call}`;
    const state = kind === "queued" ? RUNNING : HOLDING;
    const entity = this.entityOf(actor);
    const onThread = this.threadEntity(thread);
    const what = this.text(words);
    this.#columns.add(entity, from, at, state, what, place ?? -1, -1);
    if (onThread !== entity)
      this.#columns.add(onThread, from, at, state, what, place ?? -1, entity);
  }

  /** What was due and had no turn starved for as long as its thread was held meanwhile. */
  #starved(
    entity: number,
    thread: number,
    { due, at, place }: { due: Ticks; at: Ticks; place: number },
  ): void {
    if (at <= due) return;
    const what = this.text("ready, and its thread was held");
    for (const held of this.#loops[thread]?.heldBetween(due, at) ?? [])
      this.#columns.add(entity, held.from, held.to, STARVED, what, place, -1);
  }

  #sighted({ actor, at, place, resource, numbers, text }: LogCursor): void {
    const entity = this.entityOf(actor);
    const before = this.#seen.get(entity);
    const whom = numbers?.["whom"] ?? null;
    // Of several that are waited for at once the first is told.
    if (before?.from === at && before.state === WAITING) return;
    if (before?.from !== at) this.#unsee(entity, at);
    const thing = resource === null ? (text ?? null) : (this.#resources.get(resource) ?? null);
    const who = whom === null ? null : this.#names.kind(whom);
    const what = this.text(
      `last seen waiting ${seenWaitWords({ for: "something", thing: thing === null ? null : callText(thing), who })}`.trim(),
    );
    const target = whom === null ? -1 : this.entityOf(whom);
    this.#seen.set(entity, {
      from: at,
      state: WAITING,
      what,
      place: place ?? before?.place ?? -1,
      whom: target,
    });
  }

  /** Something new is told of an entity: until then it is taken to have been at what it was seen at. */
  #unsee(entity: number, at: Ticks): void {
    const seen = this.#seen.get(entity);
    if (seen === undefined) return;
    this.#seen.delete(entity);
    const { from, state, what, place, whom } = seen;
    this.#columns.add(entity, from, at, state, what, place, whom);
  }

  /** The text of a wait. Of many all are for the same, and nothing else is told. */
  #waitText(span: Span): number {
    if (span.of !== null || span.resource !== null || span.whom !== null)
      return this.text(this.#waitWords(span));
    return (this.#plainWaits[span.value] ??= this.text(this.#waitWords(span)));
  }

  #waitWords({ value, of, resource, whom }: Span): string {
    const thing = resource === null ? of : (this.#resources.get(resource) ?? of);
    const who = whom === null ? null : this.#names.kind(whom);
    return `waits ${seenWaitWords({ for: wordOf(this.#trace, waits, value), thing, who })}`;
  }

  /** When what an actor was at has ended, where nothing else says so. */
  #lastOf(actor: number): Ticks {
    return this.#endOf(actor) ?? this.#end;
  }

  /** What nothing has ended goes on to the end of whoever was at it, or of the record. */
  #finish(): void {
    for (const span of this.#spans.unfinished()) this.#ended(span, this.#lastOf(span.actor));
    for (const actor of [...this.#jobs.keys()]) this.#jobEnded(actor, this.#lastOf(actor));
    for (const [actor] of this.#trace.definitions.actors) {
      const sleep = this.#spans.dueOf(actor) === Infinity ? null : this.#spans.lastSleepOf(actor);
      if (sleep === null) continue;
      const { from, place } = sleep;
      const what = this.text("sleeps");
      const to = this.#lastOf(actor);
      this.#columns.add(this.entityOf(actor), from, to, WAITING, what, place ?? -1, -1);
    }
    for (const [thread, steps] of this.#steps.entries())
      for (const { actor, from } of steps ?? []) {
        const what = this.text("holds its thread, and does not give it back");
        for (const entity of new Set([this.entityOf(actor), this.threadEntity(thread)]))
          this.#columns.add(entity, from, this.#lastOf(actor), HOLDING, what, -1, -1);
      }
    for (const loop of this.#opened) {
      const { openedAt, closingAt, closedAt, opened, closed } = loop;
      const entity = this.loopEntity(loop);
      const end = closedAt ?? this.#end;
      const closing = closingAt ?? end;
      const place = opened?.place ?? -1;
      this.#columns.add(entity, openedAt, closing, ALIVE, this.text("is open"), place, -1);
      this.#columns.add(entity, closing, end, ALIVE, this.text("closes"), closed?.place ?? -1, -1);
    }
    for (const entity of [...this.#seen.keys()]) {
      const { actor } = this.entities[entity]!;
      this.#unsee(entity, actor === null ? this.#end : this.#lastOf(actor));
    }
  }
}
