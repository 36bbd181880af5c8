/** Opening the durable queue of a run, in whichever of its processes. */
import type { DurableQueue, Queued, QueuePlace } from "./queue.ts";

/**
 * Opens a queue that has been prepared.
 *
 * @param onDue hears that there is a task for who has asked to be told.
 */
export async function openQueue(
  place: QueuePlace,
  queued: Queued,
  onDue: () => void = () => undefined,
): Promise<DurableQueue> {
  if (place.engine === "sqlite") {
    const { SqliteQueue } = await import("./sqlite-queue.ts");
    return SqliteQueue.open(place.file, queued);
  }
  const { RedisQueue } = await import("./redis-queue.ts");
  return await RedisQueue.open(place, queued, onDue);
}
