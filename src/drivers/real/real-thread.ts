/**
 * The real thread that performs a thread program: real blocking, real computing, native timers.
 *
 * Invariant: before a thread blocks, and before it sends a message after which main might end the
 * process, its events are flushed, or marked as unflushed on the board (wire.ts).
 */
import { logReasons, typeNumber, waits } from "../../trace/event.ts";
import { LAUNCH, LOOP_THREAD, MAIN, MAIN_THREAD, POOL_THREAD } from "../../scenario/numbers.ts";
import type {
  CallOperation,
  Channel,
  ChannelRequest,
  DrainOperation,
  Job,
  JobOperation,
  Message,
  Operation,
  OperationResult,
  ParkOperation,
  Thread,
  ThreadProgram,
} from "../../program/operation.ts";
import { noResult } from "../../program/operation.ts";
import { failures } from "../../program/failure.ts";
import type { CallStep } from "../../scenario/calls.ts";
import type { Ticks } from "../../base/duration.ts";
import { isFilledIn } from "../../scenario/placeholders.ts";
import type { Position } from "../../base/position.ts";
import type { PoolStep } from "../../scenario/walk.ts";
import { type Board, Deadlock } from "./board.ts";
import type { SharedChannel } from "./channel.ts";
import type { Clock } from "./clock.ts";
import { hold, standStill, standStillBriefly } from "./hold.ts";
import type { Mailbox, Posted } from "./mailbox.ts";
import type { RealDetails } from "./protocol.ts";
import type { PoolProcess } from "./pool-process.ts";
import { after } from "./timer.ts";
import type { Host, UserCode } from "./user-code.ts";
import type { WriteOperation } from "../../program/queue.ts";
import type { DurableQueue } from "./durable/queue.ts";
import { type EventWriter, longestDebt } from "./wire.ts";

const sleepBegan = typeNumber["sleep-began"];
const sleepEnded = typeNumber["sleep-ended"];
const processEnded = typeNumber["process-ended"];
const nothingLeft = typeNumber["nothing-left"];

/** The length, in ms, from which on a blocking step pauses the observation of user code on its thread. */
const longStand = 100;

/** The number of events in a burst of sleeps that share a reading of the clock: some microseconds' worth. */
const eventsPerReading = 16;

export interface RealThreadOptions {
  number: number;
  /** The factor by which durations are divided, and times in the record multiplied. */
  speed: number;
  clock: Clock;
  writer: EventWriter;
  board: Board;
  mailbox: Mailbox;
  channels: readonly Channel[];
  /** Those of the channels that bring values from another thread. */
  shared: readonly SharedChannel[];
  /** The channels' names, by their indices. */
  channelNames: readonly string[];
  /** The steps that jobs are made of, the same on every thread. */
  poolSteps: readonly PoolStep[];
  /** The thread that the event loop runs on. */
  loopThread: number;
  startLoop: () => void;
  /** Has the threads beside main on which user code runs keep the process alive from now on. */
  keepThreads: () => void;
  /** Ends the thread after an error that no caller can catch. */
  onStray: () => never;
  /** The user's functions; null where no step of this thread calls one. */
  userCode: UserCode | null;
  /** The process that does this thread's jobs; null where the thread does them itself. */
  process: PoolProcess | null;
  /** The durable queue of the run; null where it has none. */
  queue: DurableQueue | null;
}

