/**
 * The shared memory of a real run's threads: clocks, locks, the state of each thread, the queue of the pool.
 *
 * Invariant: a cell is written with Atomics, or before the thread that reads it has been started. A
 * thread's time in `nextTimes` is written by that thread alone, and before the cell or message by which
 * others hear of what it has done.
 */

import { POOL_THREAD } from "../../scenario/numbers.ts";

/** A deadlock: every thread of the run waits for a message, and no message is on its way. */
export class Deadlock extends Error {}

/**
 * A blocking wait while a cell has this value, for at most this many milliseconds.
 *
 * A stale wake-up is possible: a writer whose value the thread has read already may notify only now.
 * Therefore the value decides, and not the wake-up.
 *
 * @returns whether the cell had another value before the time was over.
 */
export function waitWhile(cell: Int32Array, value: number, ms = Infinity): boolean {
  const until = performance.now() + ms;
  // Atomics.wait compares and sleeps in one step, so no write between the two is missed.
  while (Atomics.load(cell, 0) === value)
    if (Atomics.wait(cell, 0, value, until - performance.now()) === "timed-out") return false;
  return true;
}

/** A mutex in shared memory: one thread at a time holds it. */
export class Lock {
  readonly #cell: Int32Array;

  constructor(cell: Int32Array) {
    this.#cell = cell;
  }

