/**
 * What must hold of a run: as the user says it, as the scenario expects it, or what everybody wants.
 *
 * Invariant: a demand is about one run alone, so a strategy is judged without looking at another.
 */
import { formatDuration, formatTime, TICKS_PER_MS, type Ticks } from "../scenario/duration.ts";
import {
  type Bound,
  type BoundedFigure,
  type Expectations,
  isWithin,
  toBound,
} from "../scenario/expectation.ts";
import type { Scenario } from "../scenario/model.ts";
import { checkExpectations, figureOf } from "./expectations.ts";
import { detect, type Rule } from "./findings.ts";
import { endedAtShutdown, isLost, type Outcome, precisionOf, type TaskOutcome } from "./outcome.ts";

/** One thing that must hold. */
export interface Demand {
  /** As on the command line (`main<=10s`), or the document's expectation in its words. */
  written: string;
  /** What it wants, in words. */
  says: string;
  /** What a run lacks of it, in a few words with figures; null when it keeps it. */
  lack: (outcome: Outcome) => string | null;
}

/** Demands that are a word. */
const words: Readonly<Record<string, Omit<Demand, "written">>> = {
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
    says: "every failure is heard",
    lack: ({ tasks }) => {
      const silent = tasks.filter(({ heard }) => heard?.by === "nobody");
      return silent.length === 0 ? null : `the failure of ${namesOf(silent)} reaches nobody`;
    },
  },
  main: {
    says: "main finishes",
    lack: mainFailure,
  },
  cleanup: {
    says: "clean-up runs",
    lack: ({ tasks }) => {
      const left = tasks.filter(({ cleanup }) => cleanup === "skipped" || cleanup === "cut-short");
      return left.length === 0 ? null : `the clean-up of ${namesOf(left)} does not run to its end`;
    },
  },
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

const expected = (of: BoundedFigure) => (outcome: Outcome) => figureOf(outcome, of);

