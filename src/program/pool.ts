/**
 * The pool that performs blocking steps of tasks, seen from the loop and from its own threads.
 *
 * It is asyncio's run_in_executor: the task awaits a future that is chained to the job. Cancelling
 * the future takes back a job that nobody has begun, and leaves alone one that is being done.
 */
import { completions, POOL_THREAD, typeNumber } from "../events/event.ts";
import { endingOf, StepFailure } from "./failure.ts";
import type { EventLoop } from "./loop.ts";
import type { Job, JobOperation, Message, Thread, ThreadProgram } from "./operation.ts";
import type { Run } from "./run.ts";
import { type Coroutine, Future, wait } from "./task.ts";

/** The loop's side: hands jobs over and hears of their ends. */
export class LoopPool {
  readonly #loop: EventLoop;
  readonly #workers: number;
  readonly #jobs = new Map<number, Future>();
  #created = 0;
  #broken: StepFailure | undefined;
  #idle: Future | undefined;

  constructor(loop: EventLoop, workers: number) {
    this.#loop = loop;
    this.#workers = workers;
  }

  /** Has a step done by the pool, and waits for it. @throws what the job raised. */
  *perform(actor: number, step: Job["step"], comesTo: Pick<Job, "ticks" | "error">): Coroutine {
    if (this.#broken !== undefined) throw this.#broken;
    const { thread } = this.#loop;
    const id = this.#created++;
    const future: Future = new JobFuture(this.#loop, () => {
      if (thread.withdrawJob(id)) this.#forget(id);
    });
    this.#jobs.set(id, future);
    this.#loop.outstanding++;
    thread.record(typeNumber["offload-began"], actor, id);
    thread.offerJob({ id, actor, step, ...comesTo });
    let how: (typeof completions)[number] = "completed";
    try {
      yield* wait(future);
    } catch (error) {
      how = endingOf(error as Error) === "cancelled" ? "cancelled" : "failed";
      throw error;
    } finally {
      thread.record(typeNumber["offload-ended"], actor, completions.indexOf(how));
    }
  }

  /** The pool says that a job has ended. */
  ended(job: number, error: string | null, broken: boolean): void {
    const failure = error === null ? undefined : new StepFailure(error);
    this.#end(job, failure);
    if (!broken || this.#broken !== undefined) return;
    this.#broken = failure;
    for (const other of [...this.#jobs.keys()]) {
      this.#loop.thread.withdrawJob(other);
      this.#end(other, failure);
    }
  }

  /** Waits until every job that has been begun is done (shutdown_default_executor). */
  *close(): ThreadProgram<void> {
    if (this.#jobs.size > 0) {
      this.#idle = new Future(this.#loop);
      yield* this.#loop.runUntilDone(this.#idle);
    }
    for (let worker = 0; worker < this.#workers; worker++)
      this.#loop.thread.post(POOL_THREAD + worker, { kind: "stop" });
  }

  #end(job: number, error: Error | undefined): void {
    const future = this.#jobs.get(job);
    if (future === undefined) return;
    this.#forget(job);
    if (future.done) return;
    if (error === undefined) future.finish();
    else future.fail(error);
  }

  #forget(job: number): void {
    if (!this.#jobs.delete(job)) return;
    this.#loop.outstanding--;
    if (this.#jobs.size === 0 && this.#idle?.done === false) this.#idle.finish();
  }
}

/** The future of a job; as asyncio chains the two, the job hears a turn later that it is cancelled. */
class JobFuture extends Future {
  readonly #takeBack: () => void;

  constructor(loop: EventLoop, takeBack: () => void) {
    super(loop);
    this.#takeBack = takeBack;
  }

  override cancel(): boolean {
    if (!super.cancel()) return false;
    this.loop.callSoon(this.#takeBack);
    return true;
  }
}

/** The program of one thread of the pool: job after job, until it is told to stop. */
export function* poolProgram(run: Run, thread: Thread): ThreadProgram<void> {
  for (;;) {
    for (let message; (message = thread.receive()) !== undefined;)
      if (message.kind === "stop") return;
    let job = beginNext(thread);
    if (job === undefined) yield { kind: "park", until: Infinity };
    while (job !== undefined) {
      const operation: JobOperation = { kind: "job", job };
      yield operation;
      thread.record(typeNumber["job-ended"], job.actor, job.id);
      const { error = null, broken = false } = operation;
      const ended: Message = { kind: "job-ended", job: job.id, error, broken };
      // The next job is this thread's before the loop hears of this one: it goes on without a gap.
      job = broken ? undefined : beginNext(thread);
      thread.post(run.loopThread, ended);
      if (broken) return;
    }
  }
}

function beginNext(thread: Thread): Job | undefined {
  const job = thread.takeJob();
  if (job !== undefined) thread.record(typeNumber["job-began"], job.actor, job.id);
  return job;
}
