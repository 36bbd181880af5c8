/** Preparing the place that a durable queue keeps its tasks in. */
import { UserError } from "../../../base/user-error.ts";
import type { ProgramSpec } from "../../../program/spec.ts";
import type { Scenario } from "../../../scenario/model.ts";
import { openQueue } from "./open.ts";

/** A queue that cannot be used for a run. */
export class QueueError extends UserError {}

/**
 * Makes a file ready, before any other process opens it.
 *
 * @throws QueueError where it is no such file.
 */
export async function prepareQueue(file: string): Promise<void> {
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
export async function checkEmpty(file: string, plan: ProgramSpec): Promise<void> {
  const queue = await openQueue(file, { plan, speed: 1 });
  const { count } = await queue.perform({ kind: "count" });
  await queue.close();
  if (count! > 0) throw new QueueError(leftWords(file, plan.scenario, count!));
}

function leftWords(file: string, { name }: Scenario, count: number): string {
  const tasks = count === 1 ? "a task" : `${count} tasks`;
  return `${file} holds ${tasks} of an earlier run of ${name}; have them performed (tandem worker ${name} --engine sqlite:${file}), or name another file`;
}

/** What is behind an error, on one line. */
function reasonOf(error: Error): string {
  const { cause } = error;
  return (cause instanceof Error ? cause.message : error.message).split("\n")[0]!;
}
