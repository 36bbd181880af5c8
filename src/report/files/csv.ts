/** A report as a table of comma-separated values: the strategies or documents, or else everybody with a line each. */
import { TICKS_PER_MS } from "../../base/duration.ts";
import { csvLine, type CsvText, joined } from "../../base/texts.ts";
import type { Report } from "../model/report.ts";
import { shownReport } from "../model/shown.ts";
import type { Timeline } from "../model/timeline.ts";
import { fates, states } from "../page/words.ts";

/** How many lines stand in one piece. */
const linesOfPiece = 5000;

/** @returns the file in pieces. Times are milliseconds. */
export function* csvFile(report: Report, within: string | null): Generator<CsvText> {
  const { matrix, timeline } = shownReport(report, within);
  let lines: CsvText[] = [];
  for (const line of matrix === null ? everybody(timeline) : matrix.rows.map(lineOf)) {
    lines.push(line);
    if (lines.length < linesOfPiece) continue;
    yield joined(lines, "");
    lines = [];
  }
  yield joined(lines, "");
}

/** A row without the signs of the best and of nothing; what is a number alone stands as one. */
function lineOf(row: readonly string[]): CsvText {
  return csvLine(
    row.map((cell, column) => {
      const plain = column === 0 ? cell : cell.replace(/ \*$/, "");
      if (plain === "-") return null;
      return /^\d+(?:\.\d+)?$/.test(plain) ? Number(plain) : plain;
    }),
  );
}

function* everybody({ rows, entities, stretches, texts, places }: Timeline): Generator<CsvText> {
  yield csvLine([
    "process",
    "kind",
    "name",
    "fate",
    "first_ms",
    "last_ms",
    ...states.map((state) => `${state}_ms`),
    "made_at",
    "stood_at",
    "error",
  ]);
  const placeOf = (index: number): string | null => {
    const place = places[index];
    return place === undefined ? null : `${place.file}:${place.line}`;
  };
  let at = 0;
  let heading = "";
  for (const { is, name, first, count } of rows) {
    if (is === "heading") heading = name;
    for (let k = first; k < first + count; k++) {
      const spent = states.map(() => 0);
      for (const end = at + entities.stretches[k]!; at < end; at++)
        spent[stretches.state[at]!]! += stretches.to[at]! - stretches.from[at]!;
      yield csvLine([
        heading,
        is === "thread" ? "thread" : name,
        entities.name[k]!,
        fates[entities.fate[k]!]!,
        entities.from[k]! / TICKS_PER_MS,
        entities.to[k]! / TICKS_PER_MS,
        ...spent.map((ticks) => ticks / TICKS_PER_MS),
        placeOf(entities.made[k]!),
        placeOf(entities.stood[k]!),
        texts[entities.error[k]!] || null,
      ]);
    }
  }
}
