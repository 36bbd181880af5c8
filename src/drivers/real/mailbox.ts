/**
 * What one thread says to another, whether the other is awake, parked or blocked.
 *
 * A MessagePort carries the messages; a counter in shared memory tells a thread that is blocked, or
 * never idle, that there is one. Neither alone does both: a port's handler does not run while its
 * thread is busy, and shared memory carries no values.
 */
import { receiveMessageOnPort } from "node:worker_threads";
import type { Message } from "../../program/operation.ts";

export class Mailbox {
  readonly #port: MessagePort;
  /** Counts the messages sent here; the sender raises it after it has posted. */
  readonly #arrivals: Int32Array;
  readonly #peerArrivals: Int32Array;
  readonly #received: Message[] = [];
  #seen = 0;
  #wake: (() => void) | undefined;

  /** @param counters two cells: what has arrived here, and what has arrived at the peer. */
  constructor(port: MessagePort, counters: { here: Int32Array; peer: Int32Array }) {
    this.#port = port;
    this.#arrivals = counters.here;
    this.#peerArrivals = counters.peer;
  }

  post(message: Message): void {
    this.#port.postMessage(message);
    Atomics.add(this.#peerArrivals, 0, 1);
    Atomics.notify(this.#peerArrivals, 0);
  }

  receive(): Message | undefined {
    if (this.#received.length > 0) return this.#received.shift();
    if (Atomics.load(this.#arrivals, 0) === this.#seen) return undefined;
    const taken = receiveMessageOnPort(this.#port as never) as { message: Message } | undefined;
    if (taken === undefined) return undefined;
    this.#seen++;
    return taken.message;
  }

  /** Blocks the thread until a message has come, for at most this many milliseconds. */
  block(ms: number): void {
    // Atomics.wait compares and sleeps in one step, so a message that comes in between is not missed.
    if (this.#received.length === 0)
      Atomics.wait(this.#arrivals, 0, this.#seen, Math.min(ms, 2 ** 31 - 1));
  }

  /** Calls back once when a message comes while the thread's own event loop is free. */
  onArrival(wake: (() => void) | undefined): void {
    this.#wake = wake;
    if (this.#port.onmessage === null)
      this.#port.onmessage = ({ data }) => {
        this.#seen++;
        this.#received.push(data as Message);
        this.#wake?.();
      };
  }
}
