/**
 * The record of a run: events in columns.
 *
 * A million sleeps are two million events; as objects they would cost more than the run. Columns
 * grow by whole chunks, never by copying, at 22 bytes an event and texts only where there are any.
 */
import type { EventType } from "./event.ts";
import { typeNumber } from "./event.ts";

const chunkSize = 1 << 16;

/** A stretch of the log; entry k of each column belongs to one event. */
export class Chunk {
  length = 0;
  /** Ticks since main started. */
  readonly at = new Float64Array(chunkSize);
  /** Number of the event type (`eventTypes`). */
  readonly type = new Uint8Array(chunkSize);
  /** Number of the thread (`threads`). */
  readonly thread = new Uint8Array(chunkSize);
  /** `MAIN`, `LAUNCH`, or a task's index. */
  readonly actor = new Int32Array(chunkSize);
  readonly value = new Float64Array(chunkSize);
  /** By entry; only for events that carry a text. */
  readonly texts = new Map<number, string>();
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

export class EventLog implements EventSink {
  readonly chunks: Chunk[] = [];
  #last: Chunk | undefined;

  record(
    at: number,
    type: number,
    thread: number,
    actor: number,
    value: number,
    text?: string,
  ): void {
    let chunk = this.#last;
    if (chunk === undefined || chunk.length === chunkSize) {
      chunk = this.#last = new Chunk();
      this.chunks.push(chunk);
    }
    const k = chunk.length++;
    chunk.at[k] = at;
    chunk.type[k] = type;
    chunk.thread[k] = thread;
    chunk.actor[k] = actor;
    chunk.value[k] = value;
    if (text !== undefined) chunk.texts.set(k, text);
  }

  /** `record` by the type's name, for those who record seldom. */
  add(at: number, type: EventType, thread: number, actor: number, value = 0, text?: string): void {
    this.record(at, typeNumber[type], thread, actor, value, text);
  }

  /** When the last event happened, in ticks; 0 for an empty log. */
  get end(): number {
    const chunk = this.#last;
    return chunk === undefined || chunk.length === 0 ? 0 : chunk.at[chunk.length - 1]!;
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
