/**
 * Writing to stdout and stderr, whole and in order: at once, or beside a real run.
 *
 * `process.stdout.write` does neither: it loses what a pipe has not taken when the process exits.
 */
import { write, writeSync } from "node:fs";

/** The reader of stdout went away (`| head`): nobody wants to know the rest. */
export class OutputClosed extends Error {}

/** What was to be written could not be: the disk is full, or the like. */
export class OutputFailed extends Error {
  override readonly name = "OutputFailed";
}

/** Writes text to stdout. @throws OutputClosed when nobody reads it any more. */
export function writeOut(text: string): void {
  writeAll(1, text, "standard output");
}

/** Writes text to stderr, if that can be done: there is nowhere else to complain. */
export function writeErr(text: string): void {
  try {
    writeAll(2, text, "standard error");
  } catch (error) {
    if (!(error instanceof OutputClosed || error instanceof OutputFailed)) throw error;
  }
}

/**
 * Writes all of a text to a file descriptor.
 *
 * @param what the descriptor is called in messages.
 * @throws OutputClosed when its reader has gone, OutputFailed when it cannot be written.
 */
export function writeAll(descriptor: number, text: string, what: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const problem = error as NodeJS.ErrnoException;
      if (problem.code !== "EAGAIN") throw failureOf(problem, what);
      // The other end has set the pipe to non-blocking, and it is full.
      Bun.sleepSync(1);
    }
  }
}

/**
 * Standard output or error that is written beside whatever else goes on: a reader that takes nothing must
 * not keep tandem from ending a run.
 */
export class QueuedOutput {
  /** Why nothing more can be written. */
  broken: OutputClosed | OutputFailed | null = null;
  readonly #onBroken: () => void;
  readonly #descriptor: number;
  #queue = "";
  #writing = false;
  #idle: (() => void) | undefined;

  /** @param onBroken called once, when writing has failed. */
  constructor(onBroken: () => void, descriptor: 1 | 2 = 1) {
    this.#onBroken = onBroken;
    this.#descriptor = descriptor;
  }

  /** Whether something written before is still on its way. */
  get isBusy(): boolean {
    return this.#writing;
  }

  write(text: string): void {
    this.#queue += text;
    if (!this.#writing) this.#next();
  }

  /** Resolves when all has been written, or nothing more can be. */
  async drain(): Promise<void> {
    if (this.#writing) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  #next(): void {
    if (this.broken !== null) this.#queue = "";
    this.#writing = this.#queue !== "";
    if (!this.#writing) return this.#idle?.();
    const bytes = Buffer.from(this.#queue);
    this.#queue = "";
    this.#write(bytes);
  }

  #write(bytes: Buffer): void {
    write(this.#descriptor, bytes, 0, bytes.length, null, (error, written) => {
      if (error?.code === "EAGAIN") {
        setTimeout(() => this.#write(bytes), 1);
      } else if (error !== null) {
        this.broken = failureOf(
          error,
          this.#descriptor === 1 ? "standard output" : "standard error",
        );
        this.#onBroken();
        this.#next();
      } else if (written < bytes.length) {
        this.#write(bytes.subarray(written));
      } else {
        this.#next();
      }
    });
  }
}

function failureOf(error: NodeJS.ErrnoException, what: string): OutputClosed | OutputFailed {
  if (error.code === "EPIPE") return new OutputClosed();
  return new OutputFailed(`${what}: cannot be written: ${error.message}`);
}

/** How wide a line for people may be. */
export function textWidth(): number {
  return Math.max(40, Math.min(process.stderr.columns ?? process.stdout.columns ?? 80, 120));
}