  acquire(): void {
    while (Atomics.compareExchange(this.#cell, 0, 0, 1) !== 0) waitWhile(this.#cell, 1);
  }

  release(): void {
    Atomics.store(this.#cell, 0, 0);
    // Several threads may wait, of which one gets the lock; the others wait again.
    Atomics.notify(this.#cell, 0);
  }
}

/** The handshake that starts a thread: main takes every other stage, and the thread answers with the next. */
export const stages = { askedForTime: 1, toldTime: 2, toldToStart: 3, started: 4 } as const;

/** The state of a thread. A number above zero says that it rests and has taken in one message less than that. */
const runs = 0;
const isNotThere = -1;

/** The state of a thread of the pool: it has a job, it rests until there is one, or it is about to look for one. */
const wants = { nothing: 0, job: 1, toLook: 2 } as const;

/** The longest, in ms, that a thread with unflushed events is waited for: a busy machine may give it no core meanwhile. */
const longestWriting = 2000;

/** The number of cells before those that there are for each thread, channel and job. */
const fixedCells = 4;

/** The number of cells for each thread. */
const cellsPerThread = 7;

/** The size of a run, which decides that of the memory. */
export interface BoardSize {
  /** One more than the highest number of a thread. */
  threads: number;
  channels: number;
  /** The most jobs that tasks can hand to a pool. */
  jobs: number;
}

/** A job as it stands in the memory. */
interface Taken {
  id: number;
  actor: number;
  step: number;
}

export class Board {
  readonly memory: SharedArrayBuffer;
  readonly size: BoardSize;
  /** When main started, by main's clock, in ms. */
  readonly origin: Float64Array;
  /** By thread: its Lamport clock (clock.ts), the earliest time, in ticks, of what comes after all that it has done. */
  readonly nextTimes: Float64Array;
  /** By thread: how long it has waited for a core, in ms (core-wait.ts). */
  readonly waits: Float64Array;
  /** The lock of the event pipe: its holder writes. */
  readonly pipe: Lock;
  /** The lock of all channels: its holder sends or receives. */
  readonly channelLock: Lock;
  readonly #corrections: Float64Array;
  readonly #cells: Int32Array;
  /** By job: whether it has been taken. */
  readonly #taken: Int8Array;
  /** By job: its actor and the number of its step. */
  readonly #jobs: Int32Array;
  readonly #arrivals: readonly Int32Array[];
  readonly #rests: readonly Int32Array[];
  readonly #wants: readonly Int32Array[];
  /** On the loop's thread: all jobs before this one have been taken. */
  #firstOpen = 0;

  constructor(size: BoardSize, memory?: SharedArrayBuffer) {
    this.size = size;
    const cells = fixedCells + cellsPerThread * size.threads + 2 * size.channels;
    const clocks = 8 * (1 + 3 * size.threads);
    const jobs = clocks + 4 * cells;
    const taken = jobs + 8 * size.jobs;
    this.memory = memory ?? new SharedArrayBuffer(taken + size.jobs);
    this.origin = new Float64Array(this.memory, 0, 1);
    this.#corrections = new Float64Array(this.memory, 8, size.threads);
    this.nextTimes = new Float64Array(this.memory, 8 * (1 + size.threads), size.threads);
    this.waits = new Float64Array(this.memory, 8 * (1 + 2 * size.threads), size.threads);
    this.#cells = new Int32Array(this.memory, clocks, cells);
    this.#jobs = new Int32Array(this.memory, jobs, 2 * size.jobs);
    this.#taken = new Int8Array(this.memory, taken, size.jobs);
    this.pipe = new Lock(this.#cells.subarray(0, 1));
    this.channelLock = new Lock(this.#cells.subarray(1, 2));
    // Views that are needed at every message or job, and therefore made once.
    const threads = Array.from({ length: size.threads }, (_, thread) => thread);
    this.#arrivals = threads.map((thread) => this.#perThread(0, thread));
    this.#rests = threads.map((thread) => this.#perThread(1, thread));
    this.#wants = threads.map((thread) => this.#perThread(5, thread));
    if (memory === undefined)
      for (let thread = 1; thread < size.threads; thread++) {
        this.#rest(thread)[0] = isNotThere;
        if (thread >= POOL_THREAD) this.#wants[thread]![0] = wants.toLook;
      }
  }

  /**
   * The correction of a thread's clock, in ms: how far it is behind main's beyond what their time origins
   * say. While the thread is being started, it is the thread's own reckoning of main's clock.
   */
  correction(thread: number): Float64Array {
    return this.#corrections.subarray(thread, thread + 1);
  }

  /** Counts the messages sent to a thread; who sends raises it after having posted. */
  arrivals(thread: number): Int32Array {
    return this.#arrivals[thread]!;
  }

  /** Main takes a thread to the next stage, and blocks until the thread has answered with the one after it. */
  takeTo(thread: number, stage: number): void {
    this.reach(thread, stage);
    waitWhile(this.#stage(thread), stage);
  }

  /** Tells that a thread's start has reached a stage. */
  reach(thread: number, stage: number): void {
    const cell = this.#stage(thread);
    Atomics.store(cell, 0, stage);
    Atomics.notify(cell, 0);
  }

  /** Blocks a thread until main takes it to a stage. */
  awaitStage(thread: number, stage: number): void {
    waitWhile(this.#stage(thread), stage - 1);
  }

  #stage(thread: number): Int32Array {
    return this.#perThread(2, thread);
  }

  /** The id of the process that does a pool thread's jobs; 0 where there is none. */
  process(thread: number): Int32Array {
    return this.#perThread(3, thread);
  }

  /** The system's number of the thread or process whose wait for a core is that of a thread; 0 where it has ended. */
  waiter(thread: number): Int32Array {
    return this.#perThread(6, thread);
  }

  /** The debt of a thread: 1 while it has unflushed events of which other threads may have heard. */
  debt(thread: number): Int32Array {
    return this.#perThread(4, thread);
  }

  /** Blocks until no other thread has unflushed events. */
  awaitDebts(own: number): void {
    for (let thread = 0; thread < this.size.threads; thread++) {
      if (thread === own) continue;
      const debt = this.debt(thread);
      // A thread flushes within milliseconds. Some events lost are better than a process that never ends.
      waitWhile(debt, 1, longestWriting);
    }
  }

  /** The counts of a channel: [0] of values that have gone into it, [1] of those that have gone out. */
  channel(channel: number): Int32Array {
    const at = fixedCells + cellsPerThread * this.size.threads + 2 * channel;
    return this.#cells.subarray(at, at + 2);
  }

  /** Appends a job to the queue. Only the loop's thread appends, so it numbers the jobs. */
  offerJob(id: number, actor: number, step: number): void {
    this.#jobs[2 * id] = actor;
    this.#jobs[2 * id + 1] = step;
    Atomics.store(this.#cells, 3, id + 1);
  }

  /**
   * Takes the oldest job that no thread has taken, for a thread of the pool.
   *
   * @param from the first job that may still be untaken.
   * @returns undefined where there is none: then the thread is woken for the next.
   */
  takeNext(from: number, thread: number): Taken | undefined {
    let taken = this.#takeOldest(from);
    if (taken === undefined) {
      // The thread tells that it wants a job before it looks again, and the loop appends a job before it
      // looks for a thread that wants one. So at least one of the two sees the other.
      Atomics.store(this.#wants[thread]!, 0, wants.job);
      taken = this.#takeOldest(from);
      if (taken === undefined) return undefined;
    }
    Atomics.store(this.#wants[thread]!, 0, wants.nothing);
    return taken;
  }

  #takeOldest(from: number): Taken | undefined {
    const offered = Atomics.load(this.#cells, 3);
    for (let id = from; id < offered; id++)
      if (this.takeJob(id))
        return { id, actor: this.#jobs[2 * id]!, step: this.#jobs[2 * id + 1]! };
    return undefined;
  }

  /** Claims a job by compare-and-swap, to do it or to take it back. @returns whether the caller is the first. */
  takeJob(id: number): boolean {
    return Atomics.compareExchange(this.#taken, id, 0, 1) === 0;
  }

  /**
   * Takes a job back, on the loop's thread, unless it is the pool's already.
   *
   * The pool's are those that threads have taken, then the oldest ones, for as many threads as have no
   * job, and behind these as many as a pool of processes takes ahead.
   */
  withdrawJob(id: number, takenAhead: number): boolean {
    let before = takenAhead;
    for (const cell of this.#wants) if (Atomics.load(cell, 0) !== wants.nothing) before++;
    while (this.#firstOpen < id && Atomics.load(this.#taken, this.#firstOpen) === 1)
      this.#firstOpen++;
    for (let other = this.#firstOpen; other < id && before > 0; other++)
      if (Atomics.load(this.#taken, other) === 0) before--;
    return before === 0 && this.takeJob(id);
  }

  /** Claims the waking of a pool's thread that rests until there is a job. @returns whether it is to be woken. */
  wakesForJob(thread: number): boolean {
    return Atomics.compareExchange(this.#wants[thread]!, 0, wants.job, wants.toLook) === wants.job;
  }

  /** Tells that a thread runs from now on. */
  runs(thread: number): void {
    Atomics.store(this.#rest(thread), 0, runs);
  }

  /** Tells that a thread is over. @returns as `rests` does, since it may have been the last one that ran. */
  isOver(thread: number): boolean {
    Atomics.store(this.#rest(thread), 0, isNotThere);
    return this.#isDeadlock();
  }

  /**
   * Tells that a thread rests: it has nothing to do until a message comes.
   *
   * A thread tells it before it looks at the others, so of two that come to rest at once at least one
   * sees both at rest. A message under way is one that has been counted as sent and not as taken in.
   *
   * @param seen the number of messages that the thread has taken in.
   * @returns whether this is a deadlock that no other thread has found before.
   */
  rests(thread: number, seen: number): boolean {
    Atomics.store(this.#rest(thread), 0, seen + 1);
    return this.#isDeadlock();
  }

  #isDeadlock(): boolean {
    // Two scans in a row must agree. During one scan, a thread that is looked at late may have woken,
    // sent a message to one that was looked at early, and come to rest again. The number of messages
    // only grows: if it is the same in the second scan, all threads rested between the two.
    const messages = this.#messagesIfAllRest();
    if (messages === null || messages !== this.#messagesIfAllRest()) return false;
    // The first thread that finds the deadlock tells of it.
    return Atomics.compareExchange(this.#cells, 2, 0, 1) === 0;
  }

  /** The number of messages that all threads have taken in; null if one of them runs or has a message to take in. */
  #messagesIfAllRest(): number | null {
    let messages = 0;
    for (let other = 0; other < this.size.threads; other++) {
      const state = Atomics.load(this.#rest(other), 0);
      if (state === isNotThere) continue;
      if (state === runs || Atomics.load(this.arrivals(other), 0) !== state - 1) return null;
      messages += state - 1;
    }
    return messages;
  }

  #rest(thread: number): Int32Array {
    return this.#rests[thread]!;
  }

  #perThread(kind: number, thread: number): Int32Array {
    const at = fixedCells + kind * this.size.threads + thread;
    return this.#cells.subarray(at, at + 1);
  }
}