export class RealThread implements Thread, Host {
  readonly number: number;
  readonly channels: readonly Channel[];
  /** No jitter is added: real time has its own. */
  readonly vary = null;
  readonly #options: RealThreadOptions;
  /** Requests of user code on this thread to the loop's, by their number. */
  readonly #asks = new Map<number, PromiseWithResolvers<unknown>>();
  #asked = 0;
  #lastReading: Ticks = 0;
  /** The number of events that may still share the latest reading of the clock. */
  #readingsLeft = 0;
  /** The writes into the durable queue that nobody awaits. They go on where this thread's native loop turns. */
  readonly #writes = new Set<Promise<void>>();
  /** The timer that flushes what is unflushed. */
  #paying: ReturnType<typeof setTimeout> | undefined;
  /** The number of each of the pool's steps. A step whose placeholders are filled in is another object, with the same position. */
  readonly #stepNumbers: ReadonlyMap<Position, number>;
  /** Arguments with placeholders filled in, of jobs that may still be untaken. */
  readonly #args = new Map<number, unknown>();
  /** The first job that may still be untaken, as far as this thread of the pool knows. */
  #nextJob = 0;
  /** The job that this thread of the pool is doing. */
  #job: Job | undefined;
  /** The callback for when nothing but messages of other threads can still happen here. */
  #onStranded: (() => void) | undefined;
  #seesEmptiness = false;
  /** Whether the program is over and user code goes on, so that each event is flushed at once. */
  #lingers = false;

