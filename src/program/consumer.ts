/**
 * The program of a worker process of a durable queue: it takes tasks out of the queue, performs them in an event
 * loop, and tells the queue how they ended.
 *
 * It follows OpenWorkflow's Worker: a tick claims for each slot that is free; after one that claimed nothing it
 * waits, each time longer; a timer renews each claim after half of its lease. All of it runs on the one loop, so a
 * step that holds the thread holds up the renewals as well.
 */
import { attemptEnds, endings, typeNumber } from "../trace/event.ts";
import { attemptActor, consumerActor } from "../scenario/numbers.ts";
import type { Ticks } from "../base/duration.ts";
import { Background } from "./background.ts";
import { mostAttempts } from "./engine.ts";
import { ask, Nap } from "./handover.ts";
import type { Thread, ThreadProgram } from "./operation.ts";
import type { Claim, QueueAnswer } from "./queue.ts";
import type { NumberedSpec } from "./spec.ts";
import { caught, type Coroutine, Future, UNTOLD } from "./task.ts";
import { detailsOf } from "./failure.ts";

/** The program of a worker process. It ends when it is told to, and what it performs has come to its end. */
export function* consumerProgram(run: NumberedSpec, thread: Thread): ThreadProgram<void> {
  yield* new Consumer(run, thread).program();
  thread.record(typeNumber["process-ended"], consumerActor(thread.number), 0);
}

class Consumer {
  readonly #run: NumberedSpec;
  readonly #thread: Thread;
  readonly #background: Background;
  /** The wait between two looks into the queue. */
  readonly #nap: Nap;
  readonly #over: Future;
  #performing = 0;
  #isFinishing = false;

  constructor(run: NumberedSpec, thread: Thread) {
    this.#run = run;
    this.#thread = thread;
    this.#background = new Background(run, thread, {
      eager: false,
      consumer: consumerActor(thread.number),
    });
    const { loop } = this.#background;
    this.#nap = new Nap(loop);
    this.#over = new Future(loop);
    this.#background.onFinish = () => {
      this.#isFinishing = true;
      this.#nap.end();
      this.#endIfIdle();
    };
  }

  *program(): ThreadProgram<void> {
    const { loop } = this.#background;
    loop.createTask(UNTOLD, this.#takeTasks());
    yield* loop.runUntilDone(this.#over);
    loop.recordClosed();
  }

  /** Looks into the queue for as long as it is to take tasks. */
  *#takeTasks(): Coroutine {
    const { strategy, engine } = this.#run;
    for (let inVain = 0; !this.#isFinishing;) {
      const most = strategy.slots! - this.#performing;
      const { claims = [] } = most > 0 ? yield* ask({ kind: "claim", most }) : {};
      for (const claim of claims) this.#begin(claim);
      inVain = claims.length > 0 ? 0 : inVain + 1;
      if (inVain === 0) continue;
      const { first, most: longest } = engine.poll;
      const whole = Math.min(first * 2 ** Math.min(inVain - 1, 30), longest);
      const share = 0.5 + this.#thread.random() / 2;
      yield* this.#nap.until(this.#thread.now() + Math.round(whole * share));
    }
  }

  #begin(claim: Claim): void {
    const { loop } = this.#background;
    const actor = attemptActor(claim.task, claim.attempt, this.#run.instances.size);
    this.#performing++;
    loop.createTask(actor, this.#attempt(claim, actor));
  }

  /** One attempt at a task, from its first step on. */
  *#attempt(claim: Claim, actor: number): Coroutine {
    const { loop } = this.#background;
    const thread = this.#thread;
    thread.record(typeNumber["task-created"], actor, 0);
    thread.record(typeNumber["task-started"], actor, 0);
    thread.record(typeNumber["attempt-began"], actor, claim.attempt);
    const renewing = new Nap(loop);
    const renewal = { isOver: false };
    let raised: Error | undefined;
    // What takes its worker along time after time must not do so for ever.
    if (claim.attempt > mostAttempts(this.#run.strategy)) raised = attemptedTooOften(claim);
    else {
      loop.createTask(UNTOLD, this.#renew(claim, renewing, renewal));
      raised = yield* caught(this.#background.coroutineOf(actor));
    }
    renewal.isOver = true;
    renewing.end();
    const answer =
      raised === undefined
        ? yield* ask({ kind: "complete", claim })
        : yield* ask({ kind: "fail", claim, error: raised.message });
    this.#ended({ claim, actor, raised, answer });
    this.#performing--;
    this.#endIfIdle();
  }

  /** Renews a claim for as long as its attempt goes on, and the queue takes it. */
  *#renew(claim: Claim, nap: Nap, renewal: { isOver: boolean }): Coroutine {
    const every: Ticks = Math.floor(this.#run.strategy.lease! / 2);
    for (;;) {
      yield* nap.until(this.#thread.now() + every);
      if (renewal.isOver) return;
      const { taken } = yield* ask({ kind: "extend", claim });
      if (taken === "refused") return;
    }
  }

  #ended({
    claim,
    actor,
    raised,
    answer: { taken },
  }: {
    claim: Claim;
    actor: number;
    raised: Error | undefined;
    answer: QueueAnswer;
  }): void {
    const thread = this.#thread;
    const how = taken === "refused" ? "refused" : raised === undefined ? "completed" : "failed";
    const details = raised && detailsOf(raised);
    thread.record(typeNumber["attempt-ended"], actor, attemptEnds.indexOf(how), details);
    if (taken !== "done") return;
    const ending = endings.indexOf(raised === undefined ? "finished" : "failed");
    thread.record(typeNumber["task-ended"], claim.task, ending, details);
  }

  #endIfIdle(): void {
    if (this.#isFinishing && this.#performing === 0 && !this.#over.done) this.#over.finish();
  }
}

function attemptedTooOften({ attempt }: Claim): Error {
  return new Error(`given up: ${attempt - 1} attempts at it came to no end`);
}
