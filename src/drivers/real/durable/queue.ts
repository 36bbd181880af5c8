/** A durable queue for real, as the processes of a run have it: whatever its engine, they ask no more of it. */
import type { QueueAnswer, QueueRequest } from "../../../program/queue.ts";

export interface DurableQueue {
  perform(request: QueueRequest): Promise<QueueAnswer>;
  /** Lets go of what the engine holds open. What is stored stays. */
  close(): Promise<void>;
}
