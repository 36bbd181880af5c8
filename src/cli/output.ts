/**
 * Writing to stdout and stderr, whole and in order: at once, or beside a real run.
 *
 * `process.stdout.write` does neither: it loses what a pipe has not taken when the process exits.
 */
import { fstatSync, statSync, write, writeSync } from "node:fs";
import { joined, type Output, printable } from "../base/texts.ts";
import { failureOf, OutputError } from "../base/files.ts";

/** A stream that tandem writes to. */
export interface Stream {
  readonly isTTY: boolean;
  /** The size of the terminal; undefined where it is none. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** Writes all of a text at once. @throws OutputClosed when nobody reads it any more, OutputFailed. */
  write(text: Output): void;
  /** Writes a part of some bytes without blocking, and calls back with their number. */
  writeSome(
    bytes: Buffer,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ): void;
  /** The user's error for a failed write. */
  failureOf(error: NodeJS.ErrnoException): OutputError;
}

/** The two streams that a command line speaks to. */
export interface Terminal {
  readonly stdout: Stream;
  readonly stderr: Stream;
}

class ProcessStream implements Stream {
  readonly #descriptor: number;
  readonly #what: string;
  readonly #stream: () => NodeJS.WriteStream;

  /** @param stream is asked for its size alone, and only when that is wanted: to make it takes time. */
  constructor(descriptor: number, what: string, stream: () => NodeJS.WriteStream) {
    this.#descriptor = descriptor;
    this.#what = what;
    this.#stream = stream;
  }

  get isTTY(): boolean {
    return mayBeTerminal(this.#descriptor) && this.#stream().isTTY === true;
  }

  get columns(): number | undefined {
    return mayBeTerminal(this.#descriptor) ? this.#stream().columns : undefined;
  }

  get rows(): number | undefined {
    return mayBeTerminal(this.#descriptor) ? this.#stream().rows : undefined;
  }

  write(text: Output): void {
    writeAll(this.#descriptor, text, this.#what);
  }

  writeSome(
    bytes: Buffer,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ): void {
    write(this.#descriptor, bytes, 0, bytes.length, null, done);
  }

  failureOf(error: NodeJS.ErrnoException): OutputError {
    return failureOf(error, this.#what);
  }
}

/**
 * Whether a descriptor can be that of a terminal: not that of a file, a pipe or the null device.
 *
 * The streams of `process`, which know for certain, take longer to make than a small scenario takes
 * to run in virtual time.
 */
function mayBeTerminal(descriptor: number): boolean {
  if (process.platform === "win32") return true;
  try {
    const stat = fstatSync(descriptor);
    return stat.isCharacterDevice() && stat.rdev !== statSync("/dev/null").rdev;
  } catch {
    return true;
  }
}

/** The streams of the command line that runs now: the process's own, unless its caller brought others. */
export let terminal: Terminal = {
  stdout: new ProcessStream(1, "standard output", () => process.stdout),
  stderr: new ProcessStream(2, "standard error", () => process.stderr),
};

/** Does something with other streams in the place of the process's own. Calls must not overlap. */
export async function speakingTo<Result>(
  other: Terminal,
  body: () => Promise<Result>,
): Promise<Result> {
  const before = terminal;
  terminal = other;
  try {
    return await body();
  } finally {
    terminal = before;
  }
}

/** Writes text to stdout. @throws OutputClosed when nobody reads it any more. */
export function writeOut(text: Output): void {
  terminal.stdout.write(text);
}

/** Writes text to stderr, if that can be done: there is nowhere else to complain. */
export function writeErr(text: Output): void {
  try {
    terminal.stderr.write(text);
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
  }
}

/** Writes a line to stderr, made safe, as `writeErr` does. */
export function writeErrLine(line: string): void {
  writeErr(joined([printable(line), ""], "\n"));
}

/**
 * Writes all of a text to a file descriptor.
 *
 * @param what the descriptor is called in messages.
 * @throws OutputClosed when its reader has gone, OutputFailed when it cannot be written.
 */
function writeAll(descriptor: number, text: string, what: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const problem = error as NodeJS.ErrnoException;
      if (problem.code !== "EAGAIN") throw failureOf(problem, what);
      // EAGAIN: the other end has made the pipe non-blocking, and it is full.
      Bun.sleepSync(1);
    }
  }
}

/**
 * Standard output or error that is written beside whatever else goes on: a reader that takes nothing must
 * not keep tandem from ending a run.
 */
export class QueuedOutput {
  /** The error since which nothing can be written; null while there is none. */
  broken: OutputError | null = null;
  readonly #onBroken: () => void;
  readonly #stream: Stream;
  readonly #queue: { stream: Stream; text: Output }[] = [];
  #writing = false;
  #idle: (() => void) | undefined;

  /** @param onBroken called once, when writing has failed. */
  constructor(onBroken: () => void, stream: Stream = terminal.stdout) {
    this.#onBroken = onBroken;
    this.#stream = stream;
  }

  /** Whether something written before is still on its way. */
  get isBusy(): boolean {
    return this.#writing;
  }

  /** @param stream another one than its own: what is written to the two keeps its order. */
  write(text: Output, stream: Stream = this.#stream): void {
    const last = this.#queue.at(-1);
    if (last?.stream === stream) last.text = joined([last.text, text], "");
    else if (text !== "") this.#queue.push({ stream, text });
    if (!this.#writing) this.#next();
  }

  /** Resolves when all has been written, or nothing more can be. */
  async drain(): Promise<void> {
    if (this.#writing) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  #next(): void {
    if (this.broken !== null) this.#queue.length = 0;
    const next = this.#queue.shift();
    this.#writing = next !== undefined;
    if (next === undefined) return this.#idle?.();
    this.#write(next.stream, Buffer.from(next.text));
  }

  #write(stream: Stream, bytes: Buffer): void {
    stream.writeSome(bytes, (error, written) => {
      if (error?.code === "EAGAIN") {
        setTimeout(() => this.#write(stream, bytes), 1);
      } else if (error !== null) {
        // Without the other one its own goes on.
        if (stream === this.#stream) {
          this.broken = stream.failureOf(error);
          this.#onBroken();
        }
        this.#next();
      } else if (written < bytes.length) {
        this.#write(stream, bytes.subarray(written));
      } else {
        this.#next();
      }
    });
  }
}

/** The width of a line of text. */
export function textWidth(): number {
  return Math.max(40, Math.min(terminal.stderr.columns ?? terminal.stdout.columns ?? 80, 120));
}
