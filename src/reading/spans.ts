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
import type { EventLog } from "../trace/log.ts";
import { LogCursor } from "./cursor.ts";

/** What somebody was at for a time. */
export interface Span {
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
const kinds = eventTypes.flatMap((type) => /^(.*)-began$/.exec(type)?.[1] ?? []);

/** By the number of the type; null for what is of no span. */
const roles: readonly (Role | null)[] = eventTypes.map((type) => {
  const [, word, what] = /^(.*)-(began|ended)$/.exec(type) ?? [];
  const kind = kinds.indexOf(word ?? "");
  return kind < 0 ? null : { kind, begins: what === "began" };
});

const sleep = kinds.indexOf("sleep");
const job = kinds.indexOf("job");

/** No time: nobody sleeps. */
const never = Infinity;

export class SpanFold {
  /** By thread, kind and actor. */
  readonly #open = new Map<number, Span>();
  readonly #sleeps = new Sleeps();
  /** By thread: whether it has begun a job. */
  readonly #workers: boolean[] = [];

  /** Takes in an event. @returns the span that it begins or ends; null for what is of no span. */
  hear(event: LogCursor): Span | null {
    const role = roles[event.typeNumber];
    if (role === null || role === undefined) return null;
    if (role.kind === sleep)
      return role.begins ? this.#sleeps.begin(event) : this.#sleeps.end(event);
    return role.begins ? this.#begin(role.kind, event) : this.#end(role.kind, event);
  }

  /** Whether a thread does the jobs of a pool. */
  isWorker(thread: number): boolean {
    return this.#workers[thread] === true;
  }

  /** When a sleeper is due; Infinity for who does not sleep. */
  dueOf(actor: number): Ticks {
    return this.#sleeps.dueOf(actor);
  }

  /** When the first of those who sleep is due; Infinity where nobody does. */
  firstDue(): Ticks {
    return this.#sleeps.firstDue();
  }

  /** What nothing has ended, but for sleeps; what began first comes first. */
  *unfinished(): Generator<Span> {
    for (const span of this.#open.values())
      for (let one: Span | null = span; one !== null; one = one.outer) yield one;
  }

  #begin(kind: number, event: LogCursor): Span {
    const { thread, actor } = event;
    if (kind === job) this.#workers[thread] = true;
    const key = keyOf(kind, thread, actor);
    const span: Span = {
      kind: kinds[kind]!,
      actor,
      thread,
      from: event.at,
      to: null,
      value: event.value,
      of: event.text ?? null,
      how: null,
      error: null,
      inPool: this.isWorker(thread),
      outer: this.#open.get(key) ?? null,
    };
    this.#open.set(key, span);
    return span;
  }

  #end(kind: number, event: LogCursor): Span | null {
    const key = keyOf(kind, event.thread, event.actor);
    const span = this.#open.get(key);
    // The beginning of a log may be missing.
    if (span === undefined) return null;
    if (span.outer === null) this.#open.delete(key);
    else this.#open.set(key, span.outer);
    span.to = event.at;
    span.how = wordOf(event);
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

/** Who sleeps, by actor, in columns. */
class Sleeps {
  /** Those of actors from 0 on, and those below. */
  readonly #from: [above: number[], below: number[]] = [[], []];
  readonly #due: [above: number[], below: number[]] = [[], []];
  readonly #span: Span = {
    kind: "sleep",
    actor: 0,
    thread: 0,
    from: 0,
    to: null,
    value: 0,
    of: null,
    how: null,
    error: null,
    inPool: false,
    outer: null,
  };

  begin(event: LogCursor): Span {
    const { actor, at, value } = event;
    const side = actor < 0 ? 1 : 0;
    const place = actor < 0 ? ~actor : actor;
    const due = this.#due[side];
    while (due.length <= place) {
      due.push(never);
      this.#from[side].push(0);
    }
    due[place] = at + value;
    this.#from[side][place] = at;
    return this.#set(event, at, value);
  }

  end(event: LogCursor): Span | null {
    const { actor } = event;
    const side = actor < 0 ? 1 : 0;
    const place = actor < 0 ? ~actor : actor;
    const due = this.#due[side][place] ?? never;
    if (due === never) return null;
    this.#due[side][place] = never;
    const from = this.#from[side][place]!;
    const span = this.#set(event, from, due - from);
    span.to = event.at;
    span.how = wordOf(event);
    return span;
  }

  dueOf(actor: number): Ticks {
    return (actor < 0 ? this.#due[1][~actor] : this.#due[0][actor]) ?? never;
  }

  firstDue(): Ticks {
    return this.#due.flat().reduce((first, due) => Math.min(first, due), never);
  }

  #set(event: LogCursor, from: Ticks, value: Ticks): Span {
    const span = this.#span;
    span.actor = event.actor;
    span.thread = event.thread;
    span.from = from;
    span.value = value;
    span.to = null;
    span.how = null;
    return span;
  }
}

/** A thread, a kind and an actor in one number: threads are few, kinds fewer, actors have 32 bits. */
function keyOf(kind: number, thread: number, actor: number): number {
  return (thread * kinds.length + kind) * 2 ** 32 + (actor >>> 0);
}

/** How a span ended, in the word of the event that ends it. */
function wordOf(event: LogCursor): string {
  const value = shapesByNumber[event.typeNumber]!.value;
  if (value === undefined || !("words" in value)) return "completed";
  return value.name === "how" || value.name === "status" ? value.words[event.value]! : "completed";
}
