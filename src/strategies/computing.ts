/** Which threads of a run compute at the same time. */
import { eventTypes, typeNumber, POOL_THREAD } from "../trace/event.ts";
import type { EventLog } from "../trace/log.ts";
import { type Scenario, taskInstances } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { Cursor, hasStep, isPoolStep } from "../scenario/walk.ts";

/**
 * Whether threads of one process computed side by side for a while.
 *
 * In CPython they share the interpreter's lock and take turns, so what such a run says of time holds
 * for JavaScript. Processes of a pool share nothing.
 */
export function computeAtOnce(scenario: Scenario, strategy: Strategy, log: EventLog): boolean {
  const { main, launch, tasks } = scenario;
  const steps = [main, launch, ...tasks.flatMap((task) => [task.steps, task.finally])];
  // A loop that floats is JavaScript's, and with one thread there is none beside it.
  if (strategy.loop === "float") return false;
  if (strategy.loop === "inline" && strategy.offload !== "threads") return false;
  if (!steps.some((list) => hasStep(list, "compute"))) return false;
  const jobs = new ComputingJobs(scenario);
  const since = new Map<number, number>();
  for (const { length, at, type, thread, actor, value } of log.chunks)
    for (let k = 0; k < length; k++) {
      const event = eventTypes[type[k]!]!;
      jobs.hear(event, actor[k]!, value[k]!);
      const where = thread[k]!;
      const begins = event === "compute-began" || (event === "job-began" && jobs.has(value[k]!));
      if (begins && !(where >= POOL_THREAD && strategy.offload === "processes"))
        since.set(where, at[k]!);
      if (type[k] !== typeNumber["compute-ended"] && type[k] !== typeNumber["job-ended"]) continue;
      const began = since.get(where);
      if (began === undefined) continue;
      since.delete(where);
      for (const other of since.values()) if (at[k]! > Math.max(began, other)) return true;
    }
  return false;
}

/** The jobs of a pool that compute: a task hands its steps over in their order. */
class ComputingJobs {
  readonly #cursors: Cursor[];
  readonly #cleanUps: (() => Cursor)[];
  readonly #jobs = new Set<number>();

  constructor(scenario: Scenario) {
    const specs = taskInstances(scenario).map(({ spec }) => spec);
    this.#cursors = specs.map(({ steps }) => new Cursor(steps));
    this.#cleanUps = specs.map((spec) => () => new Cursor(spec.finally));
  }

  has(job: number): boolean {
    return this.#jobs.has(job);
  }

  hear(event: (typeof eventTypes)[number], actor: number, value: number): void {
    if (actor < 0) return;
    if (event === "cleanup-began") this.#cursors[actor] = this.#cleanUps[actor]!();
    if (event !== "offload-began") return;
    const cursor = this.#cursors[actor]!;
    let step = cursor.next();
    while (step !== undefined && !isPoolStep(step)) step = cursor.next();
    if (step?.kind === "compute") this.#jobs.add(value);
  }
}
