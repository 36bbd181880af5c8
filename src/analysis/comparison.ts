/** One scenario under several strategies: the figures that tell them apart. */
import type { Ticks } from "../scenario/duration.ts";
import { isLost, type Outcome } from "./outcome.ts";

/** What one strategy made of a scenario. */
export interface Figures {
  strategy: string;
  finished: number;
  lost: number;
  failed: number;
  /** When main's steps ended. */
  main: Ticks | null;
  /** From main's start to the end of the process. */
  wall: Ticks;
  /** The longest that the loop's thread was held. */
  block: Ticks;
  /** What the program's process ends with; null when the run did not end by itself. */
  exitCode: number | null;
  deadlocked: boolean;
}

export function figuresOf(outcome: Outcome): Figures {
  const { strategy, tasks, main, wall, longestBlock, exitCode, interruptedBy } = outcome;
  const count = (status: string): number => tasks.filter((task) => task.status === status).length;
  return {
    strategy: strategy.name,
    finished: count("finished"),
    lost: tasks.filter(isLost).length,
    failed: count("failed"),
    main: main.endedAt,
    wall,
    block: longestBlock?.ticks ?? 0,
    exitCode,
    deadlocked: interruptedBy === "deadlock",
  };
}
