/**
 * A channel between main and the loop's thread.
 *
 * Shared memory holds how many values have gone in and out; the values themselves go to the other
 * thread as messages. Both happen under one lock, so whoever holds it knows whether there is room or
 * a value, and a value counted is a value that can be had. Without the lock the counts are good for
 * deciding whether to try.
 */
import type { Channel } from "../../program/operation.ts";
import type { Board } from "./board.ts";
import type { Clock } from "./clock.ts";
import type { Mailbox, Posted } from "./mailbox.ts";

/** The use of a channel by one thread. */
export interface ChannelUse {
  sends: boolean;
  receives: boolean;
}

export interface SharedChannelOptions {
  board: Board;
  mailbox: Mailbox;
  clock: Clock;
  channel: number;
  capacity: number | null;
  /** The other thread. */
  peer: number;
  here: ChannelUse;
  there: ChannelUse;
  /** Called before the other thread is told of anything. */
  beforePost: () => void;
}

const sent = 0;
const received = 1;

export class SharedChannel implements Channel {
  readonly #options: SharedChannelOptions;
  readonly #counts: Int32Array;
  readonly #capacity: number;
  /** By item: values that this thread may still receive. */
  readonly #values = new Map<number, unknown>();
  /** Items below it are gone from `#values`. */
  #oldest = 0;

  constructor(options: SharedChannelOptions) {
    this.#options = options;
    this.#counts = options.board.channel(options.channel);
    this.#capacity = options.capacity ?? Infinity;
  }

  get empty(): boolean {
    return this.#size === 0;
  }

  get full(): boolean {
    return this.#size >= this.#capacity;
  }

  trySend(value: unknown, onSent: (item: number) => void): boolean {
    const { board, mailbox, clock, channel, peer, here, there, beforePost } = this.#options;
    board.channelLock.acquire();
    try {
      if (this.full) return false;
      const item = Atomics.load(this.#counts, sent);
      // There may be room because the other thread has received.
      clock.catchUp();
      onSent(item);
      if (here.receives) this.#values.set(item, value);
      // The count is set before the message, which wakes the other thread and has it look at the count.
      Atomics.add(this.#counts, sent, 1);
      if (there.receives) {
        beforePost();
        mailbox.post(peer, { kind: "filled", channel, item, value });
      }
      return true;
    } finally {
      board.channelLock.release();
    }
  }

  tryReceive(onReceived: (item: number) => void): { value: unknown } | undefined {
    const { board, mailbox, clock, channel, peer, there, beforePost } = this.#options;
    board.channelLock.acquire();
    try {
      if (this.empty) return undefined;
      const item = Atomics.load(this.#counts, received);
      clock.catchUp();
      onReceived(item);
      for (const message of mailbox.waiting) this.takeIn(message);
      const value = this.#values.get(item);
      Atomics.add(this.#counts, received, 1);
      for (; this.#oldest <= item; this.#oldest++) this.#values.delete(this.#oldest);
      if (there.sends && this.#capacity !== Infinity) {
        beforePost();
        mailbox.post(peer, { kind: "drained", channel });
      }
      return { value };
    } finally {
      board.channelLock.release();
    }
  }

  /** Keeps the value that a message brings, if it is one for this channel. */
  takeIn(message: Posted): void {
    if (message.kind === "filled" && message.channel === this.#options.channel)
      if (message.item >= this.#oldest) this.#values.set(message.item, message.value);
  }

  get #size(): number {
    // What has gone out is read first: read last, it might count a value not yet counted as in.
    const out = Atomics.load(this.#counts, received);
    return Atomics.load(this.#counts, sent) - out;
  }
}
