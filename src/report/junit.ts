/** Checks as JUnit XML, which CI systems read: a test suite for each scenario, a test case for each expectation. */
import type { CheckedDocument } from "../strategies/expectations.ts";
import { formatProblem } from "../scenario/problem.ts";

/**
 * The documents as one JUnit report, without what readers disagree about: no attribute but those that all
 * of them know.
 */
export function toJunit(documents: readonly CheckedDocument[]): string {
  const all = documents.map(toSuite);
  const sum = (of: (suite: Suite) => number): number => all.reduce((sum, one) => sum + of(one), 0);
  const seconds = documents.reduce((total, one) => total + one.seconds, 0);
  const counts = `tests="${sum(({ tests }) => tests)}" failures="${sum(({ failures }) => failures)}" errors="${sum(({ errors }) => errors)}" time="${time(seconds)}"`;
  const suites = all.map(({ text }) => text).join("\n");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tandem check" ${counts}>\n${suites}\n</testsuites>\n`;
}

interface Suite {
  tests: number;
  failures: number;
  errors: number;
  text: string;
}

function toSuite({ file, strategy, checks, problems, seconds }: CheckedDocument): Suite {
  const name = xml(strategy === null ? file : `${file} (${strategy})`);
  const failures = checks.filter(({ met }) => !met).length;
  // One run answers all expectations, so each has its part of the time; readers add them up.
  const each = time(checks.length === 0 ? 0 : seconds / checks.length);
  const testCase = (of: string, inside: string, took = time(0)): string => {
    const open = `    <testcase classname="${name}" name="${xml(of)}" time="${took}"`;
    return inside === "" ? `${open}/>` : `${open}>${inside}</testcase>`;
  };
  const cases = [
    ...problems.map((problem) =>
      testCase(
        "document",
        `<error type="document" message="${xml(formatProblem(file, problem))}"/>`,
      ),
    ),
    ...checks.map(({ of, met, expected, found, position }) => {
      if (met) return testCase(of, "", each);
      const message = xml(`expected ${expected}, found ${found}`);
      const where = position === null ? file : `${file}:${position.line}:${position.column}`;
      const failure = `<failure type="expectation" message="${message}">${xml(where)}</failure>`;
      return testCase(of, failure, each);
    }),
    ...(checks.length + problems.length === 0
      ? [testCase("expect", `<skipped message="the document expects nothing"/>`)]
      : []),
  ];
  const skipped = checks.length + problems.length === 0 ? 1 : 0;
  const counts = `tests="${cases.length}" failures="${failures}" errors="${problems.length}" skipped="${skipped}" time="${time(seconds)}"`;
  return {
    tests: cases.length,
    failures,
    errors: problems.length,
    text: [`  <testsuite name="${name}" ${counts}>`, ...cases, "  </testsuite>"].join("\n"),
  };
}

function time(seconds: number): string {
  return seconds.toFixed(3);
}

/** XML 1.0 has no way to write control characters and a few others at all. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\t", "&#9;")
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, "\ufffd");
}
