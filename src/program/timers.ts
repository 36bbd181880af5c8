/** Timers in the order of (deadline, then creation): a binary heap in parallel arrays. */
import type { Ticks } from "../scenario/duration.ts";
import type { Task } from "./task.ts";

/** A callback at an instant, which can be called off (asyncio.TimerHandle). */
export class Timer {
  readonly callback: () => void;
  cancelled = false;
  constructor(callback: () => void) {
    this.callback = callback;
  }
}

type Target = Task | Timer;

/**
 * Sleeps and timers that are not due yet.
 *
 * A sleep is its task and a number, so that a million sleeps allocate nothing here. What was
 * cancelled stays in the heap until it comes to the top.
 */
export class Timers {
  readonly #when: Ticks[] = [];
  readonly #sequence: number[] = [];
  readonly #target: Target[] = [];
  #created = 0;

  /** Adds a target and returns its sequence number. */
  add(when: Ticks, target: Target): number {
    const sequence = ++this.#created;
    const [whens, sequences, targets] = [this.#when, this.#sequence, this.#target];
    let hole = whens.length;
    whens.push(when);
    sequences.push(sequence);
    targets.push(target);
    // A newcomer has the highest sequence, so among equals it stays below.
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (whens[parent]! <= when) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, when, sequence, target);
    return sequence;
  }

  /** The next deadline that still matters; Infinity when there is none. */
  get next(): Ticks {
    while (this.#target.length > 0) {
      if (isCurrent(this.#target[0]!, this.#sequence[0]!)) return this.#when[0]!;
      this.#removeTop();
    }
    return Infinity;
  }

  /** Takes the first target that is due, or undefined. Out-of-date ones are dropped on the way. */
  takeDue(now: Ticks): Target | undefined {
    while (this.#target.length > 0 && this.#when[0]! <= now) {
      const target = this.#target[0]!;
      const current = isCurrent(target, this.#sequence[0]!);
      this.#removeTop();
      if (current) return target;
    }
    return undefined;
  }

  #removeTop(): void {
    const when = this.#when.pop()!;
    const sequence = this.#sequence.pop()!;
    const target = this.#target.pop()!;
    const size = this.#when.length;
    if (size === 0) return;
    const whens = this.#when;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#before(child + 1, child)) child++;
      if (when < whens[child]! || (when === whens[child]! && sequence < this.#sequence[child]!))
        break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, when, sequence, target);
  }

  #before(a: number, b: number): boolean {
    const difference = this.#when[a]! - this.#when[b]!;
    return difference < 0 || (difference === 0 && this.#sequence[a]! < this.#sequence[b]!);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#when[from]!, this.#sequence[from]!, this.#target[from]!);
  }

  #put(at: number, when: Ticks, sequence: number, target: Target): void {
    this.#when[at] = when;
    this.#sequence[at] = sequence;
    this.#target[at] = target;
  }
}

function isCurrent(target: Target, sequence: number): boolean {
  return "callback" in target ? !target.cancelled : target.timer === sequence;
}
