/**
 * The event pipe from the child process to its parent: file descriptor 3, written synchronously.
 *
 * Invariant: a thread's events are in the pipe before the thread stands still, and every write
 * holds whole lines. So nothing that happened is lost when the process ends, in whatever way, and
 * lines of two threads never mix.
 */
import { writeSync } from "node:fs";
import { encodeEvent } from "../../events/ndjson.ts";
import type { EventSink } from "../../events/log.ts";

const pipe = 3;

/**
 * The most one write holds. The kernel takes a write of this size in one piece (one buffer of a
 * Unix socket), so two threads may write without a lock between them.
 */
const writeSize = 16 * 1024;

/** The first line of the stream, before any event: when main's clock began, in epoch milliseconds. */
export interface ReadyLine {
  ready: number;
}

export class EventWriter implements EventSink {
  readonly #names: readonly string[];
  #buffer = "";

  /** @param names the run's tasks by index. */
  constructor(names: readonly string[]) {
    this.#names = names;
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
    for (let written = 0; written < bytes.length;) written += writeSync(pipe, bytes, written);
  }
}
