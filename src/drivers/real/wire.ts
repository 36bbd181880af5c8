/**
 * The event pipe from the child process to its parent: file descriptor 3, written synchronously, in
 * blocks of a thread's events, column by column as the log keeps them.
 *
 * Invariant: a thread's events are in the pipe before the thread blocks, or within `longestDebt`. Until
 * then it has a debt of unflushed events, and main waits for all debts before it ends the process.
 * Blocks of two threads never mix. So no event is lost when the process ends by itself; when it is
 * killed, at most those of the last moment are, of threads that were exchanging messages. Lines of JSON
 * would say the same, but to write and read four million of them takes longer than most runs.
 */
import { fstatSync, writeSync } from "node:fs";
import { USER_PLACE } from "../../scenario/numbers.ts";
import type { Place } from "../../trace/definitions.ts";
import { type Columns, NOWHERE, type Numbers } from "../../trace/log.ts";
import type { RealDetails } from "./protocol.ts";
import type { Board, Lock } from "./board.ts";

const pipe = 3;

/** What is told of a run whose pipe is no more. */
export const pipeClosed =
  "tandem: user code has closed descriptor 3, by which tandem hears of the run, so the run was ended";

/** The number of events in a full block: a burst of events is one write. */
const blockEvents = 4096;

/**
 * The longest, in ms, that events may be unflushed. Threads that exchange messages do so many times within
 * it, and would otherwise spend more time on the pipe than on their work. A shorter limit would cost as
 * much again: a thread that rests with a debt sets a timer, and one that is due within some ticks of the
 * kernel was measured to add 3 to 6 µs to each rest, while one of 30 ms adds nothing.
 */
export const longestDebt = 30;

/**
 * A block: the run's secret, a hash of what follows it (uint64), its thread, how many events, how many bytes of texts, how many bytes a value takes, how many
 * events are about a resource, nothing (int32 each) and the time of the first event (float64); the
 * events' values (int32, or float64 if one needs it), how much later than the first each is, their
 * actors and places (int32), and types (uint8); filled up to whole words, for each event about a
 * resource its entry in the block and the resource (int32); for each text its event's entry, its
 * length (int32) and its bytes. A text whose entry is below zero (-1 for 0) is the JSON of what else that
 * event has (`Further`).
 */
const secretBytes = 16;
const countsOffset = secretBytes + 8;
const baseOffset = countsOffset + 24;
const headerBytes = baseOffset + 8;
const wordBytes = 8;

/** The most that an event of a block may be later than its first, in ticks: more than half an hour. */
const longestBlock = 2 ** 31 - 1;

/** In place of a thread: the block says when main's clock began, by the time of its only event, in epoch ms. */
const ready = -1;

/** The same: how long one of the threads has waited for a core at most, in ms. */
const coreWaited = -2;

/**
 * The secret that each block of a run begins with. User code can write to the descriptor as well, whatever
 * it likes; what it writes is no block, and where it tears one, the hash no longer fits.
 */
export interface Seal {
  /** By which a block is found. */
  readonly secret: Uint8Array;
  /** By which the hash is made. */
  readonly seed: bigint;
}

/** A new run's secret, as a text for the protocol. */
export function newSecret(): string {
  return crypto.getRandomValues(Buffer.alloc(secretBytes + 8)).toString("hex");
}

function sealOf(text: string): Seal {
  const bytes = Buffer.from(text, "hex");
  return { secret: bytes.subarray(0, secretBytes), seed: bytes.readBigUInt64LE(secretBytes) };
}

function hashOf(block: Uint8Array, { seed }: Seal): bigint {
  return Bun.hash.wyhash(block.subarray(countsOffset), seed);
}

/** What few events have: further numbers, and a place in user code. */
interface Further {
  numbers: Numbers | undefined;
  userPlace: Place | undefined;
}

