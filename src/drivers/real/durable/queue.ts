/** A durable queue for real, as the processes of a run have it: whatever its engine, they ask no more of it. */
import { UserError } from "../../../base/user-error.ts";
import type { ProgramSpec } from "../../../program/spec.ts";
import type { QueueAnswer, QueueRequest } from "../../../program/queue.ts";
import type { EngineAddress } from "../../../scenario/engine.ts";

/** Where a queue is, for all processes of a run. */
export type QueuePlace =
  { engine: "sqlite"; file: string } | Extract<EngineAddress, { engine: "redis" }>;

/** What a queue needs to know of a run. */
export interface Queued {
  plan: ProgramSpec;
  /** By which the engine's own times are divided as well. */
  speed: number;
}

export interface DurableQueue {
  perform(request: QueueRequest): Promise<QueueAnswer>;
  /**
   * Stores a task by the engine's own client, as a program of its user's does: nothing is written before the loop of
   * its thread has turned.
   */
  write(task: number): Promise<void>;
  /** Takes no more tasks, and lets go of those that it has taken and handed to nobody. */
  leave(): void;
  /** Removes what it keeps of tasks that have ended, where their engine does not leave that in a file of the user's. */
  clear(): Promise<void>;
  /** Lets go of what the engine holds open. What is stored stays. */
  close(): Promise<void>;
}

/** A queue that cannot be used for a run. */
export class QueueError extends UserError {}
