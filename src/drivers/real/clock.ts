/**
 * The clock of one thread of a real run: scenario time since main started.
 *
 * It is a Lamport clock beside the physical one. Two physical clocks agree only to some microseconds, and
 * a tick lasts a whole one. Therefore a thread that learns what another has done goes on after it,
 * whatever its physical clock says: in a log sorted by time, causes come before their effects.
 */
import { type Ticks, TICKS_PER_MS } from "../../base/duration.ts";
import type { Board } from "./board.ts";

export interface ClockOptions {
  /** The thread whose clock it is. */
  thread: number;
  board: Board;
  /** When main started, by this thread's `performance.now()`, in milliseconds. */
  origin: number;
  /** How much faster than real time scenario time goes. */
  speed: number;
}

export class Clock {
  readonly #thread: number;
  readonly #nextTimes: Float64Array;
  readonly #origin: number;
  readonly #ticksPerMs: number;
  /** The Lamport time: all that this thread has learnt of others lies before it. */
  #notBefore: Ticks = 0;

  constructor({ thread, board, origin, speed }: ClockOptions) {
    this.#thread = thread;
    this.#nextTimes = board.nextTimes;
    this.#origin = origin;
    this.#ticksPerMs = TICKS_PER_MS * speed;
    // The thread that had this one started has recorded events before.
    this.catchUp();
  }

  now(): Ticks {
    return Math.floor((performance.now() - this.#origin) * this.#ticksPerMs);
  }

  /** Milliseconds of real time that a stretch of scenario time takes. */
  msOf(ticks: Ticks): number {
    return ticks / this.#ticksPerMs;
  }

  /** Milliseconds of real time until an instant of scenario time. */
  msUntil(instant: Ticks): number {
    return this.#origin + this.msOf(instant) - performance.now();
  }

  /** The time of an event of which other threads may learn. */
  stamp(): Ticks {
    const at = Math.max(this.now(), this.#notBefore);
    this.#nextTimes[this.#thread] = at + 1;
    return at;
  }

  /** Takes over the other threads' times, of which this one has just learnt: its next events come after theirs. */
  catchUp(): void {
    for (let thread = 0; thread < this.#nextTimes.length; thread++)
      if (thread !== this.#thread && this.#nextTimes[thread]! > this.#notBefore)
        this.#notBefore = this.#nextTimes[thread]!;
  }
}
