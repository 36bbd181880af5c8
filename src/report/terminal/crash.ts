/**
 * What crashes cost, as a table, as a chart of the work that is lost by when something is killed, and in words.
 *
 * Meaning is in the characters and words; colour only repeats it.
 */
import { formatCount } from "../../base/count.ts";
import { formatTime, type Ticks } from "../../base/duration.ts";
import { pad, wrap } from "../../base/layout.ts";
import { counted, list } from "../../base/sentences.ts";
import { roundPercent } from "../../base/shares.ts";
import {
  joined,
  painted,
  printable,
  terminal,
  type TerminalText,
  trimmedEnd,
} from "../../base/texts.ts";
import { isLost, type Outcome, type TaskOutcome } from "../../outcome/outcome.ts";
import type { KillTarget } from "../../scenario/kill.ts";
import { isWithinProcess } from "../../scenario/strategy.ts";
import { standpoint } from "../../scenario/walk.ts";
import {
  type Crash,
  type CrashClass,
  type CrashMoment,
  exposureOf,
  harmOf,
  isDoneTwice,
  longestUnnoticed,
} from "../../strategies/crash.ts";
import { renderTable } from "./table.ts";
import { axis, fit, type Look } from "./timeline.ts";
import { standpointWords } from "./verdict.ts";

type Told = Crash & CrashClass;

/** The name of a class: its simplest strategy, how many others come to the same, and whether the own is among them. */
export function crashName({ strategy, members, own }: Told): string {
  const beside = [
    ...(members.length === 1 ? [] : [`+${members.length - 1}`]),
    ...(own ? ["own"] : []),
  ];
  return beside.length === 0 ? strategy.name : `${strategy.name} (${beside.join(", ")})`;
}

/** What is killed, in words. */
export const targets: Readonly<Record<KillTarget, string>> = {
  main: "main",
  worker: "a worker",
  process: "all of it",
};

/** A row of titles, and one for each class. */
export function crashRows(crashes: readonly Told[]): string[][] {
  const differ = crashes.some(({ killed }) => killed !== "process");
  return [
    [
      "strategy",
      "killed",
      "lost at most",
      "half done",
      "done twice",
      "at risk",
      "lost anyway",
      "noticed",
    ],
    ...crashes.map((one) => [
      crashName(one),
      differ ? targets[one.killed] : "-",
      mostHarm(one),
      orNothing(mostOf(one, ({ halfDone }) => halfDone)),
      orNothing(mostOf(one, ({ twice }) => twice)),
      riskWords(one),
      orNothing(one.lostAnyway),
      noticedWords(one),
    ]),
  ];
}

function orNothing(count: number): string {
  return count === 0 ? "-" : String(count);
}

function mostOf({ moments }: Crash, of: (moment: CrashMoment) => number): number {
  return moments.reduce((most, moment) => Math.max(most, of(moment)), 0);
}

