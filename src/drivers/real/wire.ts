/**
 * The event pipe from the child process to its parent: file descriptor 3, written synchronously, an
 * event in 24 bytes and its text behind it.
 *
 * Invariant: a thread's events are in the pipe before the thread stands still, and those of two
 * threads never mix. So nothing that happened is lost when the process ends, in whatever way. Lines
 * of JSON would say the same, but reading and writing four million of them takes longer than most
 * runs.
 */
import { writeSync } from "node:fs";
import type { EventSink } from "../../events/log.ts";
import type { Lock } from "./board.ts";

const pipe = 3;

/** An event: time (float64), type and thread and whether there is text (int32), actor (int32), value (float64). */
const eventBytes = 24;
/** Before a text stands its length in bytes; text and length are filled up to a multiple of this. */
const wordBytes = 8;
const hasText = 1 << 16;

/** In place of an event's type, before the first event: the value is when main's clock began, in epoch ms. */
const ready = 255;

/** How many bytes are collected before they are written: a burst of events is one write. */
const bufferBytes = 64 * 1024;

const encoder = new TextEncoder();

export class EventWriter implements EventSink {
  readonly #lock: Lock;
  readonly #bytes = new Uint8Array(bufferBytes);
  readonly #floats = new Float64Array(this.#bytes.buffer);
  readonly #ints = new Int32Array(this.#bytes.buffer);
  #length = 0;

  /** @param lock shared by all threads that write. */
  constructor(lock: Lock) {
    this.#lock = lock;
  }

  record(
    at: number,
    type: number,
    thread: number,
    actor: number,
    value: number,
    text?: string,
  ): void {
    if (this.#length + eventBytes > bufferBytes) this.flush();
    const at8 = this.#length >> 3;
    this.#floats[at8] = at;
    this.#ints[2 * at8 + 2] = type | (thread << 8) | (text === undefined ? 0 : hasText);
    this.#ints[2 * at8 + 3] = actor;
    this.#floats[at8 + 2] = value;
    this.#length += eventBytes;
    if (text !== undefined) this.#text(text);
  }

  /** Says that the run begins now. */
  ready(epochMs: number): void {
    this.record(0, ready, 0, 0, epochMs);
    this.flush();
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#lock.acquire();
    this.#write(this.#bytes.subarray(0, this.#length));
    this.#lock.release();
    this.#length = 0;
  }

  #text(text: string): void {
    const encoded = encoder.encode(text);
    const room = wordBytes + Math.ceil(encoded.length / wordBytes) * wordBytes;
    if (this.#length + room <= bufferBytes) {
      this.#ints[this.#length >> 2] = encoded.length;
      this.#bytes.set(encoded, this.#length + wordBytes);
      this.#length += room;
      return;
    }
    const long = new Uint8Array(room);
    new Int32Array(long.buffer)[0] = encoded.length;
    long.set(encoded, wordBytes);
    // The event that the text belongs to must stand right before it.
    this.#lock.acquire();
    this.#write(this.#bytes.subarray(0, this.#length));
    this.#write(long);
    this.#lock.release();
    this.#length = 0;
  }

  /** The kernel may take a long write in pieces; whoever holds the lock writes them all. */
  #write(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;)
      written += writeSync(pipe, bytes, written, bytes.length - written);
  }
}

/** Turns what comes through the pipe into events, however it is cut. */
export class EventReader {
  /** When main's clock began, in epoch ms; undefined before the run begins. */
  readyAt: number | undefined;
  readonly #sink: EventSink;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Aligned, so that it can be read as numbers. */
  #bytes = new Uint8Array(2 * bufferBytes);
  #length = 0;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Takes the next piece. What is left of an event cut in two waits for the rest, or is never told. */
  hear(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(2 * Math.ceil(length / wordBytes) * wordBytes);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#length);
    const read = this.#read(length);
    this.#bytes.copyWithin(0, read, length);
    this.#length = length - read;
  }

  /** @returns how many bytes of whole events there were. */
  #read(length: number): number {
    const floats = new Float64Array(this.#bytes.buffer, 0, this.#bytes.length >> 3);
    const ints = new Int32Array(this.#bytes.buffer, 0, this.#bytes.length >> 2);
    let at = 0;
    while (at + eventBytes <= length) {
      const word = ints[(at >> 2) + 2]!;
      let next = at + eventBytes;
      let text: string | undefined;
      if (word & hasText) {
        if (next + wordBytes > length) break;
        const size = ints[next >> 2]!;
        const begin = next + wordBytes;
        next = begin + Math.ceil(size / wordBytes) * wordBytes;
        if (next > length) break;
        text = this.#decoder.decode(this.#bytes.subarray(begin, begin + size));
      }
      const type = word & 0xff;
      const value = floats[(at >> 3) + 2]!;
      if (type === ready) this.readyAt = value;
      else
        this.#sink.record(
          floats[at >> 3]!,
          type,
          (word >> 8) & 0xff,
          ints[(at >> 2) + 3]!,
          value,
          text,
        );
      at = next;
    }
    return at;
  }
}
