/**
 * The record of a run: events in columns.
 *
 * A million sleeps are two million events; as objects they would cost more than the run. Columns grow by
 * whole chunks, at 21 bytes an event: pages of memory that are touched for the first time cost more than
 * everything else about an event. What only some events have is kept for these alone. The first chunk is
 * small: thousands of short runs must not each clear a megabyte. Columns that a real run brings are
 * chunks already.
 */
import type { EventType } from "./event.ts";
import { typeNumber } from "./event.ts";

const firstSize = 1 << 6;
const mostSize = 1 << 16;

/** The largest number of a place that 16 bits hold. */
const mostNarrowPlace = 2 ** 15 - 1;

/** A stretch of the log; entry k of each column belongs to one event. Columns may be longer than it. */
export interface Chunk {
  readonly length: number;
  /** Ticks since main started. */
  readonly at: Float64Array;
  /** Number of the event type (`eventTypes`). */
  readonly type: Uint8Array;
  /** Number of the thread, as its definition has it. */
  readonly thread: Uint16Array;
  /** Number of the actor, as its definition has it. */
  readonly actor: Int32Array;
  readonly value: Float64Array | Int32Array;
  /** Number of the place in the source; `NOWHERE` for events that have none. */
  readonly place: Int32Array | Int16Array;
  /** By entry; only for events that carry a text. */
  readonly texts: ReadonlyMap<number, string>;
  /** By entry, the resource's number; only for events about one. */
  readonly resources: ReadonlyMap<number, number>;
  /** By entry; only for events of which there is more to be told than a value. */
  readonly numbers: ReadonlyMap<number, Numbers>;
  /** By entry, the numbers of places; only for events that tell where all its callers stood. */
  readonly stacks?: ReadonlyMap<number, Stack>;
}

/** In the place of a place's number: none. */
export const NOWHERE = -1;

/** In the place of an actor's number: none. */
export const NOBODY = -(2 ** 31);

/** Further numbers of an event, by the names that `eventShapes` gives them. */
export type Numbers = Readonly<Record<string, number>>;

/** Where somebody stands, as the numbers of places: the innermost comes first, and each called the one before. */
export type Stack = readonly number[];

/** What only some events have. A step's position is one of these: it has a place. */
export interface Details {
  readonly place?: number;
  readonly text?: string | undefined;
  readonly resource?: number;
  readonly numbers?: Numbers;
  readonly stack?: Stack;
}

/** A chunk that the log fills itself. Values and places have half the room until one of them needs more. */
class OpenChunk implements Chunk {
  length = 0;
  /** How many events there is room for. */
  readonly size: number;
  readonly at: Float64Array;
  readonly type: Uint8Array;
  readonly thread: Uint16Array;
  readonly actor: Int32Array;
  value: Float64Array | Int32Array;
  place: Int32Array | Int16Array;
  readonly texts = new Map<number, string>();
  readonly resources = new Map<number, number>();
  readonly numbers = new Map<number, Numbers>();
  readonly stacks = new Map<number, Stack>();

  constructor(size: number) {
    this.size = size;
    this.at = new Float64Array(size);
    this.type = new Uint8Array(size);
    this.thread = new Uint16Array(size);
    this.actor = new Int32Array(size);
    this.value = new Int32Array(size);
    // Most events have no place, so that none need be written for them.
    this.place = new Int16Array(size).fill(NOWHERE);
  }

  setValue(k: number, value: number): void {
    if (value !== (value | 0) && this.value instanceof Int32Array)
      this.value = new Float64Array(this.value);
    this.value[k] = value;
  }

  setPlace(k: number, place: number): void {
    if (place > mostNarrowPlace && this.place instanceof Int16Array)
      this.place = new Int32Array(this.place);
    this.place[k] = place;
  }
}

/** Takes events one by one. Programs see no more of a log than this. */
export interface EventSink {
  record(
    at: number,
    type: number,
    thread: number,
    actor: number,
    value: number,
    details?: Details,
  ): void;
}

/** Events of one thread. */
export type Columns = Omit<Chunk, "thread">;

export class EventLog implements EventSink {
  readonly chunks: Chunk[] = [];
  /** The last chunk, if there may be room in it. */
  #open: OpenChunk | undefined;
  /** By thread: a column that says nothing else. */
  readonly #sameThread: Uint16Array[] = [];

  record(
    at: number,
    type: number,
    thread: number,
    actor: number,
    value: number,
    details?: Details,
  ): void {
    const chunk = this.#room();
    const k = chunk.length++;
    chunk.at[k] = at;
    chunk.type[k] = type;
    chunk.thread[k] = thread;
    chunk.actor[k] = actor;
    chunk.setValue(k, value);
    if (details === undefined) return;
    const { place, text, resource, numbers, stack } = details;
    if (place !== undefined) chunk.setPlace(k, place);
    if (text !== undefined) chunk.texts.set(k, text);
    if (resource !== undefined) chunk.resources.set(k, resource);
    if (numbers !== undefined) chunk.numbers.set(k, numbers);
    if (stack !== undefined) chunk.stacks.set(k, stack);
  }

