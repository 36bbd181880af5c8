/** Checks as JUnit XML, which CI systems read: a test suite for each scenario, a test case for each expectation. */
import type { CheckedDocument } from "../strategies/expectations.ts";
import { joined, xml, type XmlText } from "../base/texts.ts";
import { checkWords } from "./terminal/checks.ts";
import { formatProblem } from "../scenario/problem.ts";

/**
 * The documents as one JUnit report, without what readers disagree about: no attribute but those that all
 * of them know.
 */
export function toJunit(documents: readonly CheckedDocument[]): XmlText {
  const all = documents.map(toSuite);
  const sum = (of: (suite: Suite) => number): number => all.reduce((sum, one) => sum + of(one), 0);
  const seconds = documents.reduce((total, one) => total + one.seconds, 0);
  const counts = xml`tests="${sum(({ tests }) => tests)}" failures="${sum(({ failures }) => failures)}" errors="${sum(({ errors }) => errors)}" time="${time(seconds)}"`;
  const suites = joined(
    all.map(({ text }) => text),
    "\n",
  );
  return xml`<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tandem check" ${[counts]}>\n${[suites]}\n</testsuites>\n`;
}

interface Suite {
  tests: number;
  failures: number;
  errors: number;
  text: XmlText;
}

function toSuite({ file, strategy, checks, problems, undecided, seconds }: CheckedDocument): Suite {
  const name = strategy === null ? file : `${file} (${strategy})`;
  const short = checks.filter(({ met }) => !met).length;
  const failures = undecided === null ? short : 0;
  // One run answers all expectations, so each has its part of the time; readers add them up.
  const each = time(checks.length === 0 ? 0 : seconds / checks.length);
  const testCase = (of: string, inside: XmlText | null, took = time(0)): XmlText => {
    const open = xml`    <testcase classname="${name}" name="${of}" time="${took}"`;
    return inside === null ? xml`${[open]}/>` : xml`${[open]}>${[inside]}</testcase>`;
  };
  const cases = [
    ...problems.map((problem) =>
      testCase("document", xml`<error type="document" message="${formatProblem(file, problem)}"/>`),
    ),
    ...checks.map(({ of, met, expected, found, position }) => {
      if (met) return testCase(of, null, each);
      if (undecided !== null) {
        const why = checkWords({ of, expected, found }, undecided);
        return testCase(of, xml`<skipped message="${why}"/>`, each);
      }
      const message = `expected ${expected}, found ${found}`;
      const where = position === null ? file : `${file}:${position.line}:${position.column}`;
      const failure = xml`<failure type="expectation" message="${message}">${where}</failure>`;
      return testCase(of, failure, each);
    }),
    ...(checks.length + problems.length === 0
      ? [testCase("expect", xml`<skipped message="the document expects nothing"/>`)]
      : []),
  ];
  const skipped = checks.length + problems.length === 0 ? 1 : short - failures;
  const counts = xml`tests="${cases.length}" failures="${failures}" errors="${problems.length}" skipped="${skipped}" time="${time(seconds)}"`;
  return {
    tests: cases.length,
    failures,
    errors: problems.length,
    text: joined(
      [xml`  <testsuite name="${name}" ${[counts]}>`, ...cases, xml`  </testsuite>`],
      "\n",
    ),
  };
}

function time(seconds: number): string {
  return seconds.toFixed(3);
}
