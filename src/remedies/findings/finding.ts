/** What a finding is: the rules, in the order of gravity, and the words that all of them share. */
import type { Ticks } from "../../base/duration.ts";
import type { Scenario } from "../../scenario/model.ts";
import { printable } from "../../scenario/problem.ts";
import type { Axes, Strategy } from "../../scenario/strategy.ts";
import type { Outcome, TaskOutcome } from "../../reading/outcome.ts";

/** Every rule: what it is about, and what can be done in general. In the order of gravity. */
export const rules = {
  deadlock: {
    about: "every thread waits for something that can no longer come",
    fix: `send what is waited for, start who would send it, or bound the wait with a timeout`,
  },
  "lost-at-close": {
    about: "the event loop closed with a task not done, and cancelled it",
    fix: `wait at the completion point (settle=gather), or keep the loop open (--strategy portal)`,
  },
  abandoned: {
    about: "the process ended with a task not done; its clean-up did not run",
    fix: `wait at exit (atExit=wait), or cancel and let clean-up run (atExit=cancel)`,
  },
  "destroyed-pending": {
    about: "a task was submitted to a loop that was closing: nothing waits for it or cancels it",
    fix: `submit it before launch returns, or keep the loop open until main has ended (--strategy portal)`,
  },
  "cancelled-at-exit": {
    about: "main ended with a task not done, and had it cancelled (atExit=cancel)",
    fix: `wait at exit (atExit=wait), or say that this is the task's proper end (until: shutdown)`,
  },
  "never-started": {
    about: "a task of the scenario never began",
    fix: `start or submit it before anything there can fail`,
  },
  "given-up": {
    about: "a timeout or a failing group cancelled a task that had something left to do",
    fix: `give it longer, or keep what it depends on from failing; cancelling it was decided, so it is not lost`,
  },
  "cleanup-cut": {
    about: "a task was cancelled, or its process ended, in the middle of its clean-up",
    fix: `wait for clean-up where the task is cancelled (settle=settled or group), and keep it short`,
  },
  "nobody-heard": {
    about: "a task failed, and its error reached nobody",
    fix: `await it where its error can be raised (settle=settled or group), or take its result`,
  },
  "thread-failed": {
    about: "launch failed and ended the loop's thread; main, which is told nothing, went on",
    fix: `collect the errors of tasks in launch (settle=settled), or await where main can catch them (loop=inline)`,
  },
  "only-logged": {
    about: "something failed, and only a line on stderr told of it: nobody could act",
    fix: `await it where its error can be raised (settle=settled or group), or take its result`,
  },
  "result-timed-out": {
    about: "main gave up waiting for a result, and the work went on without it",
    fix: `give it longer, or cancel the work as well: a timeout alone does not`,
  },
  "promise-not-awaited": {
    about: "a function that main called returned a promise, and main cannot await it",
    fix: `call it from a task, which awaits it, or make the function synchronous`,
  },
  outlived: {
    about: "user code went on after its task had been cancelled, and heeded nothing",
    fix: `heed the signal: hand it on (fetch, sleep), or look at signal.aborted between two steps`,
  },
  "left-behind": {
    about: "user code went on after its call had ended, or was cut off: nobody waits for that",
    fix: `await in the function what it sets going, or clear it before the function ends`,
  },
  "kept-alive": {
    about: "something that user code had set going kept the process from ending",
    fix: `clear it when it is no longer needed, or call unref() on it`,
  },
  unsettled: {
    about: "what user code returned had not settled when the run was ended",
    fix: `settle it in every case, or bound it (AbortSignal.timeout)`,
  },
  "loop-blocked": {
    about:
      "one step held the event loop's thread for 100 ms or more, and nothing else could run on it",
    fix: `hand the blocking step to a pool (offload=threads, or processes for computing)`,
  },
  starved: {
    about:
      "a task had its turn 100 ms late: many short steps came first, or for real the machine was busy",
    fix: `hand what blocks to a pool (offload=threads), or let fewer tasks run at a time`,
  },
  "joined-too-long": {
    about: "main waited for the background longer than it did anything itself",
    fix: `let main do something meanwhile, bound the wait (grace), or cancel what is left (atExit=cancel)`,
  },
  race: {
    about: "two threads did something so close together that luck decided the order",
    fix: `put them in order: a join, a result or a channel makes one wait for the other`,
  },
} as const;

export type Rule = keyof typeof rules;

/**
 * Something that could be done about a finding.
 *
 * With `axes` or `program` it is tried before it is offered; with neither it is about the user's own
 * program, which tandem cannot change, and whoever writes it down answers for it.
 */
export interface Remedy {
  /** What to do, as the end of "To change that: …"; the strategy's words follow by themselves. */
  does: string;
  /** What changes in the strategy. */
  axes?: Partial<Axes>;
  /** What changes in the program. */
  program?: (scenario: Scenario) => Scenario;
}

/** A finding, and what could be done about it: not tried yet. */
export interface Found {
  rule: Rule;
  /** The task's name in the document (all its copies), or null when no task is meant. */
  task: string | null;
  at: Ticks;
  message: string;
  /** The best first. */
  remedies: Remedy[];
  /** What to do where none of them heals, or none can be tried: in words that are true of any run. */
  otherwise: string;
}

/** A finding as it is told. */
export interface Finding extends Omit<Found, "remedies" | "otherwise"> {
  /** What to do about it, in a sentence. */
  fix: string;
  /** What the sentence says that was tried and heals, as data. */
  remedies: {
    does: string;
    /** The strategy with it, as on the command line; null where it is the program that changes. */
    strategy: string | null;
  }[];
}

/** A finding about tasks that share their name in the document. */
export function found(
  rule: Rule,
  tasks: TaskOutcome[],
  at: Ticks,
  words: { message: string; remedies?: Remedy[]; otherwise: string },
): Found {
  return { rule, task: tasks[0]!.spec.name, at, remedies: [], ...words };
}

/** A loop in a thread of its own that main joins, whose launch waits for its tasks. */
export function ownThread({ settle }: Strategy): Partial<Axes> {
  return { loop: "thread", settle: settle === "none" ? "gather" : settle, atExit: "wait" };
}

/** Tasks that fit, gathered by the name they share in the document. */
export function byTask(outcome: Outcome, fits: (task: TaskOutcome) => boolean): TaskOutcome[][] {
  return [...Map.groupBy(outcome.tasks.filter(fits), (task) => task.spec.name).values()];
}

/** A text of the program's, in quotes and on one line. */
export function quote(text: string | null): string {
  return printable(JSON.stringify(text));
}

/** That a clean-up was cut, behind what cut it. */
export function cutWords(tasks: TaskOutcome[]): string {
  return tasks.some(({ cleanupCut }) => cleanupCut !== null)
    ? "; its clean-up did not run to its end"
    : "";
}

export function subject(tasks: TaskOutcome[]): string {
  const [first] = tasks as [TaskOutcome];
  return tasks.length === 1 ? first.name : `${tasks.length} copies of ${first.spec.name}`;
}

export function progress(tasks: TaskOutcome[]): string {
  const least = tasks.reduce((min, task) => Math.min(min, task.stepsDone), Infinity);
  const most = tasks.reduce((max, task) => Math.max(max, task.stepsDone), 0);
  const { steps } = tasks[0]!;
  const done = least === most ? String(most) : `${least} to ${most}`;
  return `${done} of ${steps} step${steps === 1 ? "" : "s"}`;
}
