/** Tables of figures: a row for each of several runs, a row of titles first. */
import { pad } from "../../base/layout.ts";
import {
  joined,
  markdown,
  type MarkdownText,
  printable,
  type TerminalText,
} from "../../base/texts.ts";

/**
 * @param rows the first of them the titles. A column that says nothing of anybody, with "-" in each row, is left out.
 * @returns lines of at most `width`; columns that do not fit stand in a second table below, and so on.
 */
export function renderTable(rows: readonly (readonly string[])[], width: number): TerminalText[] {
  const widths = rows[0]!.map((_, k) =>
    rows.reduce((most, row) => Math.max(most, Bun.stringWidth(row[k]!)), 0),
  );
  const names = Math.min(widths[0]!, Math.max(16, Math.floor(width / 2)));
  const rest = widths
    .slice(1)
    .filter((_, k) => !isVoid(rows, k + 1))
    .reduce((sum, one) => sum + one + 2, 0);
  // Of equal width, rather than one that is full and one of a single column.
  const most = rest / Math.ceil(rest / (width - names));
  const bands: number[][] = [];
  let used = Infinity;
  for (let k = 1; k < widths.length; k++) {
    if (isVoid(rows, k)) continue;
    const one = widths[k]! + 2;
    if (used >= most || used + one > width - names) {
      bands.push([]);
      used = 0;
    }
    bands.at(-1)!.push(k);
    used += one;
  }
  return bands.flatMap((band, index) => [
    ...(index === 0 ? [] : [printable("")]),
    ...rows.flatMap((row) => {
      const cells = band.map((k) => pad(row[k]!, widths[k]!)).join("  ");
      const name = row[0]!;
      // A name too long for its column has a line of its own.
      if (Bun.stringWidth(name) > names)
        return [name, `${" ".repeat(names)}  ${cells}`.trimEnd()].map(printable);
      return [printable(`${pad(name, names)}  ${cells}`.trimEnd())];
    }),
  ]);
}

function isVoid([, ...rows]: readonly (readonly string[])[], column: number): boolean {
  return rows.every((row) => row[column] === "-");
}

/** The whole table, for a page of Markdown. */
export function tableToMarkdown(table: readonly (readonly string[])[]): MarkdownText {
  const line = (cells: readonly string[]): MarkdownText => {
    const written = cells.map((cell) => markdown` ${cell} |`);
    return markdown`|${written}`;
  };
  const [titles = [], ...rows] = table;
  return joined([line(titles), line(titles.map(() => "---")), ...rows.map(line), ""], "\n");
}
