/**
 * The trace's clock, which begins with its first process.
 *
 * Recorders tell instants of a clock that all processes of a machine share (ns since it started, say), or
 * the time since 1970. A header that has both joins the two.
 */
import { NS_PER_TICK } from "../base/duration.ts";

/** When a process started. */
export interface StartedAt {
  /** The instant on the clock that its recorder tells others by, in ns; null where that is the time since 1970. */
  startedAt: bigint | null;
  /** The same instant in ns since 1970. */
  startedEpoch: bigint;
}

export class TraceClock {
  /** Instant 0, in ns since 1970; null where nobody has started yet. */
  #epoch: bigint | null = null;
  /** The same on the clock of recorders; null where no header has told of it. */
  #clock: bigint | null = null;

  /** Takes a process in. The first one's start is instant 0. */
  add({ startedAt, startedEpoch }: StartedAt): void {
    this.#epoch ??= startedEpoch;
    if (startedAt !== null) this.#clock ??= startedAt - (startedEpoch - this.#epoch);
  }

  /** Instant 0 on the clock of recorders, in ns. */
  get zero(): bigint {
    return this.#clock ?? 0n;
  }

  /** Instant 0, in ms since 1970. */
  get epochMs(): number | null {
    return this.#epoch === null ? null : Number(this.#epoch / 1000n) / 1000;
  }

  /** The time, in ticks of the trace, of an instant in ms since 1970; below 0 before its instant 0. */
  ticksAt(epochMs: number): number {
    return this.#epoch === null ? 0 : epochMs * 1000 - Number(this.#epoch / 1000n);
  }

  /** The same of an instant of the recorders' clock, in ns. */
  ticksOf(clock: bigint): number {
    return this.#clock === null ? 0 : Number(clock - this.#clock) / NS_PER_TICK;
  }
}
