/**
 * The event loop: a ready queue, timers and tasks, written once for every driver.
 *
 * It follows asyncio's base_events and runners turn by turn (CPython 3.12 and later): what is due goes
 * behind what is ready; a turn runs what was ready when it began; when the awaited future is done
 * the turn is finished and the loop stops. With `eager` it follows JavaScript instead: a task runs
 * at once up to its first wait, each timer's consequences come before the next timer, and a
 * rejection nobody handles ends the process.
 *
 * Invariant: the loop knows no clock but its thread's, and yields to its driver only where a step
 * blocks the thread or where nothing is ready.
 */
import type { Ticks } from "../base/duration.ts";
import {
  type CancelReason,
  cancelReasons,
  completions,
  endings,
  type LogReason,
  logReasons,
  typeNumber,
} from "../trace/event.ts";
import { LAUNCH } from "../scenario/numbers.ts";
import type { Details } from "../trace/log.ts";
import type { LeafStep } from "../scenario/model.ts";
import { Cancelled, Collected, detailsOf, endingOf } from "./failure.ts";
import type {
  CallOperation,
  Message,
  OperationResult,
  ParkOperation,
  Thread,
  ThreadProgram,
} from "./operation.ts";
import type { QueueOperation, WriteOperation } from "./queue.ts";
import {
  type Callback,
  type Coroutine,
  Future,
  Gather,
  Phase,
  type ReadyQueue,
  Task,
  type Wanted,
} from "./task.ts";
import { Timer, Timers } from "./timers.ts";

/** A step that holds the whole thread. */
type HoldingStep =
  | Extract<LeafStep, { kind: "block" | "compute" }>
  | Extract<Wanted, { kind: "hold" }>
  | CallOperation
  | QueueOperation
  | WriteOperation;

const holding: ReadonlySet<string> = new Set<HoldingStep["kind"]>([
  "block",
  "compute",
  "call",
  "hold",
  "queue",
  "write",
]);

function isHolding(wanted: Wanted): wanted is HoldingStep {
  return holding.has(wanted.kind);
}

export interface LoopOptions {
  /** JavaScript's rules instead of asyncio's. */
  eager: boolean;
  /**
   * The program of the worker process whose loop it is: its tasks are attempts at those of a durable queue, and how
   * they begin and end is told by whoever has them from there. Null for a loop whose tasks are its own.
   */
  consumer: number | null;
  /** The body of the run's task with this index. */
  coroutineOf: (index: number) => Coroutine;
  /** Hears what other threads say, between two turns. */
  onMessage: (message: Message) => void;
}

export class EventLoop implements ReadyQueue {
  readonly thread: Thread;
  /** Every task made here, in the order of creation. */
  readonly tasks: Task[] = [];
  /** Whether launch keeps references to tasks made now. Their failures are not logged while it does. */
  holdsReferences = false;
  /** Whether an unhandled rejection has ended the process (eager loops only). */
  rejected = false;
  /** Whether it has closed and its remaining tasks are being destroyed: nothing can wait any more. */
  isOver = false;
  /** The task that is in the middle of a step. */
  current: Task | undefined;
  /** Jobs and calls under way elsewhere, which will say when they are done. */
  outstanding = 0;
  /** Of these, the calls of user code on this thread, whose promises need turns of JavaScript's own loop. */
  callsPending = 0;
  readonly #options: LoopOptions;
  readonly #timers = new Timers<Callback>();
  /** Whether something was begun to be written since the last park, and nobody waits for it. */
  #hasLeftWrites = false;
  /** The ready queue, from `#taken` to `#scheduled`. Its array is reused, since the next turn is about as large. */
  readonly #ready: Callback[] = [];
  #taken = 0;
  #scheduled = 0;
  #stopping = false;
  #closing = false;
  /** The future that the loop runs for (run_until_complete). */
  #awaited: Future | undefined;
  /** Tasks that are in the middle of a step because they started another one eagerly. */
  readonly #callers: Task[] = [];
  /** The task that came to a blocking step. */
  #running: Task | undefined;
  /** The actor whose step holds the thread, once its beginning has been recorded. */
  #holder: number | undefined;
  /** Tasks that failed while nothing awaited them. JavaScript decides about them once its microtasks have run. */
  #unhandled: Task[] = [];
  #unorderedGroups = 0;
  /** The number of tasks that have not ended, and whether one has failed, so that shutting down need not look at each. */
  #open = 0;
  #anyFailed = false;

