/** What the slots of a recorder's file mean: events by the number of their type, and what these name. */
import { slotAt } from "./ring.ts";

/** The kinds of slots that are no events; those below are numbers of `eventTypes`. */
export const slotKind = {
  /** A part of a text: 22 bytes, the text's id, the part's number, the length of the whole in bytes. */
  text: 201,
  place: 202,
  thread: 203,
  actor: 204,
  /** The name of an actor, which may be set late. */
  name: 205,
  resource: 206,
  loop: 207,
  /** Where the function of an actor is defined. */
  code: 208,
  /** Further details of the thread's next event. */
  more: 209,
  /** What the recorder failed in. */
  trouble: 210,
  /** A frame of the thread's next event, the innermost first. */
  stack: 211,
  /** The text of the call that stands at a place. */
  source: 212,
  /** How a child process ended that this one has waited for: its pid, and its status (a signal's is below 0). */
  child: 213,
  /**
   * A task has finished, and its steps: how many (`place`), how long all of them took (`value`) and the longest
   * (`extra`), in ns. It stands for `folded` and `task-ended`, as most tasks end so.
   */
  done: 214,
} as const;

/** The first number that is no event's. */
export const firstDefinition = 200;

/** By the number that a slot has for them. */
export const actorKindAt = [
  "task",
  "main",
  "launch",
  "task",
  "job",
  "coroutine",
  "thread",
  "callback",
  "generator",
] as const;

/** The kinds whose definition is their birth as well. */
export const bornKinds: ReadonlySet<string> = new Set(["task", "job", "thread"]);

/** By the number that a slot has for them. */
export const resourceKindAt = [
  "resource",
  "queue",
  "lock",
  "future",
  "pool",
  "event",
  "condition",
  "semaphore",
  "timer",
  "socket",
  "stream",
  "process",
] as const;

/** What a thread's definition says beside its name, as bits. */
export const threadBit = { daemon: 1, worker: 2, hidden: 4 } as const;

/** How many bytes of a text stand in one slot. */
export const textBytes = 22;

/** A slot, field by field. One object serves for all slots: what is kept of it is copied. */
export class Slot {
  /** Since an instant of the recorder's clock, in ns. */
  at = 0;
  valueLow = 0;
  /** Signed. */
  valueHigh = 0;
  actor = 0;
  place = 0;
  extra = 0;
  thread = 0;
  kind = 0;
  readonly #zeroLow: number;
  readonly #zeroHigh: number;

  /** @param zero the instant, in ns. */
  constructor(zero: bigint) {
    this.#zeroLow = Number(zero & 0xffff_ffffn);
    this.#zeroHigh = Number(zero >> 32n);
  }

  read(view: DataView, offset: number): void {
    // By halves: a clock that counts from the machine's start exceeds exact numbers after 104 days.
    const high = view.getInt32(offset + slotAt.at + 4, true) - this.#zeroHigh;
    this.at = high * 2 ** 32 + (view.getUint32(offset + slotAt.at, true) - this.#zeroLow);
    this.valueLow = view.getUint32(offset + slotAt.value, true);
    this.valueHigh = view.getInt32(offset + slotAt.value + 4, true);
    this.actor = view.getUint32(offset + slotAt.actor, true);
    this.place = view.getUint32(offset + slotAt.place, true);
    this.extra = view.getUint32(offset + slotAt.extra, true);
    this.thread = view.getUint16(offset + slotAt.thread, true);
    this.kind = view.getUint8(offset + slotAt.kind);
  }

  get value(): number {
    return this.valueHigh * 2 ** 32 + this.valueLow;
  }
}

/** The texts of a process, put together of their parts. */
export class Texts {
  readonly #whole = new Map<number, string>();
  readonly #parts = new Map<number, Buffer>();

  get(id: number): string | undefined {
    return this.#whole.get(id);
  }

  take(view: DataView, offset: number): void {
    const id = view.getUint32(offset + textBytes, true);
    const part = view.getUint16(offset + textBytes + 4, true);
    const length = view.getUint16(offset + textBytes + 6, true);
    const from = part * textBytes;
    const bytes = Buffer.from(view.buffer as ArrayBuffer, offset, textBytes);
    if (length <= textBytes) return void this.#whole.set(id, bytes.toString("utf8", 0, length));
    if (from >= length) return;
    const whole = this.#parts.getOrInsertComputed(id, () => Buffer.alloc(length, " "));
    bytes.copy(whole, from, 0, Math.min(textBytes, whole.length - from));
    if (from + textBytes < length) return;
    this.#parts.delete(id);
    this.#whole.set(id, whole.toString("utf8"));
  }
}
