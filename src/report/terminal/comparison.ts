/** Strategies side by side, as a table of text or of Markdown; and the advice drawn from them. */
import type { Advice } from "../../strategies/advice.ts";
import type { Class, Figures } from "../../strategies/comparison.ts";
import { writeDemands } from "../../strategies/demand-words.ts";
import { formatTime, type Ticks } from "../../base/duration.ts";
import { wrap } from "../../base/layout.ts";
import {
  joined,
  markdown,
  type MarkdownText,
  quotedForShell,
  type TerminalText,
} from "../../base/texts.ts";
import { renderTable, tableToMarkdown } from "./table.ts";

interface Column {
  title: string;
  cell: (figures: Figures) => string;
  /** The figure by which one is better than another, the smaller the better; null: none is. */
  rank: ((figures: Figures) => number) | null;
  /** Whether it ranks times, which for real are never twice the same. */
  isTime?: true;
}

const never = (ticks: Ticks | null): string => (ticks === null ? "never" : formatTime(ticks));

const cleanupRanks = { all: 0, some: 1, none: 2 };

/** Under the names by which one sorts, what matters most first: a narrow terminal shows the others below. */
const columns: Readonly<Record<string, Column>> = {
  finished: {
    title: "finished",
    cell: ({ finished }) => String(finished),
    rank: ({ finished }) => -finished,
  },
  lost: { title: "lost", cell: ({ lost }) => String(lost), rank: ({ lost }) => lost },
  failed: {
    title: "failed",
    cell: ({ failed, heard }) => {
      const who = Object.entries(heard).filter(([, count]) => count > 0);
      const words = who.map(([by, count]) => (who.length === 1 ? by : `${count} ${by}`));
      return failed === 0 ? "0" : `${failed} (${words.join(", ")})`;
    },
    // A failure that somebody hears of is better than a task that never came so far as to fail.
    rank: ({ heard }) => heard.nobody * 1e6 + heard.logged,
  },
  main: {
    title: "main",
    cell: ({ main, mainFailed }) =>
      main !== null && mainFailed ? `${formatTime(main)} failed` : never(main),
    rank: ({ main, mainFailed }) => (main === null || mainFailed ? Infinity : main),
    isTime: true,
  },
  background: {
    title: "background",
    cell: ({ background }) => (background === null ? "-" : formatTime(background)),
    // The sooner the better only where nothing was lost.
    rank: ({ background, lost, failed, givenUp }) =>
      background === null || lost + failed + givenUp > 0 ? Infinity : background,
    isTime: true,
  },
  wall: {
    title: "process",
    cell: ({ wall }) => never(wall),
    rank: ({ wall }) => wall ?? Infinity,
    isTime: true,
  },
  block: {
    title: "loop held",
    cell: ({ block }) => (block === 0 ? "-" : formatTime(block)),
    rank: ({ block }) => block,
    isTime: true,
  },
  cleanup: {
    title: "clean-up",
    cell: ({ cleanup }) => cleanup ?? "-",
    rank: ({ cleanup }) => (cleanup === null ? 0 : cleanupRanks[cleanup]),
  },
  exit: {
    title: "exit",
    cell: ({ exitCode }) => (exitCode === null ? "-" : String(exitCode)),
    // 0 is no merit where something was lost, and 1 is none where nothing was.
    rank: null,
  },
};

/** The columns by which classes can be sorted. */
export const sortable: readonly string[] = Object.keys(columns).filter(
  (name) => columns[name]!.rank !== null,
);

/** The column by which one sorts that goes by a name, or has it as its title in the table. */
export function columnToSort(word: string): string | undefined {
  return sortable.find((name) => name === word || columns[name]!.title === word);
}

/** Sorts classes by a column, the best first. */
export function sortBy<One extends Class>(classes: readonly One[], column: string): One[] {
  const rank = columns[column]!.rank!;
  // Infinity less itself is no number.
  const order = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
  return classes.toSorted((a, b) => order(rank(a.figures), rank(b.figures)));
}

/**
 * What a class is called: its simplest strategy, how many others come to the same, and whether the
 * document's own is among them.
 */
export function className({ figures, members, own }: Class): string {
  const beside = [
    ...(members.length === 1 ? [] : [`+${members.length - 1}`]),
    ...(own ? ["own"] : []),
  ];
  return beside.length === 0 ? figures.strategy : `${figures.strategy} (${beside.join(", ")})`;
}

/** A row of titles, and one for each class. */
export function comparisonRows(classes: readonly Class[]): string[][] {
  const all = Object.values(columns);
  const precision = classes.reduce((most, { figures }) => Math.max(most, figures.precision), 0);
  /** The highest rank that is as good as the best. */
  const best = all.map(({ rank, isTime }) => {
    if (rank === null) return null;
    const ranks = classes.map(({ figures }) => rank(figures));
    const least = ranks.reduce((a, b) => Math.min(a, b), Infinity) + (isTime ? precision : 0);
    // A column in which all are equally good marks nobody.
    return least === Infinity || ranks.every((one) => one <= least) ? null : least;
  });
  return [
    ["strategy", ...all.map(({ title }) => title)],
    ...classes.map((one) => [
      className(one),
      ...all.map(({ cell, rank }, k) => {
        const isBest = rank !== null && best[k] !== null && rank(one.figures) <= best[k]!;
        return `${cell(one.figures)}${isBest ? " *" : ""}`;
      }),
    ]),
  ];
}

/** The table of all figures. @returns lines of at most `width`, the first of them the titles. */
export function renderComparison(classes: readonly Class[], width: number): TerminalText[] {
  return renderTable(comparisonRows(classes), width);
}

/** The whole table, for a page of Markdown. */
export function comparisonToMarkdown(classes: readonly Class[]): MarkdownText {
  const starred = comparisonRows(classes).map((row) =>
    row.map((cell) => cell.replaceAll("*", "★")),
  );
  return tableToMarkdown(starred);
}

/** @param words the demands as they are typed. */
const sources = {
  asked: () => "What must hold:",
  expect: (words: string) =>
    `What must hold, by the document's "expect" and by default (--must ${words}):`,
  default: (words: string) => `What must hold, since nothing else is said (--must ${words}):`,
};

/** The advice in paragraphs, none of whose lines is wider than `width` where words allow it. */
export function renderAdvice(advice: Advice, width: number): TerminalText {
  return joined(
    adviceParagraphs(advice).map((paragraph) => wrap(paragraph, width)),
    "\n",
  );
}

/** The advice in paragraphs, for a page of Markdown. */
export function adviceToMarkdown(advice: Advice): MarkdownText {
  return joined(
    adviceParagraphs(advice).map((paragraph) => markdown`${paragraph}`),
    "\n",
  );
}

/** The advice, paragraph by paragraph; an empty one stands for a line left free. */
export function adviceParagraphs(advice: Advice): string[] {
  const { must, source, because, cost } = advice;
  return [
    `${sources[source](quotedForShell(writeDemands(must)))} ${must.map(({ says }) => says).join(", ")}.`,
    "",
    because.join(" "),
    ...(cost === null ? [] : [cost]),
    ...unlessLines(advice),
    "",
  ];
}

/** When the choice would be wrong, or that this is not known. */
function unlessLines({ choose, unless, notSought }: Advice): string[] {
  if (choose === null || unless.length > 0) return unless.map(({ message }) => message);
  return [
    notSought === null
      ? "No small change of the scenario was found under which that would be wrong."
      : `Whether a small change would make that wrong was not looked for: ${notSought}.`,
  ];
}