  constructor(thread: Thread, options: LoopOptions) {
    this.thread = thread;
    this.#options = options;
    thread.record(typeNumber["loop-opened"], this.#entry, 0);
  }

  /** Whose loop it is. */
  get #entry(): number {
    return this.#options.consumer ?? LAUNCH;
  }

  /** Whether what a task begins and ends with is told here. */
  #tells({ index }: Task): boolean {
    return this.#options.consumer === null && index >= LAUNCH;
  }

  /** Whether JavaScript's rules hold. */
  get eager(): boolean {
    return this.#options.eager;
  }

  callSoon(callback: Callback): void {
    this.#ready[this.#scheduled++] = callback;
  }

  /** Calls back at an instant; at once (behind what is ready) when it has passed. */
  callAt(when: Ticks, callback: () => void): Timer<Callback> {
    const timer = new Timer<Callback>(() => timer.cancelled || callback());
    if (when <= this.thread.now()) this.callSoon(timer.target);
    else this.#timers.add(when, timer);
    return timer;
  }

  /** Stops as soon as this turn is over (loop.stop). A loop that is closing already need not be told to. */
  stop(): void {
    if (!this.#closing) this.#stopping = true;
  }

  /** Makes a task, whose first step comes behind what is ready. */
  createTask(index: number, coroutine: Coroutine, madeAt?: Details): Task {
    const task = this.#newTask(index, coroutine, madeAt);
    this.callSoon(task);
    return task;
  }

  /**
   * Makes the task of the run with this index, without a way through the coroutine that wants it.
   *
   * @returns undefined where the loop is eager: then its first step is part of that coroutine's own.
   */
  startSoon(index: number, madeAt: Details): Task | undefined {
    if (this.#options.eager) return undefined;
    return this.createTask(index, this.#options.coroutineOf(index), madeAt);
  }

  /** Runs until the future is done and the turn in which that came out is over (run_until_complete). */
  *runUntilDone(future: Future): ThreadProgram<void> {
    this.#stopping = false;
    this.#awaited = future;
    future.whenDone(() => {
      // Shutting down awaits other futures meanwhile: the end of one awaited before must not stop those.
      if (this.#awaited === future) this.#stopping = true;
    });
    yield* this.#run(Infinity);
  }

  /**
   * Records the beginning of a step, at its first operation that holds the thread. A step without one costs
   * no event.
   */
  beginStep(actor: number): void {
    if (this.#holder !== undefined) return;
    this.#holder = actor;
    this.thread.record(typeNumber["step-began"], actor, 0);
  }

  /** Records the end of the step: its next wait in asyncio, the end of the loop's turn in JavaScript. */
  endStep(): void {
    if (this.#holder === undefined) return;
    this.thread.record(typeNumber["step-ended"], this.#holder, 0);
    this.#holder = undefined;
  }

  /** Runs a coroutine's first step here and now, as a call of an async function does in JavaScript. */
  *callEagerly(index: number, coroutine: Coroutine): ThreadProgram<void> {
    const task = this.#newTask(index, coroutine);
    const step = this.#advance(task);
    if (step !== undefined) yield* this.#block(step);
  }

  /** Runs until nothing is left that could happen, a rejection ended the process, or time is up. */
  *runToRest(until: Ticks): ThreadProgram<void> {
    this.#stopping = false;
    yield* this.#run(until);
  }

  /**
   * Shuts down as `asyncio.run` does: every task not done is cancelled, all are waited for, and
   * failures among them are logged.
   *
   * @param shutDownExecutor is called where shutdown_default_executor begins.
   */
  *shutDown(reason: CancelReason, shutDownExecutor: () => void): ThreadProgram<void> {
    this.#closing = true;
    this.thread.record(typeNumber["loop-closing"], this.#entry, 0);
    const leftovers = this.#open === 0 ? [] : this.tasks.filter((task) => !task.done);
    this.cancelAll(leftovers, reason);
    if (leftovers.length > 0)
      yield* this.runUntilDone(new Gather(this, leftovers, { collectErrors: true, eager: false }));
    for (const task of leftovers)
      if (task.state === "failed") this.#logFailure(task, "failed-in-shutdown");
    // asyncio now runs the loop once for asynchronous generators and once for the executor. Neither waits
    // for anything here, but messages of other threads are heard in these two turns.
    const shutdownAsyncgens = (): void => undefined;
    for (const begin of [shutdownAsyncgens, shutDownExecutor]) {
      const nothing = new Future(this);
      this.callSoon(() => {
        begin();
        nothing.finish();
      });
      yield* this.runUntilDone(nothing);
    }
  }

  /** Records that the loop has closed. */
  recordClosed(): void {
    this.thread.record(typeNumber["loop-closed"], this.#entry, 0);
  }

  /** Whether the loop has closed over tasks that have not ended: those that came while it was closing. */
  get leavesTasks(): boolean {
    return this.#open > 0 && this.tasks.some((task) => task.isListed && !task.done);
  }

  /**
   * Destroys the tasks that the loop has left, as the interpreter does when it ends: each coroutine
   * that has begun is closed where it waits, so that its clean-up runs up to its first wait, for
   * which there is no loop any more.
   */
  *destroyTasks(): ThreadProgram<void> {
    this.isOver = true;
    for (const task of this.tasks) {
      if (!task.isListed || task.done) continue;
      this.thread.record(typeNumber["task-destroyed"], task.index, 0);
      if (!task.started) continue;
      if (task.phase !== Phase.ready)
        this.thread.record(typeNumber["sleep-ended"], task.index, completions.indexOf("cancelled"));
      yield* this.#close(task);
    }
  }

  /** Closes a coroutine (coroutine.close): its clean-up runs up to the first wait. Nobody can catch what it raises. */
  *#close({ index, coroutine }: Task): ThreadProgram<void> {
    try {
      let wanted = coroutine.throw(new Collected());
      while (!wanted.done && isHolding(wanted.value)) {
        wanted = coroutine.next(yield* this.#hold(wanted.value, index));
      }
    } catch {
      // Python only prints it: "Exception ignored in: <coroutine object ...>".
    } finally {
      this.endStep();
    }
  }

  /**
   * Cancels several tasks in no particular order. asyncio goes through a set here. Tandem takes the order
   * of creation, and the record marks the tasks as one unordered group. Tasks that are done are passed over.
   */
  cancelAll(tasks: readonly Task[], reason: CancelReason): void {
    this.recordCancel(tasks, reason);
    for (const task of tasks) task.cancel();
  }

  /** Records why tasks are about to be cancelled. */
  recordCancel(tasks: readonly Task[], reason: CancelReason): void {
    const asked = tasks.filter((task) => !task.done && task.index >= LAUNCH);
    const group = asked.length > 1 ? { text: String(++this.#unorderedGroups) } : undefined;
    for (const task of asked)
      this.thread.record(
        typeNumber["cancel-requested"],
        task.index,
        cancelReasons.indexOf(reason),
        group,
      );
  }

  /** Drops launch's references to its tasks, as the end of its frame does: unretrieved failures are logged now. */
  dropReferences(): void {
    this.holdsReferences = false;
    if (this.#options.eager || !this.#anyFailed) return;
    for (const task of this.tasks)
      if (task.state === "failed" && !task.watched && task.isListed) this.#logUnretrieved(task);
  }

  #newTask(index: number, coroutine: Coroutine, madeAt?: Details): Task {
    const task = new Task(this, index, coroutine);
    this.tasks.push(task);
    this.#open++;
    if (task.isListed && this.#tells(task))
      this.thread.record(typeNumber["task-created"], index, 0, madeAt);
    return task;
  }

  /** Turn after turn until stopped or, where JavaScript's rules hold, until nothing is left. */
  *#run(until: Ticks): ThreadProgram<void> {
    const { thread } = this;
    const { eager } = this.#options;
    const park: ParkOperation = { kind: "park", until: 0, floats: eager };
    do {
      // JavaScript's microtasks come before everything else, and unhandled rejections right behind them.
      const onlyMicrotasks = eager && this.#taken < this.#scheduled;
      if (eager && !onlyMicrotasks) {
        this.endStep();
        if (this.#endByRejection()) return;
      }
      if (!onlyMicrotasks) this.#receive();
      if (this.#taken === this.#scheduled) {
        const next = this.#timers.next;
        const atRest = next === Infinity && this.outstanding === 0;
        if (eager && (atRest || thread.now() >= until)) return;
        // However late the next timer is, the loop turns between two waits, and by that what was left to be written is.
        if (next > thread.now() || this.#hasLeftWrites) {
          this.#hasLeftWrites = false;
          park.until = Math.min(next, until);
          const result = yield park;
          this.#receive();
          // A pending promise keeps no JavaScript process alive.
          if (result?.stranded === true && this.#taken === this.#scheduled) return;
        }
      } else if (this.callsPending > 0) {
        // A park of no length lets the promises of user code on this thread go on, however busy the tasks are.
        park.until = thread.now();
        yield park;
        this.#receive();
      }
      if (!onlyMicrotasks) this.#fireDue(thread.now());
      // A turn of asyncio runs what was ready when it began; JavaScript drains its microtasks.
      for (let turn = this.#scheduled - this.#taken; turn > 0; turn--) {
        const callback = this.#ready[this.#taken++]!;
        if (typeof callback === "function") callback();
        else if (callback.stale > 0) callback.stale--;
        else if (callback.phase === Phase.fired) {
          callback.phase = Phase.woken;
          this.callSoon(callback);
        } else {
          const step = this.#advance(callback);
          if (step !== undefined) yield* this.#block(step);
        }
        if (eager) turn = this.#scheduled - this.#taken + 1;
      }
      this.#compact();
    } while (!this.#stopping);
  }

  /** Stands still with the thread as a task's step says, and takes the task on from there. */
  *#block(first: HoldingStep): ThreadProgram<void> {
    for (let step: HoldingStep | undefined = first; step !== undefined;) {
      const result = yield* this.#hold(step, this.#running!.index);
      // What other threads said meanwhile comes before whatever the rest of this turn makes ready.
      this.#receive();
      step = this.#resume(this.#running!, undefined, result);
    }
    if (!this.#options.eager) this.endStep();
  }

  *#hold(step: HoldingStep, index: number): ThreadProgram<OperationResult | undefined> {
    let result: OperationResult | undefined;
    // It is no step of anybody's, and soon over.
    if (step.kind === "write") this.#hasLeftWrites = true;
    if (step.kind === "queue" || step.kind === "write") return yield step;
    this.beginStep(index);
    if (step.kind === "call") result = yield step;
    else if (step.kind === "hold") yield { kind: "block", ticks: step.ticks };
    else {
      this.thread.record(typeNumber[`${step.kind}-began`], index, step.ticks, step.position);
      yield step;
      this.thread.record(typeNumber[`${step.kind}-ended`], index, 0);
    }
    return result;
  }

  #receive(): void {
    for (let message; (message = this.thread.receive()) !== undefined;)
      this.#options.onMessage(message);
  }

  /** Puts what is due behind what is ready, in the order of deadlines. */
  #fireDue(now: Ticks): void {
    for (let due; (due = this.#timers.takeDue(now)) !== undefined;) {
      const { target } = due;
      // In JavaScript the timer's callback itself resolves the promise: no turn lies between.
      if (target instanceof Task) target.phase = this.#options.eager ? Phase.woken : Phase.fired;
      this.callSoon(target);
      if (this.#options.eager) return;
    }
  }

  /** Takes a task forward to its next wait, its end, or a blocking step, which is returned. */
  #advance(task: Task): HoldingStep | undefined {
    const cancelled = task.interrupted || task.mustCancel;
    if (task.phase === Phase.woken) {
      task.phase = Phase.ready;
      this.thread.record(typeNumber["sleep-ended"], task.index, cancelled ? 1 : 0);
    }
    task.interrupted = task.mustCancel = false;
    task.awaiting = undefined;
    if (!task.started && !cancelled) {
      task.started = true;
      if (this.#tells(task))
        this.thread.record(
          typeNumber[task.isLaunch ? "launch-started" : "task-started"],
          task.index,
          0,
        );
    }
    return this.#resume(task, cancelled ? new Cancelled() : undefined);
  }

  /**
   * Goes on in a task's coroutine, raising an error there if there is one.
   *
   * @param result what came of the step that the task stood still for.
   */
  #resume(task: Task, error: Error | undefined, result?: OperationResult): HoldingStep | undefined {
    for (;;) {
      this.current = task;
      try {
        const { done, value } =
          error === undefined ? task.coroutine.next(result) : task.coroutine.throw(error);
        error = result = undefined;
        if (done) {
          this.#end(task, undefined);
        } else if (value.kind === "sleep") {
          const { ticks, position } = value;
          const now = this.thread.record(typeNumber["sleep-began"], task.index, ticks, position);
          this.#sleep(task, now, ticks);
          if (task.mustCancel) cancelNow(task);
        } else if (value.kind === "future") {
          task.awaiting = value;
          value.whenDone(task);
          if (task.mustCancel) cancelNow(task);
        } else if (value.kind === "create") {
          this.#callers.push(task);
          task = this.#newTask(value.task, this.#options.coroutineOf(value.task), value.madeAt);
          task.started = true;
          this.thread.record(typeNumber["task-started"], task.index, 0);
          continue;
        } else if (isHolding(value)) {
          this.#running = task;
          return value;
        } else {
          throw new Error(`a task came to "${value.kind}", which no task performs`);
        }
      } catch (raised) {
        error = undefined;
        this.#end(task, raised as Error);
      }
      // The step is over; if another task started this one eagerly, that one goes on.
      const caller = this.#callers.pop();
      if (caller === undefined) return undefined;
      task = caller;
    }
  }

  #sleep(task: Task, now: Ticks, ticks: Ticks): void {
    if (ticks === 0 && !this.#options.eager) {
      // asyncio.sleep(0) waits for nothing; it only lets others go first.
      task.phase = Phase.woken;
      this.callSoon(task);
    } else {
      task.phase = Phase.asleep;
      task.timer ??= new Timer<Callback>(task);
      this.#timers.add(now + ticks, task.timer);
    }
  }

  #end(task: Task, raised: Error | undefined): void {
    const ending = endingOf(raised);
    const details = ending === "failed" ? detailsOf(raised!) : undefined;
    const type = typeNumber[task.isLaunch ? "launch-ended" : "task-ended"];
    if (this.#tells(task)) this.thread.record(type, task.index, endings.indexOf(ending), details);
    if (ending === "finished") task.finish();
    else if (ending === "cancelled") task.endCancelled();
    else task.fail(raised!);
    this.#open--;
    if (ending === "failed") this.#anyFailed = true;
    if (task.isLaunch) this.dropReferences();
    if (ending !== "failed" || task.watched) return;
    if (this.#options.eager) this.#unhandled.push(task);
    else if (!this.holdsReferences && task.isListed) this.#logUnretrieved(task);
  }

  /** Node's default for unhandled rejections, once microtasks have run: the process ends, status 1. */
  #endByRejection(): boolean {
    const first = this.#unhandled.find((task) => !task.watched);
    if (first !== undefined) {
      this.#logFailure(first, "unhandled-rejection");
      this.rejected = true;
    }
    this.#unhandled.length = 0;
    return this.rejected;
  }

  #logUnretrieved(task: Task): void {
    task.watched = true;
    this.#logFailure(task, "never-retrieved");
  }

  #logFailure(task: Task, reason: LogReason): void {
    this.thread.record(typeNumber["error-logged"], task.index, logReasons.indexOf(reason));
  }

  /** Forgets callbacks already taken. */
  #compact(): void {
    const left = this.#scheduled - this.#taken;
    if (left > 0 && this.#taken <= 4096) return;
    const ready = this.#ready;
    for (let k = 0; k < left; k++) ready[k] = ready[this.#taken + k]!;
    this.#scheduled = left;
    this.#taken = 0;
  }
}

/** A task that was to be cancelled when it had something to wait for has that now. */
function cancelNow(task: Task): void {
  task.mustCancel = false;
  task.cancel();
  task.cancelRequests--;
}
