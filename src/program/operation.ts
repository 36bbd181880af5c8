/**
 * The operations of a thread program: the only things it ever yields to its driver.
 *
 * A thread program is a generator. When it yields, it is known to be at rest, and the driver takes
 * its thread through the operation in whatever time it keeps: a blocking call, a native timer, or a
 * number added to a clock.
 */
import type { CallStep } from "../scenario/calls.ts";
import type { Ticks } from "../base/duration.ts";
import type { Details } from "../trace/log.ts";
import type { PoolStep } from "../scenario/walk.ts";
import type { QueueAnswer, QueueOperation, WriteOperation } from "./queue.ts";

export type Operation =
  /** The whole thread stands still for this long (time.sleep). */
  | { kind: "block"; ticks: Ticks }
  /** The thread burns this much CPU time. */
  | { kind: "compute"; ticks: Ticks }
  | ParkOperation
  /** The thread blocks until this instant, or until a message comes (Thread.join). */
  | { kind: "wait"; until: Ticks }
  | CallOperation
  | JobOperation
  | DrainOperation
  | QueueOperation
  | WriteOperation;

/** A park: an event loop has nothing to do until this instant, or until a message comes. */
export interface ParkOperation {
  kind: "park";
  until: Ticks;
  /** Whether the park also ends when nothing alive on this thread can settle the loop's calls any more. */
  floats?: boolean;
}

/**
 * A drain: main's program is over, and its process stays until nothing that user code has set going is
 * alive, on this thread or on those that have ended before, or until this instant.
 */
export interface DrainOperation {
  kind: "drain";
  until: Ticks;
}

/**
 * A call of the user's function, which holds this thread until it returns. If it returns a promise in a
 * loop, the message `call-settled` says when that has settled.
 */
export interface CallOperation {
  kind: "call";
  call: number;
  actor: number;
  step: CallStep;
}

/** A job that a thread of the pool does, itself or through a process of its own. */
export interface JobOperation {
  kind: "job";
  job: Job;
}

/** The result of an operation, handed to the program by `next()`. Most have none beside their end. */
export interface OperationResult {
  /** The error of a called function that did not return, or of a job that failed. */
  error?: string | undefined;
  /** Whether the called function returned a promise. */
  promised?: boolean;
  /** Whether the process that did the job has died. */
  broken?: boolean;
  /** Whether a parked loop need not wait any longer: it floats, and nothing on its thread is alive. */
  stranded?: boolean;
  /** The exit status that user code has set, once the process has drained. */
  exitCode?: number;
  /** The answer of the durable queue. */
  queue?: QueueAnswer;
}

/** The result of an operation that has none. */
export const noResult: OperationResult = {};

/** A step of a task that the pool performs. */
export interface Job {
  id: number;
  actor: number;
  step: PoolStep;
  /** Its duration in virtual time, and the error that it ends with there, if it does. A real run measures both. */
  ticks: Ticks;
  error?: string;
}

/** A generator, or an object that behaves like one: it yields requests, and errors are thrown into it there. */
export interface Program<Wanted> extends Iterable<Wanted, void, OperationResult | undefined> {
  next(result?: OperationResult): IteratorResult<Wanted, void>;
  throw(error: Error): IteratorResult<Wanted, void>;
}

export type ThreadProgram<Result> = Generator<Operation, Result, OperationResult | undefined>;

