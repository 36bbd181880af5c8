/**
 * The clock of one thread of a real run: scenario time since main started.
 *
 * The clocks of two threads agree only as well as one can be read off the other, and an instant lasts
 * a whole tick. So whoever hears of what another thread has done goes on after it, whatever its own
 * clock says: in a log in the order of time, causes come before their effects (Lamport's rule).
 */
import { type Ticks, TICKS_PER_MS } from "../../base/duration.ts";
import type { Board } from "./board.ts";

export interface ClockOptions {
  /** Whose clock it is. */
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
  /** What others have done, as far as this thread has heard of it, lies before this. */
  #notBefore: Ticks = 0;

  constructor({ thread, board, origin, speed }: ClockOptions) {
    this.#thread = thread;
    this.#nextTimes = board.nextTimes;
    this.#origin = origin;
    this.#ticksPerMs = TICKS_PER_MS * speed;
    // Whoever had this thread started has done something before.
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

  /** The time of an event of which others may hear. */
  stamp(): Ticks {
    const at = Math.max(this.now(), this.#notBefore);
    this.#nextTimes[this.#thread] = at + 1;
    return at;
  }

  /** The thread has just learnt what others have done: its own events from now on come after theirs. */
  catchUp(): void {
    for (let thread = 0; thread < this.#nextTimes.length; thread++)
      if (thread !== this.#thread && this.#nextTimes[thread]! > this.#notBefore)
        this.#notBefore = this.#nextTimes[thread]!;
  }
}