  /** Records events of a thread, in their order. Many of them are kept as they are, not copied. */
  recordAll(thread: number, columns: Columns): void {
    const { length } = columns;
    if (length > firstSize) {
      if ((this.#sameThread[thread]?.length ?? 0) < length)
        this.#sameThread[thread] = new Uint16Array(length).fill(thread);
      this.chunks.push({ ...columns, thread: this.#sameThread[thread]! });
      this.#open = undefined;
    } else for (let k = 0; k < length; k++) this.#take(columns, k, thread);
  }

  /** A chunk with room for one event more. */
  #room(): OpenChunk {
    const open = this.#open;
    if (open !== undefined && open.length < open.size) return open;
    const next = new OpenChunk(open === undefined ? firstSize : Math.min(open.size * 4, mostSize));
    this.#open = next;
    this.chunks.push(next);
    return next;
  }

  /** `record` by the type's name, for those who record seldom. */
  add(at: number, type: EventType, thread: number, actor: number, value = 0, text?: string): void {
    this.record(at, typeNumber[type], thread, actor, value, text === undefined ? text : { text });
  }

  /** How many events there are. */
  get length(): number {
    return countOf(this.chunks);
  }

  /** When the last event happened, in ticks; 0 for an empty log. */
  get end(): number {
    const last = this.chunks.at(-1);
    return last === undefined ? 0 : last.at[last.length - 1]!;
  }

  /** The events up to an instant, of a log in the order of time. */
  upTo(at: number): EventLog {
    if (this.end <= at) return this;
    const log = new EventLog();
    for (const chunk of this.chunks)
      for (let k = 0; k < chunk.length; k++)
        if (chunk.at[k]! <= at) log.#take(chunk, k, chunk.thread[k]!);
    return log;
  }

  /** Records an event of other columns as one of a thread's. */
  #take(from: Columns, k: number, thread: number): void {
    this.record(
      from.at[k]!,
      from.type[k]!,
      thread,
      from.actor[k]!,
      from.value[k]!,
      detailsAt(from, k),
    );
  }

  /**
   * The same events in the order of their times.
   *
   * Events of one instant keep the order in which they came, so what one thread did stays in order.
   */
  inTimeOrder(): EventLog {
    if (isInTimeOrder(this.chunks)) return this;
    const log = new EventLog();
    eachInTimeOrder(this.chunks, (chunk, k) => log.#take(chunk, k, chunk.thread[k]!));
    return log;
  }
}

function countOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

function isInTimeOrder(chunks: readonly Chunk[]): boolean {
  let before = -Infinity;
  for (const { at, length } of chunks)
    for (let k = 0; k < length; k++) {
      if (at[k]! < before) return false;
      before = at[k]!;
    }
  return true;
}

/** Visits events in the order of their times, those of one instant as they came. */
export function eachInTimeOrder(
  chunks: readonly Chunk[],
  visit: (chunk: Chunk, k: number) => void,
): void {
  const times = new Float64Array(countOf(chunks));
  const starts: number[] = [];
  let count = 0;
  for (const { at, length } of chunks) {
    starts.push(count);
    times.set(at.subarray(0, length), count);
    count += length;
  }
  for (const entry of merged(times, runsOf(times))) {
    const chunk = lastUpTo(starts, entry);
    visit(chunks[chunk]!, entry - starts[chunk]!);
  }
}

/** Where stretches that are in order begin, and the end. */
function runsOf(times: Float64Array): number[] {
  const runs = [0];
  for (let k = 1; k < times.length; k++) if (times[k]! < times[k - 1]!) runs.push(k);
  runs.push(times.length);
  return runs;
}

/**
 * The order of some times, as a stable merge of the stretches that are in order already: what threads and
 * processes tell is nearly so, and there may be millions.
 */
function merged(times: Float64Array, runs: readonly number[]): Uint32Array {
  let from = new Uint32Array(times.length);
  for (let k = 0; k < from.length; k++) from[k] = k;
  let to = new Uint32Array(times.length);
  let starts = runs;
  while (starts.length > 2) {
    const next = [0];
    for (let run = 0; run < starts.length - 1; run += 2) {
      const middle = starts[run + 1]!;
      const end = starts[run + 2] ?? middle;
      let left = starts[run]!;
      let right = middle;
      for (let k = left; k < end; k++) {
        const takesLeft =
          right >= end || (left < middle && times[from[left]!]! <= times[from[right]!]!);
        to[k] = takesLeft ? from[left++]! : from[right++]!;
      }
      if (end === middle) to.set(from.subarray(left, middle), left);
      next.push(end);
    }
    [from, to] = [to, from];
    starts = next;
  }
  return from;
}

/** The index of the last of ascending numbers that is not above another. */
function lastUpTo(ascending: readonly number[], most: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (ascending[middle]! <= most) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What an event of a chunk has beside its value; undefined where that is nothing. */
export function detailsAt(columns: Columns, k: number): Details | undefined {
  return detailsFrom(columns.place[k]!, {
    text: columns.texts.get(k),
    resource: columns.resources.get(k),
    numbers: columns.numbers.get(k),
    stack: columns.stacks?.get(k),
  });
}

/** The details of an event; undefined where it has none. */
export function detailsFrom(
  place: number,
  { text, resource, numbers, stack }: { [Detail in keyof Details]: Details[Detail] | undefined },
): Details | undefined {
  if (
    place === NOWHERE &&
    text === undefined &&
    resource === undefined &&
    numbers === undefined &&
    stack === undefined
  )
    return undefined;
  const details: { -readonly [Detail in keyof Details]: Details[Detail] } = { place, text };
  if (resource !== undefined) details.resource = resource;
  if (numbers !== undefined) details.numbers = numbers;
  if (stack !== undefined) details.stack = stack;
  return details;
}
