/**
 * The record of a run: events in columns.
 *
 * A million sleeps are two million events; as objects they would cost more than the run. Columns
 * grow by whole chunks, never by copying, at 22 bytes an event and texts only where there are any. The
 * first chunk is small: thousands of short runs must not each clear a megabyte. Columns that a real run
 * brings are chunks already.
 */
import type { EventType } from "./event.ts";
import { typeNumber } from "./event.ts";

const firstSize = 1 << 8;
const mostSize = 1 << 16;

/** A stretch of the log; entry k of each column belongs to one event. Columns may be longer than it. */
export interface Chunk {
  readonly length: number;
  /** Ticks since main started. */
  readonly at: Float64Array;
  /** Number of the event type (`eventTypes`). */
  readonly type: Uint8Array;
  /** Number of the thread (`threads`). */
  readonly thread: Uint8Array;
  /** `MAIN`, `LAUNCH`, or a task's index. */
  readonly actor: Int32Array;
  readonly value: Float64Array | Int32Array;
  /** By entry; only for events that carry a text. */
  readonly texts: ReadonlyMap<number, string>;
}

/** A chunk that the log fills itself. */
class OpenChunk implements Chunk {
  length = 0;
  /** How many events there is room for. */
  readonly size: number;
  readonly at: Float64Array;
  readonly type: Uint8Array;
  readonly thread: Uint8Array;
  readonly actor: Int32Array;
  readonly value: Float64Array;
  readonly texts = new Map<number, string>();

  constructor(size: number) {
    this.size = size;
    this.at = new Float64Array(size);
    this.type = new Uint8Array(size);
    this.thread = new Uint8Array(size);
    this.actor = new Int32Array(size);
    this.value = new Float64Array(size);
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
    text?: string,
  ): void;
}

/** Events of one thread. */
export type Columns = Omit<Chunk, "thread">;

export class EventLog implements EventSink {
  readonly chunks: Chunk[] = [];
  /** The last chunk, if there may be room in it. */
  #open: OpenChunk | undefined;
  /** By thread: a column that says nothing else. */
  readonly #sameThread: Uint8Array[] = [];

  record(
    at: number,
    type: number,
    thread: number,
    actor: number,
    value: number,
    text?: string,
  ): void {
    const chunk = this.#room();
    const k = chunk.length++;
    chunk.at[k] = at;
    chunk.type[k] = type;
    chunk.thread[k] = thread;
    chunk.actor[k] = actor;
    chunk.value[k] = value;
    if (text !== undefined) chunk.texts.set(k, text);
  }

  /** Records events of a thread, in their order. Many of them are kept as they are, not copied. */
  recordAll(thread: number, columns: Columns): void {
    const { length, at, type, actor, value, texts } = columns;
    if (length > firstSize) {
      if ((this.#sameThread[thread]?.length ?? 0) < length)
        this.#sameThread[thread] = new Uint8Array(length).fill(thread);
      this.chunks.push({ ...columns, thread: this.#sameThread[thread]! });
      this.#open = undefined;
    } else
      for (let k = 0; k < length; k++)
        this.record(at[k]!, type[k]!, thread, actor[k]!, value[k]!, texts.get(k));
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
    this.record(at, typeNumber[type], thread, actor, value, text);
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
      for (let k = 0; k < chunk.length; k++) if (chunk.at[k]! <= at) log.#take(chunk, k);
    return log;
  }

  #take(chunk: Chunk, k: number): void {
    const { at, type, thread, actor, value, texts } = chunk;
    this.record(at[k]!, type[k]!, thread[k]!, actor[k]!, value[k]!, texts.get(k));
  }

  /**
   * The same events in the order of their times.
   *
   * Events of one instant keep the order in which they came, so what one thread did stays in order.
   */
  inTimeOrder(): EventLog {
    const entries: { chunk: Chunk; k: number }[] = [];
    let sorted = true;
    let before = -Infinity;
    for (const chunk of this.chunks)
      for (let k = 0; k < chunk.length; k++) {
        sorted &&= chunk.at[k]! >= before;
        before = chunk.at[k]!;
      }
    if (sorted) return this;
    for (const chunk of this.chunks)
      for (let k = 0; k < chunk.length; k++) entries.push({ chunk, k });
    entries.sort((a, b) => a.chunk.at[a.k]! - b.chunk.at[b.k]!);
    const log = new EventLog();
    for (const { chunk, k } of entries) log.#take(chunk, k);
    return log;
  }
}
