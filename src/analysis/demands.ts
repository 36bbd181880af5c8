/**
 * What must hold of a run, each demand with its one meaning: for `--must`, for what a document
 * expects, and for what is wanted where nobody says anything.
 *
 * Invariant: a demand is about one run alone, so a strategy is judged without looking at another;
 * and `written` is text that `parseDemands` reads back as the same demand.
 */
import { formatDuration, formatTime, type Ticks } from "../scenario/duration.ts";
import {
  type Bound,
  type Expectations,
  isWithin,
  noExpectations,
  type TaskStatus,
} from "../scenario/expectation.ts";
import { type Checked, checkExpectations, figureOf, interruptionOf } from "./expectations.ts";
import { endedAtShutdown, isLost, type Outcome, type TaskOutcome } from "./outcome.ts";

/** One thing that must hold. */
export interface Demand {
  /** As on the command line: `main<=10s`. */
  written: string;
  /** What it wants, in words. */
  says: string;
  /** What a run lacks of it, in a few words with figures; null when it keeps it. */
  lack: (outcome: Outcome) => string | null;
  /** The task of the scenario that it names, if it names one. */
  task?: string;
}

/** All that must hold. */
export interface Demands {
  /** Whose wish it is. */
  source: "asked" | "expect" | "default";
  all: readonly Demand[];
}

/** What must hold because the user says so. */
export function askedFor(all: readonly Demand[]): Demands {
  return { source: "asked", all };
}

/** Demands that are a word. */
export const wordDemands: Readonly<Record<string, Omit<Demand, "written">>> = {
  finish: {
    says: "every task finishes",
    lack: ({ tasks }) =>
      lackOf(tasks, (task) => task.status !== "finished" && !endedAtShutdown(task), {
        one: ({ status }) =>
          status === "failed" ? "fails" : status === "unstarted" ? "never begins" : `is ${status}`,
        several: "do not finish",
        none: "finishes",
      }),
  },
  heard: {
    says: "every failure is raised into somebody",
    lack: (outcome) => {
      const { nobody, logged } = unheard(outcome);
      const all = [...nobody, ...logged];
      if (all.length === 0) return null;
      if (logged.length === 0) return `the failure of ${namesOf(all)} reaches nobody`;
      if (nobody.length === 0) return `the failure of ${namesOf(all)} is only logged`;
      return `the failures of ${namesOf(all)} are raised into nobody`;
    },
  },
  cleanup: {
    says: "clean-up runs",
    lack: ({ tasks }) => {
      const left = tasks.filter(
        ({ cleanup, startedAt }) =>
          startedAt !== null && (cleanup === "skipped" || cleanup === "cut-short"),
      );
      if (left.length === 0) return null;
      return `the clean-up of ${namesOf(left.map(({ spec }) => spec.name))} does not run to its end`;
    },
  },
  status: {
    says: "the exit status tells of failures",
    lack: (outcome) => {
      if (outcome.exitCode !== 0) return null;
      if (outcome.main.status === "failed") return "the exit status is 0 though main fails";
      const { nobody, logged } = unheard(outcome);
      return nobody.length + logged.length > 0 ? "the exit status is 0" : null;
    },
  },
  ended: {
    says: "nothing is left under way at the end",
    lack: ({ tasks, launch, left }) => {
      const cut = tasks.filter(({ status }) => status === "abandoned");
      const what =
        cut.length > 0
          ? namesOf(cut.map(({ spec }) => spec.name))
          : launch.status === "abandoned"
            ? "launch"
            : left.jobs > 0
              ? "a job of the pool"
              : left.loop
                ? "the loop's thread"
                : null;
      return what === null ? null : `the process ends with ${what} under way`;
    },
  },
  main: { says: "main finishes", lack: mainFailure },
};

interface Figure {
  unit: "time" | "count" | "share";
  /** Null where there never was such an instant. */
  of: (outcome: Outcome) => number | null;
  /** The beginning of a sentence that ends in the figure, and of one that ends in its bound. */
  is: string;
  shall: string;
  /** What makes the figure worthless, whatever it is; null when nothing does. */
  spoiled?: (outcome: Outcome) => string | null;
}

