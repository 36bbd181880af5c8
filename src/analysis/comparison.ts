/** One scenario under several strategies: the figures that tell them apart, and what satisfies a demand. */
import { type Bound, isWithin } from "../scenario/expectation.ts";
import type { Ticks } from "../scenario/duration.ts";
import {
  atExits,
  loops,
  offloads,
  resolveStrategy,
  settles,
  type Strategy,
} from "../scenario/strategy.ts";
import { isLost, type Outcome } from "./outcome.ts";

/** What one strategy made of a scenario. */
export interface Figures {
  strategy: string;
  finished: number;
  lost: number;
  failed: number;
  /** Of the failures of tasks: how many reached launch or main, a line on stderr, or nobody. */
  heard: { raised: number; logged: number; nobody: number };
  /** When main's steps ended; null when they never did. */
  main: Ticks | null;
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
}

export function figuresOf(outcome: Outcome): Figures {
  const { strategy, tasks, main, launch, longestBlock, exitCode } = outcome;
  const count = (status: string): number => tasks.filter((task) => task.status === status).length;
  const heard = { raised: 0, logged: 0, nobody: 0 };
  for (const task of tasks) if (task.heard !== null) heard[task.heard.by]++;
  const ends = [launch, ...tasks].flatMap(({ endedAt }) => endedAt ?? []);
  const cleaning = tasks.filter(({ cleanup }) => cleanup !== "none");
  const ran = cleaning.filter(({ cleanup }) => cleanup === "ran").length;
  const deadlocked = outcome.interruptedBy === "deadlock";
  return {
    strategy: strategy.name,
    finished: count("finished"),
    lost: tasks.filter(isLost).length,
    failed: count("failed"),
    heard,
    main: deadlocked && main.status === "deadlocked" ? null : main.endedAt,
    wall: deadlocked ? null : outcome.wall,
    background: ends.length === 0 ? null : ends.reduce((a, b) => Math.max(a, b)),
    block: longestBlock?.ticks ?? 0,
    cleanup:
      cleaning.length === 0 ? null : ran === cleaning.length ? "all" : ran > 0 ? "some" : "none",
    exitCode,
  };
}

/** Every meaningful combination of the axes that are words. */
export function allStrategies(): Strategy[] {
  const axis = (loop: Strategy["loop"]) => (loop === "inline" ? [undefined] : atExits);
  return loops.flatMap((loop) =>
    settles.flatMap((settle) =>
      axis(loop).flatMap((atExit) =>
        offloads.map((offload) =>
          resolveStrategy({ loop, settle, offload, ...(atExit === undefined ? {} : { atExit }) }),
        ),
      ),
    ),
  );
}

/** How simple a strategy is to use; the smaller the simpler. */
export function complexity({ name, loop, settle, atExit, offload }: Strategy): number {
  const refined = name.split(",").length - 1;
  return (
    10 * refined +
    loops.indexOf(loop) +
    settles.indexOf(settle) / 10 +
    Math.max(0, atExits.indexOf(atExit as never)) +
    4 * offloads.indexOf(offload)
  );
}

/** Strategies that come to the same, told by the simplest of them. */
export interface Class {
  figures: Figures;
  members: Strategy[];
}

/** Groups strategies by what they come to, each class and its members from simple to complex. */
export function classesOf(all: readonly { strategy: Strategy; figures: Figures }[]): Class[] {
  const sorted = all.toSorted((a, b) => complexity(a.strategy) - complexity(b.strategy));
  const alike = Map.groupBy(sorted, ({ figures }) => JSON.stringify({ ...figures, strategy: "" }));
  return [...alike.values()].map((members) => ({
    figures: members[0]!.figures,
    members: members.map(({ strategy }) => strategy),
  }));
}

/** One thing that a choice must keep. */
export type Demand =
  | { of: "finish" | "cleanup"; bound?: undefined }
  | { of: "main" | "wall" | "block"; bound: Bound; written: string };

/** What of these a strategy does not keep, each in a few words; empty when it keeps them all. */
export function shortfalls(figures: Figures, demands: readonly Demand[]): string[] {
  return demands.flatMap((demand) => {
    if (demand.bound !== undefined) {
      const figure = figures[demand.of];
      if (figure !== null && isWithin(figure, demand.bound)) return [];
      return [`${demand.of} is ${figure === null ? "never over" : `not ${demand.written}`}`];
    }
    if (demand.of === "finish") {
      const left = figures.lost + figures.failed;
      return left === 0 ? [] : [`${left} of ${left + figures.finished} tasks do not finish`];
    }
    return figures.cleanup === null || figures.cleanup === "all"
      ? []
      : [`clean-up runs for ${figures.cleanup} of the tasks that have one`];
  });
}
