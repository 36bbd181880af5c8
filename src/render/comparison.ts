/** Strategies side by side, as a table of text. */
import type { Figures } from "../analysis/comparison.ts";
import { formatTime } from "../scenario/duration.ts";
import { pad } from "./text.ts";

const columns: readonly [title: string, cell: (figures: Figures) => string][] = [
  ["strategy", ({ strategy }) => strategy],
  ["finished", ({ finished }) => String(finished)],
  ["lost", ({ lost }) => String(lost)],
  ["failed", ({ failed }) => String(failed)],
  [
    "main ends",
    ({ main, deadlocked }) => (main === null || deadlocked ? "never" : formatTime(main)),
  ],
  ["process ends", ({ wall, deadlocked }) => (deadlocked ? "never" : formatTime(wall))],
  ["loop held", ({ block }) => (block === 0 ? "-" : formatTime(block))],
  ["exit", ({ exitCode }) => (exitCode === null ? "-" : String(exitCode))],
];

/** @returns lines, the first of them the titles; columns that do not fit into `width` are left out. */
export function renderComparison(all: readonly Figures[], width: number): string[] {
  const rows = [
    columns.map(([title]) => title),
    ...all.map((one) => columns.map(([, cell]) => cell(one))),
  ];
  const widths = columns.map((_, k) =>
    rows.reduce((most, row) => Math.max(most, Bun.stringWidth(row[k]!)), 0),
  );
  let kept = columns.length;
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
