/** Strategies side by side, as a table of text or of Markdown. */
import type { Class, Figures } from "../analysis/comparison.ts";
import { formatTime, type Ticks } from "../scenario/duration.ts";
import { pad } from "./text.ts";

interface Column {
  title: string;
  cell: (figures: Figures) => string;
  /** The figure by which one is better than another, the smaller the better; null: none is. */
  rank: ((figures: Figures) => number) | null;
}

const never = (ticks: Ticks | null): string => (ticks === null ? "never" : formatTime(ticks));

/** Under their titles, and in this order: what matters most first, since narrow terminals drop the last. */
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
    rank: null,
  },
  main: { title: "main", cell: ({ main }) => never(main), rank: ({ main }) => main ?? Infinity },
  wall: { title: "process", cell: ({ wall }) => never(wall), rank: ({ wall }) => wall ?? Infinity },
  block: {
    title: "loop held",
    cell: ({ block }) => (block === 0 ? "-" : formatTime(block)),
    rank: ({ block }) => block,
  },
  cleanup: { title: "clean-up", cell: ({ cleanup }) => cleanup ?? "-", rank: null },
  background: {
    title: "background",
    cell: ({ background }) => (background === null ? "-" : formatTime(background)),
    rank: null,
  },
  exit: {
    title: "exit",
    cell: ({ exitCode }) => (exitCode === null ? "-" : String(exitCode)),
    rank: null,
  },
};

/** The columns by which classes can be sorted. */
export const sortable: readonly string[] = Object.keys(columns).filter(
  (name) => columns[name]!.rank !== null || name === "failed",
);

/** Sorts classes by a column, the best first. */
export function sortBy(classes: readonly Class[], column: string): Class[] {
  const rank = columns[column]!.rank ?? (({ failed }: Figures): number => failed);
  return classes.toSorted((a, b) => rank(a.figures) - rank(b.figures));
}

/** A row of titles, and one for each class. */
function rowsOf(classes: readonly Class[]): string[][] {
  const all = Object.values(columns);
  const best = all.map(({ rank }) => {
    if (rank === null) return null;
    const ranks = classes.map(({ figures }) => rank(figures));
    const least = ranks.reduce((a, b) => Math.min(a, b), Infinity);
    // What all have in common distinguishes nobody.
    return ranks.every((one) => one === least) ? null : least;
  });
  return [
    ["strategy", ...all.map(({ title }) => title)],
    ...classes.map(({ figures, members }) => [
      members.length === 1 ? figures.strategy : `${figures.strategy} (+${members.length - 1})`,
      ...all.map(({ cell, rank }, k) => {
        const isBest = rank !== null && best[k] === rank(figures);
        return `${cell(figures)}${isBest ? " *" : ""}`;
      }),
    ]),
  ];
}

/** @returns lines, the first of them the titles; columns that do not fit into `width` are left out. */
export function renderComparison(classes: readonly Class[], width: number): string[] {
  const rows = rowsOf(classes);
  const widths = rows[0]!.map((_, k) =>
    rows.reduce((most, row) => Math.max(most, Bun.stringWidth(row[k]!)), 0),
  );
  let kept = widths.length;
  const total = (): number => widths.slice(0, kept).reduce((sum, one) => sum + one + 2, -2);
  while (kept > 4 && total() > width) kept--;
  return rows.map((row) =>
    row
      .slice(0, kept)
      .map((cell, k) => pad(cell, widths[k]!))
      .join("  ")
      .trimEnd(),
  );
}

/** The whole table, for a page of Markdown. */
export function comparisonToMarkdown(classes: readonly Class[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("*", "★")).join(" | ")} |`;
  const [titles, ...rows] = rowsOf(classes) as [string[], ...string[][]];
  return `${[line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}
