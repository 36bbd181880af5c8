/** Opening the durable queue of a run, in whichever of its processes. */
import type { ProgramSpec } from "../../../program/spec.ts";
import type { DurableQueue } from "./queue.ts";

/** What a queue needs to know of a run. */
export interface Queued {
  plan: ProgramSpec;
  /** By which the engine's own times are divided as well. */
  speed: number;
}

/** Opens a queue that has been prepared. */
export async function openQueue(file: string, queued: Queued): Promise<DurableQueue> {
  const { SqliteQueue } = await import("./sqlite-queue.ts");
  return SqliteQueue.open(file, queued);
}
