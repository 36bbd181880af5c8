/**
 * The virtual driver: a plan performed in virtual time, by a small discrete-event scheduler.
 *
 * Invariant: only one thread program runs at a time, the one whose instant comes first (equal
 * instants: the one scheduled first), so the log comes out in the order of time and the same plan
 * always gives the same log.
 */
import { type Interruption, interruptions, typeNumber } from "../../trace/event.ts";
import {
  CONSUMER_THREAD,
  consumerActor,
  LOOP_THREAD,
  MAIN,
  MAIN_THREAD,
  POOL_THREAD,
} from "../../scenario/numbers.ts";
import { type Details, EventLog } from "../../trace/log.ts";
import { LocalChannel } from "../../program/channel.ts";
import { consumerProgram } from "../../program/consumer.ts";
import { loopProgram, mainProgram } from "../../program/main.ts";
import type {
  Channel,
  Job,
  Message,
  Operation,
  OperationResult,
  Thread,
  ThreadProgram,
} from "../../program/operation.ts";
import { failures } from "../../program/failure.ts";
import { poolProgram } from "../../program/pool.ts";
import { type NumberedSpec, type ProgramSpec, numbered } from "../../program/spec.ts";
import { endsMain, hasWorkerProcesses, killedStatus, type Kill } from "../../scenario/kill.ts";
import { does, isBeside } from "../../scenario/strategy.ts";
import type { Ticks } from "../../base/duration.ts";
import { Stretch } from "../../base/stretch.ts";
import type { Jitter } from "../../scenario/jitter.ts";
import type { QueueAnswer, QueueRequest, WriteOperation } from "../../program/queue.ts";
import { openQueue } from "./open-queue.ts";
import type { VirtualQueue } from "./queue.ts";
import { RecordedResults } from "./results.ts";
import { random, varying } from "./vary.ts";

/** A thread is a sequential resource: what it does next happens at `wakesAt` or, on a message, before. */
class VirtualThread implements Thread {
  readonly number: number;
  readonly channels: readonly Channel[];
  readonly vary: Thread["vary"];
  readonly messages: Message[] = [];
  program: ThreadProgram<number | void> | undefined;
  wakesAt: Ticks = Infinity;
  scheduled = 0;
  /** Whether a message wakes it: it parks or waits, and is not in the middle of a blocking step. */
  resting = false;
  /** Whether its program has come to its end. */
  isOver = false;
  /** The job that it begins when it wakes. */
  given: Job | undefined;
  /** What came of its last operation. */
  result: OperationResult | undefined;
  /** The writes into a durable queue that it has begun and that are not done, the first one first. */
  readonly unwritten: WriteOperation[] = [];
  /** The operation before which these go on, as the thread's loop turns in it; undefined while none does. */
  writingBefore: Operation | undefined;
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler, number: number, channels: readonly Channel[]) {
    this.#scheduler = scheduler;
    this.number = number;
    this.channels = channels;
    this.vary = scheduler.vary;
  }

  now(): Ticks {
    return this.#scheduler.now;
  }

  random(): number {
    return this.#scheduler.random();
  }

  record(type: number, actor: number, value: number, details?: Details): Ticks {
    const { now, log } = this.#scheduler;
    log.record(now, type, this.number, actor, value, details);
    return now;
  }

  startLoop(): void {
    this.#scheduler.startLoop();
  }

  post(to: number, message: Message): void {
    this.#scheduler.post(to, message);
  }

  receive(): Message | undefined {
    // Asked in every turn, and nearly always in vain: shift() of an empty array is a slow call.
    return this.messages.length === 0 ? undefined : this.messages.shift();
  }

  offerJob(job: Job): void {
    this.#scheduler.offerJob(job);
  }

  withdrawJob(id: number, takenAhead: number): boolean {
    const { jobs } = this.#scheduler;
    let before = 0;
    for (const other of jobs.keys()) {
      if (before === takenAhead) break;
      if (other === id) return false;
      before++;
    }
    return jobs.delete(id);
  }

  dropJob(id: number): void {
    this.#scheduler.jobs.delete(id);
  }

  takeJob(): Job | undefined {
    const { jobs } = this.#scheduler;
    const job = this.given ?? jobs.values().next().value;
    this.given = undefined;
    if (job !== undefined) jobs.delete(job.id);
    return job;
  }

  abort(): never {
    throw new Error("in virtual time no user code is called, so none can be aborted");
  }
}

/** One thread's end of a channel: the other thread hears of what is done here. */
class VirtualChannel implements Channel {
  readonly #shared: LocalChannel;
  readonly #tell: (what: "filled" | "drained") => void;

