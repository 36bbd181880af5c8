/**
 * What crashes cost under a strategy: by when something is killed, how many tasks are lost or fail, and the worst
 * moment for it.
 */
import type { Ticks } from "../base/duration.ts";
import type { KillMoment, While } from "../reading/kills.ts";
import type { TaskOutcome } from "../outcome/outcome.ts";
import type { KillTarget } from "../scenario/kill.ts";
import type { Scenario } from "../scenario/model.ts";
import {
  isSamePoint,
  isWithinProcess,
  parseStrategy,
  type Strategy,
} from "../scenario/strategy.ts";
import { canOutlive } from "../scenario/walk.ts";
import { complexity } from "./comparison.ts";
import { strategiesToCompare } from "./judge.ts";

/** A while in which a kill comes to the same, whenever it comes. */
export interface CrashMoment extends KillMoment {
  /** How many tasks fail by it, which else would not. */
  failed: number;
  /** Of how many tasks steps are done again that had been done before. */
  twice: number;
  /** For how long nobody could know that something had been killed; null: for good. */
  unnoticed: Ticks | null;
}

/** The kills of one thing under one strategy. */
export interface Crash {
  strategy: Strategy;
  killed: KillTarget;
  /** When the process ends without a kill; null where it does not, in a deadlock. */
  wall: Ticks | null;
  /** When the last of the moments ends. */
  end: Ticks;
  tasks: number;
  /** How many tasks are lost without a kill. */
  lostAnyway: number;
  /** From the start of main on, one behind the other. */
  moments: readonly CrashMoment[];
  /** How many moments were not tried, as there were too many. */
  passedOver: number;
}

/** Crashes that are the same under several strategies, told by the simplest of these. */
export interface CrashClass {
  members: readonly Strategy[];
  /** Whether the document's own strategy is among them. */
  own: boolean;
}

/** How many tasks do not come to what they would have come to. */
export function harmOf({ lost, failed }: CrashMoment): number {
  return lost + failed;
}

/** Whether some of a task's steps have been done in more than one attempt. */
export function isDoneTwice({ attempts }: Pick<TaskOutcome, "attempts">): boolean {
  return attempts.filter(({ stepsDone }) => stepsDone > 0).length > 1;
}

/**
 * The moment at which a kill does the most harm: to the most tasks, the most of them half done or done twice, and
 * for the longest while; null where none does any.
 */
export function worstOf({ moments }: Pick<Crash, "moments">): CrashMoment | null {
  const [worst] = moments.toSorted(
    (a, b) =>
      harmOf(b) - harmOf(a) ||
      b.halfDone - a.halfDone ||
      b.twice - a.twice ||
      b.to - b.from - (a.to - a.from),
  );
  return worst === undefined || harmOf(worst) + worst.twice === 0 ? null : worst;
}

/**
 * Of several crashes the one to be told first: one in which the kill makes a difference before one in which as much
 * is lost without; then the document's own, then the worst. Null where none does harm.
 */
export function worstOfAll<One extends Crash & CrashClass>(crashes: readonly One[]): One | null {
  const harmful = crashes.flatMap((one) => {
    const moment = worstOf(one);
    return moment === null ? [] : [{ one, moment }];
  });
  const makesNone = ({ one }: { one: One }): number => Number(atRisk(one).length === 0);
  const [first] = harmful.toSorted(
    (a, b) =>
      makesNone(a) - makesNone(b) ||
      Number(b.one.own) - Number(a.one.own) ||
      harmOf(b.moment) - harmOf(a.moment) ||
      b.moment.halfDone - a.moment.halfDone,
  );
  return first?.one ?? null;
}

/** The instant in the middle of a while. */
export function middleOf({ from, to }: While): Ticks {
  return from + Math.floor((to - from) / 2);
}

/** The moments at which a kill does more harm than is done without one. */
export function atRisk({
  moments,
  lostAnyway,
}: Pick<Crash, "moments" | "lostAnyway">): CrashMoment[] {
  return moments.filter((one) => harmOf(one) > lostAnyway);
}

/** For how long altogether that is so. */
export function exposureOf(crash: Pick<Crash, "moments" | "lostAnyway">): Ticks {
  return atRisk(crash).reduce((sum, { from, to }) => sum + to - from, 0);
}

/** For how long nobody could know of a kill, at the worst; null: for good. */
export function longestUnnoticed({ moments }: Pick<Crash, "moments">): Ticks | null {
  return moments.map(({ unnoticed }) => unnoticed).reduce(longer, 0);
}

/** The longer of two times, of which null has no end. */
export function longer(a: Ticks | null, b: Ticks | null): Ticks | null {
  return a === null || b === null ? null : Math.max(a, b);
}

/** The scenario with one kill, in the place of those that it has. */
export function withKill(scenario: Scenario, what: KillTarget, at: Ticks): Scenario {
  return { ...scenario, kills: [{ what, at, position: { line: 1, column: 1 } }] };
}

/**
 * The strategies whose crashes are told: those that are compared, and a durable queue where none of them outlives
 * the process and the scenario allows it, since that is the answer to whoever must not lose anything.
 */
export function strategiesToCrash(
  scenario: Scenario,
  which: { all: boolean; named: readonly Strategy[] | null },
): readonly Strategy[] {
  const compared = strategiesToCompare(scenario, which);
  const isEnough =
    which.named !== null || !canOutlive(scenario) || !compared.every(isWithinProcess);
  return isEnough ? compared : [...compared, parseStrategy("durable")];
}

/** Groups crashes that come to the same, each group from simple to complex. */
export function crashClasses<One extends Crash>(
  crashes: readonly One[],
  own: Strategy,
): (One & CrashClass)[] {
  const sorted = crashes.toSorted(
    (a, b) => complexity(a.strategy, own) - complexity(b.strategy, own),
  );
  const alike = Map.groupBy(sorted, ({ killed, wall, lostAnyway, moments }) =>
    JSON.stringify([killed, wall, lostAnyway, moments]),
  );
  return [...alike.values()].map((some) => ({
    ...some[0]!,
    members: some.map(({ strategy }) => strategy),
    own: some.some(({ strategy }) => isSamePoint(strategy, own)),
  }));
}

/** A crash as a class of its own. */
export function crashClassOf<One extends Crash>(crash: One, own: Strategy): One & CrashClass {
  return { ...crash, members: [crash.strategy], own: isSamePoint(crash.strategy, own) };
}