  constructor(options: RealThreadOptions) {
    this.number = options.number;
    this.channels = options.channels;
    this.#options = options;
    this.#stepNumbers = new Map(
      options.poolSteps.map(({ position }, number) => [position, number]),
    );
    options.userCode?.attach(this);
  }

  now(): Ticks {
    return this.#options.clock.now();
  }

  random(): number {
    return Math.random();
  }

  record(type: number, actor: number, value: number, details?: RealDetails): Ticks {
    // User code is not observed beyond the end of the process.
    if (type === processEnded) this.#options.userCode?.end();
    // A reading of the clock costs more than the rest of an event. A sleep concerns no other thread,
    // so in a burst of sleeps a few events share a reading.
    const isSleep = type === sleepBegan || type === sleepEnded;
    if (!isSleep || this.#readingsLeft-- === 0) {
      this.#lastReading = this.#options.clock.stamp();
      this.#readingsLeft = eventsPerReading;
    }
    this.#options.writer.record(this.#lastReading, type, actor, value, details);
    if (this.#lingers) this.flush();
    return this.#lastReading;
  }

  startLoop(): void {
    // What the loop does comes after what main did, in the pipe as well.
    this.flush();
    this.#options.startLoop();
  }

  post(to: number, message: Message): void {
    const { mailbox } = this.#options;
    if (to === this.number) return mailbox.deliver(message as Posted);
    // Main may end the process when it hears of this.
    if (message.kind === "closed") this.#options.userCode?.end();
    // The same holds for other messages, from the loop's thread or through it from the pool.
    if (to < this.number) this.#options.writer.flushOrOwe();
    mailbox.post(to, message as Posted);
  }

  receive(): Message | undefined {
    const { mailbox, clock } = this.#options;
    for (let message; (message = mailbox.receive()) !== undefined;) {
      clock.catchUp();
      switch (message.kind) {
        case "answer":
          this.#answer(message);
          break;
        case "job-args":
          this.#args.set(message.job, message.args);
          break;
        case "filled":
          for (const channel of this.#options.shared) channel.takeIn(message);
          return message;
        case "deadlock":
          throw new Deadlock();
        default:
          return message;
      }
    }
    return undefined;
  }

  offerJob({ id, actor, step }: Job): void {
    const { board, writer } = this.#options;
    // Otherwise the pool's events of the job might be in the pipe before this thread's.
    writer.flushOrOwe();
    const number = this.#stepNumbers.get(step.position)!;
    if (step.kind === "call" && isFilledIn(this.#options.poolSteps[number]!))
      for (let thread = POOL_THREAD; thread < board.size.threads; thread++)
        this.#options.mailbox.post(thread, { kind: "job-args", job: id, args: step.args });
    board.offerJob(id, actor, number);
    for (let thread = POOL_THREAD; thread < board.size.threads; thread++)
      if (board.wakesForJob(thread)) this.post(thread, { kind: "job" });
  }

  withdrawJob(id: number, takenAhead: number): boolean {
    return this.#options.board.withdrawJob(id, takenAhead);
  }

  dropJob(id: number): void {
    this.#options.board.takeJob(id);
  }

  takeJob(): Job | undefined {
    const { board, clock, poolSteps } = this.#options;
    const taken = board.takeNext(this.#nextJob, this.number);
    if (taken === undefined) return undefined;
    clock.catchUp();
    this.#nextJob = taken.id + 1;
    const { id, actor } = taken;
    return { id, actor, step: this.#filledIn(poolSteps[taken.step]!, id), ticks: 0 };
  }

  /** A job's step with its placeholders filled in. Its arguments have come before the job was offered. */
  #filledIn(step: PoolStep, job: number): PoolStep {
    if (step.kind !== "call" || !isFilledIn(step)) return step;
    for (const { job: other, args } of this.#options.mailbox.take("job-args"))
      this.#args.set(other, args);
    const args = this.#args.get(job);
    // Other threads have taken the jobs before it.
    for (const other of this.#args.keys()) if (other <= job) this.#args.delete(other);
    return { ...step, args };
  }

  abort(call: number): void {
    this.#options.userCode!.abort(call);
  }

  flush(): void {
    this.#options.writer.flush();
  }

  /**
   * Performs a program's operations to its end. Its last events are still unflushed then.
   *
   * @throws Deadlock on the main thread, when no thread of the run can ever go on.
   */
  async perform<Result>(program: ThreadProgram<Result>): Promise<Result> {
    let result: OperationResult | undefined;
    for (;;) {
      this.#readingsLeft = 0;
      const { done, value } = program.next(result);
      if (done) return value;
      result = undefined;
      // Waiting and parking flush by themselves, since both may be over at once.
      if (value.kind !== "wait" && value.kind !== "park") this.#flushBefore(value);
      switch (value.kind) {
        case "block":
        case "compute":
          if (this.#options.clock.msOf(value.ticks) >= longStand) this.#options.userCode?.pause();
          hold(value, this.#options.speed);
          break;
        case "park":
          result = await this.#park(value);
          break;
        case "wait":
          this.#waitForMessage(value.until);
          break;
        case "call":
          result = this.#call(value);
          // In a loop, promises that the function has left pending go on at once.
          if (value.actor !== MAIN) await nativeTurn();
          break;
        case "drain":
          result = await this.#drain(value);
          break;
        case "queue":
          await this.#allWritten();
          result = { queue: await this.#options.queue!.perform(value.request) };
          break;
        case "write":
          this.#beginWrite(value);
          break;
        case "job": {
          const { step } = value.job;
          if (this.#options.process !== null || step.kind === "call")
            result = await this.#do(value);
          else {
            if (this.#options.clock.msOf(step.ticks) >= longStand) this.#options.userCode?.pause();
            hold(step, this.#options.speed);
          }
          break;
        }
      }
    }
  }

  /** Has a task written into the durable queue as a program does that does not await it: it may be never. */
  #beginWrite({ task, position }: WriteOperation): void {
    const write = this.#options.queue!.write(task).then(() => {
      this.#writes.delete(write);
      this.record(typeNumber.queued, task, 0, position);
      this.flush();
    });
    this.#writes.add(write);
  }

  /** This thread's native loop turns until all is written, which it does nothing beside. */
  async #allWritten(): Promise<void> {
    if (this.#writes.size === 0) return;
    this.flush();
    await Promise.all(this.#writes);
  }

  /** Flushes before an operation, unless that is over before events must be flushed in any case. */
  #flushBefore(operation: Operation): void {
    const step = operation.kind === "job" ? operation.job.step : operation;
    const { clock, writer } = this.#options;
    const isShort = "ticks" in step && clock.msOf(step.ticks) < longestDebt;
    if (isShort) writer.flushOrOwe();
    else this.flush();
  }

  /** Blocks the thread for a stretch of scenario time. */
  block(ticks: Ticks): void {
    standStill(this.#options.clock.msOf(ticks));
  }

  ask(actor: number, request: ChannelRequest): Promise<unknown> {
    const asked = Promise.withResolvers<unknown>();
    const ask = this.#asked++;
    this.#asks.set(ask, asked);
    this.post(this.#options.loopThread, { kind: "ask", from: this.number, ask, actor, request });
    return asked.promise;
  }

  askNow(request: ChannelRequest): unknown {
    const channel = this.channels[request.channel]!;
    const name = this.#options.channelNames[request.channel]!;
    const about = { text: name, resource: request.channel };
    const timeout = request.kind === "receive" ? request.timeout : null;
    const until = timeout === null ? Infinity : this.now() + timeout;
    const tell = (item: number): void => {
      this.record(typeNumber[request.kind === "send" ? "sent" : "received"], MAIN, item, about);
    };
    for (;;) {
      if (request.kind === "send") {
        if (channel.trySend(request.value, tell)) return undefined;
      } else {
        const got = channel.tryReceive(tell);
        if (got !== undefined) return got.value;
        if (this.now() >= until) throw failures.receiveTimedOut(name, timeout!);
      }
      this.record(typeNumber["wait-began"], MAIN, waits.indexOf(request.kind), about);
      this.#waitForMessage(until, true);
      this.record(typeNumber["wait-ended"], MAIN, waits.indexOf(request.kind));
    }
  }

  onStray(reason: "unhandled-rejection" | "uncaught-exception", error: string): never {
    const actor = this.number === MAIN_THREAD ? MAIN : LAUNCH;
    this.record(typeNumber["error-logged"], actor, logReasons.indexOf(reason), { text: error });
    return this.#options.onStray();
  }

  /**
   * Blocks the thread until an instant of scenario time, or until a message comes.
   *
   * @param onlyNew whether messages that have come already do not count.
   */
  #waitForMessage(until: Ticks, onlyNew = false): void {
    const { board, clock, mailbox, writer, userCode } = this.#options;
    const owes = writer.flushOrOwe();
    if (clock.msUntil(until) >= longStand) userCode?.pause();
    if (until === Infinity) this.#rest();
    if (owes && !mailbox.block(Math.min(longestDebt, clock.msUntil(until)), onlyNew)) this.flush();
    mailbox.block(clock.msUntil(until), onlyNew);
    board.runs(this.number);
    if (mailbox.isDeadlocked) throw new Deadlock();
  }

  /** Tells that the thread rests until a message comes. Where none can come, the run is deadlocked. */
  #rest(): void {
    const { board, mailbox } = this.#options;
    if (!board.rests(this.number, mailbox.seen)) return;
    if (this.number === MAIN_THREAD) throw new Deadlock();
    mailbox.post(MAIN_THREAD, { kind: "deadlock" });
  }

  #answer({ ask, value, error }: Extract<Message, { kind: "answer" }>): void {
    const asked = this.#asks.get(ask)!;
    this.#asks.delete(ask);
    if (error === null) asked.resolve(value);
    else asked.reject(new Error(error));
  }

  #call(operation: CallOperation): OperationResult {
    const { userCode, mailbox } = this.#options;
    return userCode!.call(operation, (settled) =>
      mailbox.deliver({ kind: "call-settled", call: operation.call, ...settled }),
    );
  }

  /** Does a job that a process does, or that calls a function of the user's. */
  async #do({ job }: JobOperation): Promise<OperationResult> {
    const { process, clock, mailbox, board, userCode } = this.#options;
    this.#job = job;
    // A call that nothing on this thread can settle waits for an answer. Of a process it is not known.
    const waits = (): void => {
      if (process !== null) return;
      this.#whenStranded(() => {
        this.flush();
        this.#rest();
      });
    };
    // User code in the pool may use channels, so answers are taken in during its job.
    if (job.step.kind === "call") {
      mailbox.onArrival(() => {
        board.runs(this.number);
        clock.catchUp();
        for (const answer of mailbox.take("answer")) this.#answer(answer);
        waits();
      });
      waits();
    }
    const { error, broken } =
      process === null
        ? { error: await userCode!.callInPool(job.actor, job.step as CallStep), broken: false }
        : await process.perform(job);
    this.#whenStranded(undefined);
    board.runs(this.number);
    this.#job = undefined;
    return { error: error ?? undefined, broken };
  }

  /** Tells those who wait for this thread that user code has ended it. */
  breakOff(code: number): void {
    const error = `process.exit(${code}) in user code ended the thread`;
    if (this.number === LOOP_THREAD) {
      this.record(typeNumber["exit-called"], LAUNCH, code);
      this.record(typeNumber["error-logged"], LAUNCH, logReasons.indexOf("uncaught-exception"), {
        text: error,
      });
      this.post(MAIN_THREAD, { kind: "closed", leaves: false });
    } else if (this.#job !== undefined) {
      const job = this.#job.id;
      this.post(this.#options.loopThread, { kind: "job-ended", job, error, broken: true });
    }
    this.flush();
  }

  /** Sets the timer that flushes this thread's events. */
  #payLater(): void {
    this.#paying ??= setTimeout(() => {
      this.#paying = undefined;
      this.flush();
    }, longestDebt);
  }

  /** Leaves the thread to its native event loop until the instant, or until a message comes. */
  async #park({ until, floats = false }: ParkOperation): Promise<OperationResult> {
    let stranded = false;
    await this.#allWritten();
    const { mailbox, userCode, board, clock, writer } = this.#options;
    // A message may come at once, so flushing can wait for a while; a timer comes later than that.
    if (until !== Infinity) this.flush();
    else if (writer.flushOrOwe()) this.#payLater();
    const calls = userCode?.isBusy === true;
    if (until === Infinity && !calls) this.#rest();
    const whole = Math.floor(clock.msUntil(until));
    userCode?.watch();
    if (whole > 0) {
      await new Promise<void>((resolve, reject) => {
        const takeBack = after(whole, resolve);
        mailbox.onArrival(() => {
          takeBack();
          resolve();
        });
        if (whole === Infinity && calls)
          this.#whenStranded(() => {
            stranded = true;
            try {
              if (floats) resolve();
              else this.#rest();
            } catch (error) {
              reject(error as Error);
            }
          });
      });
      mailbox.onArrival(undefined);
      this.#whenStranded(undefined);
    } else if (userCode !== null) {
      await nativeTurn();
    }
    userCode?.unwatch();
    board.runs(this.number);
    if (mailbox.isDeadlocked) throw new Deadlock();
    // Timers cut off fractions of a millisecond. The rest is short enough to block for.
    const rest = clock.msUntil(until);
    if (rest < 1) standStillBriefly(rest);
    return { stranded };
  }

  /** Waits until nothing is alive any more of what user code has set going, here and on other threads. */
  async #drain({ until }: DrainOperation): Promise<OperationResult> {
    const { clock, userCode, keepThreads } = this.#options;
    this.linger();
    keepThreads();
    userCode?.watch();
    await new Promise<void>((resolve) => {
      const takeBack = after(clock.msUntil(until), resolve, false);
      this.#whenStranded(() => {
        takeBack();
        this.record(nothingLeft, MAIN, 0);
        resolve();
      });
    });
    userCode?.unwatch();
    const { exitCode } = process;
    return typeof exitCode === "number" ? { exitCode } : noResult;
  }

  /** Tells that the program is over and user code on this thread goes on. */
  linger(): void {
    this.flush();
    this.#lingers = true;
  }

  /** The same for a thread beside main, which ends by itself when nothing is left on it. */
  lingerOn(): void {
    this.linger();
    this.#whenStranded(() => this.record(nothingLeft, LAUNCH, 0));
  }

  /** Sets the callback for when nothing but messages can happen here; it is called once. Undefined unsets it. */
  #whenStranded(callback: (() => void) | undefined): void {
    const { mailbox } = this.#options;
    if (callback === undefined && this.#onStranded === undefined) return;
    this.#onStranded = callback;
    mailbox.keepsThread(callback === undefined);
    if (this.#seesEmptiness) return;
    this.#seesEmptiness = true;
    process.on("beforeExit", () => {
      const stranded = this.#onStranded;
      if (stranded === undefined) return;
      // The ports keep the thread alive again, and a message that is there by now comes first.
      mailbox.keepsThread(true);
      setImmediate(() => {
        if (this.#onStranded !== stranded) return;
        this.#whenStranded(undefined);
        stranded();
      });
    });
  }
}

/** One turn of the native event loop, in which promises of user code go on and rejections are told. */
function nativeTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
