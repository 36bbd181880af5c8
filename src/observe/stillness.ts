/** Whether a program stands still: nothing happens in it, and it computes nothing. */

/** The share of the time that recorders take for looking around. */
const recorderShare = 0.05;

/** What the clock of processor time may be off by, in ms. */
const clockMs = 20;

interface Motion {
  /** How many events have come. */
  events: number;
  /** The processor time of all its processes, in ms. */
  cpuMs: number;
}

export class StillnessWatch {
  readonly #limitMs: number;
  #since: number | null = null;
  #before: Motion = { events: 0, cpuMs: 0 };

  /** @param limitMs for how long nothing must move. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  note(now: number, motion: Motion): void {
    const since = this.#since;
    const isStill =
      since !== null &&
      motion.events === this.#before.events &&
      motion.cpuMs - this.#before.cpuMs <= clockMs + recorderShare * (now - since);
    if (isStill) return;
    this.#since = now;
    this.#before = motion;
  }

  isStill(now: number): boolean {
    return this.#since !== null && now - this.#since >= this.#limitMs;
  }

  /** Counts from now on. */
  startOver(now: number): void {
    this.#since = now;
  }
}
