/** Running a plan once, by whichever driver it names: a run is the plan and all that was recorded of it. */
import { type Outcome, readOutcome } from "../outcome/outcome.ts";
import type { RealOptions, RealRun } from "../drivers/real/real.ts";
import type { RunTraits } from "../drivers/real/self.ts";
import { runVirtually } from "../drivers/virtual/virtual.ts";
import type { EventLog } from "../trace/log.ts";
import type { Ticks } from "../base/duration.ts";
import type { Plan } from "./plan.ts";

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

/** How a run ended, where that is no part of its trace. */
export interface Ending {
  /** Whether something else than its program's end ended a real run. */
  endedEarly: boolean;
  /** The signal of a terminal that ended its process, when it was none of tandem's own sending. */
  signal: "SIGINT" | "SIGTERM" | null;
  /** What the process wrote to stderr, if it ended unexpectedly. */
  complaint: string;
}

/** A run that is over. */
export class Run {
  readonly plan: Plan;
  /** Its events, in the order of time. */
  readonly log: EventLog;
  readonly ending: Ending;
  /** When main started, in ms since 1970; null in virtual time, and where main did not start. */
  readonly epoch: number | null;
  #outcome: Outcome | undefined;

  constructor(
    plan: Plan,
    log: EventLog,
    ending: Ending = { endedEarly: false, signal: null, complaint: "" },
    epoch: number | null = null,
  ) {
    this.epoch = epoch;
    this.plan = plan;
    this.log = log;
    this.ending = ending;
  }

  /** What the events come to; they are read when it is first asked for. */
  get outcome(): Outcome {
    return (this.#outcome ??= readOutcome(performed(this.plan), this.log));
  }
}

function performed({ scenario, strategy, driver }: Plan): Parameters<typeof readOutcome>[0] {
  if (driver.kind === "real") return { scenario, strategy, driver: "real", speed: driver.speed };
  const { jitter } = driver;
  return {
    scenario,
    strategy,
    driver: "virtual",
    speed: 1,
    ...(jitter === null ? {} : { jitter }),
  };
}

/** Runs a plan to its end, or to whatever ends it before; in virtual time at once. */
export async function run(plan: Plan, options: RunOptions = {}): Promise<Run> {
  if (plan.driver.kind === "virtual") return runInVirtualTime(plan, options.timeout);
  if (options.process !== undefined) return runOn(options.process, plan, options);
  using process = await openProcessOf(plan);
  return await runOn(process, plan, options);
}

/** Runs a plan in virtual time. @param timeout ends the run at this instant. */
export function runInVirtualTime(plan: Plan, timeout: Ticks | null = null): Run {
  const jitter = plan.driver.kind === "virtual" ? plan.driver.jitter : null;
  return new Run(plan, runVirtually(plan, timeout, jitter));
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
  const speed = plan.driver.kind === "real" ? plan.driver.speed : 1;
  const { folder } = plan;
  const { log, epoch, ...ending } = await process.perform(plan, {
    speed,
    folder,
    signal,
    timeout,
    ...hearing,
  });
  return new Run(plan, log, ending, epoch);
}
