/**
 * The pool that performs blocking steps of tasks, seen from the loop and from its own threads.
 *
 * It is asyncio's run_in_executor: the task awaits a future that is chained to the job. Cancelling
 * the future takes back a job that the pool has not taken, and leaves alone one that it has. A pool
 * that has a worker free takes a job at once; one of processes takes some ahead.
 */
import { completions, typeNumber } from "../trace/event.ts";
import { POOL_THREAD } from "../scenario/numbers.ts";
import type { Details } from "../trace/log.ts";
import { takenAhead } from "../scenario/strategy.ts";
import { endingOf, failures, StepFailure } from "./failure.ts";
import type { EventLoop } from "./loop.ts";
import { type Job, type Message, noResult, type Thread, type ThreadProgram } from "./operation.ts";
import type { NumberedSpec } from "./spec.ts";
import { type Coroutine, Future, wait } from "./task.ts";
import { placeOf } from "./stepper.ts";

/** The details of a job in its events: the place of its step, and the pool. */
function about(step: Job["step"], resource: number): Details {
  return { place: placeOf(step), resource };
}

/** The loop's side: hands jobs over and hears of their ends. */
export class LoopPool {
  readonly #loop: EventLoop;
  readonly #resource: number;
  readonly #workers: number;
  readonly #takenAhead: number;
  /** Whether it is the loop's default executor, which the loop shuts down before it closes. */
  readonly #isLoops: boolean;
  #isShutDown = false;
  readonly #jobs = new Map<number, Future>();
  #created = 0;
  #broken: StepFailure | undefined;
  #idle: Future | undefined;

  constructor(loop: EventLoop, { strategy, poolResource }: NumberedSpec) {
    this.#loop = loop;
    this.#resource = poolResource;
    this.#workers = strategy.workers!;
    this.#takenAhead = takenAhead(strategy);
    this.#isLoops = strategy.offload === "threads";
  }

  /** Has a step done by the pool, and waits for it. @throws what the job raised, or that there is no pool any more. */
  *perform(actor: number, step: Job["step"], comesTo: Pick<Job, "ticks" | "error">): Coroutine {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#isShutDown) throw failures.executorShutDown();
    const { thread } = this.#loop;
    const id = this.#created++;
    const future: Future = new JobFuture(this.#loop, () => {
      if (thread.withdrawJob(id, this.#takenAhead)) this.#forget(id);
    });
    this.#jobs.set(id, future);
    this.#loop.outstanding++;
    thread.record(typeNumber["offload-began"], actor, id, about(step, this.#resource));
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

  /** Takes in that a job has ended. */
  ended(job: number, error: string | null, broken: boolean): void {
    const failure = error === null ? undefined : new StepFailure(error);
    this.#end(job, failure);
    if (!broken || this.#broken !== undefined) return;
    this.#broken = failure;
    for (const other of [...this.#jobs.keys()]) {
      this.#loop.thread.dropJob(other);
      this.#end(other, failure);
    }
  }

  /** Shuts down the loop's executor (shutdown_default_executor): from now on it refuses jobs. */
  shutDown(): void {
    this.#isShutDown = this.#isLoops;
  }

  /**
   * Closes the loop and its pool, and waits until every job that has been taken is done.
   *
   * A loop goes on turning while it waits for its own pool. A pool of processes is the program's: it
   * is left, and waits, after the loop has closed.
   *
   * @param onClosed the loop has closed.
   */
  *close(onClosed: () => void): ThreadProgram<void> {
    if (this.#isLoops && this.#jobs.size > 0) {
      this.#idle = new Future(this.#loop);
      yield* this.#loop.runUntilDone(this.#idle);
    }
    onClosed();
    const { thread } = this.#loop;
    while (this.#jobs.size > 0) {
      for (let message; (message = thread.receive()) !== undefined;) this.#hearAfterClose(message);
      if (this.#jobs.size > 0) yield { kind: "park", until: Infinity };
    }
    for (let worker = 0; worker < this.#workers; worker++)
      thread.post(POOL_THREAD + worker, { kind: "stop" });
  }

  #hearAfterClose(message: Message): void {
    if (message.kind === "job-ended") this.ended(message.job, message.error, message.broken);
    else if (message.kind === "ask") {
      const error = failures.loopClosed().message;
      this.#loop.thread.post(message.from, {
        kind: "answer",
        ask: message.ask,
        value: null,
        error,
      });
    }
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

/** The number of no job: what breaks the pool where none was under way. */
const noJob = -1;

/** The program of one thread of the pool: job after job, until it is told to stop. */
export function* poolProgram(run: NumberedSpec, thread: Thread): ThreadProgram<void> {
  for (;;) {
    for (let message; (message = thread.receive()) !== undefined;) {
      if (message.kind === "stop") return;
      if (message.kind !== "killed") continue;
      const { message: error } = failures.poolBroken();
      thread.post(run.loopThread, { kind: "job-ended", job: noJob, error, broken: true });
      return;
    }
    let job = beginNext(run, thread);
    if (job === undefined) yield { kind: "park", until: Infinity };
    while (job !== undefined) {
      const { error = null, broken = false } = (yield { kind: "job", job }) ?? noResult;
      thread.record(typeNumber["job-ended"], job.actor, job.id);
      const ended: Message = { kind: "job-ended", job: job.id, error, broken };
      // The next job is taken before the loop hears of this one's end, so the thread goes on without a gap.
      job = broken ? undefined : beginNext(run, thread);
      thread.post(run.loopThread, ended);
      if (broken) return;
    }
  }
}

function beginNext({ poolResource }: NumberedSpec, thread: Thread): Job | undefined {
  const job = thread.takeJob();
  if (job !== undefined)
    thread.record(typeNumber["job-began"], job.actor, job.id, about(job.step, poolResource));
  return job;
}
