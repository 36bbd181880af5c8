/** Texts of a program, in names, errors and files: in no format of a report do they do anything. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { annotationsOf } from "../../../src/report/files/annotations.ts";
import { chromeTraceFile } from "../../../src/report/files/chrome-trace.ts";
import { csvFile } from "../../../src/report/files/csv.ts";
import { junitFile } from "../../../src/report/files/junit.ts";
import { markdownFile } from "../../../src/report/files/markdown.ts";
import { sarifFile } from "../../../src/report/files/sarif.ts";
import { svgFile } from "../../../src/report/files/svg.ts";
import { withTexts } from "../../../src/report/model/paths.ts";
import type { Report } from "../../../src/report/model/report.ts";
import { dangersIn, hostileText } from "../../support/hostile.ts";
import { rounds } from "../../support/laws.ts";
import { patience } from "../../support/patience.ts";
import { fileOf, toldOfTrace } from "../../support/reports.ts";

setDefaultTimeout(patience);

const { report: plain } = toldOfTrace(join(import.meta.dir, "../traces/app.ndjson"));

/** A report all of whose texts have something in them, rules and files as well. */
function filled(text: string): Report {
  const hostile = withTexts({ ...plain, sources: [] }, (own) => `${text}${own}${text}`);
  const change = { file: `${text}app.py`, parts: [{ line: 1, count: 1, text: `${text}\n` }] };
  const edit = { does: text, proof: [text], diff: [`-${text}`, `+${text}`], change };
  const [first, ...others] = hostile.findings;
  return {
    ...hostile,
    findings: [{ ...first!, edits: [edit] }, ...others],
    sources: hostile.findings
      .flatMap(({ places }) => places)
      .map(({ file }) => ({ file, text: `${text}\n`, doubt: null, lines: new Map() })),
  };
}

/** The elements of a text of XML, without what stands in them. */
function elements(text: string): string[] {
  return [...text.matchAll(/<([a-zA-Z]+)[\s>/]/g)].map(([, name]) => name!);
}

const [svg, junit] = [elements(svgFile(filled("x"), null)), elements(junitFile(filled("x"), null))];

test("law: a hostile text changes nothing in HTML, SVG, Markdown, JUnit, SARIF, CSV, annotations and Chrome's trace", async () => {
  await fc.assert(
    fc.asyncProperty(hostileText, async (text) => {
      const report = filled(text);
      const sarif = sarifFile(report, { within: null, tandem: "1" });
      const chrome = [...chromeTraceFile(report, null)].join("");
      const files = {
        html: await fileOf(report, null),
        svg: svgFile(report, null),
        markdown: markdownFile(report, null),
        junit: junitFile(report, null),
        sarif,
        csv: [...csvFile(report, null)].join(""),
        annotations: annotationsOf(report, null),
        chrome,
      };
      for (const [name, file] of Object.entries(files))
        expect([name, dangersIn(file.replaceAll("\r\n", "\n"))]).toEqual([name, []]);
      JSON.parse(sarif);
      JSON.parse(chrome);
      for (const [file, own] of [
        [files.svg, svg],
        [files.junit, junit],
      ] as const) {
        Bun.XML.parse(file);
        expect(elements(file)).toEqual(own);
        expect(/[\ufffe\uffff]|]]>/.exec(file)).toBeNull();
      }
      expect(files.html.match(/<script/gi)).toHaveLength(3);
      // What is told stands in blocks of code, escaped, or where it begins no element.
      expect(
        /(?<!\\)<(?!!-- -->)[a-z/!?]/i.exec(files.markdown.replaceAll(/^(`{4,}).*?^\1$/gms, "")),
      ).toBeNull();
      expect(
        files.annotations.split("\n").filter((line) => !/^(?:::(?:error|warning) .*)?$/.test(line)),
      ).toEqual([]);
    }),
    { numRuns: rounds(15, 300) },
  );
});

test("what a spreadsheet would take for a formula is text, and numbers are numbers", () => {
  for (const start of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"]) {
    const report = filled(start);
    const cells = [...csvFile(report, null)].join("").split("\r\n").slice(1, -1);
    expect(cells.length).toBeGreaterThan(5);
    for (const line of cells) {
      const texts = [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, text]) => text!);
      expect(texts.filter((text) => /^\s*[=+\-@＝]/.test(text))).toEqual([]);
      expect(line.replaceAll(/"(?:[^"]|"")*"/g, "")).toMatch(/^,,,(?:,[\d.]+){7},,,$/);
    }
  }
});
