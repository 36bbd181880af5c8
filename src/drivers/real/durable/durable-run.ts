/**
 * A real run with a durable queue, in tandem's process: main in one process, and the worker processes that perform
 * its tasks, which tandem starts, and starts again when one of them is killed.
 *
 * Invariant: when it has settled all of them are gone, and so is the queue's file unless its user named it, and on a server all that is not left to be done.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeOwnFolder, removeOwnFolder } from "../../../base/own-folder.ts";
import {
  endings,
  type EventType,
  type Interruption,
  interruptions,
  typeNumber,
} from "../../../trace/event.ts";
import { type Ticks, TICKS_PER_MS } from "../../../base/duration.ts";
import { engines, leaseOf, mostAttempts } from "../../../program/engine.ts";
import type { ProgramSpec } from "../../../program/spec.ts";
import { does } from "../../../scenario/strategy.ts";
import { TaskInstances } from "../../../scenario/instances.ts";
import { consumersOf, type Kill } from "../../../scenario/kill.ts";
import {
  CONSUMER_THREAD,
  consumerActor,
  consumerThread,
  MAIN,
  MAIN_THREAD,
  taskOfActor,
} from "../../../scenario/numbers.ts";
import { type Columns, EventLog } from "../../../trace/log.ts";
import type { RealOptions, RealResult } from "../terms.ts";
import { tellLines } from "../streams.ts";
import { after } from "../timer.ts";
import { type ConsumerEnd, ConsumerProcess } from "./consumer.ts";
import { openQueue } from "./open.ts";
import { checkEmpty, placeNamed, prepareQueue } from "./prepare.ts";
import { type DurableQueue, QueueError, type QueuePlace } from "./queue.ts";

/** What performs main. */
interface Main {
  /** @param onBegin hears when main begins, in ms since 1970. */
  perform: (queuePlace: QueuePlace, onBegin: (epoch: number) => void) => Promise<RealResult>;
  /** The longest that everything takes, one after the other. */
  longest: Ticks;
}

/** How often, in ms, it is looked whether the queue is empty once main has ended. */
const lookEvery = 20;

export async function performDurably(
  plan: ProgramSpec,
  options: RealOptions,
  main: Main,
): Promise<RealResult> {
  const named = placeNamed(plan);
  const folder = named === null ? makeOwnFolder(tmpdir(), "tandem-queue") : null;
  const queuePlace = named ?? { engine: "sqlite", file: join(folder!, "queue.db") };
  try {
    await prepareQueue(queuePlace);
    if (named !== null) await checkEmpty(named, plan);
    const queue = await openQueue(queuePlace, { plan, speed: options.speed });
    try {
      const result = await new DurableRun(plan, options, { queue, queuePlace }).perform(main);
      await clearIfEmpty(queue);
      return result;
    } finally {
      await queue.close();
    }
  } finally {
    if (folder !== null) removeOwnFolder(folder);
  }
}

/** Removes what the queue keeps of a run that is over; a server that does not answer any more takes nothing from that. */
async function clearIfEmpty(queue: DurableQueue): Promise<void> {
  try {
    const { count } = await queue.perform({ kind: "count" });
    if (count === 0) await queue.clear();
  } catch (error) {
    if (!(error instanceof QueueError)) throw error;
  }
}

class DurableRun {
  readonly #plan: ProgramSpec;
  readonly #options: RealOptions;
  readonly #queue: DurableQueue;
  readonly #queuePlace: QueuePlace;
  readonly #consumers: ConsumerProcess[] = [];
  /** How many processes there may be, those included that take the place of killed ones. */
  readonly #most: number;
  /** Whether worker processes take no more tasks, as there will be none. */
  #isFinishing = false;
  /** Whether what is killed now is killed as the run is over. */
  #isOver = false;
  /** When main started, in ms since 1970; null before that. */
  #epoch: number | null = null;
  /** What has been told before main started. */
  #early: (() => void)[] = [];
  readonly #log = new EventLog();

  constructor(
    plan: ProgramSpec,
    options: RealOptions,
    { queue, queuePlace }: { queue: DurableQueue; queuePlace: QueuePlace },
  ) {
    this.#plan = plan;
    this.#options = options;
    this.#queue = queue;
    this.#queuePlace = queuePlace;
    this.#most = consumersOf(plan.strategy, plan.scenario.kills);
  }

