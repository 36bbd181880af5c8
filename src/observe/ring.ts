/**
 * The file of one observed process: a header, and two rings of slots that its recorder fills while tandem
 * empties them.
 *
 * Neither waits for the other. A recorder that finds a ring full counts what it drops; a reader that finds
 * a slot unfinished comes back to it. A slot is whole when its last byte, the lap, is that of its turn of the
 * ring, so a process may be killed at any instant: what is whole by then is read.
 *
 * It is read by calls and not mapped: were the file cut short, a mapping would end tandem (SIGBUS).
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** The first bytes of such a file; the last of them is the format's version. */
export const magic = "TANDEMR1";

export const headerBytes = 4096;

export const slotBytes = 32;

/** Where the numbers of the header stand. */
export const headerAt = {
  magic: 0,
  headerBytes: 8,
  pid: 12,
  parentPid: 16,
  /** Slots of ring 0 and of ring 1. */
  slots: [20, 24],
  startedAt: 32,
  startedEpoch: 40,
  /** How many slots of a ring have been handed out, as of some time ago. */
  heads: [48, 56],
  dropped: [64, 72],
  state: 80,
  answered: 84,
  heartbeat: 88,
  /** What may still wake the process, other than its own program, as bits; as of the last answer. */
  wakers: 96,
  /** Written by tandem: slots below it have been read, and are free. */
  tails: [128, 136],
  request: 144,
  texts: 512,
} as const;

/** Where the fields of a slot stand. */
export const slotAt = {
  at: 0,
  value: 8,
  actor: 16,
  place: 20,
  extra: 24,
  thread: 28,
  kind: 30,
  lap: 31,
} as const;

/** The rings: what lasts (definitions, births, ends, standpoints), and details, of which there may be very many. */
export const LASTING = 0;
export const DETAIL = 1;
export type RingNumber = typeof LASTING | typeof DETAIL;

/** How far a recorder has come: `ended`, when the interpreter's last handler has run. */
export const recorderStates = ["starting", "recording", "ended", "failed"] as const;
export type RecorderState = (typeof recorderStates)[number];

/** The lap of a slot: the turn of its ring, from 1 to 255 and over again; 0 is a slot that was never written. */
export function lapOf(sequence: number, slots: number): number {
  return (Math.floor(sequence / slots) % 255) + 1;
}

/** The bytes of a recorder's file. */
export interface RecordBytes {
  /** Fills `into` from a position on. @returns how many bytes there were. */
  read(into: Uint8Array, position: number): number;
  write(from: Uint8Array, position: number): void;
  close(): void;
}

/** Takes a slot, which stands at `offset`; it is overwritten afterwards. */
export type TakeSlot = (view: DataView, offset: number) => void;

/** For how long, in ms, a slot that was handed out and is not whole keeps those behind it waiting. */
const unfinishedMs = 250;

/** Slots that are read at once, when few are expected and when there are many. */
const littlePiece = 64;
const largePiece = 4096;

/**
 * How many slots are looked at for one that is whole, behind one that is not and beyond what was told to be
 * handed out. At most one for each thread of the program is handed out and not whole.
 */
const furthestGap = 4096;

/** As many slots as are ever loaded at once, none of them written. */
const blank = new Uint8Array(largePiece * slotBytes);

/** What the header says of a ring. */
interface Handed {
  /** How many slots have been handed out, at least. */
  head: number;
  dropped: number;
}

/** One ring, from its reader's side. */
export class RingReader {
  readonly slots: number;
  /** Sequence numbers below it have been read, or given up. */
  tail = 0;
  /** Slots that were handed out and never became whole, as far as they were passed over. */
  missing = 0;
  readonly #bytes: RecordBytes;
  readonly #start: number;
  readonly #piece: Uint8Array;
  readonly #view: DataView;
  /** How many the recorder had dropped when nothing was missing here. */
  #droppedBefore = 0;
  /** Since when the slot at the tail is unfinished, in ms. */
  #unfinishedSince: number | null = null;

  /** @param start where its first slot stands in the file. */
  constructor(bytes: RecordBytes, start: number, slots: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.slots = slots;
    this.#piece = new Uint8Array(Math.min(largePiece, slots) * slotBytes);
    this.#view = new DataView(this.#piece.buffer);
  }

