/**
 * Sending and receiving in an event loop: asyncio.Queue's algorithm over channels that other threads
 * may use as well.
 *
 * Invariant: a value that came while somebody here waited wakes exactly one of those who wait, the
 * first; if that one is cancelled on its way to the value, the next is woken in its place.
 */
import { typeNumber, waits } from "../trace/event.ts";
import type { Details } from "../trace/log.ts";
import type { Ticks } from "../base/duration.ts";
import { failures } from "./failure.ts";
import type { EventLoop } from "./loop.ts";
import type { Channel } from "./operation.ts";
import { Deadline } from "./settle.ts";
import { caught, Future, wait, type Waiting } from "./task.ts";
import type { Performer } from "./stepper.ts";

export class LoopChannels {
  readonly #loop: EventLoop;
  readonly #names: readonly string[];
  /** The futures of those who wait for a value, and of those who wait for room, by channel. */
  readonly #getters: Set<Future>[];
  readonly #putters: Set<Future>[];

  constructor(loop: EventLoop, names: readonly string[]) {
    this.#loop = loop;
    this.#names = names;
    this.#getters = names.map(() => new Set());
    this.#putters = names.map(() => new Set());
  }

  /** Sends for a task or launch, waiting for room (Queue.put). */
  *send(by: Performer, channel: number, value: unknown): Waiting<void> {
    const { thread } = this.#loop;
    const end = thread.channels[channel]!;
    yield* this.#until(by, "send", channel, () => !end.full);
    // No other coroutine has run since the check. Main may have taken the room; then the caller tries again.
    const sent = end.trySend(value, (item) =>
      thread.record(typeNumber.sent, by.actor, item, this.#about(by, channel)),
    );
    if (!sent) return yield* this.send(by, channel, value);
    this.filled(channel);
  }

  /**
   * Receives for a task or launch, waiting for a value (Queue.get, in asyncio.timeout where there is one).
   *
   * @throws TimedOut when the timeout runs out.
   */
  *receive(by: Performer, channel: number, timeout: Ticks | null): Waiting<unknown> {
    if (timeout === null) return yield* this.#get(by, channel);
    const deadline = new Deadline(this.#loop, this.#loop.current!, () =>
      failures.receiveTimedOut(this.#names[channel]!, timeout),
    );
    deadline.start(timeout, () => undefined);
    let value: unknown;
    const get = this.#get(by, channel);
    const raised = deadline.end(
      yield* caught(
        (function* () {
          value = yield* get;
        })(),
      ),
    );
    if (raised !== undefined) throw raised;
    return value;
  }

  /** A value has come: the first who waits for one is woken. */
  filled(channel: number): void {
    wakeNext(this.#getters[channel]!);
  }

  /** There is room: the first who waits for it is woken. */
  drained(channel: number): void {
    wakeNext(this.#putters[channel]!);
  }

  *#get(by: Performer, channel: number): Waiting<unknown> {
    const { thread } = this.#loop;
    const end = thread.channels[channel]!;
    yield* this.#until(by, "receive", channel, () => !end.empty);
    const got = end.tryReceive((item) =>
      thread.record(typeNumber.received, by.actor, item, this.#about(by, channel)),
    );
    if (got === undefined) return yield* this.#get(by, channel);
    this.drained(channel);
    return got.value;
  }

  /** The details of a step at a channel in its events. */
  #about({ place }: Performer, channel: number): Details {
    return { text: this.#names[channel]!, place, resource: channel };
  }

  *#until(
    by: Performer,
    what: "send" | "receive",
    channel: number,
    isFree: () => boolean,
  ): Waiting<void> {
    if (isFree()) return;
    const { thread } = this.#loop;
    const waiters = (what === "send" ? this.#putters : this.#getters)[channel]!;
    thread.record(
      typeNumber["wait-began"],
      by.actor,
      waits.indexOf(what),
      this.#about(by, channel),
    );
    try {
      do {
        const waiter = new Future(this.#loop);
        waiters.add(waiter);
        try {
          yield* wait(waiter);
        } catch (error) {
          waiters.delete(waiter);
          if (isFree() && waiter.state !== "cancelled") wakeNext(waiters);
          throw error;
        }
      } while (!isFree());
    } finally {
      thread.record(typeNumber["wait-ended"], by.actor, waits.indexOf(what));
    }
  }
}

function wakeNext(waiters: Set<Future>): void {
  for (const waiter of waiters) {
    waiters.delete(waiter);
    if (waiter.done) continue;
    waiter.finish();
    return;
  }
}

/** The channel ends of a thread that shares them with nobody, or with others in its own memory. */
export class LocalChannel implements Channel {
  readonly #capacity: number;
  readonly #values: unknown[] = [];
  #received = 0;
  #sent = 0;

  /** @param capacity null for no bound. */
  constructor(capacity: number | null) {
    this.#capacity = capacity ?? Infinity;
  }

  get empty(): boolean {
    return this.#sent === this.#received;
  }

  get full(): boolean {
    return this.#sent - this.#received >= this.#capacity;
  }

  trySend(value: unknown, onSent: (item: number) => void): boolean {
    if (this.full) return false;
    this.#values.push(value);
    onSent(this.#sent++);
    return true;
  }

  tryReceive(onReceived: (item: number) => void): { value: unknown } | undefined {
    if (this.empty) return undefined;
    onReceived(this.#received++);
    return { value: this.#values.shift() };
  }
}