function mostHarm(crash: Crash): string {
  const [lost, failed] = [mostOf(crash, (one) => one.lost), mostOf(crash, (one) => one.failed)];
  const parts = [
    ...(lost > 0 ? [`${lost} of ${crash.tasks}`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return parts.length === 0 ? "0" : parts.join(", ");
}

function riskWords(crash: Crash): string {
  const risk = exposureOf(crash);
  if (risk === 0) return "-";
  return `${formatTime(risk)} (${roundPercent(risk / Math.max(1, crash.end))})`;
}

/** For a kill of all, whoever started the process is told by its status. */
function noticedWords(crash: Crash): string {
  if (exposureOf(crash) === 0 && mostOf(crash, ({ twice }) => twice) === 0) return "-";
  const longest = longestUnnoticed(crash);
  if (longest === null) return "never";
  return longest === 0 ? "at once" : `within ${formatTime(longest)}`;
}

/** The table of all figures. */
export function renderCrashTable(crashes: readonly Told[], width: number): TerminalText[] {
  return renderTable(crashRows(crashes), width);
}

/** From few to all, and none. */
const levels = { unicode: "▁▂▃▄▅▆▇█", ascii: "12345678" };
const none = { unicode: "·", ascii: "." };
const goesOn = { unicode: "…", ascii: ">" };

function signOf(sign: typeof none, { unicode }: Pick<Look, "unicode">): string {
  return unicode ? sign.unicode : sign.ascii;
}

/**
 * Where the axis of a chart ends: with the last process, unless a queue is worked off for much longer than those live
 * that have none, of which little would be left to be seen.
 */
export function spanOf(crashes: readonly Crash[]): Ticks {
  const longest = (some: readonly Crash[]): Ticks =>
    some.reduce((most, { end }) => Math.max(most, end), 0);
  const within = longest(crashes.filter(({ strategy }) => isWithinProcess(strategy)));
  const all = longest(crashes);
  return Math.max(1, within === 0 ? all : Math.min(all, 2 * within));
}

/** The rows of the chart: what counts in each, and its colour (SGR). */
const charts = [
  { name: "lost", of: harmOf, colour: 31 },
  { name: "half", of: ({ halfDone }: CrashMoment) => halfDone, colour: 35 },
  { name: "twice", of: ({ twice }: CrashMoment) => twice, colour: 33 },
] as const;

/**
 * The chart: for each class, the share of its tasks that a kill then would lose, and that it would leave half done.
 *
 * @returns lines, none of them wider than `look.width`; the last ones are axis and legend.
 */
export function renderCrashChart(crashes: readonly Told[], look: Look): TerminalText[] {
  const names = crashes.map((one) =>
    one.killed === "process" ? crashName(one) : `${targets[one.killed]} of ${crashName(one)}`,
  );
  const widest = names.reduce((most, name) => Math.max(most, Bun.stringWidth(name)), 0);
  const nameWidth = Math.min(widest, Math.floor(look.width / 3));
  const cells = Math.max(8, look.width - nameWidth - 2 - rowNameWidth);
  const span = spanOf(crashes);
  const left = " ".repeat(nameWidth + 2 + rowNameWidth);
  const lines = crashes.flatMap((crash, index) =>
    charts
      .filter(({ name, of }) => name === "lost" || mostOf(crash, of) > 0)
      .map(({ name, of, colour }, row) => {
        const bar = barOf(crash, of, { cells, span, unicode: look.unicode });
        const title = row === 0 ? fit(names[index]!, nameWidth, look) : pad("", nameWidth);
        return trimmedEnd(
          terminal`${[title]}  ${[pad(name, rowNameWidth), look.colour ? painted(printable(bar), colour) : printable(bar)]}`,
        );
      }),
  );
  const [few, all] = look.unicode ? ["▁", "█"] : ["1", "8"];
  const cut = crashes.some(({ end }) => end > span) ? `   ${signOf(goesOn, look)} goes on` : "";
  const legend = `${signOf(none, look)} none   ${few} few of its tasks   ${all} all of them${cut}`;
  return [
    ...lines,
    ...axis(span, cells, look).map((line) => trimmedEnd(terminal`${left}${line}`)),
    ...wrap(legend, look.width - left.length)
      .split("\n")
      .map((line) => terminal`${left}${line}`),
  ];
}

/** "lost", "half" or "twice", and a space. */
const rowNameWidth = 6;

interface Scale {
  cells: number;
  span: number;
  unicode: boolean;
}

/** A character for each cell, the most of what lies in it; blank where the process is over. */
function barOf(
  { moments, tasks, end }: Crash,
  of: (moment: CrashMoment) => number,
  { cells, span, unicode }: Scale,
): string {
  const signs = unicode ? levels.unicode : levels.ascii;
  const length = Math.min(cells, Math.ceil((end / span) * cells));
  const most: number[] = Array.from({ length }, () => 0);
  for (const moment of moments) {
    const count = of(moment);
    const last = Math.min(length, Math.ceil((moment.to / span) * cells)) - 1;
    for (let cell = Math.floor((moment.from / span) * cells); cell <= last; cell++)
      most[cell] = Math.max(most[cell]!, count);
  }
  const drawn = most.map((count) =>
    count === 0 ? signOf(none, { unicode }) : signs[Math.ceil((count / tasks) * signs.length) - 1]!,
  );
  if (end > span) drawn[cells - 1] = signOf(goesOn, { unicode });
  return drawn.join("");
}

/** The chart of one class as a text, for a cell of a table. */
export function sparkline(crash: Crash, span: number): string {
  return barOf(crash, harmOf, { cells: 32, span, unicode: true });
}

/** As many kinds of tasks are told of a moment; the others are counted. */
const mostTold = 5;

/** What the worst moment comes to, in a sentence or two. @param at when the run was killed that came to this. */
export function worstWords(
  { strategy, killed }: Pick<Crash, "strategy" | "killed">,
  { from, to }: CrashMoment,
  at: Ticks,
  { tasks }: Outcome,
): string {
  const what = killed === "process" ? "the process" : targets[killed];
  const between = `between ${formatTime(from)} and ${formatTime(to)}`;
  const harmed = tasks.filter((task) => isLost(task) || isFailedBy(task, at));
  const kinds = Map.groupBy(harmed, (task) =>
    [task.spec.name, task.status, task.stepsDone].join("\0"),
  );
  const again = tasks.filter((task) => isDoneTwice(task) && !harmed.includes(task));
  const words = [...[...kinds.values()].map(taskWords), ...again.map(againWords)];
  const more = words.length - mostTold;
  if (more > 0) words.splice(mostTold, Infinity, `${more} more kinds of outcome`);
  return `The worst moment under ${strategy.name}: ${what} is killed ${between}, as at ${formatTime(at)}. Then ${list(words)}.`;
}

function isFailedBy({ status, endedAt }: TaskOutcome, at: number): boolean {
  return status === "failed" && endedAt !== null && endedAt >= at;
}

/** What is done twice, so that it had better be such that this does no harm. */
function againWords({ name, attempts, steps }: TaskOutcome): string {
  const [first] = attempts as [TaskOutcome["attempts"][number]];
  return `${name} is performed again from its first step on, of which ${first.stepsDone} of ${counted(steps, "step")} had been done`;
}

function taskWords(tasks: readonly TaskOutcome[]): string {
  const [first] = tasks as [TaskOutcome];
  const { spec, stepsDone, steps, status } = first;
  const who = tasks.length === 1 ? first.name : `${tasks.length} copies of ${spec.name}`;
  const is = tasks.length === 1 ? "is" : "are";
  if (status === "unstarted")
    return `${who} ${is} lost before ${tasks.length === 1 ? "it was" : "they were"} started`;
  const what = status === "failed" ? (tasks.length === 1 ? "fails" : "fail") : `${is} lost`;
  if (stepsDone === 0) return `${who} ${what} before its first step was done`;
  const last = standpoint(spec.steps, stepsDone - 1);
  const behind = last === undefined ? "" : `, the last of them at ${standpointWords(last)}`;
  return `${who} ${what} half done, after ${stepsDone} of ${counted(steps, "step")}${behind}`;
}

/** That no kill costs anything, or where it is not known, in sentences. */
export function crashSentences(crashes: readonly Told[]): string[] {
  const passed = crashes.reduce((sum, { passedOver }) => sum + passedOver, 0);
  return [
    ...(crashes.every((one) => exposureOf(one) === 0)
      ? ["No kill at any moment loses more than is lost without one."]
      : []),
    ...(passed === 0
      ? []
      : [
          `Of the moments for a kill after which others go on, ${formatCount(passed)} were passed over, as that would have taken long.`,
        ]),
  ];
}

/** All that is told of crashes, on a terminal. @param paragraphs stand behind the chart. */
export function renderCrash(
  heading: string,
  crashes: readonly Told[],
  paragraphs: readonly string[],
  look: Look,
): TerminalText {
  const { width } = look;
  return joined(
    [
      wrap(heading, width),
      "",
      ...renderCrashTable(crashes, width),
      "",
      ...renderCrashChart(crashes, look),
      "",
      ...paragraphs.map((paragraph) => wrap(paragraph, width)),
      "",
    ],
    "\n",
  );
}
