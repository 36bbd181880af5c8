/** The comparison of strategies: the figures of a run, and classes of strategies that have the same ones. */
import type { Ticks } from "../base/duration.ts";
import { weightOf } from "../scenario/axes.ts";
import { does, isSamePoint, type Strategy } from "../scenario/strategy.ts";
import { backgroundEnd } from "./expectations.ts";
import { endedAtShutdown, isLost, type Outcome } from "../outcome/outcome.ts";

/** The figures of a scenario's run under one strategy. */
export interface Figures {
  strategy: string;
  finished: number;
  lost: number;
  failed: number;
  /** The number of tasks that a timeout or their failing group has cancelled. */
  givenUp: number;
  /** The number of tasks that ended at shutdown, as the document says they should. */
  shutDown: number;
  /** The failures of tasks, counted by who heard of them. */
  heard: { raised: number; logged: number; nobody: number };
  /** The end of main's steps; null where they did not end. */
  main: Ticks | null;
  /** Whether main failed, or never came to its end. */
  mainFailed: boolean;
  /** The time for which main's steps waited for an inline loop. */
  waited: Ticks;
  /** The time from main's start to the end of the process; null in a deadlock. */
  wall: Ticks | null;
  /** The end of the last task, or of launch; null where nothing began. */
  background: Ticks | null;
  /** The longest hold of the loop's thread. */
  block: Ticks;
  /** Whether the clean-up of all, some or none of the tasks that began ran to its end; null where none has any. */
  cleanup: "all" | "some" | "none" | null;
  /** The exit status of the process; null where the run did not end by itself. */
  exitCode: number | null;
  /** The error of times, in ticks: 0 in virtual time. */
  precision: Ticks;
}

/** The judgement on a strategy: its figures, and the demands that its run does not meet. */
export interface Judged {
  strategy: Strategy;
  figures: Figures;
  lacks: string[];
  /** The greatest lateness of a task's turn. */
  late: Ticks;
  /** Whether threads of one process computed in parallel, which the GIL keeps those of CPython from. */
  computesAtOnce: boolean;
  /** Changes of the program, each tried, under which fewer demands are unmet. A function, since few are asked for. */
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
    precision: outcome.precision,
  };
}

/** The weight of the other language, which is more than all other weights together, and that of each axis in a name. */
const foreign = 1000;
const refinement = 100;

/**
 * The complexity of a strategy: how much it asks of whoever uses it. The smaller, the simpler.
 *
 * A program is either asyncio's or JavaScript's, so a strategy of the other language (`float`) comes last.
 * Giving work up at the end weighs more than a pool: where a run is good under both, the first is good by
 * luck.
 *
 * @param own the strategy that the scenario has now.
 */
export function complexity(strategy: Strategy, own: Strategy): number {
  const refined = strategy.name.split(",").length - 1;
  const isForeign = does(strategy, "floats") !== does(own, "floats");
  return (isForeign ? foreign : 0) + refinement * refined + weightOf(strategy);
}

/** A class of strategies whose figures are equal, told by the simplest of them. */
export interface Class {
  figures: Figures;
  members: Strategy[];
  /** Whether the document's own strategy is among them. */
  own: boolean;
}

/** A class of one strategy. */
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
