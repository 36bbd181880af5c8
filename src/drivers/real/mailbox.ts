/**
 * The mailbox of a thread: messages of other threads, which reach it awake, parked or blocked.
 *
 * MessagePorts carry the messages, and a counter in shared memory tells that there is one. Both are
 * needed: a port's handler does not run while its thread is blocked or busy, and shared memory
 * carries no values.
 */
import { receiveMessageOnPort } from "node:worker_threads";
import type { Message } from "../../program/operation.ts";
import { type Board, waitWhile } from "./board.ts";

/** A message as it goes through a port: `filled` brings the value itself. */
export type Posted =
  | Exclude<Message, { kind: "filled" }>
  | { kind: "filled"; channel: number; item: number; value: unknown }
  /** To the threads of the pool, before the job is offered: what its function gets. */
  | { kind: "job-args"; job: number; args: unknown }
  /** To main: the run is deadlocked. */
  | { kind: "deadlock" };

/** The spin, in ms, before a thread parks: for so long it looks for a message again and again. */
const longestSpin = 0.02;

/** The number of waits without a spin after one in vain: the thread that is to answer may need this one's core. */
const parksAfterSpin = 15;

export class Mailbox {
  /** The number of messages taken off the ports. */
  seen = 0;
  readonly #board: Board;
  readonly #arrivals: Int32Array;
  readonly #ports: ReadonlyMap<number, MessagePort>;
  readonly #all: readonly MessagePort[];
  readonly #taken: Posted[] = [];
  /** The port of the latest message, at which the next one is looked for first. */
  #latest = 0;
  #wake: (() => void) | undefined;
  #hears = false;
  #heardOfDeadlock = false;
  /** The number of waits left without a spin. */
  #parksLeft = 0;

  constructor(thread: number, board: Board, ports: [thread: number, port: MessagePort][]) {
    this.#board = board;
    this.#arrivals = board.arrivals(thread);
    this.#ports = new Map(ports);
    this.#all = ports.map(([, port]) => port);
  }

  /** The threads that this one speaks with. */
  get peers(): number[] {
    return [...this.#ports.keys()];
  }

  post(to: number, message: Posted): void {
    this.#ports.get(to)!.postMessage(isPlain(message) ? JSON.stringify(message) : message);
    const arrivals = this.#board.arrivals(to);
    Atomics.add(arrivals, 0, 1);
    Atomics.notify(arrivals, 0);
  }

  /** Appends a message of this thread's own to those that have come. */
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
    if (this.#spin(ms)) return true;
    return waitWhile(this.#arrivals, this.seen, ms);
  }

  /** Sets the callback for messages that come while the native event loop is free; undefined unsets it. */
  onArrival(wake: (() => void) | undefined): void {
    this.#wake = wake;
    // Handlers are set once: to get or set one costs as much as a message.
    if (!this.#hears)
      for (const port of this.#all)
        port.onmessage = ({ data }) => {
          this.#take(data);
          this.#wake?.();
        };
    this.#hears = true;
    // A message may have come before the callback was set.
    if (this.#taken.length > 0) wake?.();
  }

  /** Sets whether the ports keep the thread alive when nothing else does. */
  keepsThread(keeps: boolean): void {
    for (const port of this.#all as readonly (MessagePort & NodeJS.RefCounted)[])
      if (keeps) port.ref();
      else port.unref();
  }

  close(): void {
    for (const port of this.#all) port.close();
  }

  /** Spins for a message before the thread parks: an answer may take microseconds, a wake-up takes fifty. */
  #spin(ms: number): boolean {
    if (this.#parksLeft > 0) {
      this.#parksLeft--;
      return false;
    }
    const until = performance.now() + Math.min(ms, longestSpin);
    do if (Atomics.load(this.#arrivals, 0) !== this.seen) return true;
    while (performance.now() < until);
    this.#parksLeft = parksAfterSpin;
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
 * Whether a message goes as JSON: a text costs less than half of a structured clone in a port of Bun's.
 */
function isPlain({ kind }: Posted): boolean {
  // Values of user code may be what JSON has not, as a Map or a Date.
  return kind !== "filled" && kind !== "ask" && kind !== "answer";
}
