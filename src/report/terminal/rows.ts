/** What verdicts are made of: a table of who, what became of them and when, findings, and texts of the program's. */
import { formatTime, type Ticks } from "../../base/duration.ts";
import { pad, wrap } from "../../base/layout.ts";
import { printable, terminal, type TerminalText, trimmedEnd } from "../../base/texts.ts";

/** A line of the table: who, what became of them, when, and the rest of the story. */
export interface Row {
  who: string;
  /** How many others it stands below, as a loop below its thread; 0 if left out. */
  depth?: number;
  status: string;
  when: string;
  story: string;
}

/** A finding and what to do about it; a line is left free above. */
export function renderFinding(
  { message, fix }: { message: string; fix: string },
  width: number,
): TerminalText[] {
  return [
    terminal``,
    wrap(`* ${message}.`, width - 2, "  "),
    terminal`  ${[wrap(`To change that: ${fix}.`, width - 2, "  ")]}`,
  ];
}

/** Text of the program's, on one line. */
export function quoted(text: string): string {
  return `"${shorten(text)}"`;
}

/** The beginning of a text, if it is longer than one takes in at a glance. */
export function shorten(text: string): string {
  const line = printable(text);
  return line.length > 120 ? `${line.slice(0, 117)}...` : line;
}

export function at(ticks: Ticks | null): string {
  return ticks === null ? "-" : formatTime(ticks);
}

/** The table, no line of it wider than `width` where words allow it. */
export function layOut(rows: readonly Row[], width: number): TerminalText[] {
  const column = (of: (row: Row) => string): number =>
    rows.reduce((most, row) => Math.max(most, Bun.stringWidth(of(row))), 0);
  const nameOf = ({ who, depth = 0 }: Row): string => "  ".repeat(depth) + who;
  const who = column(nameOf);
  const status = column((row) => row.status);
  const when = column((row) => row.when);
  const left = 2 + who + 2 + status + 2 + when + 2;
  // Names that leave no room beside them stand on lines of their own.
  if (left - 2 > width)
    return rows.flatMap((row) =>
      [row.who, `${pad(row.status, status)}  ${row.when}`, row.story]
        .filter((part) => part !== "")
        .map((part, index) => {
          const indent = " ".repeat((index === 0 ? 2 : 6) + 2 * (row.depth ?? 0));
          return terminal`${indent}${[wrap(part, width - indent.length, indent)]}`;
        }),
    );
  return rows.map((row) => {
    const head = terminal`  ${[pad(nameOf(row), who)]}  ${[pad(row.status, status)]}  ${[pad(row.when, when)]}  `;
    if (row.story === "") return trimmedEnd(head);
    // On a narrow terminal the story goes below instead of into a column of a few letters.
    if (width - left < 24)
      return terminal`${[trimmedEnd(head)]}\n      ${[wrap(row.story, width - 6, "      ")]}`;
    return terminal`${[head, wrap(row.story, width - left, " ".repeat(left))]}`;
  });
}
