/** Running a plan once, by whichever driver it names. */
import type { Ticks } from "../base/duration.ts";
import type { RealOptions, RealRun } from "../drivers/real/real.ts";
import type { RunTraits } from "../drivers/real/self.ts";
import { runVirtually, runVirtuallyUntil } from "../drivers/virtual/virtual.ts";
import { jitterOf, type Plan, speedOf } from "../outcome/plan.ts";
import { type Run, runOf } from "../outcome/run.ts";

/** The process of a real run, started before its plan is known. */
export type RealProcess = Pick<RealRun, "now" | "perform">;

/** What may be said of one run; who watches it hears of it while it goes on, where it is real. */
export interface RunOptions extends Partial<
  Pick<RealOptions, "signal" | "onPrint" | "onRaw" | "onEvents">
> {
  /** Ends the run at this instant of scenario time. */
  timeout?: Ticks | null;
  /** Left out: one is started, and ended. */
  process?: RealProcess;
}

/** Runs a plan to its end, or to whatever ends it before. */
export async function run(plan: Plan, options: RunOptions = {}): Promise<Run> {
  if (plan.driver.kind === "virtual") return runInVirtualTimeUntil(plan, options);
  if (options.process !== undefined) return runOn(options.process, plan, options);
  using process = await openProcessOf(plan);
  return await runOn(process, plan, options);
}

/** Runs a plan in virtual time, at once. @param timeout ends the run at this instant. */
export function runInVirtualTime(plan: Plan, timeout: Ticks | null = null): Run {
  return runOf(plan, runVirtually(plan, timeout, jitterOf(plan.driver)));
}

/** The same beside whatever else goes on, until it is aborted. */
async function runInVirtualTimeUntil(
  plan: Plan,
  { signal = new AbortController().signal, timeout = null }: RunOptions,
): Promise<Run> {
  const options = { timeout, jitter: jitterOf(plan.driver) };
  return runOf(plan, await runVirtuallyUntil(signal, plan, options));
}

/** Starts the process of a real run, which waits for its plan. */
export async function openProcess(traits: RunTraits): Promise<RealProcess & Disposable> {
  const { RealRun } = await import("../drivers/real/real.ts");
  return new RealRun(traits);
}

/** The same for a plan that is known. */
export async function openProcessOf(plan: Plan): Promise<RealProcess & Disposable> {
  const { RealRun, traitsOf } = await import("../drivers/real/real.ts");
  return new RealRun(traitsOf(plan));
}

async function runOn(
  process: RealProcess,
  plan: Plan,
  { signal = new AbortController().signal, timeout = null, ...hearing }: RunOptions,
): Promise<Run> {
  const { folder } = plan;
  const { log, places, epoch, disturbed, ...ending } = await process.perform(plan, {
    speed: speedOf(plan.driver),
    folder,
    signal,
    timeout,
    ...hearing,
  });
  return runOf(plan, log, { ending, epoch, places, disturbed });
}
