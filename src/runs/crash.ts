/**
 * Kills at every moment at which they make a difference, in virtual time; and the worst of them for real.
 *
 * A kill of the whole process is read off one run without it (`reading/kills.ts`). Where others go on after a kill,
 * as after that of a worker, each moment is a run of its own.
 */
import { formatTime, type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import { Stretch } from "../base/stretch.ts";
import { isLost, type Outcome, type TaskOutcome } from "../outcome/outcome.ts";
import { type Plan, virtual } from "../outcome/plan.ts";
import type { Run } from "../outcome/run.ts";
import { type HearRemains, longerWhile, readKills, type While } from "../reading/kills.ts";
import { endsAll, type KillTarget, targetsUnder } from "../scenario/kill.ts";
import type { Scenario } from "../scenario/model.ts";
import { sizeOf } from "../scenario/size.ts";
import type { Strategy } from "../scenario/strategy.ts";
import {
  type Crash,
  type CrashMoment,
  isDoneTwice,
  longer,
  middleOf,
  withKill,
  worstOf,
} from "../strategies/crash.ts";
import type { Verified } from "../strategies/divergence.ts";
import { runEach, type Watcher } from "./many.ts";
import { run, runInVirtualTime } from "./run.ts";
import { besideItsModel } from "./verify.ts";

/** The most moments that are tried by a run each, the most events that these have in all, and the fewest runs. */
const mostRuns = 200;
const mostEvents = 700_000;
const fewestRuns = 8;

/** How long an event takes, in ms. */
const eventMs = 2e-3;

export interface Crashing {
  /** In virtual time; its own kills are left out. */
  plan: Plan;
  strategies: readonly Strategy[];
  /** Hears what a kill of everything leaves of each task under a strategy. */
  hear?: (strategy: Strategy) => HearRemains;
}

/**
 * How often a large scenario is performed under a strategy, about: as it is, read twice, and killed at the worst
 * moment; and where others go on after a kill, killed at the fewest moments that are tried.
 */
export function runsToCrash(strategy: Strategy): number {
  const goesOn = targetsUnder(strategy).some((what) => !endsAll(what, strategy));
  return 3 + (goesOn ? fewestRuns : 0);
}

/** How long a moment has to last, in ms of real time, for a kill to come within it on a busy machine. */
const leastReal = 100;

/** The worst of the moments that can be hit for real; null where none does harm. */
export function worstForReal(crash: Crash, speed: number): CrashMoment | null {
  const least = leastReal * TICKS_PER_MS * speed;
  return worstOf({ moments: crash.moments.filter(({ calm }) => calm.to - calm.from >= least) });
}

/** The worst moment under a strategy: when it is, and what is kept of the run that is killed then. */
export interface Worst<Kept> {
  moment: CrashMoment;
  at: Ticks;
  kept: Kept;
}

/** What is asked of those who keep something of a killed run, whose events may be millions. */
export type Keep<Kept> = (run: Run, crash: Crash, worst: Omit<Worst<Kept>, "kept">) => Kept;

type Crashed<Kept> = Crash & { worst: Worst<Kept> | null };

/** @returns null when it was aborted. */
export async function crash<Kept>(
  { plan, strategies, hear }: Crashing,
  { signal, onProgress }: Watcher,
  keep: Keep<Kept>,
): Promise<Crashed<Kept>[] | null> {
  const found: Crashed<Kept>[] = [];
  const scenario: Scenario = { ...plan.scenario, kills: [] };
  const stretch = new Stretch();
  for (const [done, strategy] of strategies.entries()) {
    onProgress?.({ done, of: strategies.length, latest: strategy.name });
    if (stretch.isOver) await stretch.rest();
    const whole = await run({ ...plan, scenario, strategy, driver: virtual }, { signal });
    if (signal.aborted) return null;
    for (const what of targetsUnder(strategy)) {
      const moments = endsAll(what, strategy)
        ? { moments: readOff(whole, hear?.(strategy)), passedOver: 0 }
        : await killEach(whole, what, signal);
      if (signal.aborted) return null;
      const one = { ...crashOf(whole, what), ...moments };
      const moment = worstOf(one);
      const at = moment === null ? 0 : middleOf(moment.calm);
      found.push({
        ...one,
        worst: moment && { moment, at, kept: keep(killed(whole, what, at), one, { moment, at }) },
      });
    }
  }
  return found;
}

/** A kill to be replayed. */
export interface Replayed {
  strategy: Strategy;
  killed: KillTarget;
  at: Ticks;
}

/** Replays kills, each beside its model. @param plan of a real run. @returns null when it was aborted. */
export async function replay(
  plan: Plan,
  kills: readonly Replayed[],
  watcher: Watcher,
): Promise<Verified[] | null> {
  const verified: Verified[] = [];
  const all = kills.map(({ strategy, killed: what, at }, index) => {
    const scenario = withKill(plan.scenario, what, at);
    const name = `${what === "process" ? "" : `${what} of `}${strategy.name} at ${formatTime(at)}`;
    return { plan: { ...plan, scenario, strategy }, name, index };
  });
  await runEach(all, watcher, ({ index, name }, real) => {
    if (real instanceof Error) throw real;
    verified[index] = { ...butForTimes(besideItsModel(real)), strategy: name };
  });
  return watcher.signal.aborted ? null : verified;
}

/**
 * What differs but in times: a signal is as late as the machine is, and so is the end of whatever it ends; and a queue
 * is looked into by chance.
 */
function butForTimes(found: Verified): Verified {
  // Times are told apart only where nothing else differs.
  if (found.late === null || found.divergences.length === 0) return found;
  const lateBecause = "when a kill comes is the machine's";
  return { ...found, divergences: [], cause: null, lateBecause, onlyLate: false };
}

function killed({ plan }: Run, what: KillTarget, at: Ticks): Run {
  return runInVirtualTime({ ...plan, scenario: withKill(plan.scenario, what, at) });
}

function crashOf({ outcome, plan }: Run, what: KillTarget): Omit<Crash, "moments" | "passedOver"> {
  const { wall: end, tasks, interruptedBy } = outcome;
  return {
    strategy: plan.strategy,
    killed: what,
    wall: interruptedBy === null ? end : null,
    end,
    tasks: tasks.length,
    lostAnyway: tasks.filter(isLost).length,
  };
}

/** What a kill of everything leaves. Whoever started the process sees its status at once. */
function readOff(whole: Run, hear: HearRemains | undefined): CrashMoment[] {
  return readKills(whole.trace, hear).map((one) => ({
    ...one,
    failed: 0,
    twice: 0,
    unnoticed: 0,
  }));
}

/** What a kill leaves after which others go on: a run for each moment. */
async function killEach(
  whole: Run,
  what: KillTarget,
  signal: AbortSignal,
): Promise<Pick<Crash, "moments" | "passedOver">> {
  const all = gapsOf(whole);
  const { scenario, strategy } = whole.plan;
  // Looks into a queue are no events, and take as long.
  const looks = sizeOf(scenario, "virtual", strategy).ms / eventMs;
  const events = Math.max(whole.trace.log.length, looks);
  const most = Math.max(fewestRuns, Math.min(mostRuns, Math.floor(mostEvents / events)));
  const step = Math.max(1, Math.ceil(all.length / most));
  const tried = all.filter((_, index) => index % step === 0);
  const moments: CrashMoment[] = [];
  const stretch = new Stretch();
  for (const [index, gap] of tried.entries()) {
    const at = middleOf(gap);
    const to = tried[index + 1]?.from ?? whole.outcome.wall;
    const now = momentOf(whole.outcome, killed(whole, what, at).outcome, at);
    const last = moments.at(-1);
    if (last !== undefined && isAlike(last, now)) {
      last.to = to;
      last.calm = longerWhile(last.calm, gap);
      last.unnoticed = longer(last.unnoticed, now.unnoticed);
    } else moments.push({ ...now, from: gap.from, to, calm: gap });
    if (!stretch.isOver) continue;
    await stretch.rest();
    if (signal.aborted) break;
  }
  return { moments, passedOver: all.length - tried.length };
}

/** The whiles between two instants at which something happens. */
function gapsOf({ trace }: Run): While[] {
  const instants = new Set<Ticks>([0]);
  for (const { at, length } of trace.log.chunks)
    for (let k = 0; k < length; k++) instants.add(at[k]!);
  const sorted = [...instants].toSorted((a, b) => a - b);
  return sorted.slice(1).map((to, index) => ({ from: sorted[index]!, to }));
}

type Counts = Omit<CrashMoment, "from" | "to" | "calm">;

/** What a kill came to, beside the same run without. */
function momentOf(whole: Outcome, { tasks }: Outcome, at: Ticks): Counts {
  const lost = tasks.filter(isLost);
  const failed = tasks.filter(
    (task) => task.status === "failed" && whole.tasks[task.number]!.status !== "failed",
  );
  const twice = tasks.filter(
    (task) => isDoneTwice(task) && !isDoneTwice(whole.tasks[task.number]!),
  );
  const harmed = [...lost, ...failed];
  return {
    lost: lost.length,
    handedOverLost: lost.filter(isHandedOver).length,
    halfDone: harmed.filter(({ stepsDone }) => stepsDone > 0).length,
    failed: failed.length,
    twice: twice.length,
    unnoticed: [
      ...failed.map(({ heard }) => (heard?.at == null ? null : heard.at - at)),
      // What its queue holds for done, though it is not, nobody comes to know of.
      ...lost.flatMap(({ number, acknowledgedAt }) =>
        acknowledgedAt === null || isLost(whole.tasks[number]!) ? [] : [null],
      ),
      ...tasks.flatMap((task) => takenUpAfter(task, at)),
    ].reduce(longer, 0),
  };
}

function isHandedOver({ status, submittedAt, queuedAt, enqueueBeganAt }: TaskOutcome): boolean {
  return (
    [submittedAt, queuedAt, enqueueBeganAt].some((at) => at !== null) || status !== "unstarted"
  );
}

/** How long after a kill a task's next attempt began, if the kill had cut one off. */
function takenUpAfter({ attempts }: TaskOutcome, at: Ticks): Ticks[] {
  const cut = attempts.findIndex(({ how, to }) => how === null && to === at);
  const next = cut < 0 ? undefined : attempts[cut + 1];
  return next === undefined ? [] : [next.from - at];
}

function isAlike(a: CrashMoment, b: Counts): boolean {
  return (["lost", "failed", "halfDone", "handedOverLost", "twice"] as const).every(
    (count) => a[count] === b[count],
  );
}
