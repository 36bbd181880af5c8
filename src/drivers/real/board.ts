/**
 * The memory that all threads of a real run share: clocks, locks, who rests, and the queue of the pool.
 *
 * Invariant: cells are written with Atomics or before the thread that reads them has been started. A
 * thread's time in `nextTimes` is written by itself alone, and before the cell or message that tells others.
 */

import { POOL_THREAD } from "../../trace/event.ts";

/** Every thread waits, and for nothing that can still come. */
export class Deadlock extends Error {}

/**
 * Blocks the thread while a cell has this value, for at most this many milliseconds.
 *
 * To be woken is not to be told: who wrote what the thread has read already may notify only now. So
 * what counts is the value.
 *
 * @returns whether it had another one before that time was over.
 */
export function waitWhile(cell: Int32Array, value: number, ms = Infinity): boolean {
  const until = performance.now() + ms;
  // Atomics.wait compares and sleeps in one step, so what is written in between is not missed.
  while (Atomics.load(cell, 0) === value)
    if (Atomics.wait(cell, 0, value, until - performance.now()) === "timed-out") return false;
  return true;
}

/** A place in shared memory that one thread at a time may hold. */
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
    // Several may wait; who wakes in vain waits again.
    Atomics.notify(this.#cell, 0);
  }
}

/** How a thread is started: main does every other step, the thread answers with the next. */
export const stages = { askedForTime: 1, toldTime: 2, toldToStart: 3, started: 4 } as const;

/** Where a thread is in its life; above zero it rests, having seen that many messages less one. */
const runs = 0;
const isNotThere = -1;

/** What a thread of the pool is about: it has a job, it wants one and rests, or it is on its way to one. */
const wants = { nothing: 0, job: 1, toLook: 2 } as const;

/** What it may take a thread to come round to writing, in ms: on a busy machine, a while. */
const longestWriting = 2000;

/** How many cells come before those that count by thread, channel and job. */
const fixedCells = 4;

/** How many cells count by thread. */
const cellsPerThread = 6;

/** How large a run is: what the memory has to hold. */
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
  /** By thread: the earliest time, in ticks, of what comes after all that it has done (clock.ts). */
  readonly nextTimes: Float64Array;
  /** Who writes to the event pipe holds this. */
  readonly pipe: Lock;
  /** Who sends to or receives from a channel holds this. */
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
    const clocks = 8 * (1 + 2 * size.threads);
    const jobs = clocks + 4 * cells;
    const taken = jobs + 8 * size.jobs;
    this.memory = memory ?? new SharedArrayBuffer(taken + size.jobs);
    this.origin = new Float64Array(this.memory, 0, 1);
    this.#corrections = new Float64Array(this.memory, 8, size.threads);
    this.nextTimes = new Float64Array(this.memory, 8 * (1 + size.threads), size.threads);
    this.#cells = new Int32Array(this.memory, clocks, cells);
    this.#jobs = new Int32Array(this.memory, jobs, 2 * size.jobs);
    this.#taken = new Int8Array(this.memory, taken, size.jobs);
    this.pipe = new Lock(this.#cells.subarray(0, 1));
    this.channelLock = new Lock(this.#cells.subarray(1, 2));
    // These are asked for at every message, or every job.
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
   * What a thread's clock is behind main's, in ms, beyond what the two say themselves; before that,
   * what it reckons main's clock to show when it is asked.
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

  /** Says that a thread's start has come so far. */
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

  /** The process that does a pool thread's jobs, or 0. */
  process(thread: number): Int32Array {
    return this.#perThread(3, thread);
  }

  /** 1 while others may know of what a thread has done, and its events are not in the pipe yet. */
  debt(thread: number): Int32Array {
    return this.#perThread(4, thread);
  }

  /** Blocks until no thread but the one that asks owes events. */
  awaitDebts(own: number): void {
    for (let thread = 0; thread < this.size.threads; thread++) {
      if (thread === own) continue;
      const debt = this.debt(thread);
      // Whoever owes writes within milliseconds; to hang here for ever would be worse than a loss.
      waitWhile(debt, 1, longestWriting);
    }
  }

  /** How many values have gone into a channel and [1] out of it. */
  channel(channel: number): Int32Array {
    const at = fixedCells + cellsPerThread * this.size.threads + 2 * channel;
    return this.#cells.subarray(at, at + 2);
  }

  /** Puts a job behind those that there are. One thread only does so, and numbers them. */
  offerJob(id: number, actor: number, step: number): void {
    this.#jobs[2 * id] = actor;
    this.#jobs[2 * id + 1] = step;
    Atomics.store(this.#cells, 3, id + 1);
  }

  /** Takes the oldest job, from this one on, that nobody has taken, for a thread of the pool; else it is woken for the next. */
  takeNext(from: number, thread: number): Taken | undefined {
    let taken = this.#takeOldest(from);
    if (taken === undefined) {
      // It says so before it looks once more, and the loop offers before it asks who wants: one of the two sees.
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

  /** Makes a job a thread's own: to do it, or to take it back. True for the first that asks. */
  takeJob(id: number): boolean {
    return Atomics.compareExchange(this.#taken, id, 0, 1) === 0;
  }

  /**
   * Takes a job back, on the loop's thread, unless it is the pool's already: a thread that is on its way
   * to a job will come to the oldest, and as many as are taken ahead are behind those.
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

  /** Whether a thread of the pool rests and is to be woken, since there is a job now. */
  wakesForJob(thread: number): boolean {
    return Atomics.compareExchange(this.#wants[thread]!, 0, wants.job, wants.toLook) === wants.job;
  }

  /** A thread is about to run, or to run on. */
  runs(thread: number): void {
    Atomics.store(this.#rest(thread), 0, runs);
  }

  /** A thread is over and says nothing any more. @returns as `rests` does: it may have been the last to run. */
  isOver(thread: number): boolean {
    Atomics.store(this.#rest(thread), 0, isNotThere);
    return this.#isDeadlock();
  }

  /**
   * A thread has nothing to do until a message comes.
   *
   * Each says so before it looks at the others, so of two that come to rest at once at least one
   * sees that both do. A message on its way shows in what has arrived and has not been seen.
   *
   * @param seen how many messages the thread has taken in.
   * @returns whether no message can come any more, since every thread rests.
   */
  rests(thread: number, seen: number): boolean {
    Atomics.store(this.#rest(thread), 0, seen + 1);
    return this.#isDeadlock();
  }

  #isDeadlock(): boolean {
    // Looked at once, a thread may seem to rest that has meanwhile woken, told one already looked at,
    // and come to rest again. Messages only grow in number, so if all rest a second time and none has
    // come, there was an instant in between at which all of them rested.
    const messages = this.#messagesIfAllRest();
    if (messages === null || messages !== this.#messagesIfAllRest()) return false;
    // Whoever finds it tells; a second one would tell the same.
    return Atomics.compareExchange(this.#cells, 2, 0, 1) === 0;
  }

  /** How many messages have come to all threads together, or null if one of them does not seem to rest. */
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
