/** Scenarios that were checked against what they expect, as lines for a terminal. */
import {
  type Checked,
  type CheckedDocument,
  type Verdict,
  verdictOf,
} from "../../strategies/expectations.ts";
import { joined, terminal, type TerminalText } from "../../base/texts.ts";
import { formatProblem } from "../../scenario/problem.ts";

/** @returns lines, each ending in a newline; those of what fell short begin with file, line and column. */
export function renderChecks(
  documents: readonly CheckedDocument[],
  unicode: boolean,
): TerminalText {
  const [good, bad, open] = unicode ? ["✓", "✗", "?"] : ["ok  ", "FAIL", "??  "];
  const lines = documents.flatMap(({ file, strategy, checks, problems, undecided }) => {
    if (problems.length > 0)
      return problems.map((one) => terminal`${bad} ${[formatProblem(file, one)]}`);
    const name = `${file} (${strategy})`;
    if (checks.length === 0) return [terminal`- ${name}: nothing is expected`];
    const failed = checks.filter(({ met }) => !met);
    if (failed.length === 0) return [terminal`${good} ${name}: ${checks.length} as expected`];
    const sign = undecided === null ? bad : open;
    return failed.map(
      (check) =>
        terminal`${sign} ${`${placeOf(file, check)} (${strategy})`}: ${checkWords(check, undecided)}`,
    );
  });
  return terminal`${[joined(lines, "\n")]}\n\n${sumOfChecks(documents)}\n`;
}

/** How many are good, and how many are not, as `2 good, 1 fell short`. */
export function sumOfChecks(documents: readonly CheckedDocument[]): string {
  const count = (verdict: Verdict): number =>
    documents.filter((document) => verdictOf(document) === verdict).length;
  const silent = count("expects nothing");
  const [undecided, wrong] = [count("undecided"), count("cannot be read")];
  return [
    `${count("good")} good`,
    `${count("fell short")} fell short`,
    ...(undecided === 0 ? [] : [`${undecided} undecided`]),
    ...(silent === 0 ? [] : [`${silent} expect${silent === 1 ? "s" : ""} nothing`]),
    ...(wrong === 0 ? [] : [`${wrong} cannot be read`]),
  ].join(", ");
}

function placeOf(file: string, { position }: Checked): string {
  return position === null ? file : `${file}:${position.line}:${position.column}`;
}

/** What a check expected and what was found, as `wall: expected <= 90ms, found 400ms`. @param undecided why that decides nothing. */
export function checkWords(
  { of, expected, found }: Pick<Checked, "of" | "expected" | "found">,
  undecided: string | null = null,
): string {
  const words = `${of}: expected ${expected}, found ${found}`;
  return undecided === null ? words : `undecided: ${words}; but ${undecided}`;
}