  constructor(shared: LocalChannel, tell: (what: "filled" | "drained") => void) {
    this.#shared = shared;
    this.#tell = tell;
  }

  get empty(): boolean {
    return this.#shared.empty;
  }

  get full(): boolean {
    return this.#shared.full;
  }

  trySend(value: unknown, onSent: (item: number) => void): boolean {
    const sent = this.#shared.trySend(value, onSent);
    if (sent) this.#tell("filled");
    return sent;
  }

  tryReceive(onReceived: (item: number) => void): { value: unknown } | undefined {
    const got = this.#shared.tryReceive(onReceived);
    if (got !== undefined) this.#tell("drained");
    return got;
  }
}

class Scheduler {
  now: Ticks = 0;
  readonly log = new EventLog();
  readonly vary: Thread["vary"];
  readonly random: Thread["random"];
  readonly #timeout: Ticks | null;
  /** The kills that have not come, the next one first. */
  readonly #kills: Kill[];
  readonly #run: NumberedSpec;
  /** By number. */
  readonly #byNumber: VirtualThread[] = [];
  readonly #threads: VirtualThread[] = [];
  /** Null where tasks are no other process's. */
  readonly #queue: VirtualQueue | null;
  /** Null where the queue itself knows what tasks have come to. */
  readonly #results: RecordedResults | null;
  /** The threads of the durable queue's worker processes that have not ended. */
  readonly #consumers: VirtualThread[] = [];
  #consumersStarted = 0;
  #isMainOver = false;
  #isFinishing = false;
  /** Those that no thread of the pool has begun, by their number, the oldest first. */
  readonly jobs = new Map<number, Job>();
  #scheduled = 0;

  constructor(plan: ProgramSpec, { timeout = null, jitter = null }: VirtualOptions) {
    this.#timeout = timeout;
    this.#kills = [...plan.scenario.kills];
    this.vary = jitter === null ? null : varying(jitter);
    this.random = jitter === null ? () => 0.5 : random(~jitter.seed);
    this.#run = numbered({ takes: { byActor: {}, byFunction: {} }, ...plan });
    this.#queue = openQueue(this.#run, (thread, from) => this.post(thread, { kind: "due", from }));
    this.#results = does(plan.strategy, "acknowledgesFirst") ? new RecordedResults() : null;
    this.#begin(this.#run);
  }

