/** What tests say of the attempts at the tasks of a durable queue. */
import type { Outcome } from "../../src/outcome/outcome.ts";

/** Of each task: its status, and of each attempt the worker, from when to when (ms), and how. */
export function attemptsOf({ tasks, reading }: Outcome): unknown[] {
  const names = new Map(reading.threads.map(({ number, name }) => [number, name]));
  return tasks.map(({ name, status, attempts }) => [
    name,
    status,
    ...attempts.map(({ thread, from, to, how }) => [
      names.get(thread),
      from / 1000,
      to === null ? null : to / 1000,
      how,
    ]),
  ]);
}
