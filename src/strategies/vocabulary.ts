/** The words and figures of demands: for each its one meaning, wherever it is used. */
import { formatDuration, formatTime } from "../base/duration.ts";
import { counted } from "../base/sentences.ts";
import { type KillMoment, readKills } from "../reading/kills.ts";
import { type Bound, isWithin } from "../scenario/expectation.ts";
import type { Demand } from "./demands.ts";
import { backgroundEnd, figureOf } from "./expectations.ts";
import { endedAtShutdown, isLost } from "../outcome/outcome.ts";
import type { Judgeable, JudgedTask } from "./judgeable.ts";
import { exactPercent, roundPercent } from "../base/shares.ts";

const wordRows = {
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
      const cut = tasks.filter(({ isCut }) => isCut === true);
      if (left.length === 0 && cut.length > 0)
        return `${namesOf(cut.map(({ spec }) => spec.name))} ${cut.length === 1 ? "is" : "are"} cut off where no clean-up can run`;
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
                : (left.child ?? null);
      return what === null ? null : `the process ends with ${what} under way`;
    },
  },
  "survives-kill": {
    says: "a kill at any moment loses nothing that was handed over",
    lack: ({ trace }) => {
      const moments = trace === undefined ? [] : readKills(trace);
      const most = moments.reduce((sum, one) => Math.max(sum, one.handedOverLost), 0);
      if (most === 0) return null;
      const isLess = (one: KillMoment): boolean => one.handedOverLost < most;
      const first = moments.findIndex((one) => !isLess(one));
      const behind = moments.slice(first).find(isLess);
      const to = behind?.from ?? moments.at(-1)!.to;
      return `a kill between ${formatTime(moments[first]!.from)} and ${formatTime(to)} loses ${counted(most, "task")}`;
    },
  },
  main: { says: "main finishes", lack: mainFailure },
} satisfies Readonly<Record<string, Omit<Demand, "written">>>;

/** A demand that is a word by itself. */
export type DemandWord = keyof typeof wordRows;

/** Demands that are a word. */
export const wordDemands: Readonly<Record<string, Omit<Demand, "written">>> = wordRows;

interface Figure {
  unit: "time" | "count" | "share";
  /** The figure of a run; null where it has no such instant. */
  of: (outcome: Judgeable) => number | null;
  /** The beginning of a sentence that ends in the figure, and of one that ends in its bound. */
  is: string;
  shall: string;
  /** Words for what makes the figure worthless, whatever its value; null when nothing does. */
  spoiled?: (outcome: Judgeable) => string | null;
}

const figureRows = {
  main: {
    unit: "time",
    of: (outcome) => figureOf(outcome, "main"),
    is: "main ends at",
    shall: "main finishes after",
    // A main that fails ends early, which is no merit.
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
} satisfies Readonly<Record<string, Figure>>;

/** A figure that a demand may bound. */
export type FigureName = keyof typeof figureRows;

/** Figures that a demand may bound. */
export const figures: Readonly<Record<string, Figure>> = figureRows;

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
        ? exactPercent(limit)
        : formatDuration(limit);
  const written = `${name}${comparison}${limitText}`;
  if (written in noneOf) return { written, ...noneOf[written]! };
  const format = (figure: number): string =>
    unit === "count"
      ? String(figure)
      : unit === "share"
        ? roundPercent(figure)
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

/** Bounds of zero, which are about every task: their lack is told by the tasks' names. */
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

function mainFailure({ main: { status, endedAt } }: Judgeable): string | null {
  if (status === "finished") return null;
  return `main ${status === "failed" ? "fails" : `is ${status}`}${endedAt === null ? "" : ` at ${formatTime(endedAt)}`}`;
}

function hasFailed({ status }: JudgedTask): boolean {
  return status === "failed";
}

/**
 * The names of those whose failures were not raised into code: nobody heard, or only readers of a log.
 *
 * Main's own is not among them: it ends the process, and the exit status tells of it.
 */
function unheard({ tasks, launch, strays }: Judgeable): { nobody: string[]; logged: string[] } {
  const by = (whom: "nobody" | "logged"): string[] => [
    ...new Set(tasks.filter(({ heard }) => heard?.by === whom).map(({ spec }) => spec.name)),
  ];
  const [nobody, logged] = [by("nobody"), by("logged")];
  // Launch's own failure counts only where it is not one of a task's that went through it.
  if (nobody.length + logged.length === 0) {
    if (launch.heard?.by === "nobody") nobody.push("launch");
    if (launch.heard?.by === "logged") logged.push("launch");
    if (launch.heard === null && strays.length > 0) logged.push("user code");
  }
  return { nobody, logged };
}

/**
 * The words for the tasks with a property; null when none has it.
 *
 * @param words the rest of the sentence: about a task that is so, about several, and about tasks of
 *   which none is otherwise; without the last, all of them are so.
 */
function lackOf(
  tasks: readonly JudgedTask[],
  isSo: (task: JudgedTask) => boolean,
  { one, several, none }: { one: (task: JudgedTask) => string; several: string; none?: string },
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
