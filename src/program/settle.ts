/**
 * The completion point: gather, group and settled, and the timeout of each.
 *
 * The group and the deadline are asyncio's TaskGroup and timeout(), state for state: what happens
 * when a body fails while siblings fail while a timeout runs out is decided there, not here.
 */
import { raisedInto, typeNumber } from "../trace/event.ts";
import type { Ticks } from "../base/duration.ts";
import { Cancelled, failures, GroupFailure } from "./failure.ts";
import type { EventLoop } from "./loop.ts";
import { type Callback, caught, type Coroutine, Future, Gather, type Task, wait } from "./task.ts";
import type { Timer } from "./timers.ts";

function recordRaised(loop: EventLoop, task: Task): void {
  loop.thread.record(typeNumber["error-raised"], task.index, raisedInto.indexOf("launch"));
}

/** A time limit on a part of a task (asyncio.timeout). The time starts with `start`. */
export class Deadline {
  expired = false;
  readonly #loop: EventLoop;
  readonly #task: Task;
  readonly #toError: () => Error;
  readonly #cancelRequests: number;
  #timer: Timer<Callback> | undefined;

  /** @param toError what is raised when the time has run out. */
  constructor(loop: EventLoop, task: Task, toError: () => Error) {
    this.#loop = loop;
    this.#task = task;
    this.#toError = toError;
    this.#cancelRequests = task.cancelRequests;
  }

  /** @param onExpiry what to do just before the task is cancelled. */
  start(ticks: Ticks, onExpiry: () => void): void {
    this.#timer = this.#loop.callAt(this.#loop.thread.now() + ticks, () => {
      onExpiry();
      this.#task.cancel();
      this.expired = true;
    });
  }

  /** Ends the limit. @returns the error that was raised inside, or the deadline's own where it caused that. */
  end(raised: Error | undefined): Error | undefined {
    if (this.#timer !== undefined) this.#timer.cancelled = true;
    if (!this.expired) return raised;
    const left = --this.#task.cancelRequests;
    return left <= this.#cancelRequests && raised instanceof Cancelled ? this.#toError() : raised;
  }
}

/** The options of a gather: whether it waits for all errors or ends with the first, and its timeout. */
interface GatherOptions {
  collectErrors: boolean;
  timeout: Ticks | null;
}

/** Awaits tasks as `gather` does, or with `collectErrors` until all have ended. */
export function* gathered(
  loop: EventLoop,
  launch: Task,
  tasks: readonly Task[],
  { collectErrors, timeout }: GatherOptions,
): Coroutine {
  if (timeout === null) return yield* awaitAll(loop, tasks, collectErrors);
  const deadline = new Deadline(loop, launch, failures.settleTimedOut);
  deadline.start(timeout, () => loop.recordCancel(tasks, "timed-out"));
  const raised = deadline.end(yield* caught(awaitAll(loop, tasks, collectErrors)));
  if (raised !== undefined) throw raised;
}

function* awaitAll(loop: EventLoop, tasks: readonly Task[], collectErrors: boolean): Coroutine {
  try {
    yield* wait(new Gather(loop, tasks, { collectErrors, eager: loop.eager }));
  } catch (error) {
    const source = tasks.find((task) => task.error === error);
    if (source !== undefined) recordRaised(loop, source);
    throw error;
  }
  for (const task of tasks) if (task.state === "failed") recordRaised(loop, task);
}

/** Tasks that stand and fall together (asyncio.TaskGroup). */
export class TaskGroup {
  readonly #loop: EventLoop;
  readonly #parent: Task;
  readonly #members = new Set<Task>();
  readonly #failed: Task[] = [];
  #aborting = false;
  #parentCancelRequested = false;
  #completed: Future | undefined;
  /** Why the next abort happens. */
  reason: "group-failed" | "timed-out" = "group-failed";

  constructor(loop: EventLoop, parent: Task) {
    this.#loop = loop;
    this.#parent = parent;
  }

  add(task: Task): void {
    this.#members.add(task);
    task.whenDone(() => this.#memberDone(task));
  }

  /**
   * Leaves the group's body: waits for every member, and raises what the group raises.
   *
   * @param raised what the body raised, if it did.
   */
  *exit(raised: Error | undefined): Coroutine {
    let cancellation = raised instanceof Cancelled ? raised : undefined;
    if (this.#parentCancelRequested && --this.#parent.cancelRequests === 0)
      cancellation = undefined;
    if (raised !== undefined && !this.#aborting) this.#abort();
    while (this.#members.size > 0) {
      this.#completed ??= new Future(this.#loop);
      try {
        yield* wait(this.#completed);
      } catch (error) {
        if (!(error instanceof Cancelled)) throw error;
        if (!this.#aborting) {
          cancellation = error;
          this.#abort();
        }
      }
      this.#completed = undefined;
    }
    const errors = this.#failed.map((task) => task.error!);
    if (cancellation !== undefined && errors.length === 0) throw cancellation;
    if (raised !== undefined && !(raised instanceof Cancelled)) errors.push(raised);
    if (errors.length === 0) return;
    for (const task of this.#failed) recordRaised(this.#loop, task);
    throw new GroupFailure(errors);
  }

  #abort(): void {
    this.#aborting = true;
    this.#loop.cancelAll([...this.#members], this.reason);
  }

  #memberDone(task: Task): void {
    this.#members.delete(task);
    if (this.#members.size === 0 && this.#completed?.done === false) this.#completed.finish();
    if (task.state !== "failed") return;
    this.#failed.push(task);
    if (this.#aborting || this.#parentCancelRequested) return;
    this.#abort();
    this.#parentCancelRequested = true;
    this.#parent.cancel();
  }
}
