/** Whether a program stands still: nothing happens in it, it computes nothing, and all of it sleeps. */

/** The share of the time that recorders take for looking around. */
const recorderShare = 0.05;

/** What the clock of processor time may be off by, in ms. */
const clockMs = 20;

/** How often one looks, in ms. */
export const lookMs = 200;

/** How much the time between two looks counts at most, in ms: a machine that has none for tandem may have none for the program. */
const mostMs = 1.5 * lookMs;

export interface Motion {
  /** How many events have come. */
  events: number;
  /** The processor time of all its processes, in ms. */
  cpuMs: number;
  /** The processes below it: whoever waits for one is woken by its end. */
  processes: readonly number[];
  /** Whether one of its processes does not sleep, or is one that nobody tells of. */
  isAwake: boolean;
}

export class StillnessWatch {
  readonly #limitMs: number;
  /** What was seen when something moved last; null: to be seen yet. */
  #before: Motion | null = null;
  #since = 0;
  #lookedAt = 0;
  /** How much of the time since then counts. */
  #stillMs = 0;

  /** @param limitMs for how long nothing must move. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  note(now: number, motion: Motion): void {
    const between = now - this.#lookedAt;
    this.#lookedAt = now;
    if (!this.#hasMoved(now, motion)) {
      this.#stillMs += Math.min(between, mostMs);
      return;
    }
    this.#before = motion;
    this.#since = now;
    this.#stillMs = 0;
  }

  #hasMoved(now: number, { events, cpuMs, processes, isAwake }: Motion): boolean {
    const before = this.#before;
    return (
      isAwake ||
      before === null ||
      events !== before.events ||
      processes.join() !== before.processes.join() ||
      cpuMs - before.cpuMs > clockMs + recorderShare * (now - this.#since)
    );
  }

  get isStill(): boolean {
    return this.#stillMs >= this.#limitMs;
  }

  /** Counts from the next look on. */
  startOver(): void {
    this.#before = null;
    this.#stillMs = 0;
  }
}
