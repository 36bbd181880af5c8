/**
 * Spans: what began and ended, paired once for all who read a trace.
 *
 * A type that ends in `-began` begins a span of the kind before it, and the type that ends in `-ended`
 * ends it. Began and ended belong together where kind, thread and actor are the same; of several that
 * are open, the last begun ends first.
 *
 * Invariant: one pass, in the order of the log; nothing is kept but what has not ended. Sleeps are
 * nearly all of a long log, so they cost no object: the span of a sleep is good until the next event.
 */
import type { Ticks } from "../base/duration.ts";
import { eventTypes, shapesByNumber } from "../trace/event.ts";
import { type EventLog, NOWHERE } from "../trace/log.ts";
import { LogCursor } from "./cursor.ts";

/** What somebody was at for a time. */
export interface Span {
  /** Its place among all spans but sleeps, in the order in which they began. */
  index: number;
  /** The word before `-began`: `sleep`, `block`, `compute`, `wait`, `settle`, `offload`, `job`, `call`, `cleanup`. */
  kind: string;
  actor: number;
  thread: number;
  from: Ticks;
  /** Null while it goes on. */
  to: Ticks | null;
  /** What its beginning says: a duration in ticks, the number of a job, or a word's index. */
  value: number;
  /** The text of its beginning: what is waited for, or the function that is called. */
  of: string | null;
  /** The actor that is waited for; null where that is not known. */
  whom: number | null;
  /** Where in the source it began; null where that is not known. */
  place: number | null;
  /** The resource that it is about; null where there is none. */
  resource: number | null;
  /** The word that its end says; `completed` where it says none. Null while it goes on. */
  how: string | null;
  /** The text of its end. */
  error: string | null;
  /** Whether its thread does the jobs of a pool. */
  inPool: boolean;
  /** One of the same kind, thread and actor that has begun before and not ended. */
  outer: Span | null;
}

/** What a type of event does to spans. */
interface Role {
  kind: number;
  begins: boolean;
}

/** Kinds by number. */
const kinds = eventTypes
  .flatMap((type) => /^(.*)-began$/.exec(type)?.[1] ?? [])
  // Steps are what holds go by (`holds.ts`); what is done in them has spans of its own.
  .filter((kind) => kind !== "step");

/** By the number of the type; null for what is of no span. */
const roles: readonly (Role | null)[] = eventTypes.map((type) => {
  const [, word, what] = /^(.*)-(began|ended)$/.exec(type) ?? [];
  const kind = kinds.indexOf(word ?? "");
  return kind < 0 ? null : { kind, begins: what === "began" };
});

/** By the number of a type that ends a span: the words that say how; none where it says nothing of it. */
const endWords: readonly (readonly string[] | undefined)[] = shapesByNumber.map(({ value }) =>
  value !== undefined && "words" in value && ["how", "status"].includes(value.name)
    ? value.words
    : undefined,
);

const sleep = kinds.indexOf("sleep");
const job = kinds.indexOf("job");

/** By kind: whether its thread does nothing else meanwhile. */
const keepsThread = kinds.map((kind) => ["block", "compute", "job"].includes(kind));

/** No time: nobody sleeps. */
const never = Infinity;

export class SpanFold {
  /** By thread, kind and actor, but for what keeps its thread. */
  readonly #open = new Map<number, Span>();
  /** By thread and kind, what keeps its thread: of such there are few at once, the last begun behind. */
  readonly #keeping: Span[][] = [];
  #begun = 0;
  readonly #sleeps = new Sleeps();
  /** By thread: whether it has begun a job. */
  readonly #workers: boolean[] = [];

  /** Takes in an event. @returns the span that it begins or ends; null for what is of no span. */
  hear(event: LogCursor): Span | null {
    const role = roles[event.typeNumber];
    if (role === null || role === undefined) return null;
    if (role.kind === sleep) return this.#hearSleep(event, role.begins);
    return role.begins ? this.#begin(role.kind, event) : this.#end(role.kind, event);
  }

  /** `hear` for the beginning of a sleep, where nobody wants the span. */
  sleepBegan(event: LogCursor): void {
    this.#sleeps.began(event);
  }

  /** `hear` for the end of a sleep. @returns only when it was due; Infinity for who did not sleep. */
  sleepEnded(event: LogCursor): Ticks {
    return this.#sleeps.ended(event);
  }

