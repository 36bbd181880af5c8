/** Checks of a run against the expectations of its scenario. */
import {
  type Bound,
  type BoundedFigure,
  type Expectations,
  isWithin,
} from "../scenario/expectation.ts";
import { formatDuration, formatTime, type Ticks } from "../base/duration.ts";
import type { Position } from "../base/position.ts";
import type { Problem } from "../scenario/problem.ts";
import { endedAtShutdown, isLost } from "../outcome/outcome.ts";
import { roundPercent } from "../base/shares.ts";
import type { Judgeable, JudgedTask } from "./judgeable.ts";

/** The check of one expectation: what is expected, and what was found. */
export interface Checked {
  /** The expectation's name in the document. */
  of: string;
  met: boolean;
  expected: string;
  found: string;
  /** Where the document says so; null where it is what every check goes by. */
  position: Position | null;
}

/** A document that was checked under a strategy, or the reason why it could not be. */
export interface CheckedDocument {
  file: string;
  /** Null where the document is wrong. */
  strategy: string | null;
  /** Empty where nothing is expected. */
  checks: Checked[];
  /** The problems of the document. */
  problems: Problem[];
  /** Why nothing is decided although it fell short: what was measured of the machine; null where it is decided. */
  undecided: string | null;
  /** The duration of its run, in seconds of real time. */
  seconds: number;
}

/** What came of checking a document. */
export type Verdict = "good" | "fell short" | "undecided" | "expects nothing" | "cannot be read";

export function verdictOf({ checks, problems, undecided }: CheckedDocument): Verdict {
  if (problems.length > 0) return "cannot be read";
  if (checks.length === 0) return "expects nothing";
  if (checks.every(({ met }) => met)) return "good";
  return undecided === null ? "fell short" : "undecided";
}

/** Checks each expectation. */
export function checkExpectations(outcome: Judgeable, expectations: Expectations): Checked[] {
  const { tasks, lost, bounds, prints, deadlock, positions } = expectations;
  const checked: Checked[] = [];
  const check = (of: string, met: boolean, { expected, found, path = of }: Told): void => {
    const [name] = of.split(".");
    const position = positions[path] ?? positions[of] ?? positions[name!] ?? null;
    checked.push({ of, met, expected, found, position });
  };
  // That its process is killed is what the scenario says; a deadlock has an expectation of its own.
  if (!["deadlock", "kill", null].includes(outcome.interruptedBy))
    check("run", false, {
      expected: "a run that comes to its end",
      found: interruptionOf(outcome),
    });
  const wanted =
    typeof tasks === "string"
      ? outcome.scenario.tasks.map(({ name }) => [name, tasks] as const)
      : Object.entries(tasks ?? {});
  for (const [name, status] of wanted) {
    const all = outcome.tasks.filter((task) => task.spec.name === name);
    const others = all.filter((task) => !isAsExpected(task, status, typeof tasks === "string"));
    const found = others.length === 0 ? status : others[0]!.status;
    const which = others.length > 0 && all.length > 1 ? ` (${others[0]!.name})` : "";
    check(`tasks.${name}`, others.length === 0, { expected: status, found: found + which });
  }
  if (lost !== null) {
    const found = outcome.tasks.filter(isLost).length;
    check("lost", found === lost, { expected: String(lost), found: String(found) });
  }
  for (const { of, bound } of bounds) {
    const figure = figureOf(outcome, of);
    const format = of === "overlap" ? roundPercent : formatTime;
    check(of, isWithin(figure, bound), {
      expected: boundWords(bound, of),
      found: format(figure),
    });
  }
  if (prints !== null) checkPrints(outcome, prints, check);
  if (deadlock !== null) {
    const found = outcome.interruptedBy === "deadlock";
    const words = (is: boolean): string => (is ? "a deadlock" : "no deadlock");
    check("deadlock", found === deadlock, { expected: words(deadlock), found: words(found) });
  }
  return checked;
}

/** The words for one expectation. */
interface Told {
  expected: string;
  found: string;
  /** The very part of it that is not met, where that has a position of its own. */
  path?: string;
}

/** Checks what the program prints: that some lines are there, or that no others are. */
function checkPrints(
  outcome: Judgeable,
  prints: NonNullable<Expectations["prints"]>,
  check: (of: string, met: boolean, told: Told) => void,
): void {
  const printed = outcome.prints.map(({ text }) => text);
  if ("contains" in prints) {
    const { contains } = prints;
    const missing = contains.find((line) => !printed.includes(line));
    const expected = `a line ${JSON.stringify(missing ?? contains[0] ?? "")}`;
    check("prints", missing === undefined, {
      expected,
      found: missing === undefined ? expected : `no such line among ${printed.length}`,
      path: `prints.contains.${contains.indexOf(missing ?? "")}`,
    });
    return;
  }
  const { exactly } = prints;
  const indices = Array.from({ length: Math.max(exactly.length, printed.length) }, (_, k) => k);
  const at = indices.find((k) => exactly[k] !== printed[k]);
  const line = (lines: string[], k: number): string =>
    lines[k] === undefined ? "no more lines" : JSON.stringify(lines[k]);
  const all = exactly.length === 1 ? "1 line" : `${exactly.length} lines`;
  check("prints", at === undefined, {
    expected: at === undefined ? all : `line ${at + 1}: ${line(exactly, at)}`,
    found: at === undefined ? all : line(printed, at),
    path: `prints.${at}`,
  });
}

/**
 * Whether a task came to a status.
 *
 * @param isOfAll it is expected of every task: that all finish is said of those too that are meant to
 *   be ended at shutdown.
 */
function isAsExpected(task: JudgedTask, status: string, isOfAll: boolean): boolean {
  return task.status === status || (isOfAll && status === "finished" && endedAtShutdown(task));
}

/** The words for the interruption of a run. */
export function interruptionOf({ interruptedBy, interruption, wall, ended }: Judgeable): string {
  if (ended !== undefined) return `${ended} at ${formatTime(wall)}`;
  const by =
    interruptedBy === "crash" ? "its process crashed" : `tandem's ${interruptedBy} ended it`;
  return `${by} at ${formatTime(wall)}${interruption === null ? "" : ` (${interruption})`}`;
}

/** A figure of a run: ticks, or a share. */
export function figureOf(outcome: Judgeable, of: BoundedFigure): number {
  switch (of) {
    case "wall":
      return outcome.wall;
    case "main":
      return outcome.main.endedAt ?? outcome.wall;
    case "longestBlock":
      return outcome.longestBlock?.ticks ?? 0;
    case "lateness.p99":
      return outcome.lateness.p99;
    case "overlap":
      return outcome.overlap;
  }
}

/** The instant at which the last task had ended, or launch; null where nothing began. */
export function backgroundEnd({ launch, tasks }: Judgeable): Ticks | null {
  const ends = [launch, ...tasks].flatMap(({ endedAt }) => endedAt ?? []);
  return ends.length === 0 ? null : ends.reduce((a, b) => Math.max(a, b));
}

function boundWords({ comparison, limit }: Bound, of: BoundedFigure): string {
  const figure = of === "overlap" ? roundPercent(limit) : formatDuration(limit);
  return comparison === "==" ? figure : `${comparison} ${figure}`;
}
