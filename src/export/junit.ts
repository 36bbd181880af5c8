/** Checks as JUnit XML, which CI systems read: a test suite for each scenario, a test case for each expectation. */
import type { Checked } from "../analysis/expectations.ts";

/** A document that was checked under a strategy, or the reason why it could not be. */
export interface CheckedDocument {
  file: string;
  /** Null where the document is wrong. */
  strategy: string | null;
  checks: Checked[];
  /** What is wrong with the document, a problem each. */
  problems: string[];
}

export function toJunit(documents: readonly CheckedDocument[]): string {
  const suites = documents.map(({ file, strategy, checks, problems }) => {
    const name = strategy === null ? file : `${file} (${strategy})`;
    const failures = checks.filter(({ met }) => !met).length;
    const cases = [
      ...problems.map(
        (problem) =>
          `    <testcase classname="${xml(name)}" name="document"><error message="${xml(problem)}"/></testcase>`,
      ),
      ...checks.map(({ of, met, expected, found }) => {
        const open = `    <testcase classname="${xml(name)}" name="${xml(of)}"`;
        if (met) return `${open}/>`;
        const message = `expected ${expected}, found ${found}`;
        return `${open}><failure message="${xml(message)}"/></testcase>`;
      }),
    ];
    return [
      `  <testsuite name="${xml(name)}" tests="${cases.length}" failures="${failures}" errors="${problems.length}">`,
      ...cases,
      "  </testsuite>",
    ].join("\n");
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("\n")}\n</testsuites>\n`;
}

/** XML 1.0 has no way to write control characters at all. */
function xml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    .replaceAll(/[\u0000-\u0008\u000b-\u001f]/g, "\ufffd");
}