export class EventWriter {
  readonly #thread: number;
  readonly #lock: Lock;
  readonly #debt: Int32Array;
  readonly #mayOwe: boolean;
  readonly #seal: Seal;
  readonly #inode = inodeOfPipe();
  /** The time of its last write, by performance.now(). */
  #wroteAt = -Infinity;
  readonly #at = new Float64Array(blockEvents);
  readonly #value = new Float64Array(blockEvents);
  readonly #actor = new Int32Array(blockEvents);
  readonly #place = new Int32Array(blockEvents);
  readonly #type = new Uint8Array(blockEvents);
  #length = 0;
  /** Entries and resources, in turn. */
  readonly #resources: number[] = [];
  /** The texts of the block, and each one's entry. */
  readonly #texts: string[] = [];
  readonly #textEntries: number[] = [];
  /** The number of their characters. */
  #textLength = 0;
  /** Whether a value of the block is no int32. */
  #isWide = false;
  /** Where blocks are put together. */
  #block = Buffer.alloc(
    blockBytes({ length: blockEvents, textBytes: 0, valueBytes: 8, resources: 0 }),
  );

  /**
   * @param thread whose events these are.
   * @param board its lock is shared by all threads that write.
   * @param mayBeEnded whether the process may end in ways that nobody here hears of.
   * @param secret that of the run.
   */
  constructor(thread: number, board: Board, mayBeEnded: boolean, secret: string) {
    this.#thread = thread;
    this.#lock = board.pipe;
    this.#debt = board.debt(thread);
    this.#mayOwe = !mayBeEnded;
    this.#seal = sealOf(secret);
  }

  record(at: number, type: number, actor: number, value: number, details?: RealDetails): void {
    if (this.#length === blockEvents || at - this.#at[0]! > longestBlock) this.flush();
    const k = this.#length++;
    this.#at[k] = at;
    this.#type[k] = type;
    this.#actor[k] = actor;
    this.#value[k] = value;
    if ((value | 0) !== value) this.#isWide = true;
    this.#place[k] = details?.place ?? NOWHERE;
    if (details === undefined) return;
    const { text, resource, numbers, userPlace } = details;
    if (resource !== undefined) this.#resources.push(k, resource);
    if (numbers !== undefined || userPlace !== undefined)
      this.#addText(-1 - k, JSON.stringify({ numbers, userPlace } satisfies Further));
    if (text !== undefined) this.#addText(k, text);
    if (this.#textLength > 16 * blockEvents) this.flush();
  }

  /** Keeps a text, which is encoded when the block is written: between a request and its answer there is no time for it. */
  #addText(entry: number, text: string): void {
    this.#texts.push(text);
    this.#textEntries.push(entry);
    this.#textLength += text.length;
  }

  /** Tells that the run begins now. */
  ready(epochMs: number): void {
    this.record(epochMs, 0, 0, 0);
    this.#write(ready);
  }

  /** Tells how long a thread has waited for a core, at most; null where nobody counts it. */
  waited(ms: number | null): void {
    if (ms === null) return;
    this.record(ms, 0, 0, 0);
    this.#write(coreWaited);
  }

  flush(): void {
    if (this.#length > 0) this.#write(this.#thread);
  }

  /**
   * Writes the thread's events; where it has just written, they stay unflushed as a debt. It comes before
   * each message to another thread.
   *
   * @returns whether it owes, and has to be flushed within `longestDebt`.
   */
  flushOrOwe(): boolean {
    if (this.#length === 0) return false;
    if (this.#mayOwe && performance.now() - this.#wroteAt < longestDebt) {
      Atomics.store(this.#debt, 0, 1);
      return true;
    }
    this.flush();
    return false;
  }

  #write(thread: number): void {
    const length = this.#length;
    const textSizes = this.#texts.map((text) => Buffer.byteLength(text));
    const textBytes = textSizes.reduce((sum, size) => sum + wordBytes + inWords(size), 0);
    const valueBytes = this.#isWide ? 8 : 4;
    const resources = this.#resources.length / 2;
    const size = blockBytes({ length, textBytes, valueBytes, resources });
    if (size > this.#block.length) this.#block = Buffer.alloc(size);
    const block = this.#block.subarray(0, size);
    const { buffer } = block;
    const base = this.#at[0]!;
    block.set(this.#seal.secret);
    new Int32Array(buffer, countsOffset, 5).set([thread, length, textBytes, valueBytes, resources]);
    new Float64Array(buffer, baseOffset, 1)[0] = base;
    const columns = columnsAt(buffer, 0, { length, valueBytes });
    for (let k = 0; k < length; k++) columns.later[k] = this.#at[k]! - base;
    columns.value.set(this.#value.subarray(0, length));
    columns.actor.set(this.#actor.subarray(0, length));
    columns.place.set(this.#place.subarray(0, length));
    columns.type.set(this.#type.subarray(0, length));
    let place = size - textBytes;
    new Int32Array(buffer, place - resources * wordBytes, 2 * resources).set(this.#resources);
    for (const [index, bytes] of textSizes.entries()) {
      new Int32Array(buffer, place, 2).set([this.#textEntries[index]!, bytes]);
      block.write(this.#texts[index]!, place + wordBytes);
      place += wordBytes + inWords(bytes);
    }
    new BigUint64Array(buffer, secretBytes, 1)[0] = hashOf(block, this.#seal);
    this.#length = 0;
    this.#texts.length = 0;
    this.#textEntries.length = 0;
    this.#textLength = 0;
    this.#resources.length = 0;
    this.#isWide = false;
    this.#lock.acquire();
    this.#send(block);
    this.#lock.release();
    this.#wroteAt = performance.now();
    if (Atomics.exchange(this.#debt, 0, 0) === 1) Atomics.notify(this.#debt, 0);
  }

  #send(block: Uint8Array): void {
    try {
      // User code may have closed the pipe, and another file got its number: that must not be written to.
      if (!this.#mayOwe && inodeOfPipe() !== this.#inode) throw new Error("another file");
      // The kernel may take a long write in pieces, which are all written under the lock.
      for (let written = 0; written < block.length;) written += writeSync(pipe, block, written);
    } catch {
      // The run must not go on unheard.
      tellPipeClosed();
      process.kill(process.pid, "SIGKILL");
    }
  }
}

/** Tells it by the other descriptor that tandem reads, if that is there. */
function tellPipeClosed(): void {
  try {
    writeSync(2, `${pipeClosed}\n`);
  } catch {
    // Tandem has gone.
  }
}

/** The number of the pipe's inode; undefined where descriptor 3 is closed. */
function inodeOfPipe(): number | undefined {
  try {
    return fstatSync(pipe).ino;
  } catch {
    return undefined;
  }
}

/** Turns what comes through the pipe into events, however it is cut. */
export class EventReader {
  /** When main's clock began, in epoch ms; undefined before the run begins. */
  readyAt: number | undefined;
  /** How long one of its threads has waited for a core at most, in ms; null where nobody has said. */
  waited: number | null = null;
  /** The places in user code that events have named, by the numbers that they have got here. */
  readonly places = new Map<number, Place>();
  /** The same numbers, by the JSON of each place. */
  readonly #placeNumbers = new Map<string, number>();
  readonly #sink: { take(thread: number, columns: Columns): void };
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #seal: Seal;
  /** The number of bytes that are no blocks: somebody else has written them. */
  foreignBytes = 0;
  /** What has come and is no whole block yet. */
  #rest = new Uint8Array(0);

  /** @param sink takes the events of one thread, block by block; the columns are its to keep. */
  constructor(sink: { take(thread: number, columns: Columns): void }, secret: string) {
    this.#sink = sink;
    this.#seal = sealOf(secret);
  }

  /**
   * Takes the next piece, and keeps its memory where whole blocks can be read in place. What is left
   * of a block cut in two waits for the rest, or is never told.
   */
  hear(piece: Uint8Array<ArrayBuffer>): void {
    // Most pieces begin with a block; those that do not are put together, at a whole word.
    const isWhole = this.#rest.length === 0 && piece.byteOffset % wordBytes === 0;
    let bytes = isWhole ? piece : joined(this.#rest, piece);
    let read = 0;
    for (;;) {
      const foreign = this.#foreign(bytes, read);
      if (foreign > 0) {
        this.foreignBytes += foreign;
        // Blocks behind it are read in place only where they begin at a whole word.
        bytes = bytes.slice(read + foreign);
        read = 0;
      }
      const size = this.#block(bytes, read);
      if (size === 0) break;
      read += size;
    }
    this.#rest = bytes.slice(read);
  }

  /** The number of bytes at `from` that belong to no block, as far as can be told by now. */
  #foreign(bytes: Uint8Array<ArrayBuffer>, from: number): number {
    const { secret } = this.#seal;
    const rest = Buffer.from(bytes.buffer, bytes.byteOffset + from, bytes.length - from);
    if (rest.subarray(0, secretBytes).equals(secret.subarray(0, rest.length))) return 0;
    const next = rest.indexOf(secret, 1);
    // The last bytes may be the beginning of a block.
    return next >= 0 ? next : Math.max(0, rest.length - secretBytes + 1);
  }

  /** Reads the block that begins at `from`. @returns how many bytes it has; 0 if it is not there in full. */
  #block(bytes: Uint8Array<ArrayBuffer>, from: number): number {
    if (from + headerBytes > bytes.length) return 0;
    const { buffer } = bytes;
    const start = bytes.byteOffset + from;
    const [thread, count, textBytes, valueBytes, pairs] = new Int32Array(
      buffer,
      start + countsOffset,
      5,
    ) as unknown as [number, number, number, number, number];
    const size = blockBytes({ length: count, textBytes, valueBytes, resources: pairs });
    if (from + size > bytes.length) return 0;
    const hash = new BigUint64Array(buffer, start + secretBytes, 1)[0]!;
    if (hash !== hashOf(bytes.subarray(from, from + size), this.#seal)) {
      // Something came between its pieces. Its beginning is none, and what follows is looked through.
      this.foreignBytes += secretBytes;
      return secretBytes;
    }
    const base = new Float64Array(buffer, start + baseOffset, 1)[0]!;
    if (thread === ready) this.readyAt = base;
    if (thread === coreWaited) this.waited = base;
    if (thread === ready || thread === coreWaited) return size;
    const { later, ...columns } = columnsAt(buffer, start, { length: count, valueBytes });
    const at = new Float64Array(count);
    for (let k = 0; k < count; k++) at[k] = base + later[k]!;
    const resources = new Map<number, number>();
    const sparse = new Int32Array(buffer, start + size - textBytes - pairs * wordBytes, 2 * pairs);
    for (let k = 0; k < sparse.length; k += 2) resources.set(sparse[k]!, sparse[k + 1]!);
    const texts = new Map<number, string>();
    const numbers = new Map<number, Numbers>();
    for (let place = from + size - textBytes; place < from + size;) {
      const [k, length] = new Int32Array(buffer, bytes.byteOffset + place, 2) as unknown as [
        number,
        number,
      ];
      place += wordBytes;
      const text = this.#decoder.decode(bytes.subarray(place, place + length));
      if (k >= 0) texts.set(k, text);
      else {
        const further = JSON.parse(text) as Further;
        if (further.numbers !== undefined) numbers.set(-1 - k, further.numbers);
        if (further.userPlace !== undefined)
          columns.place[-1 - k] = this.#numberOf(further.userPlace);
      }
      place += inWords(length);
    }
    this.#sink.take(thread, { length: count, at, ...columns, texts, resources, numbers });
    return size;
  }

  #numberOf(place: Place): number {
    const known = JSON.stringify(place);
    return this.#placeNumbers.getOrInsertComputed(known, () => {
      const number = USER_PLACE + this.places.size;
      this.places.set(number, place);
      return number;
    });
  }
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(before.length + after.length);
  bytes.set(before);
  bytes.set(after, before.length);
  return bytes;
}

/** As many bytes as that, filled up to whole words. */
function inWords(bytes: number): number {
  return Math.ceil(bytes / wordBytes) * wordBytes;
}

function blockBytes(block: {
  length: number;
  textBytes: number;
  valueBytes: number;
  resources: number;
}): number {
  const eventBytes = block.valueBytes + 4 + 4 + 4 + 1;
  const sparseBytes = block.resources * wordBytes + block.textBytes;
  return headerBytes + inWords(block.length * eventBytes) + sparseBytes;
}

/** The columns of the block that begins at `from`, as views of its memory. */
function columnsAt(
  buffer: ArrayBuffer,
  from: number,
  { length, valueBytes }: { length: number; valueBytes: number },
) {
  // A column of float64 must begin on a whole word, so values come first.
  const value = from + headerBytes;
  const later = value + valueBytes * length;
  return {
    value: new (valueBytes === 8 ? Float64Array : Int32Array)(buffer, value, length),
    later: new Int32Array(buffer, later, length),
    actor: new Int32Array(buffer, later + 4 * length, length),
    place: new Int32Array(buffer, later + 8 * length, length),
    type: new Uint8Array(buffer, later + 12 * length, length),
  };
}
