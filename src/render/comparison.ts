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

/** @returns lines, the first of them the titles; their width is that of the words in them. */
export function renderComparison(all: readonly Figures[]): string[] {
  const rows = [
    columns.map(([title]) => title),
    ...all.map((one) => columns.map(([, cell]) => cell(one))),
  ];
  const widths = columns.map((_, k) =>
    rows.reduce((most, row) => Math.max(most, Bun.stringWidth(row[k]!)), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, k) => pad(cell, widths[k]!))
      .join("  ")
      .trimEnd(),
  );
}
