/**
 * The events of a trace as all readers hear them: one at a time, in the order of the log.
 *
 * Invariant: a cursor is one object that moves over the columns, and no event is turned into an
 * object. Who wants to know something of an event later keeps that, and not the cursor.
 */
import type { Ticks } from "../base/duration.ts";
import { type EventType, eventTypes } from "../trace/event.ts";
import { type Chunk, type EventLog, NOWHERE, type Numbers, type Stack } from "../trace/log.ts";

/** One event. What value and text mean is said by its type (`eventShapes`). */
export interface TraceEvent {
  readonly type: EventType;
  readonly at: Ticks;
  readonly thread: number;
  readonly actor: number;
  readonly value: number;
  readonly text?: string | undefined;
  /** The number of its place in the source; null where it has none. */
  readonly place?: number | null;
  readonly numbers?: Numbers | undefined;
  readonly stack?: Stack | null;
}

/** Stands on one event of a log after the other, first before all of them. */
export class LogCursor implements TraceEvent {
  readonly #chunks: readonly Chunk[];
  #index = -1;
  #chunk: Chunk = nothing;
  #k = -1;

  constructor({ chunks }: Pick<EventLog, "chunks">) {
    this.#chunks = chunks;
  }

  /** Goes on to the next event. @returns whether there is one. */
  next(): boolean {
    while (++this.#k >= this.#chunk.length) {
      if (this.#index + 1 >= this.#chunks.length) return false;
      this.#chunk = this.#chunks[++this.#index]!;
      this.#k = -1;
    }
    return true;
  }

  /** The number of its type, for those who ask for one type among very many events. */
  get typeNumber(): number {
    return this.#chunk.type[this.#k]!;
  }

  get type(): EventType {
    return eventTypes[this.#chunk.type[this.#k]!]!;
  }

  get at(): Ticks {
    return this.#chunk.at[this.#k]!;
  }

  get thread(): number {
    return this.#chunk.thread[this.#k]!;
  }

  get actor(): number {
    return this.#chunk.actor[this.#k]!;
  }

  get value(): number {
    return this.#chunk.value[this.#k]!;
  }

  get text(): string | undefined {
    return this.#chunk.texts.get(this.#k);
  }

  /** The number of its place in the source; null where it has none. */
  get place(): number | null {
    const place = this.placeNumber;
    return place === NOWHERE ? null : place;
  }

  /** The same as it stands in the log: `NOWHERE` where it has none. */
  get placeNumber(): number {
    return this.#chunk.place[this.#k]!;
  }

  /** Further numbers by their names; undefined where there are none. */
  get numbers(): Numbers | undefined {
    return this.#chunk.numbers.get(this.#k);
  }

  /** Where all its callers stood, the innermost first; null where that is not told. */
  get stack(): Stack | null {
    return this.#chunk.stacks?.get(this.#k) ?? null;
  }

  /** The number of the resource that it is about; null where it is about none. */
  get resource(): number | null {
    return this.#chunk.resources.get(this.#k) ?? null;
  }
}

const nothing: Chunk = {
  length: 0,
  at: new Float64Array(),
  type: new Uint8Array(),
  thread: new Uint16Array(),
  actor: new Int32Array(),
  value: new Float64Array(),
  place: new Int32Array(),
  texts: new Map(),
  resources: new Map(),
  numbers: new Map(),
};