  async perform(main: Main): Promise<RealResult> {
    const { strategy } = this.#plan;
    const takeBack: (() => void)[] = [];
    try {
      await Promise.all(Array.from({ length: strategy.consumers! }, () => this.#start()));
      const result = await main.perform(this.#queuePlace, (epoch) => {
        this.#begins(epoch);
        takeBack.push(...this.#plan.scenario.kills.map((kill) => this.#killAt(kill)));
      });
      const by = result.endedEarly ? null : await this.#untilOver(main.longest);
      await this.#end();
      await this.#endUntold(result.log);
      return this.#joined(result, by);
    } finally {
      for (const undo of takeBack) undo();
      await this.#end();
    }
  }

  /** Ends whichever worker processes there are. */
  async #end(): Promise<void> {
    this.#isFinishing = this.#isOver = true;
    await Promise.all(this.#consumers.map((one) => one.kill()));
  }

  /** Starts a worker process, and waits until it takes tasks. */
  async #start(): Promise<void> {
    const thread = CONSUMER_THREAD + this.#consumers.length;
    const { speed, folder, onRaw } = this.#options;
    const consumer = new ConsumerProcess(
      { plan: this.#plan, speed, folder, queuePlace: this.#queuePlace, thread },
      {
        onEvents: (epoch, columns) => this.#hear({ thread, epoch }, columns),
        onEnd: (end) => this.#ended(consumer, end),
        onRaw,
      },
    );
    this.#consumers.push(consumer);
    await consumer.ready;
  }

  /** A worker process has ended. Whatever keeps it running starts another one. */
  #ended({ thread }: ConsumerProcess, { told, detail, killed }: ConsumerEnd): void {
    // What is ended with the run has no end of its own.
    if (!told && !(killed && this.#isOver)) {
      const at = (): Ticks => Math.max(0, this.#now());
      this.#whenBegun(() => {
        const by = interruptions.indexOf(killed ? "kill" : "crash");
        const actor = consumerActor(thread);
        const log = this.#log;
        const text = killed ? undefined : detail;
        log.add(at(), "interrupted", thread, actor, by, text);
        log.add(at(), "process-ended", thread, actor, 137);
      });
    }
    if (this.#isFinishing || this.#consumers.length >= this.#most) return;
    void this.#start();
  }

  /** Kills at an instant what the scenario says. @returns takes it back. */
  #killAt({ what, at }: Kill): () => void {
    if (what === "main") return () => undefined;
    return after(this.#msUntil(at), () => {
      const alive = this.#consumers.filter((one) => one.isAlive);
      for (const one of what === "worker" ? alive.slice(0, 1) : alive) void one.kill();
    });
  }

