/**
 * Performing many runs whose lines nobody wants to see: one after the other in virtual time, side by
 * side for real where they do not disturb each other.
 *
 * Invariant: Ctrl-C ends it between two runs, and in a real one at once.
 */
import { type Outcome, readOutcome } from "../reading/outcome.ts";
import type { Simulate } from "../remedies/simulate.ts";
import { runVirtually } from "../drivers/virtual/virtual.ts";
import type { EventLog } from "../trace/log.ts";
import { callsAny } from "../scenario/calls.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { hasStep } from "../scenario/walk.ts";
import { ProgressLine } from "./progress.ts";
import { type EndingSignal, SignalWatch } from "./signals.ts";

/** What is to be performed. */
export interface Piece {
  scenario: Scenario;
  strategy: Strategy;
  /** What the modules of its calls are relative to. */
  folder: string;
}

/** How it is performed. */
export interface Manner {
  driver: "virtual" | "real";
  /** 1 in virtual time, which takes none. */
  speed: number;
}

/** What a run left: its events, and what they come to. */
export interface Performed {
  outcome: Outcome;
  log: EventLog;
}

/** How often, in ms, a signal is looked for and the line is drawn that says how far it is. */
const tickMs = 100;

/** How wide the bar is that says the same. */
const barWidth = 20;

/**
 * Performs the pieces.
 *
 * Real runs go side by side, one for each core. They mostly sleep; what takes a core from others is a
 * child's start. Measured on 2 cores with the catalogue at speed 5, runs ended later than in virtual
 * time by (median, worst) 6 and 10 ms one at a time, 7 and 11 ms with one a core, 7 and 23 ms with two,
 * and 7 and 33 ms with four. Those that compute, or call what may, come last, one at a time.
 *
 * @param nameOf what a piece is called while it is performed.
 * @param take is given each run that came to its end, or the error that kept it from that, and how
 *   many seconds that took.
 * @returns how many are done, and the signal by which the user ended it.
 */
export async function performAll<One extends Piece>(
  pieces: readonly One[],
  manner: Manner,
  nameOf: (piece: One) => string,
  take: (piece: One, run: Performed | Error, seconds: number) => void,
): Promise<{ done: number; signal: EndingSignal | null }> {
  const controller = new AbortController();
  using watch = new SignalWatch(() => controller.abort());
  using progress = new ProgressLine();
  let done = 0;
  let latest = "";
  const tell = (): void => {
    const filled = Math.round((done / pieces.length) * barWidth);
    const bar = "#".repeat(filled).padEnd(barWidth, ".");
    progress.show(`[${bar}] ${done} of ${pieces.length}; ${latest}`);
  };
  const ticker = setInterval(tell, tickMs);
  const work = async (waiting: One[]): Promise<void> => {
    let rested = performance.now();
    for (let next; watch.heard === null && (next = waiting.shift()) !== undefined; done++) {
      latest = nameOf(next);
      const startedAt = performance.now();
      const run = await performOne(next, manner, controller.signal).catch(toError);
      if (watch.heard !== null) return;
      take(next, run, (performance.now() - startedAt) / 1000);
      if (performance.now() - rested < tickMs) continue;
      // Virtual time leaves this thread no moment in which it could hear a signal.
      tell();
      await Bun.sleep(0);
      rested = performance.now();
    }
  };
  const { quiet = [], loud = [] } = Object.groupBy(pieces, ({ scenario }) =>
    manner.driver === "real" && usesCores(scenario) ? "loud" : "quiet",
  );
  const lanes = manner.driver === "real" ? navigator.hardwareConcurrency : 1;
  try {
    await Promise.all(Array.from({ length: lanes }, () => work(quiet)));
    await work(loud);
  } finally {
    clearInterval(ticker);
  }
  return { done, signal: watch.heard };
}

/** Performs a scenario in virtual time. */
export function simulate({ scenario, strategy }: Omit<Piece, "folder">): Performed {
  const log = runVirtually({ scenario, strategy, runtime: `Bun ${Bun.version}` });
  return { outcome: readOutcome({ scenario, strategy, driver: "virtual", speed: 1 }, log), log };
}

/** The same for those who look at what came of it, and not at how. */
export const tryOut: Simulate = (scenario, strategy) => simulate({ scenario, strategy }).outcome;

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

async function performOne(piece: Piece, manner: Manner, signal: AbortSignal): Promise<Performed> {
  if (manner.driver === "virtual") return simulate(piece);
  const { scenario, strategy, folder } = piece;
  const { RealRun, traitsOf } = await import("../drivers/real/real.ts");
  using real = new RealRun(traitsOf(piece));
  const { log } = await real.perform(
    { scenario, strategy, runtime: `Bun ${Bun.version}` },
    { speed: manner.speed, folder, timeout: null, signal },
  );
  return { outcome: readOutcome({ scenario, strategy, ...manner }, log), log };
}

/** Whether a scenario does more than wait: it computes, or calls functions that nobody knows. */
function usesCores(scenario: Scenario): boolean {
  const { main, launch, tasks } = scenario;
  const programs = [main, launch, ...tasks.flatMap((task) => [task.steps, task.finally])];
  return programs.some((steps) => hasStep(steps, "compute")) || callsAny(scenario);
}
