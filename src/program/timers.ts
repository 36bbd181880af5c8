/** Timers in the order of (deadline, then creation): a binary heap of runs of equal deadlines. */
import type { Ticks } from "../base/duration.ts";

/** A callback at an instant, unless it is cancelled (asyncio.TimerHandle). */
export class Timer<Target> {
  readonly target: Target;
  when: Ticks = 0;
  sequence = 0;
  cancelled = false;
  /** The timer added right after this one, if it is due at the same instant. */
  next: Timer<Target> | undefined = undefined;

  constructor(target: Target) {
    this.target = target;
  }
}

/**
 * Timers that are not due yet.
 *
 * Tasks that keep step sleep one after the other to the same instant. Such a run stands in the heap
 * as its first timer alone: between two that were added one right after the other no third can
 * come. What was cancelled stays until it comes to the top.
 */
export class Timers<Target> {
  readonly #heap: Timer<Target>[] = [];
  #created = 0;
  /** The timer added last, unless it is no longer in the heap. */
  #latest: Timer<Target> | undefined;

  /** Adds a timer; one that has left may come again. */
  add(when: Ticks, timer: Timer<Target>): void {
    timer.when = when;
    timer.sequence = ++this.#created;
    const latest = this.#latest;
    this.#latest = timer;
    if (latest !== undefined && latest.when === when) latest.next = timer;
    else this.#push(timer);
  }

  /** The next deadline that still matters; Infinity when there is none. */
  get next(): Ticks {
    for (let first; (first = this.#heap[0]) !== undefined; this.#remove(first))
      if (!first.cancelled) return first.when;
    return Infinity;
  }

  /** Takes the first timer that is due, or undefined. Cancelled ones are dropped on the way. */
  takeDue(now: Ticks): Timer<Target> | undefined {
    for (let first; (first = this.#heap[0]) !== undefined && first.when <= now;) {
      this.#remove(first);
      if (!first.cancelled) return first;
    }
    return undefined;
  }

  #push(timer: Timer<Target>): void {
    const heap = this.#heap;
    let hole = heap.length;
    // A newcomer has the highest sequence, so among equals it stays below.
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      if (heap[above]!.when <= timer.when) break;
      heap[hole] = heap[above]!;
      hole = above;
    }
    heap[hole] = timer;
  }

  /** Removes the first timer; the next of its run, if there is one, takes its place. */
  #remove(first: Timer<Target>): void {
    const heap = this.#heap;
    if (first === this.#latest) this.#latest = undefined;
    if (first.next !== undefined) {
      heap[0] = first.next;
      first.next = undefined;
      return;
    }
    const last = heap.pop()!;
    const size = heap.length;
    if (size === 0) return;
    let hole = 0;
    for (let below; (below = 2 * hole + 1) < size; hole = below) {
      if (below + 1 < size && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (isBefore(last, heap[below]!)) break;
      heap[hole] = heap[below]!;
    }
    heap[hole] = last;
  }
}

function isBefore(a: Timer<unknown>, b: Timer<unknown>): boolean {
  return a.when < b.when || (a.when === b.when && a.sequence < b.sequence);
}