/** Figures that a demand may bound. */
export const figures: Readonly<Record<string, Figure>> = {
  main: {
    unit: "time",
    of: (outcome) => figureOf(outcome, "main"),
    is: "main ends at",
    shall: "main finishes after",
    // A main that fails is soon over, and nobody wants it for that.
    spoiled: mainFailure,
  },
  "main.end": {
    unit: "time",
    of: (outcome) => figureOf(outcome, "main"),
    is: "main ends at",
    shall: "main ends after",
  },
  wall: {
    unit: "time",
    of: (outcome) => figureOf(outcome, "wall"),
    is: "the process ends at",
    shall: "the process ends after",
  },
  background: {
    unit: "time",
    of: backgroundEnd,
    is: "the background ends at",
    shall: "the background ends after",
  },
  block: {
    unit: "time",
    of: (outcome) => figureOf(outcome, "longestBlock"),
    is: "the loop is held for",
    shall: "the loop is held for",
  },
  late: {
    unit: "time",
    of: ({ lateness }) => lateness.max,
    is: "a task wakes late by",
    shall: "tasks wake late by",
  },
  "late.p99": {
    unit: "time",
    of: (outcome) => figureOf(outcome, "lateness.p99"),
    is: "one of 100 sleeps ends late by",
    shall: "99 of 100 sleeps end late by",
  },
  lost: {
    unit: "count",
    of: ({ tasks }) => tasks.filter(isLost).length,
    is: "the tasks lost are",
    shall: "the tasks lost are",
  },
  failed: {
    unit: "count",
    of: ({ tasks }) => tasks.filter(hasFailed).length,
    is: "the tasks that fail are",
    shall: "the tasks that fail are",
  },
  overlap: {
    unit: "share",
    of: (outcome) => figureOf(outcome, "overlap"),
    is: "main overlaps the background by",
    shall: "main overlaps the background by",
  },
};

const comparisonWords = {
  "<=": "at most",
  "<": "less than",
  "==": "exactly",
  ">=": "at least",
  ">": "more than",
};

/** A demand that is a word. */
export function wordDemand(word: string): Demand {
  return { written: word, ...wordDemands[word]! };
}

/** A bound on one of `figures`: ticks, a count, or a share from 0 to 1. */
export function boundDemand(name: string, bound: Bound): Demand {
  const { unit, of, is, shall, spoiled } = figures[name]!;
  const { comparison, limit } = bound;
  const limitText =
    unit === "count"
      ? String(limit)
      : unit === "share"
        ? `${Number((limit * 100).toPrecision(12))}%`
        : formatDuration(limit);
  const written = `${name}${comparison}${limitText}`;
  if (written in noneOf) return { written, ...noneOf[written]! };
  const format = (figure: number): string =>
    unit === "count"
      ? String(figure)
      : unit === "share"
        ? `${Math.round(figure * 1000) / 10}%`
        : formatTime(figure);
  const limitWords = `${comparisonWords[comparison]} ${unit === "time" ? formatTime(limit) : limitText}`;
  return {
    written,
    says: `${shall} ${limitWords}`,
    lack: (outcome) => {
      const spoilt = spoiled?.(outcome) ?? null;
      if (spoilt !== null) return spoilt;
      const figure = of(outcome);
      if (figure === null || isWithin(figure, bound)) return null;
      return `${is} ${format(figure)} (wanted: ${limitWords})`;
    },
  };
}

/** Bounds that say it of every task, which is told by names. */
const noneOf: Readonly<Record<string, Omit<Demand, "written">>> = {
  "lost==0": {
    says: "nothing is lost",
    lack: ({ tasks }) => lackOf(tasks, isLost, { one: () => "is lost", several: "are lost" }),
  },
  "failed==0": {
    says: "no task fails",
    lack: ({ tasks }) => lackOf(tasks, hasFailed, { one: () => "fails", several: "fail" }),
  },
};