  /**
   * Waits until nothing is in the queue any more, and the worker processes have ended what they took from it.
   *
   * @returns what ended the run before.
   */
  async #untilOver(longest: Ticks): Promise<Interruption | null> {
    const { signal, timeout } = this.#options;
    const { strategy } = this.#plan;
    const attempts = mostAttempts(strategy, engines[strategy.engine!]);
    const watchdog =
      performance.now() +
      attempts * (10 * this.#realMs(longest) + this.#realMs(leaseOf(strategy))) +
      30_000;
    let hasFinished = false;
    let finished: Promise<unknown> = Promise.withResolvers().promise;
    for (;;) {
      if (hasFinished) return null;
      if (!this.#isFinishing) {
        const { count } = await this.#queue.perform({ kind: "count" });
        this.#isFinishing = count === 0;
        if (this.#isFinishing)
          finished = Promise.all(this.#consumers.map((one) => one.finish())).then(() => {
            hasFinished = true;
          });
      }
      if (signal.aborted) return "signal";
      if (timeout !== null && this.#now() >= timeout) return "timeout";
      if (performance.now() >= watchdog) return "watchdog";
      if (!this.#isFinishing && !this.#consumers.some((one) => one.isAlive)) return "crash";
      await Promise.race([Bun.sleep(lookEvery), finished]);
    }
  }

  #begins(epoch: number): void {
    this.#epoch = epoch;
    for (const tell of this.#early.splice(0)) tell();
  }

  #whenBegun(tell: () => void): void {
    if (this.#epoch === null) this.#early.push(tell);
    else tell();
  }

  /** Events of a worker process, whose clock began at another instant than main's. */
  #hear({ thread, epoch }: { thread: number; epoch: number }, columns: Columns): void {
    this.#whenBegun(() => {
      const behind = Math.round((epoch - this.#epoch!) * TICKS_PER_MS * this.#options.speed);
      const at = columns.at.map((one) => Math.max(0, one + behind));
      const own = { ...columns, at };
      this.#log.recordAll(thread, own);
      this.#options.onEvents?.(thread, own);
      if (this.#options.onPrint !== undefined) tellLines(columns, this.#options.onPrint);
    });
  }

  /**
   * A worker may be killed when the queue has just taken the end of a task, or its acknowledgement, and before it could
   * tell: only the queue knows of it then.
   *
   * @param mains what main told.
   */
  async #endUntold(mains: EventLog): Promise<void> {
    if (does(this.#plan.strategy, "acknowledgesFirst")) await this.#acknowledgeUntold(mains);
    const tasks = new TaskInstances(this.#plan.scenario).size;
    /** By task that has begun and not ended: the thread of its last attempt. */
    const open = new Map<number, number>();
    const event = { began: typeNumber["attempt-began"], ended: typeNumber["task-ended"] };
    for (const { type, actor, thread, length } of this.#log.chunks)
      for (let k = 0; k < length; k++)
        if (type[k] === event.began) open.set(taskOfActor(actor[k]!, tasks), thread[k]!);
    for (const { type, actor, length } of this.#log.chunks)
      for (let k = 0; k < length; k++) if (type[k] === event.ended) open.delete(actor[k]!);
    if (open.size === 0) return;
    const { results } = await this.#queue.perform({ kind: "ended" });
    for (const { task, status, error } of results!) {
      const thread = open.get(task);
      if (thread === undefined) continue;
      const text = status === "failed" ? error : undefined;
      const at = endOf(this.#log, thread);
      this.#log.add(at, "task-ended", thread, task, endings.indexOf(status), text);
    }
  }

  async #acknowledgeUntold(mains: EventLog): Promise<void> {
    const { count } = await this.#queue.perform({ kind: "count" });
    const [killed] = actorsIn(this.#log, "interrupted");
    if (count! > 0 || killed === undefined) return;
    const thread = consumerThread(killed);
    const told = new Set(actorsIn(this.#log, "acknowledged"));
    for (const task of actorsIn(mains, "queued"))
      if (!told.has(task)) this.#log.add(endOf(this.#log, thread), "acknowledged", thread, task, 0);
  }

  #joined({ log, ...result }: RealResult, by: Interruption | null): RealResult {
    for (const chunk of log.chunks) this.#log.recordAll(MAIN_THREAD, chunk);
    const all = this.#log.inTimeOrder();
    if (by === null) return { ...result, log: all };
    const end = by === "timeout" ? this.#options.timeout! : this.#now();
    all.add(Math.max(all.end, end), "interrupted", MAIN_THREAD, MAIN, interruptions.indexOf(by));
    return { ...result, log: all, endedEarly: true };
  }

  /** The present instant of scenario time. */
  #now(): Ticks {
    const sinceMain = performance.timeOrigin + performance.now() - this.#epoch!;
    return Math.round(sinceMain * TICKS_PER_MS * this.#options.speed);
  }

  #msUntil(at: Ticks): number {
    return Math.max(0, this.#realMs(at - this.#now()));
  }

  #realMs(ticks: Ticks): number {
    return ticks / TICKS_PER_MS / this.#options.speed;
  }
}

/** Whom the events of a type are about. */
function actorsIn({ chunks }: EventLog, wanted: EventType): number[] {
  return chunks.flatMap(({ type, actor, length }) =>
    Array.from({ length }, (_, k) => k)
      .filter((k) => type[k] === typeNumber[wanted])
      .map((k) => actor[k]!),
  );
}

/** When the last event of a thread happened. */
function endOf({ chunks }: EventLog, wanted: number): Ticks {
  let end = 0;
  for (const { at, thread, length } of chunks)
    for (let k = 0; k < length; k++) if (thread[k] === wanted) end = Math.max(end, at[k]!);
  return end;
}
