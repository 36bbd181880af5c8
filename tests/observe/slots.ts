/** The file of a process as its recorder writes it, by hand. */
import {
  headerAt,
  headerBytes,
  lapOf,
  magic,
  type RecordBytes,
  recorderStates,
  type RecorderState,
  type RingNumber,
  slotAt,
  slotBytes,
} from "../../src/observe/ring.ts";
import { slotKind, textBytes } from "../../src/observe/slots.ts";
import { type EventType, typeNumber } from "../../src/trace/event.ts";

/** What a slot has; the rest is 0. */
export interface SlotFields {
  at?: number;
  value?: bigint | number;
  actor?: number;
  place?: number;
  extra?: number;
  thread?: number;
}

export interface HandRecordOptions {
  slots?: number;
  pid?: number;
  parentPid?: number;
  startedAt?: bigint;
}

/** A recorder's file in memory. Times of slots are ns since it started. */
export class HandRecord implements RecordBytes {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #slots: number;
  readonly #startedAt: bigint;
  readonly #next = [0, 0];
  #texts = 0;

  constructor({ slots = 64, pid = 40, parentPid = 1, startedAt = 5n }: HandRecordOptions = {}) {
    this.bytes = new Uint8Array(headerBytes + 2 * slots * slotBytes);
    this.#view = new DataView(this.bytes.buffer);
    this.#slots = slots;
    this.#startedAt = startedAt;
    this.bytes.set(new TextEncoder().encode(magic), 0);
    const set = (at: number, value: number): void => this.#view.setUint32(at, value, true);
    set(headerAt.headerBytes, headerBytes);
    set(headerAt.pid, pid);
    set(headerAt.parentPid, parentPid);
    for (const at of headerAt.slots) set(at, slots);
    this.#view.setBigInt64(headerAt.startedAt, startedAt, true);
    this.#view.setBigInt64(headerAt.startedEpoch, 1_700_000_000_000_000_000n + startedAt, true);
    let at: number = headerAt.texts;
    for (const text of ["CPython 3.11.7", "python app.py"]) {
      this.#view.setUint16(at, text.length, true);
      this.bytes.set(new TextEncoder().encode(text), at + 2);
      at += 2 + text.length;
    }
    this.state("recording");
  }

  read(into: Uint8Array, position: number): number {
    const piece = this.bytes.subarray(position, position + into.length);
    into.set(piece);
    return piece.length;
  }

  write(from: Uint8Array, position: number): void {
    this.bytes.set(from, position);
  }

  close(): void {}

  state(state: RecorderState): void {
    this.#view.setUint32(headerAt.state, recorderStates.indexOf(state), true);
  }

  tail(ring: RingNumber): number {
    return Number(this.#view.getBigUint64(headerAt.tails[ring], true));
  }

  get requested(): number {
    return this.#view.getUint32(headerAt.request, true);
  }

  answer(request: number): void {
    this.#view.setUint32(headerAt.answered, request, true);
  }

  /** Says how many slots have been handed out. */
  tellHead(ring: RingNumber): void {
    this.#view.setBigUint64(headerAt.heads[ring], BigInt(this.#next[ring]!), true);
  }

  /** Hands a slot out. @returns its number; null where there is no room, which is counted. */
  handOut(ring: RingNumber): number | null {
    if (this.#next[ring]! < this.tail(ring) + this.#slots) return this.#next[ring]!++;
    const at = headerAt.dropped[ring];
    this.#view.setBigUint64(at, this.#view.getBigUint64(at, true) + 1n, true);
    return null;
  }

  /** Fills a slot that was handed out: its lap last of all. */
  fill(ring: RingNumber, sequence: number, kind: number, fields: SlotFields = {}): void {
    const at = this.#startOf(ring, sequence);
    const { at: time = 0, value = 0, actor = 0, place = 0, extra = 0, thread = 1 } = fields;
    this.#view.setBigInt64(at + slotAt.at, this.#startedAt + BigInt(time), true);
    this.#view.setBigInt64(at + slotAt.value, BigInt(value), true);
    this.#view.setUint32(at + slotAt.actor, actor, true);
    this.#view.setUint32(at + slotAt.place, place, true);
    this.#view.setUint32(at + slotAt.extra, extra, true);
    this.#view.setUint16(at + slotAt.thread, thread, true);
    this.bytes[at + slotAt.kind] = kind;
    this.bytes[at + slotAt.lap] = lapOf(sequence, this.#slots);
  }

  put(ring: RingNumber, kind: number, fields?: SlotFields): void {
    const sequence = this.handOut(ring);
    if (sequence !== null) this.fill(ring, sequence, kind, fields);
  }

  event(type: EventType, fields?: SlotFields, ring: RingNumber = 0): void {
    this.put(ring, typeNumber[type], fields);
  }

  /** @returns the text's id. */
  text(text: string): number {
    const id = ++this.#texts;
    const whole = new TextEncoder().encode(text);
    for (let part = 0; part * textBytes < Math.max(1, whole.length); part++) {
      const sequence = this.handOut(0)!;
      const at = this.#startOf(0, sequence);
      this.bytes.set(whole.subarray(part * textBytes, (part + 1) * textBytes), at);
      this.#view.setUint32(at + textBytes, id, true);
      this.#view.setUint16(at + textBytes + 4, part, true);
      this.#view.setUint16(at + textBytes + 6, whole.length, true);
      this.bytes[at + slotAt.kind] = slotKind.text;
      this.bytes[at + slotAt.lap] = lapOf(sequence, this.#slots);
    }
    return id;
  }

  #startOf(ring: RingNumber, sequence: number): number {
    return headerBytes + (ring * this.#slots + (sequence % this.#slots)) * slotBytes;
  }
}
