/** Launch's side of a durable queue: tasks are handed over by a durable write, and their results asked for. */
import { raisedInto, typeNumber } from "../trace/event.ts";
import type { LeafStep, StepPosition } from "../scenario/model.ts";
import { does, type Strategy } from "../scenario/strategy.ts";
import type { Background } from "./background.ts";
import { failures, GroupFailure, StepFailure } from "./failure.ts";
import type { EventLoop } from "./loop.ts";
import type { OperationResult, Thread } from "./operation.ts";
import type { QueueAnswer, QueueOperation, QueueRequest, WriteOperation } from "./queue.ts";
import { type Coroutine, Future, wait, type Waiting } from "./task.ts";
import type { Ticks } from "../base/duration.ts";

/** Asks the queue, in a coroutine. Its thread stands still until it is answered. */
export function* ask(request: QueueRequest): Waiting<QueueAnswer> {
  const result = yield { kind: "queue", request };
  return result!.queue!;
}

/** Waits in a coroutine until an instant, or until something wakes it before. It is nobody's sleep. */
export class Nap {
  readonly #loop: EventLoop;
  #over: Future;

  constructor(loop: EventLoop) {
    this.#loop = loop;
    this.#over = new Future(loop);
  }

  *until(instant: Ticks): Coroutine {
    this.#over = new Future(this.#loop);
    const over = this.#over;
    if (instant === Infinity) return yield* wait(over);
    const timer = this.#loop.callAt(instant, () => {
      if (!over.done) over.finish();
    });
    try {
      yield* wait(over);
    } finally {
      timer.cancelled = true;
    }
  }

  end(): void {
    if (!this.#over.done) this.#over.finish();
  }
}

/** Stores tasks in the queue, one after the other. */
export function* handOver(
  { run, loop }: Background,
  step: Extract<LeafStep, { kind: "start" }>,
  handedOver: number[],
): Coroutine {
  for (const name of step.tasks)
    for (const task of run.indicesOf.get(name)!) {
      yield* stored(run.strategy, loop.thread, task, step.position);
      handedOver.push(task);
    }
}

/** Stores a task, in whatever program, or only begins to. */
export function* stored(
  strategy: Strategy,
  thread: Thread,
  task: number,
  position: StepPosition,
): Generator<QueueOperation | WriteOperation, void, OperationResult | undefined> {
  if (does(strategy, "leavesWrites")) {
    thread.record(typeNumber["enqueue-began"], task, 0, position);
    yield { kind: "write", task, position };
    return;
  }
  yield { kind: "queue", request: { kind: "enqueue", task } };
  thread.record(typeNumber.queued, task, 0, position);
}

/**
 * Waits for the results of tasks. Nothing is cancelled for any of them: they are performed elsewhere. `gather` ends
 * with the first error, `group` raises all together, `settled` none.
 */
export function* resultsOf({ run, loop }: Background, tasks: readonly number[]): Coroutine {
  const { strategy, engine } = run;
  const { thread } = loop;
  const until = strategy.timeout === null ? Infinity : thread.now() + strategy.timeout;
  const open = new Set(tasks);
  const errors: StepFailure[] = [];
  const nap = new Nap(loop);
  for (;;) {
    const { results } = yield* ask({ kind: "results", tasks: [...open], until });
    for (const { task, status, error } of results!) {
      open.delete(task);
      if (status === "finished") continue;
      errors.push(new StepFailure(error));
      thread.record(typeNumber["error-raised"], task, raisedInto.indexOf("launch"));
    }
    const [first] = errors;
    if (first !== undefined && !does(strategy, "collects") && !does(strategy, "groups"))
      throw first;
    if (open.size === 0) break;
    if (thread.now() >= until) throw failures.settleTimedOut();
    yield* nap.until(Math.min(until, thread.now() + engine.results));
  }
  if (errors.length > 0 && does(strategy, "groups")) throw new GroupFailure(errors);
}
