/**
 * Futures and tasks, as asyncio has them.
 *
 * Invariant: nothing here runs a coroutine. What happens to a future only puts callbacks behind
 * what is ready; the event loop alone takes them from there.
 */
import type { Ticks } from "../base/duration.ts";
import type { Details } from "../trace/log.ts";
import type { LeafStep } from "../scenario/model.ts";
import { LAUNCH } from "../scenario/numbers.ts";
import { Cancelled } from "./failure.ts";
import type { CallOperation, OperationResult, Program } from "./operation.ts";
import type { QueueOperation, WriteOperation } from "./queue.ts";
import type { Timer } from "./timers.ts";

/** A request of a coroutine to its event loop: a step to perform, or a future to await. */
export type Wanted =
  | LeafStep
  | Future
  | { kind: "create"; task: number; madeAt: Details }
  | CallOperation
  | QueueOperation
  | WriteOperation
  /** The thread blocks without an event of its own. */
  | { kind: "hold"; ticks: Ticks };

export type Coroutine = Program<Wanted>;

/** A coroutine that returns something. */
export type Waiting<Result> = Generator<Wanted, Result, OperationResult | undefined>;

/** An entry of the ready queue: a function to call, or a task to resume. */
export type Callback = Task | (() => void);

/** A follower of a future: a callback, or a gather, which then needs no callback for each child. */
type Follower = Callback | Gather;

/** The loop, as far as its futures see it. */
export interface ReadyQueue {
  /** Puts a callback behind what is ready (loop.call_soon). */
  callSoon(callback: Callback): void;
}

/** A result that is not there yet (asyncio.Future). */
export class Future {
  state: "pending" | "finished" | "failed" | "cancelled" = "pending";
  /** Why it failed; set if and only if the state is `failed`. */
  error: Error | undefined;
  protected readonly loop: ReadyQueue;
  /** The first follower. Nearly always it is the only one, and a list would cost more than the rest of a future. */
  #follower: Follower | undefined;
  #furtherFollowers: Follower[] | undefined;

  constructor(loop: ReadyQueue) {
    this.loop = loop;
  }

  get kind(): "future" {
    return "future";
  }

  get done(): boolean {
    return this.state !== "pending";
  }

  /** Whether its result has been asked for: then a failure does not count as unretrieved. */
  watched = false;

  /** Calls back when it is done; when it is already, behind what is ready. */
  whenDone(follower: Follower): void {
    this.watched = true;
    this.observe(follower);
  }

