/**
 * The operations of a thread program: the only things it ever yields to its driver.
 *
 * A thread program is a generator. When it yields, it is known to be at rest, and the driver takes
 * its thread through the operation in whatever time it keeps: a blocking call, a native timer, or a
 * number added to a clock.
 */
import type { Ticks } from "../scenario/duration.ts";

export type Operation =
  /** The whole thread stands still for this long (time.sleep). */
  | { kind: "block"; ticks: Ticks }
  /** The thread burns this much CPU time. */
  | { kind: "compute"; ticks: Ticks }
  /** An event loop has nothing to do until this instant, or until a message comes. */
  | { kind: "park"; until: Ticks }
  /** The thread blocks until this instant, or until a message comes (Thread.join). */
  | { kind: "wait"; until: Ticks };

export type ThreadProgram<Result> = Generator<Operation, Result, void>;

/** What threads of one run say to each other. */
export type Message =
  /** To a loop's thread: close now, as `loop.stop` from another thread makes `asyncio.run` do. */
  | "stop"
  /** From a loop's thread: its loop has closed, and the thread is over. */
  | "closed";

/**
 * The thread a program runs on, as its driver gives it: a clock, a record, and other threads.
 *
 * None of these takes time.
 */
export interface Thread {
  readonly number: number;
  /** Ticks since main started. */
  now(): Ticks;
  /** Records an event of this thread, at this instant. */
  record(type: number, actor: number, value: number, text?: string): void;
  /** Starts the thread of the event loop. */
  startLoop(): void;
  /** Says something to the other thread; if it parks or waits, that ends. */
  post(message: Message): void;
  /** The oldest message not yet received. */
  receive(): Message | undefined;
}
