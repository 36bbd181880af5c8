/**
 * Performing a thread program on a real thread: real blocking, real computing, native timers.
 *
 * Invariant: before a thread stands still, and before it says anything that might make main end the
 * process, its events are in the pipe, or it owes them (wire.ts).
 */
import {
  logReasons,
  LAUNCH,
  LOOP_THREAD,
  MAIN,
  MAIN_THREAD,
  POOL_THREAD,
  typeNumber,
  waits,
} from "../../trace/event.ts";
import type { Details } from "../../trace/log.ts";
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
import type { PoolProcess } from "./pool-process.ts";
import { after } from "./timer.ts";
import type { Host, UserCode } from "./user-code.ts";
import { type EventWriter, longestDebt } from "./wire.ts";

const sleepBegan = typeNumber["sleep-began"];
const sleepEnded = typeNumber["sleep-ended"];
const processEnded = typeNumber["process-ended"];
const nothingLeft = typeNumber["nothing-left"];

/** From how many ms on a thread that stands still need not look after user code meanwhile. */
const longStand = 100;

/** In a burst of sleeps: some microseconds' worth of events. */
const eventsPerReading = 16;

export interface RealThreadOptions {
  number: number;
  /** Every duration is divided by it, and every time reported multiplied. */
  speed: number;
  clock: Clock;
  writer: EventWriter;
  board: Board;
  mailbox: Mailbox;
  channels: readonly Channel[];
  /** Of the channels, those that bring values from another thread. */
  shared: readonly SharedChannel[];
  /** By the channel's index. */
  channelNames: readonly string[];
  /** The steps that jobs are made of, the same on every thread. */
  poolSteps: readonly PoolStep[];
  /** The thread that the event loop runs on. */
  loopThread: number;
  startLoop: () => void;
  /** Threads beside main on which user code runs keep the process from here on. */
  keepThreads: () => void;
  /** Something that nobody calls or awaits has failed on this thread: it comes to its end at once. */
  onStray: () => never;
  /** Null where no step of this thread's calls any. */
  userCode: UserCode | null;
  /** What does this thread's jobs in its place, if anything. */
  process: PoolProcess | null;
}

export class RealThread implements Thread, Host {
  readonly number: number;
  readonly channels: readonly Channel[];
  /** Real time varies by itself. */
  readonly vary = null;
  readonly #options: RealThreadOptions;
  /** What user code on this thread has asked of the loop's. */
  readonly #asks = new Map<number, PromiseWithResolvers<unknown>>();
  #asked = 0;
  #lastReading: Ticks = 0;
  /** For how many events more the last reading of the clock is good. */
  #readingsLeft = 0;
  /** The timer by which the native event loop writes what is owed. */
  #paying: ReturnType<typeof setTimeout> | undefined;
  /** By the position of a step in the document, whose texts may be filled in: its place among the pool's steps. */
  readonly #stepNumbers: ReadonlyMap<Position, number>;
  /** What the functions of jobs get that nobody is known to have taken, where it is not what the document says. */
  readonly #args = new Map<number, unknown>();
  /** Jobs before this one are none for this thread of the pool: it has taken them, or another one has. */
  #nextJob = 0;
  /** What this thread of the pool is doing. */
  #job: Job | undefined;
  /** Called when nothing is alive on this thread but what others may still say to it. */
  #onStranded: (() => void) | undefined;
  #seesEmptiness = false;
  /** Its program is over, and user code goes on: nobody will see to it that its events are written. */
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

  record(type: number, actor: number, value: number, details?: Details): Ticks {
    // Nothing that comes behind it is listened to.
    if (type === processEnded) this.#options.userCode?.end();
    // Reading the clock costs more than all else of an event. A sleep concerns no other thread, so
    // in a burst of sleeps a few events may share a reading.
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
    // Whatever the loop does comes after what main did.
    this.flush();
    this.#options.startLoop();
  }

  post(to: number, message: Message): void {
    const { mailbox } = this.#options;
    if (to === this.number) return mailbox.deliver(message as Posted);
    // Main may end the process then.
    if (message.kind === "closed") this.#options.userCode?.end();
    // Main may end the process because of what it hears, from the loop, or through it from the pool.
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
    // A thread of the pool may tell of the job before this one tells where it came from.
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

  /** The step of a job as it is to be done. What its function gets has come before the job was offered. */
  #filledIn(step: PoolStep, job: number): PoolStep {
    if (step.kind !== "call" || !isFilledIn(step)) return step;
    for (const { job: other, args } of this.#options.mailbox.take("job-args"))
      this.#args.set(other, args);
    const args = this.#args.get(job);
    // Those before it have been taken by others.
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
   * Takes a program from operation to operation to its end; what it recorded last is still to be
   * flushed then.
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
      // A wait may be over at once, and takes care of it itself.
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
          // In a loop, what the function left behind gets its turn at once, as in any other.
          if (value.actor !== MAIN) await nativeTurn();
          break;
        case "drain":
          result = await this.#drain(value);
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

  /** What takes no longer than events may be owed need not be preceded by a write. */
  #flushBefore(operation: Operation): void {
    const step = operation.kind === "job" ? operation.job.step : operation;
    const { clock, writer } = this.#options;
    const isShort = "ticks" in step && clock.msOf(step.ticks) < longestDebt;
    if (isShort) writer.flushOrOwe();
    else this.flush();
  }

  /** Stands still for a stretch of scenario time. */
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
   * @param onlyNew only one that has not come yet counts.
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

  /** Nothing will happen here until a message comes; if none can, the run is deadlocked. */
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

  /** A job that takes more than holding this thread. */
  async #do({ job }: JobOperation): Promise<OperationResult> {
    const { process, clock, mailbox, board, userCode } = this.#options;
    this.#job = job;
    // Until somebody answers, nothing here can go on any more; of a process that is not known.
    const waits = (): void => {
      if (process !== null) return;
      this.#whenStranded(() => {
        this.flush();
        this.#rest();
      });
    };
    // What user code in the pool asks of channels is answered while its job goes on.
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

  /** User code has ended this thread: whoever waits for it hears of that. */
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

  /** Has the native event loop write what this thread owes. */
  #payLater(): void {
    this.#paying ??= setTimeout(() => {
      this.#paying = undefined;
      this.flush();
    }, longestDebt);
  }

  /** Leaves the thread to its native event loop until the instant, or until a message comes. */
  async #park({ until, floats = false }: ParkOperation): Promise<OperationResult> {
    let stranded = false;
    const { mailbox, userCode, board, clock, writer } = this.#options;
    // The next message may be there in no time, but not the next timer.
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
    // Timers cut off fractions too. For less than a millisecond, standing still does no harm.
    const rest = clock.msUntil(until);
    if (rest < 1) standStillBriefly(rest);
    return { stranded };
  }

  /** Leaves main's thread to what user code has set going, here and on other threads, until it is over. */
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

  /** The thread's program is over, but not what user code on it does. */
  linger(): void {
    this.flush();
    this.#lingers = true;
  }

  /** The same for a thread beside main, which ends by itself when nothing is left on it. */
  lingerOn(): void {
    this.linger();
    this.#whenStranded(() => this.record(nothingLeft, LAUNCH, 0));
  }

  /** Calls back once when nothing here is alive any more that could go on by itself; undefined: no more. */
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
      // The thread ends unless it has something to do by now; and a message may come until then.
      mailbox.keepsThread(true);
      setImmediate(() => {
        if (this.#onStranded !== stranded) return;
        this.#whenStranded(undefined);
        stranded();
      });
    });
  }
}

/** Lets the thread's native event loop go round once: promises of user code, and their rejections. */
function nativeTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
