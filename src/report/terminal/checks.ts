/** Scenarios that were checked against what they expect, as lines for a terminal. */
import type { Checked, CheckedDocument } from "../../strategies/expectations.ts";
import { joined, terminal, type TerminalText } from "../../base/texts.ts";
import { formatProblem } from "../../scenario/problem.ts";

/** @returns lines, each ending in a newline; those of what fell short begin with file, line and column. */
export function renderChecks(
  documents: readonly CheckedDocument[],
  unicode: boolean,
): TerminalText {
  const [good, bad] = unicode ? ["✓", "✗"] : ["ok  ", "FAIL"];
  const lines = documents.flatMap(({ file, strategy, checks, problems }) => {
    if (problems.length > 0)
      return problems.map((one) => terminal`${bad} ${[formatProblem(file, one)]}`);
    const name = `${file} (${strategy})`;
    if (checks.length === 0) return [terminal`- ${name}: nothing is expected`];
    const failed = checks.filter(({ met }) => !met);
    if (failed.length === 0) return [terminal`${good} ${name}: ${checks.length} as expected`];
    return failed.map(
      (check) => terminal`${bad} ${`${placeOf(file, check)} (${strategy})`}: ${checkWords(check)}`,
    );
  });
  return terminal`${[joined(lines, "\n")]}\n\n${sumOfChecks(documents)}\n`;
}

/** How many are good, and how many are not, as `2 good, 1 fell short`. */
export function sumOfChecks(documents: readonly CheckedDocument[]): string {
  const count = (is: (document: CheckedDocument) => boolean): number => documents.filter(is).length;
  const wrong = count(({ problems }) => problems.length > 0);
  const short = count(({ checks }) => checks.some(({ met }) => !met));
  const silent = count(({ checks, problems }) => checks.length + problems.length === 0);
  return [
    `${documents.length - wrong - short - silent} good`,
    `${short} fell short`,
    ...(silent === 0 ? [] : [`${silent} expect${silent === 1 ? "s" : ""} nothing`]),
    ...(wrong === 0 ? [] : [`${wrong} cannot be read`]),
  ].join(", ");
}

function placeOf(file: string, { position }: Checked): string {
  return position === null ? file : `${file}:${position.line}:${position.column}`;
}

/** What a check expected and what was found, as `wall: expected <= 90ms, found 400ms`. */
export function checkWords({ of, expected, found }: Checked): string {
  return `${of}: expected ${expected}, found ${found}`;
}