/** The messages between the threads of one run. */
export type Message =
  /** To a loop's thread: close now, as `loop.stop` from another thread makes `asyncio.run` do. To a thread of the pool: end. */
  | { kind: "stop" }
  /** To a portal: close when every task has ended. To a worker process of a durable queue: take no more tasks, and the same. */
  | { kind: "finish" }
  /** From a loop's thread: its loop has closed, and the thread is over. `leaves`: tasks that have not ended. */
  | { kind: "closed"; leaves: boolean }
  /** From a loop's thread: its loop has closed, and the thread waits for its pool. */
  | { kind: "loop-closed" }
  /** To a loop's thread that has left tasks: the process ends, so they are collected now. And the answer. */
  | { kind: "collect" }
  | { kind: "collected" }
  /** To a loop's thread: run this task (run_coroutine_threadsafe). */
  | { kind: "submit"; task: number }
  /** To main: a task it submitted has ended. */
  | { kind: "task-ended"; task: number; status: "finished" | "failed" | "cancelled"; error: string }
  /** A value has come into a channel, or gone out of a bounded one. */
  | { kind: "filled"; channel: number }
  | { kind: "drained"; channel: number }
  /** To a worker process of a durable queue that waits for it: there may be a task from that instant on. */
  | { kind: "due"; from: Ticks }
  /** To a thread of the pool that had nothing to do: there may be a job now. */
  | { kind: "job" }
  /** To a thread of the pool that has no job: the process that would do it has been killed. */
  | { kind: "killed" }
  /** From the pool; `broken`: it can do no more jobs. */
  | { kind: "job-ended"; job: number; error: string | null; broken: boolean }
  /** From this very thread: what the user's function returned has settled; `heeded`: since its signal was aborted. */
  | { kind: "call-settled"; call: number; error: string | null; heeded: boolean }
  /** From user code, on this thread or in the pool: a send or receive that its promise waits for. */
  | { kind: "ask"; from: number; ask: number; actor: number; request: ChannelRequest }
  /** To user code: the same has been done. */
  | { kind: "answer"; ask: number; value: unknown; error: string | null };

/** The request of user code to a channel. */
export type ChannelRequest =
  | { kind: "send"; channel: number; value: unknown }
  | { kind: "receive"; channel: number; timeout: Ticks | null };

/**
 * A queue of values between threads, as one thread sees it. First in, first out.
 *
 * When one thread sends or receives, the others that may be waiting hear of it by a message.
 */
export interface Channel {
  readonly empty: boolean;
  readonly full: boolean;
  /**
   * Puts a value in if there is room.
   *
   * @param onSent hears the value's number in the channel, before any other thread can know of it.
   */
  trySend(value: unknown, onSent: (item: number) => void): boolean;
  /** Takes the oldest value out, if there is one; the room it leaves is known after `onReceived`. */
  tryReceive(onReceived: (item: number) => void): { value: unknown } | undefined;
}

/**
 * The thread a program runs on, as its driver gives it: a clock, a record, and other threads.
 *
 * None of these takes time.
 */
export interface Thread {
  readonly number: number;
  /** By the channel's index in the document. */
  readonly channels: readonly Channel[];
  /** Jitter: the duration that a step has this time, given the one in the document; null without jitter. */
  readonly vary: ((ticks: Ticks) => Ticks) | null;
  /** Ticks since main started. */
  now(): Ticks;
  /** A number from 0 up to 1, without 1; always a half in virtual time without jitter. */
  random(): number;
  /** Records an event of this thread, at this instant, which comes back. */
  record(type: number, actor: number, value: number, details?: Details): Ticks;
  /** Starts the thread of the event loop. */
  startLoop(): void;
  /** Says something to another thread, or to itself; if that one parks or waits, that ends. */
  post(to: number, message: Message): void;
  /** The oldest message not yet received. */
  receive(): Message | undefined;
  /** On the loop's thread: puts a job behind those that the pool has not begun. */
  offerJob(job: Job): void;
  /**
   * On the loop's thread: takes a job back, which nobody will do then.
   *
   * @param takenAhead how many of those that no thread is free for are taken nevertheless.
   * @returns false when it has been taken.
   */
  withdrawJob(id: number, takenAhead: number): boolean;
  /** On the loop's thread, when the pool does no more jobs: nobody is to begin this one. */
  dropJob(id: number): void;
  /** On a thread of the pool: the oldest job that nobody has begun, to be begun now. Else it hears of the next one. */
  takeJob(): Job | undefined;
  /** Aborts the signal of a call of the user's function that has not settled. */
  abort(call: number): void;
}