  #begin(run: NumberedSpec): void {
    const shared = run.scenario.channels.map(({ capacity }) => new LocalChannel(capacity));
    const beside = isBeside(run.strategy);
    const open = (number: number): VirtualThread => {
      const other = number === MAIN_THREAD ? LOOP_THREAD : MAIN_THREAD;
      const channels = !beside
        ? shared
        : shared.map(
            (one, channel) =>
              new VirtualChannel(one, (kind) => this.post(other, { kind, channel })),
          );
      return this.#open(number, channels);
    };
    const main = open(MAIN_THREAD);
    main.program = mainProgram(run, main);
    const loop = open(LOOP_THREAD);
    loop.program = loopProgram(run, loop);
    // The threads of the pool come first, and rest when main begins: an idle pool begins a job at once.
    for (let worker = 0; worker < (run.strategy.workers ?? 0); worker++) {
      const thread = open(POOL_THREAD + worker);
      thread.program = poolProgram(run, thread);
      this.#schedule(thread, 0, false);
    }
    for (let consumer = 0; consumer < (run.strategy.consumers ?? 0); consumer++)
      this.#startConsumer();
    this.#schedule(main, 0, false);
  }

  #open(number: number, channels: readonly Channel[]): VirtualThread {
    const thread = new VirtualThread(this, number, channels);
    this.#threads.push(thread);
    return (this.#byNumber[number] = thread);
  }

  /** Starts a worker process of the durable queue, at this instant. */
  #startConsumer(): void {
    const thread = this.#open(CONSUMER_THREAD + this.#consumersStarted++, []);
    thread.program = consumerProgram(this.#run, thread);
    this.#consumers.push(thread);
    this.#schedule(thread, this.now, false);
  }

  /**
   * Performs some operations.
   *
   * @param most that many of them.
   * @returns whether the run is over.
   */
  goOn(most: number): boolean {
    for (let performed = 0; performed < most; performed++) {
      const thread = this.#first();
      if (thread.wakesAt === Infinity) return this.interrupt("deadlock");
      if (this.#timeout !== null && thread.wakesAt > this.#timeout) {
        this.now = this.#timeout;
        return this.interrupt("timeout");
      }
      const [kill] = this.#kills;
      if (kill !== undefined && thread.wakesAt > kill.at) {
        if (this.#kill(this.#kills.shift()!)) return true;
        continue;
      }
      this.now = thread.wakesAt;
      if (thread.writingBefore !== undefined) {
        if (this.#hasWritten(thread)) return this.interrupt("deadlock");
        continue;
      }
      const { done, value } = thread.program!.next(thread.result);
      if (!done) {
        if (this.#perform(thread, value as Operation)) return this.interrupt("deadlock");
      } else if (this.#hasEnded(thread)) return true;
    }
    return false;
  }

  /** A program has come to its end. @returns whether the run is over with it. */
  #hasEnded(thread: VirtualThread): boolean {
    thread.isOver = true;
    this.#schedule(thread, Infinity, false);
    if (thread.number === MAIN_THREAD) {
      if (this.#queue === null) return true;
      this.#isMainOver = true;
      this.#finishIfEmpty();
    }
    const index = this.#consumers.indexOf(thread);
    if (index >= 0) this.#consumers.splice(index, 1);
    return this.#isMainOver && this.#consumers.length === 0;
  }

  /** Ends the worker processes once nobody puts anything into their queue any more, and nothing is in it. */
  #finishIfEmpty(): void {
    if (!this.#isMainOver || this.#isFinishing || this.#queue!.open > 0) return;
    this.#isFinishing = true;
    for (const { number } of this.#consumers) this.post(number, { kind: "finish" });
  }

  startLoop(): void {
    this.#schedule(this.#byNumber[LOOP_THREAD]!, this.now, false);
  }

  post(to: number, message: Message): void {
    const thread = this.#byNumber[to]!;
    thread.messages.push(message);
    if (thread.resting) this.#schedule(thread, this.now, false);
  }

  offerJob(job: Job): void {
    const idle = this.#threads.find(
      ({ number, resting, messages }) => number >= POOL_THREAD && resting && messages.length === 0,
    );
    if (idle === undefined) {
      this.jobs.set(job.id, job);
      return;
    }
    // It has begun, whatever the loop does next.
    idle.given = job;
    this.post(idle.number, { kind: "job" });
  }

  #first(): VirtualThread {
    let first = this.#threads[0]!;
    for (const thread of this.#threads)
      if (
        thread.wakesAt < first.wakesAt ||
        (thread.wakesAt === first.wakesAt && thread.scheduled < first.scheduled)
      )
        first = thread;
    return first;
  }

  /** @returns whether it is an operation that waits for what can never come. */
  #perform(thread: VirtualThread, operation: Operation): boolean {
    thread.result = undefined;
    const turns = operation.kind === "park" || operation.kind === "queue";
    if (turns && thread.unwritten.length > 0) {
      thread.writingBefore = operation;
      this.#write(thread);
      return false;
    }
    switch (operation.kind) {
      case "block":
      case "compute":
        this.#schedule(thread, this.now + operation.ticks, false);
        break;
      case "job": {
        const { ticks, error } = operation.job;
        if (error !== undefined) thread.result = { error };
        this.#schedule(thread, this.now + ticks, false);
        break;
      }
      case "park":
      case "wait":
        this.#rest(thread, operation.until);
        break;
      case "write":
        thread.unwritten.push(operation);
        this.#schedule(thread, this.now, false);
        break;
      case "queue": {
        const queue = this.#queue!;
        const { request } = operation;
        const answer =
          this.#results?.perform(request, thread.number) ??
          queue.perform(request, this.now, thread.number);
        thread.result = { queue: answer };
        this.#schedule(thread, this.now + queue.costOf(operation.request), false);
        this.#finishIfEmpty();
        return this.#isInVain(request, answer);
      }
      case "call":
      case "drain":
        throw new Error("in virtual time no user code is called: its plan says what calls take");
    }
    return false;
  }

  /** Whether somebody waits for ever for what tasks came to that a kill has taken from their queue and their worker. */
  #isInVain(request: QueueRequest, { results }: QueueAnswer): boolean {
    return (
      this.#results !== null &&
      request.kind === "results" &&
      request.until === Infinity &&
      this.#queue!.open + this.#results.open === 0 &&
      results!.length < request.tasks.length
    );
  }

  #rest(thread: VirtualThread, until: Ticks): void {
    this.#schedule(thread, thread.messages.length > 0 ? this.now : Math.max(this.now, until), true);
  }

  /** The loop of a thread turns, and by that the first of the writes goes on that nobody has awaited. */
  #write(thread: VirtualThread): void {
    const queue = this.#queue!;
    const request = { kind: "enqueue", task: thread.unwritten[0]!.task } as const;
    queue.perform(request, this.now, thread.number);
    this.#schedule(thread, this.now + queue.costOf(request), false);
  }

  /** @returns the same as of the operation that comes behind the last write. */
  #hasWritten(thread: VirtualThread): boolean {
    const { task, position } = thread.unwritten.shift()!;
    thread.record(typeNumber.queued, task, 0, position);
    if (thread.unwritten.length > 0) {
      this.#write(thread);
      return false;
    }
    const operation = thread.writingBefore!;
    thread.writingBefore = undefined;
    return this.#perform(thread, operation);
  }

  #schedule(thread: VirtualThread, at: Ticks, resting: boolean): void {
    thread.wakesAt = at;
    thread.scheduled = ++this.#scheduled;
    thread.resting = resting;
  }

  /** @returns whether it has ended the run. */
  #kill(kill: Kill): boolean {
    if (this.#queue !== null) return this.#killBesideQueue(kill);
    const isMain = endsMain(kill);
    if (!isMain && !hasWorkerProcesses(this.#run.strategy)) return false;
    this.now = kill.at;
    const worker = this.#byNumber[POOL_THREAD]!;
    // It was killed before, or its pool is over.
    if (!isMain && worker.isOver) return false;
    const { number } = isMain ? this.#byNumber[MAIN_THREAD]! : worker;
    this.log.record(this.now, typeNumber.interrupted, number, MAIN, interruptions.indexOf("kill"));
    if (isMain) this.log.record(this.now, typeNumber["process-ended"], number, MAIN, killedStatus);
    else if (worker.resting) this.post(number, { kind: "killed" });
    else {
      // It is in the middle of a job.
      worker.result = { error: failures.poolBroken().message, broken: true };
      this.#schedule(worker, this.now, false);
    }
    return isMain;
  }

  /**
   * A kill where tasks are kept in a durable queue: main is gone for good, while a worker process is started again
   * at once, by whatever keeps it running. What it had taken is given to nobody before its lease has run out.
   */
  #killBesideQueue({ what, at }: Kill): boolean {
    this.now = at;
    const main = this.#byNumber[MAIN_THREAD]!;
    const workers =
      what === "main" ? [] : what === "worker" ? this.#consumers.slice(0, 1) : [...this.#consumers];
    const killed = what !== "worker" && !main.isOver ? [main, ...workers] : workers;
    for (const { number } of killed) {
      this.#queue!.forget(number);
      this.#results?.forget(number);
      const actor = number === MAIN_THREAD ? MAIN : consumerActor(number);
      this.log.record(at, typeNumber.interrupted, number, actor, interruptions.indexOf("kill"));
      this.log.record(at, typeNumber["process-ended"], number, actor, killedStatus);
    }
    if (!this.#isFinishing) for (const _ of workers) this.#startConsumer();
    return killed.map((thread) => this.#hasEnded(thread)).includes(true);
  }

  /** Ends the run before its own end. */
  interrupt(by: Interruption): true {
    this.log.record(this.now, typeNumber.interrupted, MAIN_THREAD, MAIN, interruptions.indexOf(by));
    return true;
  }
}

export interface VirtualOptions {
  /** Ends the run at this instant. */
  timeout?: Ticks | null;
  /** How durations vary; null: they are what the document says. */
  jitter?: Jitter | null;
}

/**
 * Performs a plan in virtual time, at once.
 *
 * @returns the events in the order in which they happen.
 */
export function runVirtually(
  plan: ProgramSpec,
  timeout: Ticks | null = null,
  jitter: Jitter | null = null,
): EventLog {
  const scheduler = new Scheduler(plan, { timeout, jitter });
  scheduler.goOn(Infinity);
  return scheduler.log;
}

/** The number of operations between two looks at the clock: they take some microseconds each. */
const operationsPerLook = 1000;

/** The same beside whatever else goes on, until it is aborted: then the events end with an interruption. */
export async function runVirtuallyUntil(
  signal: AbortSignal,
  plan: ProgramSpec,
  options: VirtualOptions,
): Promise<EventLog> {
  const scheduler = new Scheduler(plan, options);
  const stretch = new Stretch();
  while (!scheduler.goOn(operationsPerLook)) {
    if (!stretch.isOver) continue;
    await stretch.rest();
    if (signal.aborted) {
      scheduler.interrupt("signal");
      break;
    }
  }
  return scheduler.log;
}
