/** A durable queue in virtual time: what its engine would store, give out and refuse, at which instant. */
import type { Ticks } from "../../base/duration.ts";
import type { QueueAnswer, QueueRequest } from "../../program/queue.ts";

export interface VirtualQueue {
  /** How many tasks have not come to an end for good. */
  readonly open: number;
  /** How long its answer takes. */
  costOf(request: QueueRequest): Ticks;
  /** @param by the thread that asks. */
  perform(request: QueueRequest, now: Ticks, by: number): QueueAnswer;
  /** A worker process has been killed. */
  forget(thread: number): void;
}

/** Has a worker process that waits for it hear that there may be a task from an instant on. */
export type TellDue = (thread: number, from: Ticks) => void;