  /**
   * Reads all slots that are whole, in the order of their sequence.
   *
   * @param now a clock in ms; Infinity where nothing more is written, so that nothing is waited for.
   */
  drain(take: TakeSlot, { head, dropped }: Handed, now: number): void {
    const isOver = now === Infinity;
    for (;;) {
      this.#readWhole(take);
      if (this.tail >= head && !isOver) break;
      // A slot that was dropped may have left a gap that nothing will fill.
      const mayBeDropped = dropped > this.#droppedBefore;
      this.#unfinishedSince ??= now;
      if (!isOver && !mayBeDropped && now - this.#unfinishedSince < unfinishedMs) return;
      if (!this.#passOver(head, isOver)) break;
    }
    this.#droppedBefore = dropped;
    this.#unfinishedSince = null;
  }

  /** Reads from the tail on, up to the first slot that is not whole. */
  #readWhole(take: TakeSlot): void {
    for (let size = littlePiece; ; size = largePiece) {
      const count = this.#load(this.tail, size);
      for (let k = 0; k < count; k++) {
        if (!this.#isWhole(this.tail, k)) return;
        take(this.#view, k * slotBytes);
        this.tail++;
        this.#unfinishedSince = null;
      }
      if (count === 0) return;
    }
  }

  /**
   * Leaves out the slots at the tail that are not whole, up to the next that is. Where none is, nobody waits
   * for them: a recorder that finds the ring full keeps the number for its next slot. No slot beyond one
   * turn of the ring can have been written, since nothing before it was free.
   *
   * @param isOver looks further than the head: a process that was killed has not told its last one.
   * @returns whether the slot at the tail may be whole now.
   */
  #passOver(head: number, isOver: boolean): boolean {
    const furthest = isOver ? Math.max(head, this.tail + furthestGap) : head;
    const end = Math.min(furthest, this.tail + this.slots);
    for (let sequence = this.tail; sequence < end;) {
      const count = Math.min(this.#load(sequence, largePiece), end - sequence);
      if (count <= 0) break;
      if (this.#isBlank(count)) {
        sequence += count;
        continue;
      }
      for (let k = 0; k < count; k++, sequence++)
        if (this.#isWhole(sequence, k)) {
          this.#moveTo(sequence);
          return true;
        }
    }
    if (head >= this.tail + this.slots) this.#moveTo(head);
    return false;
  }

  #moveTo(sequence: number): void {
    this.missing += sequence - this.tail;
    this.tail = sequence;
    this.#unfinishedSince = null;
  }

  /** Loads slots from a sequence number on, as far as they stand in one piece. @returns how many. */
  #load(sequence: number, most: number): number {
    const first = sequence % this.slots;
    const count = Math.min(most, this.slots - first, this.#piece.length / slotBytes);
    const wanted = this.#piece.subarray(0, count * slotBytes);
    const read = this.#bytes.read(wanted, this.#start + first * slotBytes);
    return Math.floor(read / slotBytes);
  }

  /** Whether nothing has ever been written into any of the slots that were loaded: most of a ring, as a rule. */
  #isBlank(count: number): boolean {
    const length = count * slotBytes;
    return Buffer.compare(this.#piece.subarray(0, length), blank.subarray(0, length)) === 0;
  }

  #isWhole(sequence: number, k: number): boolean {
    return this.#piece[k * slotBytes + slotAt.lap] === lapOf(sequence, this.slots);
  }
}

/** What stands in the header and never changes. */
export interface RecordHeader {
  pid: number;
  parentPid: number;
  /** The recorder's clock when it started, in ns. Processes of one machine share it. */
  startedAt: bigint;
  /** The same instant in ns since 1970. */
  startedEpoch: bigint;
  /** As `CPython 3.11.7`. */
  runtime: string;
  /** The command line, quoted as for a shell. */
  command: string;
}

/** The file of one process. */
export class RecordFile implements Disposable {
  readonly header: RecordHeader;
  state: RecorderState = "starting";
  /** The number of the last request that the recorder has answered. */
  answered = 0;
  /** When the recorder last looked around, in ns of its clock. */
  heartbeat = 0n;
  requested = 0;
  /** Whether anything may still wake the process, other than its own program, as of the last answer. */
  mayGoOn = false;
  readonly #bytes: RecordBytes;
  readonly #rings: readonly [RingReader, RingReader];
  readonly #head = new Uint8Array(headerAt.request + 4);
  readonly #view = new DataView(this.#head.buffer);

  private constructor(bytes: RecordBytes, page: DataView) {
    this.#bytes = bytes;
    this.header = {
      pid: page.getUint32(headerAt.pid, true),
      parentPid: page.getUint32(headerAt.parentPid, true),
      startedAt: page.getBigInt64(headerAt.startedAt, true),
      startedEpoch: page.getBigInt64(headerAt.startedEpoch, true),
      ...textsOf(page),
    };
    this.state = stateIn(page);
    const start = page.getUint32(headerAt.headerBytes, true);
    const [lasting, detail] = headerAt.slots.map((at) => page.getUint32(at, true));
    this.#rings = [
      new RingReader(bytes, start, lasting!),
      new RingReader(bytes, start + lasting! * slotBytes, detail!),
    ];
  }

