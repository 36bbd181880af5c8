/**
 * What tasks came to that were acknowledged before they were done: the queue holds them for done, so it is kept apart
 * from that, as in Celery's result backend.
 */
import type { QueueAnswer, QueuedResult, QueueRequest } from "../../program/queue.ts";

export class RecordedResults {
  readonly #all = new Map<number, QueuedResult>();
  /** By task that is performed: the thread that does it. */
  readonly #performed = new Map<number, number>();

  /** How many tasks are performed. */
  get open(): number {
    return this.#performed.size;
  }

  /** @returns null where the queue itself is asked. */
  perform(request: QueueRequest, thread: number): QueueAnswer | null {
    switch (request.kind) {
      case "complete":
        this.#performed.set(request.claim.task, thread);
        return null;
      case "record":
        this.#all.set(request.result.task, request.result);
        this.#performed.delete(request.result.task);
        return { taken: "done" };
      case "results":
        return { results: request.tasks.flatMap((task) => this.#all.get(task) ?? []) };
      case "ended":
        return { results: [...this.#all.values()] };
      default:
        return null;
    }
  }

  /** A worker process has been killed, and with it whatever it performed. */
  forget(killed: number): void {
    for (const [task, thread] of this.#performed)
      if (thread === killed) this.#performed.delete(task);
  }
}