/** Figures that a demand may bound. */
const figures: Readonly<Record<string, Figure>> = {
  main: {
    unit: "time",
    of: expected("main"),
    is: "main ends at",
    shall: "main finishes after",
    // A main that fails is soon over, and nobody wants it for that.
    spoiled: mainFailure,
  },
  wall: {
    unit: "time",
    of: expected("wall"),
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
    of: expected("longestBlock"),
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
    of: expected("lateness.p99"),
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
    of: ({ tasks }) => tasks.filter(({ status }) => status === "failed").length,
    is: "the tasks that fail are",
    shall: "the tasks that fail are",
  },
  overlap: {
    unit: "share",
    of: expected("overlap"),
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

/** The words with which a demand begins, for help and suggestions. */
export const demandWords: readonly string[] = [
  ...new Set([...Object.keys(words), ...Object.keys(figures)]),
];

function mainFailure({ main: { status, endedAt } }: Outcome): string | null {
  if (status === "finished") return null;
  return `main ${status === "failed" ? "fails" : `is ${status}`}${endedAt === null ? "" : ` at ${formatTime(endedAt)}`}`;
}

/** When the last task had ended, or launch; null where nothing began. */
export function backgroundEnd({ launch, tasks }: Outcome): Ticks | null {
  const ends = [launch, ...tasks].flatMap(({ endedAt }) => endedAt ?? []);
  return ends.length === 0 ? null : ends.reduce((a, b) => Math.max(a, b));
}

/**
 * Reads a demand: `finish`, `heard`, `main`, `cleanup`, or a bound on a figure, as `main<=10s` and `lost==0`.
 *
 * @returns undefined when it is none.
 */
export function parseDemand(text: string): Demand | undefined {
  const written = text.trim();
  if (Object.hasOwn(words, written)) return { written, ...words[written]! };
  const [, name = "", comparison, limit] = /^([\w.]+)\s*(<=|>=|==|<|>)\s*(.+)$/.exec(written) ?? [];
  const figure = Object.hasOwn(figures, name) ? figures[name]! : undefined;
  if (figure === undefined) return undefined;
  const isCount = figure.unit === "count";
  if (limit!.endsWith("%") !== (figure.unit === "share")) return undefined;
  if (isCount ? !/^\d+$/.test(limit!) : !/^[\d.]+\s*(us|ms|s|m|%)?$/.test(limit!)) return undefined;
  const bound = toBound(`${comparison}${isCount ? 0 : limit}`);
  if (isCount) bound.limit = Number(limit);
  if (bound.limit === undefined || Number.isNaN(bound.limit)) return undefined;
  return bounded(written, name, bound);
}

function bounded(
  written: string,
  name: string,
  bound: Bound,
  { of, is, shall, unit, spoiled } = figures[name]!,
): Demand {
  const { comparison, limit } = bound;
  if (name === "lost" && limit === 0 && comparison !== ">")
    return {
      written,
      says: "nothing is lost",
      lack: ({ tasks }) => lackOf(tasks, isLost, { one: () => "is lost", several: "are lost" }),
    };
  const format = (figure: number): string =>
    unit === "count"
      ? String(figure)
      : unit === "share"
        ? `${Math.round(figure * 1000) / 10}%`
        : formatTime(figure);
  const limitWords = `${comparisonWords[comparison]} ${format(limit)}`;
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

function namesOf(tasks: TaskOutcome[]): string {
  const names = [...new Set(tasks.map(({ spec }) => spec.name))];
  return names.length <= 3 ? names.join(" and ") : `${names.length} tasks`;
}

/** Findings that say a task was lost though nobody had asked for that. */
const unaskedLoss: ReadonlySet<Rule> = new Set(["lost-at-close", "abandoned", "never-started"]);

const nothingLostUnasked: Demand = {
  written: "lost only if cancelled",
  says: "no task is lost that nobody has cancelled",
  lack: (outcome) => {
    const loss = detect(outcome).find(({ rule }) => unaskedLoss.has(rule));
    return loss === undefined ? null : `${loss.task ?? "a task"} is lost unasked`;
  },
};

/** All that must hold. */
export interface Demands {
  /** Whose wish it is. */
  source: "asked" | "expect" | "default";
  fixed: readonly Demand[];
  /** What is wanted beside, seen from the run under the scenario's own strategy. */
  relative: (own: Outcome) => readonly Demand[];
}

/** All demands, where the scenario's own strategy comes to `own`. */
export function demandsBeside({ fixed, relative }: Demands, own: Outcome): readonly Demand[] {
  return [...fixed, ...relative(own)];
}

/** What must hold because the user says so. */
export function askedFor(demands: readonly Demand[]): Demands {
  return { source: "asked", fixed: demands, relative: () => [] };
}

/**
 * What must hold where the user does not say it: what the scenario expects of its own strategy, so
 * far as one can wish for it, and what everybody wants.
 *
 * A document may expect a loss because it demonstrates one (`lost` does), or a long block: that is
 * no wish. It is one where the loss was asked for, as by `atExit: cancel`.
 *
 * @param own the run under the scenario's own strategy.
 * @param judged how the runs that are judged are performed: for real they are always a little late.
 */
export function demandsOf(own: Outcome, judged: Pick<Outcome, "driver" | "speed">): Demands {
  const { expect } = own.scenario;
  const isWish =
    expect !== null &&
    nothingLostUnasked.lack(own) === null &&
    checkExpectations(own, expect).every(({ met }) => met);
  const wishes = isWish ? wishesOf(expect, own.scenario) : [];
  const finish = wishes.some(({ written }) => written === "finish");
  const mayLose = isWish && expect.lost !== 0 && expect.tasks !== null;
  const loss = finish ? [] : [mayLose ? nothingLostUnasked : demand("lost==0")];
  const cleans = own.scenario.tasks.some((task) => task.finally.length > 0);
  const all = [
    ...wishes,
    ...loss,
    demand("heard"),
    ...(cleans ? [demand("cleanup")] : []),
    demand(`late<${formatDuration(slow + precisionOf(judged))}`),
  ];
  return {
    source: wishes.length > 0 ? "expect" : "default",
    fixed: [...new Map(all.map((one) => [one.written, one])).values()],
    relative: (beside) => {
      if (beside.main.status !== "finished") return [];
      const isBounded = all.some(({ written }) => written.startsWith("main"));
      return [isBounded ? demand("main") : noLaterThan(beside, judged)];
    },
  };
}

/** From how late on one calls a task late: as asyncio's debug mode calls a callback slow. */
const slow: Ticks = 100 * TICKS_PER_MS;

function demand(written: string): Demand {
  return parseDemand(written)!;
}

/** That main finishes, and no later than it does now. */
function noLaterThan({ main }: Outcome, judged: Pick<Outcome, "driver" | "speed">): Demand {
  const end = main.endedAt!;
  // Of a real run, a twentieth more is no difference.
  const later = (end * 1.05 + precisionOf(judged)) / TICKS_PER_MS;
  const limit = judged.driver === "virtual" ? end : Math.ceil(later) * TICKS_PER_MS;
  return bounded(`main<=${formatDuration(limit)}`, "main", { comparison: "<=", limit });
}

/** The figures of expectations by their names here. */
const figureNames: Readonly<Record<BoundedFigure, string>> = {
  wall: "wall",
  main: "main",
  longestBlock: "block",
  "lateness.p99": "late.p99",
  overlap: "overlap",
};

/** The expectations as demands, without those that nobody would wish for: that something takes long. */
function wishesOf(
  { tasks, lost, bounds, prints, deadlock }: Expectations,
  scenario: Scenario,
): Demand[] {
  const nothing: Expectations = {
    tasks: null,
    lost: null,
    bounds: [],
    prints: null,
    deadlock: null,
    positions: {},
  };
  const asExpected = (written: string, only: Partial<Expectations>): Demand => ({
    written,
    says: written,
    lack: (outcome) => {
      const short = checkExpectations(outcome, { ...nothing, ...only }).find(({ met }) => !met);
      if (short === undefined) return null;
      return `${short.of.replace(/^tasks\./, "")} is ${short.found}, not ${short.expected}`;
    },
  });
  return [
    ...(tasks === null
      ? []
      : tasks === "finished"
        ? [demand("finish")]
        : [asExpected(statusWords(tasks), { tasks: byName(tasks, scenario) })]),
    // Where the statuses are said, they say how many are lost.
    ...(lost === null || tasks !== null ? [] : [demand(`lost==${lost}`)]),
    ...bounds
      .filter(({ of, bound }) => bound.comparison.startsWith(">") === (of === "overlap"))
      .map(({ of, bound }) => {
        const name = figureNames[of];
        const limit = of === "overlap" ? `${bound.limit * 100}%` : formatDuration(bound.limit);
        // A document may bound the end of a main that it expects to fail.
        const figure =
          name === "main"
            ? { ...figures["main"]!, shall: "main ends after", spoiled: () => null }
            : figures[name];
        return bounded(`${name}${bound.comparison}${limit}`, name, bound, figure);
      }),
    ...(prints === null ? [] : [printed(prints)]),
    ...(deadlock === false ? [asExpected("no deadlock", { deadlock })] : []),
  ];
}

/** By the scenario's own tasks: of others that a change may add, nothing was expected. */
function byName(
  tasks: string | Record<string, string>,
  scenario: Scenario,
): Record<string, string> {
  if (typeof tasks !== "string") return tasks;
  return Object.fromEntries(scenario.tasks.map(({ name }) => [name, tasks]));
}

function printed(prints: NonNullable<Expectations["prints"]>): Demand {
  const quoted = (line: string | undefined): string =>
    line === undefined ? "no more lines" : JSON.stringify(line);
  if ("contains" in prints) {
    const says = `${prints.contains.map(quoted).join(" and ")} printed`;
    return {
      written: says,
      says,
      lack: (outcome) => {
        const missing = prints.contains.find(
          (line) => !outcome.prints.some(({ text }) => text === line),
        );
        return missing === undefined ? null : `${quoted(missing)} is not printed`;
      },
    };
  }
  const { exactly } = prints;
  return {
    written: "exactly its lines",
    says: "exactly the lines that are expected",
    lack: (outcome) => {
      const lines = outcome.prints.map(({ text }) => text);
      for (let k = 0; k < Math.max(lines.length, exactly.length); k++)
        if (lines[k] !== exactly[k])
          return `line ${k + 1} is ${quoted(lines[k])}, not ${quoted(exactly[k])}`;
      return null;
    },
  };
}

function statusWords(tasks: string | Record<string, string>): string {
  if (typeof tasks === "string") return `all ${tasks}`;
  return Object.entries(tasks)
    .map(([name, status]) => `${name} ${status}`)
    .join(", ");
}

/** What a run lacks of all that must hold. */
export function lacksOf(outcome: Outcome, demands: readonly Demand[]): string[] {
  // Of a run that can never end, nothing else is worth a word.
  if (outcome.interruptedBy === "deadlock") return [`it deadlocks at ${formatTime(outcome.wall)}`];
  return [...new Set(demands.flatMap(({ lack }) => lack(outcome) ?? []))];
}