  /** @returns null where its recorder has not finished the header, and may yet. */
  static from(bytes: RecordBytes): RecordFile | null {
    const page = new Uint8Array(headerBytes);
    if (bytes.read(page, 0) < headerBytes) return null;
    if (new TextDecoder().decode(page.subarray(0, magic.length)) !== magic) return null;
    return new RecordFile(bytes, new DataView(page.buffer));
  }

  /** @returns null where there is no such file, or its header is not finished. */
  static open(path: string): RecordFile | null {
    const bytes = FileBytes.open(path);
    if (bytes === null) return null;
    const file = RecordFile.from(bytes);
    if (file === null) bytes.close();
    return file;
  }

  /**
   * Takes everything that is new, and frees its slots.
   *
   * Details may name what a slot that lasts defines, and are read before these: what they name has been
   * written by then, and is taken first.
   *
   * @param take hears a slot with its ring.
   * @param now as for a ring.
   */
  drain(take: (ring: RingNumber, ...slot: Parameters<TakeSlot>) => void, now: number): void {
    this.#refresh();
    const details = new Slots();
    this.#drainRing(DETAIL, (view, offset) => details.add(view, offset), now);
    this.#refresh();
    this.#drainRing(LASTING, (view, offset) => take(LASTING, view, offset), now);
    details.each((view, offset) => take(DETAIL, view, offset));
  }

  #drainRing(ring: RingNumber, take: TakeSlot, now: number): void {
    const reader = this.#rings[ring];
    const before = reader.tail;
    reader.drain(take, this.#counts(ring), now);
    if (reader.tail !== before) this.#writeNumber(headerAt.tails[ring], reader.tail, 8);
  }

  /** How many events were not recorded: dropped, or never finished. */
  dropped(ring: RingNumber): number {
    return Math.max(this.#counts(ring).dropped, this.#rings[ring].missing);
  }

  /** How many slots of a ring are in use, as a share of all, as far as the header tells. */
  get fullness(): number {
    return Math.max(
      ...this.#rings.map((ring, number) => {
        const { head } = this.#counts(number as RingNumber);
        return Math.min(1, Math.max(0, (head - ring.tail) / ring.slots));
      }),
    );
  }

  /** Asks the recorder where everything stands. @returns the number that it will have answered. */
  request(): number {
    this.requested++;
    this.#writeNumber(headerAt.request, this.requested, 4);
    return this.requested;
  }

  [Symbol.dispose](): void {
    this.#bytes.close();
  }

  #refresh(): void {
    if (this.#bytes.read(this.#head, 0) < this.#head.length) return;
    this.state = stateIn(this.#view);
    this.answered = this.#view.getUint32(headerAt.answered, true);
    this.mayGoOn = this.#view.getUint32(headerAt.wakers, true) !== 0;
    this.heartbeat = this.#view.getBigUint64(headerAt.heartbeat, true);
  }

  #counts(ring: RingNumber): Handed {
    return {
      head: Number(this.#view.getBigUint64(headerAt.heads[ring], true)),
      dropped: Number(this.#view.getBigUint64(headerAt.dropped[ring], true)),
    };
  }

  #writeNumber(position: number, value: number, size: 4 | 8): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
    this.#bytes.write(bytes.subarray(0, size), position);
  }
}

/** Slots that have been copied. */
class Slots {
  #bytes = new Uint8Array(littlePiece * slotBytes);
  #used = 0;

  add(view: DataView, offset: number): void {
    if (this.#used === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 4);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(new Uint8Array(view.buffer as ArrayBuffer, offset, slotBytes), this.#used);
    this.#used += slotBytes;
  }

  each(take: TakeSlot): void {
    const view = new DataView(this.#bytes.buffer);
    for (let offset = 0; offset < this.#used; offset += slotBytes) take(view, offset);
  }
}

function stateIn(view: DataView): RecorderState {
  return recorderStates[view.getUint32(headerAt.state, true)] ?? "failed";
}

function textsOf(page: DataView): Pick<RecordHeader, "runtime" | "command"> {
  const decoder = new TextDecoder();
  let at: number = headerAt.texts;
  const next = (): string => {
    const length = Math.min(page.getUint16(at, true), page.byteLength - at - 4);
    const text = decoder.decode(new Uint8Array(page.buffer as ArrayBuffer, at + 2, length));
    at += 2 + length;
    return text;
  };
  return { runtime: next(), command: next() };
}

/** A file on disk. */
class FileBytes implements RecordBytes {
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  static open(path: string): FileBytes | null {
    try {
      return new FileBytes(openSync(path, "r+"));
    } catch {
      return null;
    }
  }

  read(into: Uint8Array, position: number): number {
    return readSync(this.#descriptor, into, 0, into.length, position);
  }

  write(from: Uint8Array, position: number): void {
    writeSync(this.#descriptor, from, 0, from.length, position);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
