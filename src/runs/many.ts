/**
 * Running many plans: one after the other in virtual time, side by side for real where they do not
 * disturb each other.
 *
 * Invariant: an abort ends it between two runs, and a real one at once.
 */
import { callsAny } from "../scenario/calls.ts";
import { Stretch } from "../base/stretch.ts";
import type { Scenario } from "../scenario/model.ts";
import { sizeOf } from "../scenario/size.ts";
import { isWithinProcess } from "../scenario/strategy.ts";
import { hasStep } from "../scenario/walk.ts";
import type { Plan } from "../outcome/plan.ts";
import type { Run } from "../outcome/run.ts";
import { run } from "./run.ts";

/** How far a use case has come that takes more than one run. */
export interface Progress {
  done: number;
  of: number;
  /** What is run now. */
  latest: string;
}

/** Whoever waits for a use case: may abort it, and may want to hear how far it is. */
export interface Watcher {
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** A plan, and what it is called while it is run. */
export interface NamedPlan {
  plan: Plan;
  name: string;
}

/** The size from which on a run is worth the time that its collection takes. */
const largeBytes = 50e6;

/**
 * Runs the plans, until it is aborted.
 *
 * Real runs go side by side, one for each core. They mostly sleep; what takes a core from others is a
 * child's start. Measured on 2 cores with the catalogue at speed 5, runs ended later than in virtual
 * time by (median, worst) 6 and 10 ms one at a time, 7 and 11 ms with one a core, 7 and 23 ms with two,
 * and 7 and 33 ms with four. Those that compute, or call what may, or keep tasks in one file, come last,
 * one at a time.
 *
 * @param take is given each run that came to its end, or the error that kept it from that, and how
 *   many seconds that took.
 */
export async function runEach<One extends NamedPlan>(
  all: readonly One[],
  { signal, onProgress }: Watcher,
  take: (one: One, run: Run | Error, seconds: number) => void,
): Promise<void> {
  let done = 0;
  let latest = "";
  const tell = (): void => onProgress?.({ done, of: all.length, latest });
  tell();
  const work = async (waiting: One[]): Promise<void> => {
    const stretch = new Stretch();
    for (let next; !signal.aborted && (next = waiting.shift()) !== undefined;) {
      latest = next.name;
      tell();
      const startedAt = performance.now();
      const result = await run(next.plan, { signal }).catch(toError);
      if (signal.aborted) return;
      take(next, result, (performance.now() - startedAt) / 1000);
      // What is left of a large run goes at once, or else several of them are held together.
      const { scenario, driver, strategy } = next.plan;
      if (sizeOf(scenario, driver.kind, strategy).bytes > largeBytes) Bun.gc(true);
      done++;
      tell();
      if (stretch.isOver) await stretch.rest();
    }
  };
  const isReal = ({ plan }: One): boolean => plan.driver.kind === "real";
  const { quiet = [], loud = [] } = Object.groupBy(all, (one) =>
    isReal(one) && (usesCores(one.plan.scenario) || isShared(one.plan)) ? "loud" : "quiet",
  );
  const lanes = all.some(isReal) ? navigator.hardwareConcurrency : 1;
  await Promise.all(Array.from({ length: lanes }, () => work(quiet)));
  await work(loud);
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Whether a plan's durable queue is where that of others may be as well. */
function isShared({ queue, strategy }: Plan): boolean {
  return queue != null && !isWithinProcess(strategy);
}

/** Whether a scenario does more than wait: it computes, or calls functions that nobody knows. */
function usesCores(scenario: Scenario): boolean {
  const { main, launch, tasks } = scenario;
  const programs = [main, launch, ...tasks.flatMap((task) => [task.steps, task.finally])];
  return programs.some((steps) => hasStep(steps, "compute")) || callsAny(scenario);
}
