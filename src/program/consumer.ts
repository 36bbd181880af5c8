/**
 * The program of a worker process of a durable queue: it takes tasks out of the queue, performs them in an event
 * loop, and tells the queue how they ended.
 *
 * It follows the engines' own workers. OpenWorkflow's looks into the queue: a tick claims for each slot that is free;
 * after one that claimed nothing it waits, each time longer. BullMQ's takes one after the other, and where it finds
 * none it has itself told of the next; it also checks from time to time whether others have let go of what they
 * took. In both a timer renews each claim after half of its lease. All of it runs on the one loop, so a step that
 * holds the thread holds up the renewals as well.
 *
 * Where tasks are acknowledged early, as by default in Celery, a claim ends as soon as it is made, so that nobody else
 * gets the task any more, and what it comes to is kept apart from the queue.
 */
import { attemptEnds, endings, typeNumber } from "../trace/event.ts";
import { attemptActor, consumerActor } from "../scenario/numbers.ts";
import { does } from "../scenario/strategy.ts";
import type { Ticks } from "../base/duration.ts";
import { Background } from "./background.ts";
import { leaseOf, mostAttempts, type Polling } from "./engine.ts";
import { ask, Nap } from "./handover.ts";
import type { Thread, ThreadProgram } from "./operation.ts";
import type { Claim, QueueAnswer, QueuedResult } from "./queue.ts";
import type { NumberedSpec } from "./spec.ts";
import { caught, type Coroutine, Future, UNTOLD, type Waiting } from "./task.ts";
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
  /** Until when the queue tells of a task; null where it has not been asked to. */
  #toldUntil: Ticks | null = null;
  /** The instant from which there is one, as it has told. */
  #dueFrom: Ticks = 0;
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
    this.#background.onDue = (from) => {
      this.#toldUntil = null;
      this.#dueFrom = from;
      this.#nap.end();
    };
    this.#background.onFinish = () => {
      this.#isFinishing = true;
      this.#nap.end();
      this.#endIfIdle();
    };
  }

  *program(): ThreadProgram<void> {
    const { loop } = this.#background;
    const { pickUp } = this.#run.engine;
    if (pickUp.by === "polling") loop.createTask(UNTOLD, this.#poll(pickUp));
    else {
      loop.createTask(UNTOLD, this.#checkOthers());
      loop.createTask(UNTOLD, this.#takeAsTold());
    }
    yield* loop.runUntilDone(this.#over);
    loop.recordClosed();
  }

  /** Looks into the queue for as long as it is to take tasks. */
  *#poll({ first, most: longest }: Polling): Coroutine {
    for (let inVain = 0; !this.#isFinishing;) {
      const most = this.#run.strategy.slots! - this.#performing;
      const claims = yield* this.#claim(most);
      inVain = claims.length > 0 ? 0 : inVain + 1;
      if (inVain === 0) continue;
      const whole = Math.min(first * 2 ** Math.min(inVain - 1, 30), longest);
      const share = 0.5 + this.#thread.random() / 2;
      yield* this.#nap.until(this.#thread.now() + Math.round(whole * share));
    }
  }

  /** Takes tasks one after the other, and waits to be told of the next one where there is none. */
  *#takeAsTold(): Coroutine {
    const thread = this.#thread;
    while (!this.#isFinishing) {
      const now = thread.now();
      if (now < this.#dueFrom) {
        yield* this.#nap.until(this.#dueFrom);
        continue;
      }
      if (this.#toldUntil !== null && now >= this.#toldUntil) this.#toldUntil = null;
      const free = this.#run.strategy.slots! - this.#performing;
      // The one that it is told of next has a slot already.
      const most = this.#toldUntil === null ? free : free - 1;
      const claims = yield* this.#claim(most);
      if (claims.length > 0) continue;
      if (free > 0 && this.#toldUntil === null) {
        const { until = Infinity } = yield* ask({ kind: "await" });
        this.#toldUntil = until;
      }
      yield* this.#nap.until(this.#toldUntil ?? Infinity);
    }
  }

  /** Checks again and again, a lease apart, whether workers have let theirs run out. */
  *#checkOthers(): Coroutine {
    const nap = new Nap(this.#background.loop);
    while (!this.#isFinishing) {
      yield* ask({ kind: "check" });
      yield* nap.until(this.#thread.now() + leaseOf(this.#run.strategy));
    }
  }

  get #isEarly(): boolean {
    return does(this.#run.strategy, "acknowledgesFirst");
  }

  /** Takes so many tasks at most, and begins them. */
  *#claim(most: number): Waiting<readonly Claim[]> {
    const { claims = [] } = most > 0 ? yield* ask({ kind: "claim", most }) : {};
    // All of them, before any of them can hold the thread.
    if (this.#isEarly)
      for (const claim of claims) {
        yield* ask({ kind: "complete", claim });
        this.#thread.record(typeNumber.acknowledged, claim.task, 0);
      }
    for (const claim of claims) this.#begin(claim);
    return claims;
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
    if (claim.givenUp !== undefined) raised = new Error(claim.givenUp);
    else if (claim.attempt > mostAttempts(this.#run.strategy, this.#run.engine))
      raised = attemptedTooOften(claim);
    else {
      if (!this.#isEarly) loop.createTask(UNTOLD, this.#renew(claim, renewing, renewal));
      raised = yield* caught(this.#background.coroutineOf(actor));
    }
    renewal.isOver = true;
    renewing.end();
    const answer = this.#isEarly
      ? yield* ask({ kind: "record", result: resultOf(claim, raised) })
      : raised === undefined
        ? yield* ask({ kind: "complete", claim })
        : yield* ask({ kind: "fail", claim, error: raised.message });
    this.#ended({ claim, actor, raised, answer });
    this.#performing--;
    if (this.#run.engine.pickUp.by === "pushing") this.#nap.end();
    this.#endIfIdle();
  }

  /** Renews a claim for as long as its attempt goes on, and the queue takes it. */
  *#renew(claim: Claim, nap: Nap, renewal: { isOver: boolean }): Coroutine {
    const every: Ticks = Math.max(1, Math.floor(this.#run.strategy.lease! / 2));
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

function resultOf({ task }: Claim, raised: Error | undefined): QueuedResult {
  if (raised === undefined) return { task, status: "finished", error: "" };
  return { task, status: "failed", error: raised.message };
}

function attemptedTooOften({ attempt }: Claim): Error {
  return new Error(`given up: ${attempt - 1} attempts at it came to no end`);
}
