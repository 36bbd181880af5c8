/** Which threads of a run compute at the same time. */
import type { Ticks } from "../base/duration.ts";
import type { EventLog } from "../trace/log.ts";
import { followSpans, type Span } from "../reading/spans.ts";
import { type Scenario, taskInstances } from "../scenario/model.ts";
import { does, type Strategy } from "../scenario/strategy.ts";
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
  // A loop that floats is JavaScript's, worker processes have a thread each, and with one there is none beside it.
  if (does(strategy, "floats") || does(strategy, "outlives")) return false;
  if (does(strategy, "blocksMain") && strategy.offload !== "threads") return false;
  if (!steps.some((list) => hasStep(list, "compute"))) return false;
  const jobs = new ComputingJobs(scenario);
  /** By thread: since when it computes. */
  const since = new Map<number, Ticks>();
  let isAtOnce = false;
  followSpans(log, (_, span) => {
    if (span === null || isAtOnce) return;
    jobs.hear(span);
    const computes = span.kind === "compute" || (span.kind === "job" && jobs.has(span.value));
    if (!computes || (span.inPool && strategy.offload === "processes")) return;
    if (span.to === null) {
      since.set(span.thread, span.from);
      return;
    }
    since.delete(span.thread);
    for (const other of since.values()) isAtOnce ||= span.to > Math.max(span.from, other);
  });
  return isAtOnce;
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

  hear({ kind, actor, to, value }: Span): void {
    if (actor < 0 || to !== null) return;
    if (kind === "cleanup") this.#cursors[actor] = this.#cleanUps[actor]!();
    if (kind !== "offload") return;
    const cursor = this.#cursors[actor]!;
    let step = cursor.next();
    while (step !== undefined && !isPoolStep(step)) step = cursor.next();
    if (step?.kind === "compute") this.#jobs.add(value);
  }
}
