/** Opening the durable queue of a run, in whichever of its processes. */
import type { DurableQueue, Queued } from "./queue.ts";

/** Opens a queue that has been prepared. */
export async function openQueue(file: string, queued: Queued): Promise<DurableQueue> {
  const { SqliteQueue } = await import("./sqlite-queue.ts");
  return SqliteQueue.open(file, queued);
}
