/**
 * The event pipe from the child process to its parent: file descriptor 3, written synchronously.
 *
 * Invariant: a thread's events are in the pipe before the thread stands still, and lines of two
 * threads never mix. So nothing that happened is lost when the process ends, in whatever way.
 */
import { writeSync } from "node:fs";
import { encodeEvent } from "../../events/ndjson.ts";
import type { EventSink } from "../../events/log.ts";

const pipe = 3;

/** How many characters are collected before they are written: a burst of events is one write. */
const writeSize = 16 * 1024;

/** The first line of the stream, before any event: when main's clock began, in epoch milliseconds. */
export interface ReadyLine {
  ready: number;
}

export class EventWriter implements EventSink {
  readonly #names: readonly string[];
  readonly #lock: Int32Array;
  #buffer = "";

  /**
   * @param names the run's tasks by index.
   * @param lock one cell, shared by all threads that write.
   */
  constructor(names: readonly string[], lock: Int32Array) {
    this.#names = names;
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
    this.line(encodeEvent(this.#names, at, type, thread, actor, value, text));
  }

  line(line: string): void {
    if (this.#buffer.length + line.length >= writeSize) this.flush();
    this.#buffer += `${line}\n`;
  }

  flush(): void {
    if (this.#buffer === "") return;
    const bytes = Buffer.from(this.#buffer);
    this.#buffer = "";
    // The kernel may take a long write in pieces, and another thread's could come in between.
    while (Atomics.compareExchange(this.#lock, 0, 0, 1) !== 0) Atomics.wait(this.#lock, 0, 1);
    for (let written = 0; written < bytes.length;) written += writeSync(pipe, bytes, written);
    Atomics.store(this.#lock, 0, 0);
    Atomics.notify(this.#lock, 0, 1);
  }
}