const statusWords: Readonly<Record<TaskStatus, string>> = {
  finished: "finishes",
  failed: "fails",
  cancelled: "is cancelled",
  abandoned: "is abandoned",
  unstarted: "never begins",
};

/** The word for every task in `tasks=cancelled`; a task of that name is quoted. */
const everyTask = "tasks";

/** Whether it says of every task what a further task could not but break. */
export function isOfEveryTask({ written }: Demand): boolean {
  return written.startsWith(`${everyTask}=`);
}

/** Whether they want of a task that it does not fail, whatever else becomes of it. */
export function mustNotFail(task: string, demands: readonly Demand[]): boolean {
  return demands.some(
    (one) =>
      ["finish", "failed==0"].includes(one.written) ||
      (one.task === task && !one.written.endsWith("=failed")),
  );
}

/** That a task comes to this status, with all its copies; null: that every task does. */
export function statusDemand(task: string | null, status: TaskStatus): Demand {
  if (task === null && status === "finished") return wordDemand("finish");
  const says = `${task ?? "every task"} ${statusWords[status]}`;
  if (task === null) return expectation(`${everyTask}=${status}`, says, { tasks: status });
  const name = task === everyTask ? JSON.stringify(task) : task;
  const one = expectation(`${name}=${status}`, says, { tasks: { [task]: status } });
  return {
    ...one,
    task,
    lack: (outcome) =>
      outcome.scenario.tasks.some((spec) => spec.name === task)
        ? one.lack(outcome)
        : `there is no task ${task}`,
  };
}

/** That a line is printed. */
export function lineDemand(line: string): Demand {
  const quoted = JSON.stringify(line);
  return {
    written: `prints contains ${quoted}`,
    says: `${quoted} is printed`,
    lack: ({ prints }) =>
      prints.some(({ text }) => text === line) ? null : `${quoted} is not printed`,
  };
}

/** That these lines are printed, in their order, and no others. */
export function linesDemand(lines: readonly string[]): Demand {
  const quoted = (line: string | undefined): string =>
    line === undefined ? "no more lines" : JSON.stringify(line);
  const all = lines.map(quoted).join(" ");
  return {
    written: lines.length === 0 ? "prints nothing" : `prints exactly ${all}`,
    says:
      lines.length === 0
        ? "nothing is printed"
        : lines.length === 1
          ? `nothing but ${all} is printed`
          : `exactly ${lines.length} lines are printed, ${quoted(lines[0])} to ${quoted(lines.at(-1))}`,
    lack: (outcome) => {
      const printed = outcome.prints.map(({ text }) => text);
      for (let k = 0; k < Math.max(lines.length, printed.length); k++)
        if (printed[k] !== lines[k])
          return `line ${k + 1} is ${quoted(printed[k])}, not ${quoted(lines[k])}`;
      return null;
    },
  };
}

const wantsDeadlock = "deadlock==true";

/** That the run comes to a deadlock, or that it does not. */
export function deadlockDemand(deadlock: boolean): Demand {
  const says = deadlock ? "it comes to a deadlock" : "there is no deadlock";
  return {
    written: deadlock ? wantsDeadlock : "deadlock==false",
    says,
    lack: ({ interruptedBy }) =>
      (interruptedBy === "deadlock") === deadlock
        ? null
        : deadlock
          ? "it comes to its end"
          : "it deadlocks",
  };
}

/** A demand with the very meaning that `expect` has. */
function expectation(written: string, says: string, only: Partial<Expectations>): Demand {
  return {
    written,
    says,
    lack: (outcome) => {
      const all = checkExpectations(outcome, { ...noExpectations, ...only });
      const short = all.find(({ met }) => !met);
      if (short === undefined) return null;
      return `${short.of.replace(/^tasks\./, "")} is ${short.found}, not ${short.expected}`;
    },
  };
}

