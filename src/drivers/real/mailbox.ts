/**
 * What other threads say to this one, whether it is awake, parked or blocked.
 *
 * MessagePorts carry the messages; a counter in shared memory tells a thread that is blocked, or
 * never idle, that there is one. Neither alone does both: a port's handler does not run while its
 * thread is busy, and shared memory carries no values.
 */
import { receiveMessageOnPort } from "node:worker_threads";
import type { Message } from "../../program/operation.ts";
import { type Board, waitWhile } from "./board.ts";

/** What goes through a port: a message, and with `filled` the value itself. */
export type Posted =
  | Exclude<Message, { kind: "filled" }>
  | { kind: "filled"; channel: number; item: number; value: unknown }
  /** To the threads of the pool, before the job is offered: what its function gets. */
  | { kind: "job-args"; job: number; args: unknown }
  /** To main: every thread waits, and for nothing that can still come. */
  | { kind: "deadlock" };

/** For how long a thread looks out for a message before it falls asleep, in ms. */
const longestLook = 0.02;

/** When that was in vain, how many times it then falls asleep at once: who would answer may need its core. */
const sleepsAfterLook = 15;

export class Mailbox {
  /** How many messages have been taken from the ports. */
  seen = 0;
  readonly #board: Board;
  readonly #arrivals: Int32Array;
  readonly #ports: ReadonlyMap<number, MessagePort>;
  readonly #all: readonly MessagePort[];
  readonly #taken: Posted[] = [];
  /** The port that the last message came through: the next one may as well. */
  #latest = 0;
  #wake: (() => void) | undefined;
  #hears = false;
  #heardOfDeadlock = false;
  /** How many times more it falls asleep without looking out before. */
  #sleepsLeft = 0;

  constructor(thread: number, board: Board, ports: [thread: number, port: MessagePort][]) {
    this.#board = board;
    this.#arrivals = board.arrivals(thread);
    this.#ports = new Map(ports);
    this.#all = ports.map(([, port]) => port);
  }

  /** Whom this thread speaks with. */
  get peers(): number[] {
    return [...this.#ports.keys()];
  }

  post(to: number, message: Posted): void {
    this.#ports.get(to)!.postMessage(isPlain(message) ? JSON.stringify(message) : message);
    const arrivals = this.#board.arrivals(to);
    Atomics.add(arrivals, 0, 1);
    Atomics.notify(arrivals, 0);
  }

  /** Puts a message from this thread itself behind what has come. */
  deliver(message: Posted): void {
    this.#taken.push(message);
    this.#wake?.();
  }

  receive(): Posted | undefined {
    if (this.#taken.length === 0) this.#pull();
    return this.#taken.length === 0 ? undefined : this.#taken.shift();
  }

  /** Messages that have come and nobody has received, the oldest first; more may come. */
  get waiting(): readonly Posted[] {
    while (this.#pull());
    return this.#taken;
  }

  /** Takes out the messages of one kind that have come. */
  take<Kind extends Posted["kind"]>(kind: Kind): Extract<Posted, { kind: Kind }>[] {
    const is = (message: Posted): message is Extract<Posted, { kind: Kind }> =>
      message.kind === kind;
    const taken = this.waiting.filter(is);
    this.#taken.splice(0, this.#taken.length, ...this.#taken.filter((message) => !is(message)));
    return taken;
  }

  /** Whether it has been found that no thread of the run can go on. */
  get isDeadlocked(): boolean {
    while (this.#pull());
    return this.#heardOfDeadlock;
  }

  /**
   * Blocks the thread until a message has come, for at most this many milliseconds.
   *
   * @param onlyNew messages that have come and nobody has received do not count.
   * @returns whether one has come.
   */
  block(ms: number, onlyNew: boolean): boolean {
    if (!onlyNew && this.#taken.length > 0) return true;
    if (this.#looksOut(ms)) return true;
    return waitWhile(this.#arrivals, this.seen, ms);
  }

  /** Calls back when a message comes while the thread's own event loop is free; undefined: no more. */
  onArrival(wake: (() => void) | undefined): void {
    this.#wake = wake;
    // To ask a port whether it has a handler takes as long as to be asked something.
    if (!this.#hears)
      for (const port of this.#all)
        port.onmessage = ({ data }) => {
          this.#take(data);
          this.#wake?.();
        };
    this.#hears = true;
    // What has come before there were handlers.
    if (this.#taken.length > 0) wake?.();
  }

  /** Whether what may still come here keeps the thread from ending by itself, when nothing else does. */
  keepsThread(keeps: boolean): void {
    for (const port of this.#all as readonly (MessagePort & NodeJS.RefCounted)[])
      if (keeps) port.ref();
      else port.unref();
  }

  close(): void {
    for (const port of this.#all) port.close();
  }

  /** Looks out for a message for a moment. An answer may take microseconds; to be woken for it takes fifty. */
  #looksOut(ms: number): boolean {
    if (this.#sleepsLeft > 0) {
      this.#sleepsLeft--;
      return false;
    }
    const until = performance.now() + Math.min(ms, longestLook);
    do if (Atomics.load(this.#arrivals, 0) !== this.seen) return true;
    while (performance.now() < until);
    this.#sleepsLeft = sleepsAfterLook;
    return false;
  }

  /** Takes one message off a port, if any has come. */
  #pull(): boolean {
    if (Atomics.load(this.#arrivals, 0) === this.seen) return false;
    for (let k = 0; k < this.#all.length; k++) {
      const index = (this.#latest + k) % this.#all.length;
      const taken = receiveMessageOnPort(this.#all[index] as never) as
        { message: unknown } | undefined;
      if (taken === undefined) continue;
      this.#latest = index;
      this.#take(taken.message);
      return true;
    }
    return false;
  }

  /** Takes in what has come out of a port. */
  #take(received: unknown): void {
    const message = (typeof received === "string" ? JSON.parse(received) : received) as Posted;
    this.seen++;
    this.#taken.push(message);
    if (message.kind === "deadlock") this.#heardOfDeadlock = true;
  }
}

/**
 * Whether a message is JSON. A text goes through a port of Bun's for less than half of what cloning an
 * object costs.
 */
function isPlain({ kind }: Posted): boolean {
  // What user code sends, and what is sent to it, may be a Map or a Date.
  return kind !== "filled" && kind !== "ask" && kind !== "answer";
}
