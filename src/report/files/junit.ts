/** Findings as JUnit XML, which CI systems read: a test case that has failed for each. */
import { TICKS_PER_MS } from "../../base/duration.ts";
import { joined, xml, type XmlText } from "../../base/texts.ts";
import type { Report, ReportedFinding } from "../model/report.ts";
import { shownReport } from "../model/shown.ts";

/** @param within the working folder; null: paths as they are. */
export function junitFile(report: Report, within: string | null): XmlText {
  const { title, findings, record, timeline, verdict } = shownReport(report, within);
  const seconds = (timeline.wall / TICKS_PER_MS / 1000).toFixed(3);
  const none = xml`    <testcase classname="${title}" name="nothing was found" time="${seconds}"/>`;
  const cases =
    findings.length === 0 ? [none] : findings.map((finding) => testCase(title, finding));
  const counts = xml`tests="${cases.length}" failures="${findings.length}" errors="0" time="${seconds}"`;
  const said = [verdict.headline, ...verdict.sentences, ...record];
  return xml`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tandem" ${[counts]}>
  <testsuite name="${title}" ${[counts]} skipped="0">
${[joined(cases, "\n")]}
    <system-out>${[inLines(said)]}</system-out>
  </testsuite>
</testsuites>
`;
}

function testCase(title: string, { rule, message, fix, places, edits }: ReportedFinding): XmlText {
  const [first] = places;
  const where = first === undefined ? "" : ` at ${first.file}:${first.line}`;
  const more = [
    ...places.map(({ is, file, line }) => `${is} ${file}:${line}`),
    ...(fix === null ? [] : [`To change that: ${fix}.`]),
    ...edits.flatMap(({ does, proof, diff }) => [does, ...proof, ...diff]),
  ];
  return xml`    <testcase classname="${title}" name="${`${rule}${where}`}" time="0.000"><failure type="${rule}" message="${`${message}.`}">${[inLines(more)]}</failure></testcase>`;
}

function inLines(lines: readonly string[]): XmlText {
  return joined(
    lines.map((line) => xml`${line}`),
    "\n",
  );
}