/** What a run lacks of all that must hold. */
export function lacksOf(outcome: Outcome, demands: readonly Demand[]): string[] {
  const stopped = stoppedBy(outcome, demands);
  if (stopped !== null) return [stopped];
  return [...new Set(demands.flatMap(({ lack }) => lack(outcome) ?? []))];
}

/** What a run does about each demand. */
export function checkDemands(outcome: Outcome, demands: readonly Demand[]): Checked[] {
  const stopped = stoppedBy(outcome, demands);
  return demands.map(({ written, says, lack }) => {
    const lacking = stopped ?? lack(outcome);
    const met = lacking === null;
    return { of: written, met, expected: says, found: lacking ?? says, position: null };
  });
}

/** What keeps a run from its end, unless that is wanted: nothing else of it is worth a word. */
function stoppedBy(outcome: Outcome, demands: readonly Demand[]): string | null {
  const { interruptedBy, wall } = outcome;
  if (interruptedBy === null) return null;
  if (interruptedBy !== "deadlock") return interruptionOf(outcome);
  const isWanted = demands.some(({ written }) => written === wantsDeadlock);
  return isWanted ? null : `it deadlocks at ${formatTime(wall)}`;
}

function mainFailure({ main: { status, endedAt } }: Outcome): string | null {
  if (status === "finished") return null;
  return `main ${status === "failed" ? "fails" : `is ${status}`}${endedAt === null ? "" : ` at ${formatTime(endedAt)}`}`;
}

function hasFailed({ status }: TaskOutcome): boolean {
  return status === "failed";
}

/**
 * Whose failures were not raised into anybody: heard of by nobody, or by those who read a log.
 *
 * Main's own is not among them: it ends the process, and the exit status tells of it.
 */
function unheard({ tasks, launch, strays }: Outcome): { nobody: string[]; logged: string[] } {
  const by = (whom: "nobody" | "logged"): string[] => [
    ...new Set(tasks.filter(({ heard }) => heard?.by === whom).map(({ spec }) => spec.name)),
  ];
  const [nobody, logged] = [by("nobody"), by("logged")];
  // Where a task's failure has gone through launch, it is that task's.
  if (nobody.length + logged.length === 0) {
    if (launch.heard?.by === "nobody") nobody.push("launch");
    if (launch.heard?.by === "logged") logged.push("launch");
    if (launch.heard === null && strays.length > 0) logged.push("user code");
  }
  return { nobody, logged };
}

/** When the last task had ended, or launch; null where nothing began. */
export function backgroundEnd({ launch, tasks }: Outcome): Ticks | null {
  const ends = [launch, ...tasks].flatMap(({ endedAt }) => endedAt ?? []);
  return ends.length === 0 ? null : ends.reduce((a, b) => Math.max(a, b));
}

/**
 * Which task is so, or how many of them; null when none is.
 *
 * @param words the rest of the sentence: about a task that is so, about several, and about tasks of
 *   which none is otherwise; without the last, all of them are so.
 */
function lackOf(
  tasks: TaskOutcome[],
  isSo: (task: TaskOutcome) => boolean,
  { one, several, none }: { one: (task: TaskOutcome) => string; several: string; none?: string },
): string | null {
  const those = tasks.filter(isSo);
  if (those.length === 0) return null;
  if (those.length === 1) return `${those[0]!.name} ${one(those[0]!)}`;
  const [some, all] = [those.length, tasks.length].map((count) => count.toLocaleString("en"));
  if (those.length < tasks.length) return `${some} of ${all} tasks ${several}`;
  if (none !== undefined)
    return `${tasks.length === 2 ? "neither task" : `none of the ${all} tasks`} ${none}`;
  return `${tasks.length === 2 ? "both" : `all ${all}`} tasks ${several}`;
}

/** @param names each once. */
function namesOf(names: readonly string[]): string {
  const unique = [...new Set(names)];
  return unique.length <= 3 ? unique.join(" and ") : `${unique.length} tasks`;
}