  #hearSleep(event: LogCursor, begins: boolean): Span | null {
    if (begins) {
      this.#sleeps.began(event);
      return this.#sleeps.spanOf(event, event.at + event.value);
    }
    const due = this.#sleeps.ended(event);
    if (due === never) return null;
    const span = this.#sleeps.spanOf(event, due);
    span.to = event.at;
    span.how = howEnded(event);
    return span;
  }

  /** Whether a thread does the jobs of a pool. */
  isWorker(thread: number): boolean {
    return this.#workers[thread] === true;
  }

  /** When a sleeper is due; Infinity for who does not sleep. */
  dueOf(actor: number): Ticks {
    return this.#sleeps.dueOf(actor);
  }

  /** When an actor's last sleep began, and where; null when it never slept. */
  lastSleepOf(actor: number): { from: Ticks; place: number | null } | null {
    return this.#sleeps.lastOf(actor);
  }

  /** When the first of those who sleep is due; Infinity where nobody does. */
  firstDue(): Ticks {
    return this.#sleeps.firstDue();
  }

  /** What nothing has ended, but for sleeps; what began first comes first. */
  unfinished(): Span[] {
    const spans: Span[] = [];
    for (const span of this.#open.values())
      for (let one: Span | null = span; one !== null; one = one.outer) spans.push(one);
    for (const keeping of this.#keeping) if (keeping !== undefined) spans.push(...keeping);
    return spans.length < 2 ? spans : spans.sort((a, b) => a.index - b.index);
  }

  #begin(kind: number, event: LogCursor): Span {
    const { thread, actor } = event;
    if (kind === job) this.#workers[thread] = true;
    const span: Span = {
      index: this.#begun++,
      kind: kinds[kind]!,
      actor,
      thread,
      from: event.at,
      to: null,
      value: event.value,
      of: event.text ?? null,
      whom: event.numbers?.["whom"] ?? null,
      place: event.place,
      resource: event.resource,
      how: null,
      error: null,
      inPool: this.isWorker(thread),
      outer: null,
    };
    if (keepsThread[kind]) {
      const keeping = (this.#keeping[thread * kinds.length + kind] ??= []);
      if (keeping.length > 0) span.outer = keeping.findLast((one) => one.actor === actor) ?? null;
      keeping.push(span);
      return span;
    }
    const key = keyOf(kind, thread, actor);
    span.outer = this.#open.get(key) ?? null;
    this.#open.set(key, span);
    return span;
  }

  /** Takes out what an event ends; undefined where the beginning of a log is missing. */
  #take(kind: number, { thread, actor }: LogCursor): Span | undefined {
    if (keepsThread[kind]) {
      const keeping = this.#keeping[thread * kinds.length + kind];
      if (keeping === undefined) return undefined;
      if (keeping.at(-1)?.actor === actor) return keeping.pop();
      const index = keeping.findLastIndex((one) => one.actor === actor);
      return index < 0 ? undefined : keeping.splice(index, 1)[0];
    }
    const key = keyOf(kind, thread, actor);
    const span = this.#open.get(key);
    if (span === undefined) return undefined;
    if (span.outer === null) this.#open.delete(key);
    else this.#open.set(key, span.outer);
    return span;
  }

  #end(kind: number, event: LogCursor): Span | null {
    const span = this.#take(kind, event);
    if (span === undefined) return null;
    span.to = event.at;
    span.how = howEnded(event);
    span.error = event.text ?? null;
    return span;
  }
}

/** Follows a log from its beginning to its end: each event, with the span that it begins or ends. */
export function followSpans(
  log: Pick<EventLog, "chunks">,
  hear: (event: LogCursor, span: Span | null) => void,
): void {
  const spans = new SpanFold();
  const event = new LogCursor(log);
  while (event.next()) hear(event, spans.hear(event));
}

/** The most numbers below zero that actors may have. */
const below = 80;

/** How many rows there are at first: few, for thousands of short runs. */
const firstRows = 32;

/** Of each actor in a row: when its last sleep began, when it was due, and where it stands in the source. */
const width = 3;
const [FROM, DUE, PLACE] = [0, 1, 2];

/** Who sleeps, and slept last, in rows by actor. */
class Sleeps {
  #rows = new Float64Array(0);
  readonly #span: Span = {
    index: -1,
    kind: "sleep",
    actor: 0,
    thread: 0,
    from: 0,
    to: null,
    value: 0,
    of: null,
    whom: null,
    place: null,
    resource: null,
    how: null,
    error: null,
    inPool: false,
    outer: null,
  };

  began(event: LogCursor): void {
    const row = (event.actor + below) * width;
    if (row >= this.#rows.length) this.#grow(row);
    const rows = this.#rows;
    const { at } = event;
    rows[row + FROM] = at;
    rows[row + DUE] = at + event.value;
    rows[row + PLACE] = event.placeNumber;
  }

  /** @returns when it was due; Infinity for who did not sleep. */
  ended(event: LogCursor): Ticks {
    const row = (event.actor + below) * width;
    const rows = this.#rows;
    if (row >= rows.length) return never;
    const due = rows[row + DUE]!;
    rows[row + DUE] = never;
    return due;
  }

  /** The sleep that an event has begun, or ended that was due then. */
  spanOf(event: LogCursor, due: Ticks): Span {
    const span = this.#span;
    const from = this.#at(event.actor, FROM);
    span.actor = event.actor;
    span.thread = event.thread;
    span.from = from;
    span.value = due - from;
    span.place = this.#placeOf(event.actor);
    span.to = null;
    span.how = null;
    return span;
  }

  dueOf(actor: number): Ticks {
    return this.#at(actor, DUE);
  }

  firstDue(): Ticks {
    let first = never;
    for (let row = 0; row < this.#rows.length; row += width)
      first = Math.min(first, this.#rows[row + DUE]!);
    return first;
  }

  /** When an actor's last sleep began, and where; null when it never slept. */
  lastOf(actor: number): { from: Ticks; place: number | null } | null {
    const from = this.#at(actor, FROM);
    return from === never ? null : { from, place: this.#placeOf(actor) };
  }

  #at(actor: number, column: number): number {
    return this.#rows[(actor + below) * width + column] ?? never;
  }

  #placeOf(actor: number): number | null {
    const place = this.#at(actor, PLACE);
    return place === NOWHERE ? null : place;
  }

  #grow(row: number): void {
    const rows = this.#rows;
    this.#rows = new Float64Array(Math.max(firstRows * width, rows.length * 2, row + width)).fill(
      never,
    );
    this.#rows.set(rows);
  }
}

/** A thread, a kind and an actor in one number: threads are few, kinds fewer, actors have 32 bits. */
function keyOf(kind: number, thread: number, actor: number): number {
  return (thread * kinds.length + kind) * 2 ** 32 + (actor >>> 0);
}

/** How a span ended, in the word of the event that ends it. */
function howEnded(event: LogCursor): string {
  return endWords[event.typeNumber]?.[event.value] ?? "completed";
}
