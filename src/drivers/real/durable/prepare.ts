/** Preparing the place that a durable queue keeps its tasks in. */
import type { ProgramSpec } from "../../../program/spec.ts";
import { formatEngine } from "../../../scenario/engine.ts";
import { openQueue } from "./open.ts";
import { QueueError, type QueuePlace } from "./queue.ts";

/** The place that somebody has named for the queue of this strategy; null where a run has its own. */
export function placeNamed({ queue, strategy }: ProgramSpec): QueuePlace | null {
  if (queue?.engine !== strategy.engine) return null;
  if (queue.engine === "redis") return queue;
  return queue.file === null ? null : { engine: "sqlite", file: queue.file };
}

/**
 * Makes a place ready, before any other process opens it.
 *
 * @throws QueueError where no queue can be there.
 */
export async function prepareQueue(place: QueuePlace): Promise<void> {
  if (place.engine === "redis") {
    const { askServer } = await import("./redis-server.ts");
    await askServer(place);
    return;
  }
  const { file } = place;
  const { SqliteQueue } = await import("./sqlite-queue.ts");
  try {
    await SqliteQueue.prepare(file);
  } catch (error) {
    throw new QueueError(
      `${file} cannot be used as a queue (${reasonOf(error as Error)}); name a file that does not exist, or one that tandem has made`,
    );
  }
}

/**
 * Passes a queue in which nothing of an earlier run waits.
 *
 * @throws QueueError where something does: this run could not tell it from its own tasks.
 */
export async function checkEmpty(place: QueuePlace, plan: ProgramSpec): Promise<void> {
  const queue = await openQueue(place, { plan, speed: 1 });
  try {
    const { count } = await queue.perform({ kind: "count" });
    if (count! > 0) throw new QueueError(leftWords(place, plan.scenario.name, count!));
    await queue.clear();
  } finally {
    await queue.close();
  }
}

function leftWords(place: QueuePlace, name: string, count: number): string {
  const tasks = count === 1 ? "a task" : `${count} tasks`;
  const engine = formatEngine(place);
  const [where, other] =
    place.engine === "sqlite"
      ? [place.file, "name another file"]
      : [engine, "name another database of it"];
  return `${where} holds ${tasks} of an earlier run of ${name}; have them performed (tandem worker ${name} --engine ${engine}), or ${other}`;
}

/** What is behind an error, on one line. */
function reasonOf(error: Error): string {
  const { cause } = error;
  return (cause instanceof Error ? cause.message : error.message).split("\n")[0]!;
}
