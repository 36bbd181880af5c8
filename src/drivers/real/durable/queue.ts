/** A durable queue for real, as the processes of a run have it: whatever its engine, they ask no more of it. */
import type { ProgramSpec } from "../../../program/spec.ts";
import type { QueueAnswer, QueueRequest } from "../../../program/queue.ts";

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
  /** Lets go of what the engine holds open. What is stored stays. */
  close(): Promise<void>;
}
