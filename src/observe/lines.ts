/**
 * A file of lines of JSON, read while the process that it is about appends to it.
 *
 * Only whole lines are taken, so the process may be killed at any instant. What is no line of a recorder's is
 * counted, whoever wrote it; one line that never ends, or a file that grows without end, takes no more memory than
 * any other.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A line, whose first element says what it is. Nothing is known of the others. */
export type Line = readonly [is: string, ...rest: unknown[]];

/** The bytes that are read at once. */
const pieceBytes = 1 << 18;

/** The bytes that are read before whoever reads does something else. */
export const drainBytes = 1 << 24;

/** The length of the longest line that is taken, in bytes. */
const mostLine = 1 << 20;

const newline = 10;

/** Whole lines of bytes that come piece by piece. */
export class LineSplitter {
  /** How many lines were longer than any that is taken. */
  tooLong = 0;
  /** What has come of the line that is not whole. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Whether the line that is not whole is passed over. */
  #isPassing = false;

  /** How many bytes are kept of the line that is not whole. */
  get held(): number {
    return this.#rest.length;
  }

  /** @param take hears each line that has become whole, without its end. */
  add(piece: Uint8Array, take: (line: Uint8Array) => void): void {
    let from = 0;
    for (;;) {
      const end = piece.indexOf(newline, from);
      if (end < 0) break;
      const part = piece.subarray(from, end);
      from = end + 1;
      if (this.#isPassing) this.#isPassing = false;
      else if (this.#rest.length === 0) take(part);
      else take(joined(this.#rest, part));
      this.#rest = new Uint8Array(0);
    }
    if (this.#isPassing || from === piece.length) return;
    this.#rest = joined(this.#rest, piece.subarray(from));
    if (this.#rest.length <= mostLine) return;
    this.tooLong++;
    this.#rest = new Uint8Array(0);
    this.#isPassing = true;
  }
}

function joined(before: Uint8Array, behind: Uint8Array): Uint8Array {
  const whole = new Uint8Array(before.length + behind.length);
  whole.set(before);
  whole.set(behind, before.length);
  return whole;
}

export class LinesFile implements Disposable {
  /** The bytes that have come and have not been read, as of the last time. */
  behind = 0;
  readonly #descriptor: number;
  readonly #decoder = new TextDecoder();
  #splitter = new LineSplitter();
  #position = 0;
  #broken = 0;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** @returns null where there is no such file. */
  static open(path: string): LinesFile | null {
    try {
      return new LinesFile(openSync(path, "r"));
    } catch {
      return null;
    }
  }

  /** How many lines were none of a recorder's. */
  get broken(): number {
    return this.#broken + this.#splitter.tooLong;
  }

  /**
   * Takes what has come, or as much of it as takes no long time.
   *
   * @param isOver whether nothing more comes, so that all of it is taken.
   * @param isEnough whether no more of it is wanted now; asked after each piece.
   */
  drain(take: (line: Line) => void, isOver: boolean, isEnough: () => boolean = () => false): void {
    const piece = new Uint8Array(pieceBytes);
    let left = isOver ? Infinity : drainBytes;
    while (left > 0 && !isEnough()) {
      const read = this.#read(piece);
      if (read === 0) break;
      left -= read;
      this.#splitter.add(piece.subarray(0, read), (bytes) => {
        const line = this.#parsed(bytes);
        if (line !== null) take(line);
      });
    }
    this.behind = left > 0 ? 0 : this.#size() - this.#position;
  }

  /** Begins anew with the first line. */
  rewind(): void {
    this.#position = 0;
    this.#broken = 0;
    this.#splitter = new LineSplitter();
  }

  #read(piece: Uint8Array): number {
    try {
      const read = readSync(this.#descriptor, piece, 0, piece.length, this.#position);
      this.#position += read;
      return read;
    } catch {
      return 0;
    }
  }

  #size(): number {
    try {
      return fstatSync(this.#descriptor).size;
    } catch {
      return this.#position;
    }
  }

  #parsed(bytes: Uint8Array): Line | null {
    try {
      const line: unknown = JSON.parse(this.#decoder.decode(bytes));
      if (Array.isArray(line) && typeof line[0] === "string") return line as unknown as Line;
    } catch {
      // What is told of it is that it was none.
    }
    this.#broken++;
    return null;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
