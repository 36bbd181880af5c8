/** One scenario under several strategies: the figures that tell them apart, and what satisfies a demand. */
import type { Ticks } from "../base/duration.ts";
import { weightOf } from "../scenario/axes.ts";
import { isSamePoint, type Strategy } from "../scenario/strategy.ts";
import { backgroundEnd } from "./expectations.ts";
import { endedAtShutdown, isLost, type Outcome, precisionOf } from "../outcome/outcome.ts";

/** What one strategy made of a scenario. */
export interface Figures {
  strategy: string;
  finished: number;
  lost: number;
  failed: number;
  /** Cancelled by a timeout or with their group; and ended at shutdown, as they are meant to be. */
  givenUp: number;
  shutDown: number;
  /** Of the failures of tasks: how many reached launch or main, a line on stderr, or nobody. */
  heard: { raised: number; logged: number; nobody: number };
  /** When main's steps ended; null when they never did. */
  main: Ticks | null;
  /** Whether main failed, or never came to its end. */
  mainFailed: boolean;
  /** For how long main's steps waited for an inline loop. */
  waited: Ticks;
  /** From main's start to the end of the process; null in a deadlock. */
  wall: Ticks | null;
  /** When the last task had ended, or launch; null where nothing began. */
  background: Ticks | null;
  /** The longest that the loop's thread was held. */
  block: Ticks;
  /** Of the tasks that have clean-up: whether it ran to its end for all, some or none of those that began. */
  cleanup: "all" | "some" | "none" | null;
  /** What the program's process ends with; null when the run did not end by itself. */
  exitCode: number | null;
  /** How far times may be off by chance: not at all in virtual time. */
  precision: Ticks;
}

/** What one strategy came to, and what it lacks of what must hold. */
export interface Judged {
  strategy: Strategy;
  figures: Figures;
  lacks: string[];
  /** The latest that a task has woken after its time. */
  late: Ticks;
  /** Whether threads of one process computed side by side, which those of CPython never do. */
  computesAtOnce: boolean;
  /** Changes of the program that leave less lacking, each of them tried; asked of few of those judged. */
  helps: () => string[];
}

export function figuresOf(outcome: Outcome): Figures {
  const { strategy, tasks, main, longestBlock, exitCode } = outcome;
  const count = (status: string): number => tasks.filter((task) => task.status === status).length;
  const heard = { raised: 0, logged: 0, nobody: 0 };
  for (const task of tasks) if (task.heard !== null) heard[task.heard.by]++;
  const cleaning = tasks.filter(({ cleanup }) => cleanup !== "none");
  const ran = cleaning.filter(({ cleanup }) => cleanup === "ran").length;
  const deadlocked = outcome.interruptedBy === "deadlock";
  return {
    strategy: strategy.name,
    finished: count("finished"),
    lost: tasks.filter(isLost).length,
    failed: count("failed"),
    givenUp: tasks.filter((task) => task.givenUp !== null && !isLost(task)).length,
    shutDown: tasks.filter(endedAtShutdown).length,
    heard,
    main: deadlocked && main.status === "deadlocked" ? null : main.endedAt,
    mainFailed: main.status !== "finished",
    waited: main.waits.reduce((sum, wait) => sum + (wait.for === "launch" ? wait.ticks : 0), 0),
    wall: deadlocked ? null : outcome.wall,
    background: backgroundEnd(outcome),
    block: longestBlock?.ticks ?? 0,
    cleanup:
      cleaning.length === 0 ? null : ran === cleaning.length ? "all" : ran > 0 ? "some" : "none",
    exitCode,
    precision: precisionOf(outcome),
  };
}

/** What a strategy of the other language weighs, more than all else together; and one axis that its name must tell. */
const foreign = 1000;
const refinement = 100;

/**
 * How much a strategy asks of whoever uses it; the smaller the simpler.
 *
 * A program is either asyncio's or JavaScript's, so a strategy of the other kind (`float`) comes last.
 * Giving work up at the end is more than a pool: where both would do, that one does by luck.
 *
 * @param own the strategy that the scenario has now.
 */
export function complexity(strategy: Strategy, own: Strategy): number {
  const refined = strategy.name.split(",").length - 1;
  const isForeign = (strategy.loop === "float") !== (own.loop === "float");
  return (isForeign ? foreign : 0) + refinement * refined + weightOf(strategy);
}

/** Strategies that come to the same, told by the simplest of them. */
export interface Class {
  figures: Figures;
  members: Strategy[];
  /** Whether the document's own strategy is among them. */
  own: boolean;
}

/** One strategy by itself. */
export function classOf<Run extends { strategy: Strategy; figures: Figures }>(
  run: Run,
  own: Strategy,
): Run & Class {
  return { ...run, members: [run.strategy], own: isSamePoint(run.strategy, own) };
}

/** Groups strategies by what they come to, each class and its members from simple to complex. */
export function classesOf<Run extends { strategy: Strategy; figures: Figures }>(
  runs: readonly Run[],
  own: Strategy,
): (Run & Class)[] {
  const sorted = runs.toSorted((a, b) => complexity(a.strategy, own) - complexity(b.strategy, own));
  const alike = Map.groupBy(sorted, ({ figures }) => JSON.stringify({ ...figures, strategy: "" }));
  return [...alike.values()].map((runs) => ({
    ...runs[0]!,
    members: runs.map(({ strategy }) => strategy),
    own: runs.some(({ strategy }) => isSamePoint(strategy, own)),
  }));
}