  /** Calls back when it is done, without asking for its result: a failure stays unretrieved. */
  observe(follower: Follower): void {
    if (this.done) this.#tell(follower);
    else if (this.#follower === undefined) this.#follower = follower;
    else (this.#furtherFollowers ??= []).push(follower);
  }

  finish(): void {
    this.#end("finished");
  }

  fail(error: Error): void {
    this.error = error;
    this.#end("failed");
  }

  /** Ends it as cancelled. False when it was done already, and nothing happened. */
  cancel(): boolean {
    if (this.done) return false;
    this.#end("cancelled");
    return true;
  }

  /** Ends it as cancelled, for those whose `cancel` only asks. */
  endCancelled(): void {
    this.#end("cancelled");
  }

  #end(state: Future["state"]): void {
    this.state = state;
    if (this.#follower !== undefined) this.#tell(this.#follower);
    if (this.#furtherFollowers !== undefined)
      for (const follower of this.#furtherFollowers) this.#tell(follower);
    this.#follower = this.#furtherFollowers = undefined;
  }

  #tell(follower: Follower): void {
    this.loop.callSoon(follower instanceof Gather ? follower.callbackFor(this) : follower);
  }
}

/** Waits for a future in a coroutine and raises what it raised; a future that is done does not wait. */
export function* wait(future: Future): Coroutine {
  if (!future.done) yield future;
  if (future.state === "failed") throw future.error!;
  if (future.state === "cancelled") throw new Cancelled();
}

/** What a coroutine raises, as a value. */
export function* caught(coroutine: Coroutine): Waiting<Error | undefined> {
  try {
    yield* coroutine;
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/**
 * Where a task is between two steps of its coroutine, when it does not await a future.
 *
 * A sleep takes two turns to end, as in asyncio: the timer's turn sets the result of the sleep's
 * future, and the task wakes in a later one. A loop that stops between the two cancels a task
 * whose time was over. The future itself is left out: it would be an object for each sleep.
 */
export const Phase = { ready: 0, asleep: 1, fired: 2, woken: 3 } as const;

/** The index of a task that is not in the scenario: it has no events. */
export const UNTOLD = -3;

/** A coroutine that an event loop takes forward (asyncio.Task). */
export class Task extends Future {
  /** The task's index in the run, `LAUNCH`, or `UNTOLD`. */
  readonly index: number;
  readonly coroutine: Coroutine;
  started = false;
  phase: (typeof Phase)[keyof typeof Phase] = Phase.ready;
  /** The timer that ends its sleeps, one after the other: a million sleeps allocate nothing. */
  timer: Timer<Callback> | undefined;
  /** The number of stale wake-ups in the ready queue: their sleeps were cancelled, and they do nothing. */
  stale = 0;
  awaiting: Future | undefined;
  /** Whether its sleep was cancelled. */
  interrupted = false;
  /** Whether it is to be cancelled at its next step, since it awaited nothing when that was asked (Task._must_cancel). */
  mustCancel = false;
  /** Requests to cancel it less those taken back (Task.cancelling). */
  cancelRequests = 0;

  constructor(loop: ReadyQueue, index: number, coroutine: Coroutine) {
    super(loop);
    this.index = index;
    this.coroutine = coroutine;
  }

  get isLaunch(): boolean {
    return this.index === LAUNCH;
  }

  /** Whether it is one of the scenario's own tasks. */
  get isListed(): boolean {
    return this.index >= 0;
  }

  /**
   * Asks the task to stop: what it waits for is cancelled, and it will find `Cancelled` raised there
   * (Task.cancel). False when it was done already.
   */
  override cancel(): boolean {
    if (this.done) return false;
    this.cancelRequests++;
    if (this.phase === Phase.asleep || this.phase === Phase.fired) {
      if (this.phase === Phase.fired) this.stale++;
      else {
        // It stays among the timers until it is due, so the next sleep needs another.
        this.timer!.cancelled = true;
        this.timer = undefined;
      }
      this.phase = Phase.woken;
      this.interrupted = true;
      this.loop.callSoon(this);
    } else if (this.awaiting === undefined || !this.awaiting.cancel()) {
      this.mustCancel = true;
    }
    return true;
  }
}

/** A future of several: done as asyncio.gather's is, or with `eager` as Promise.all's. */
export class Gather extends Future {
  readonly #children: readonly Task[];
  readonly #collectErrors: boolean;
  #left: number;
  #cancelRequested = false;

  /**
   * @param collectErrors wait for all, whatever their end (return_exceptions).
   * @param eager a child that is done already counts only in a later turn, as with promises.
   */
  constructor(
    loop: ReadyQueue,
    children: readonly Task[],
    { collectErrors, eager }: { collectErrors: boolean; eager: boolean },
  ) {
    super(loop);
    this.#children = children;
    this.#collectErrors = collectErrors;
    this.#left = children.length;
    const done = eager ? [] : children.filter((child) => child.done);
    for (const child of children) if (eager || !child.done) child.whenDone(this);
    // In asyncio these count at once, and the gather of nothing else is done from the start.
    for (const child of done) {
      child.watched = true;
      this.callbackFor(child)();
    }
    if (children.length > 0) return;
    if (eager) loop.callSoon(() => this.finish());
    else this.finish();
  }

  /** Cancels all children, in order; this future ends when they do. */
  override cancel(): boolean {
    if (this.done) return false;
    let any = false;
    for (const child of this.#children) any = child.cancel() || any;
    if (any) this.#cancelRequested = true;
    return any;
  }

  /** The callback for a child that has ended: one shared by all that finished. */
  callbackFor(child: Future): () => void {
    if (this.#collectErrors || child.state === "finished") return this.#endedWell;
    const raised = child.state === "cancelled" ? new Cancelled() : child.error!;
    return () => this.#childEnded(raised);
  }

  readonly #endedWell = (): void => this.#childEnded(undefined);

  #childEnded(raised: Error | undefined): void {
    this.#left--;
    if (this.done) return;
    if (raised !== undefined) this.fail(raised);
    else if (this.#left === 0) {
      if (this.#cancelRequested) this.fail(new Cancelled());
      else this.finish();
    }
  }
}
