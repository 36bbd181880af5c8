/** Findings in the formats that tools read: SARIF, JUnit, GitHub's annotations; and Markdown for a pull request. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ProvenEdit } from "../../../src/edits/proven.ts";
import { annotationsOf } from "../../../src/report/files/annotations.ts";
import { junitFile } from "../../../src/report/files/junit.ts";
import { markdownFile } from "../../../src/report/files/markdown.ts";
import { sarifFile } from "../../../src/report/files/sarif.ts";
import { programReport } from "../../../src/report/model/of-program.ts";
import type { Report } from "../../../src/report/model/report.ts";
import { reportProgram } from "../../../src/report/program.ts";
import { readRecording } from "../../../src/runs/report.ts";
import { patience } from "../../support/patience.ts";
import { uneventfulRun } from "../../support/reports.ts";

setDefaultTimeout(patience);

const before = `${Array.from({ length: 30 }, (_, k) => `line ${k + 1}`).join("\n")}\n`;
const after = before
  .replace("line 3\n", "kept = line 3\n")
  .replace("line 21\n", "line 21\nawait kept\n")
  .replace("line 25\nline 26\n", "");

/** A program's report, with an edit of its first finding; `app.py` alone lies in the working folder. */
function reported(): Report {
  const text = readFileSync(join(import.meta.dir, "../traces/app.ndjson"), "utf8");
  const recording = readRecording([text], "app.ndjson");
  if (recording.of !== "program") throw new Error("a scenario's run");
  const report = reportProgram(recording);
  const edit: ProvenEdit = {
    pattern: "keep-and-await",
    findings: [report.findings[0]!],
    change: {
      path: "/work/app.py",
      file: "app.py",
      before: Buffer.from(before),
      after: Buffer.from(after),
      replacements: [],
    },
    does: "keep the task, and await it",
    price: null,
    mayBring: [],
    isChoice: false,
    healsEnd: false,
    proof: {
      verdict: "proven",
      but: null,
      runs: 1,
      before: [{ ...uneventfulRun, findings: [report.findings[0]!] }],
      after: [uneventfulRun],
      served: [[]],
    },
  };
  return programReport(report, recording.trace, {
    find: (file) => (file === "app.py" ? { text: before, changedAt: null } : null),
    edits: { edits: [edit], without: [] },
    beside: ["--must finish: expected finished, found lost"],
  });
}

const artifact = z.strictObject({
  // A relative reference: GitHub takes no other for a file of the repository.
  uri: z.string().regex(/^(?!\/|[a-z]+:)[\w.%~/-]+$/i),
  uriBaseId: z.literal("%SRCROOT%"),
});
const message = z.strictObject({ text: z.string().min(1) });
const level = z.enum(["error", "warning", "note", "none"]);
const line = z.int().min(1);
const physicalLocation = z.strictObject({
  artifactLocation: artifact,
  region: z.strictObject({ startLine: line }),
});

/** What SARIF 2.1.0 and GitHub ask of what tandem writes, and nothing that they do not know. */
const sarifSchema = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.tuple([
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.string(),
          version: z.string(),
          semanticVersion: z.string().regex(/^\d+\.\d+\.\d+/),
          rules: z.array(
            z.strictObject({
              id: z.string().max(255),
              name: z.string().max(255),
              shortDescription: message,
              fullDescription: message,
              help: message,
              defaultConfiguration: z.strictObject({ level }),
            }),
          ),
        }),
      }),
      invocations: z.tuple([
        z.strictObject({
          executionSuccessful: z.boolean(),
          toolExecutionNotifications: z.array(
            z.strictObject({
              level,
              message,
              associatedRule: z
                .strictObject({ id: z.string(), index: z.int().nonnegative() })
                .optional(),
            }),
          ),
        }),
      ]),
      originalUriBaseIds: z.record(z.string(), z.strictObject({ description: message })),
      columnKind: z.literal("utf16CodeUnits"),
      results: z
        .array(
          z.strictObject({
            ruleId: z.string(),
            ruleIndex: z.int().nonnegative(),
            level,
            message,
            locations: z.array(z.strictObject({ physicalLocation })).length(1),
            relatedLocations: z
              .array(z.strictObject({ id: z.int().nonnegative(), physicalLocation, message }))
              .max(100),
            partialFingerprints: z.record(z.string(), z.string()),
            fixes: z
              .array(
                z.strictObject({
                  description: message,
                  artifactChanges: z
                    .array(
                      z.strictObject({
                        artifactLocation: artifact,
                        replacements: z
                          .array(
                            z.strictObject({
                              deletedRegion: z.strictObject({
                                startLine: line,
                                startColumn: line,
                                endLine: line,
                                endColumn: line,
                              }),
                              insertedContent: message.optional(),
                            }),
                          )
                          .min(1),
                      }),
                    )
                    .min(1),
                }),
              )
              .min(1)
              .optional(),
          }),
        )
        .max(5000),
    }),
  ]),
});

const sarifOf = (report: Report) =>
  sarifSchema.parse(JSON.parse(sarifFile(report, { within: "/work", tandem: "0.1.0" }))).runs[0];

describe("SARIF", () => {
  test("has what its schema and GitHub ask for, and each result names its rule", () => {
    const { tool, results } = sarifOf(reported());
    expect(results.length).toBeGreaterThan(2);
    for (const { ruleId, ruleIndex } of results)
      expect(tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
  });

  test("a finding stands at its line, the other places beside it, and its message leads to them", () => {
    const [first] = sarifOf(reported()).results;
    const at = ({ physicalLocation: { artifactLocation, region } }: z.infer<typeof located>) =>
      `${artifactLocation.uri}:${region.startLine}`;
    const located = z.object({ physicalLocation });
    expect(first!.locations.map(at)).toEqual(["app.py:3"]);
    expect(first!.relatedLocations.map(at)).toEqual(["app.py:21"]);
    expect(first!.message.text).toContain("[app.py:21](1)");
  });

  test("what has no place in the working folder is told as a notification, and demands that were not kept", () => {
    const { invocations, results } = sarifOf(reported());
    const told = invocations[0].toolExecutionNotifications.map(({ message: { text } }) => text);
    expect(told.some((text) => text.includes("helper.py:6"))).toBe(true);
    expect(told).toContain("--must finish: expected finished, found lost");
    expect(JSON.stringify(results)).not.toContain('helper.py:6"');
  });

  test("an edit is a fix that makes the changed text of the file, with its proof in words", () => {
    const [first] = sarifOf(reported()).results;
    const [fix] = first!.fixes!;
    expect(fix!.description.text).toContain("Proven");
    const lines = before.split(/(?<=\n)/);
    // From the last on, so that lines keep their numbers.
    for (const {
      deletedRegion,
      insertedContent,
    } of fix!.artifactChanges[0]!.replacements.toReversed())
      lines.splice(
        deletedRegion.startLine - 1,
        deletedRegion.endLine - deletedRegion.startLine,
        insertedContent?.text ?? "",
      );
    expect(lines.join("")).toBe(after);
  });

  test("a finding is the same one where lines above it come, and another where its own line changes", () => {
    const report = reported();
    const [finding] = report.findings;
    const fingerprint = (text: string, at: number): string => {
      const places = [{ is: "made", file: "app.py", line: at }];
      const source = { file: "app.py", text, doubt: null, lines: new Map() };
      const { results } = sarifOf({
        ...report,
        sources: [source],
        findings: [{ ...finding!, places, edits: [] }],
      });
      return Object.values(results[0]!.partialFingerprints).join();
    };
    const first = fingerprint("a\nb\n", 2);
    expect(fingerprint("new\na\nb\n", 3)).toBe(first);
    expect(fingerprint("a\nc\n", 2)).not.toBe(first);
  });
});

test("JUnit has a failed case for each finding, its places and edits below, and one that passed where there is none", () => {
  const report = reported();
  const text = junitFile(report, "/work");
  Bun.XML.parse(text);
  const count = report.findings.length;
  expect(text).toContain(`tests="${count}" failures="${count}" errors="0"`);
  expect(
    text.match(/<testcase classname="app\.py" name="[^"]+" time="[\d.]+"><failure type=/g),
  ).toHaveLength(count);
  expect(text).toContain("+await kept");
  expect(text).toContain("--must finish: expected finished, found lost");
  const none = junitFile({ ...report, findings: [] }, "/work");
  expect(none).toContain('tests="1" failures="0"');
  expect(none).toContain('name="nothing was found"');
});

test("GitHub is given ten annotations of a kind at most, the last of which says how many more there are", () => {
  const report = reported();
  const [lost] = report.findings;
  const blocked = report.findings.find(({ rule }) => rule === "loop-blocked")!;
  const annotations = (errors: number, warnings: number): string[] =>
    annotationsOf(
      {
        ...report,
        findings: [
          ...Array.from({ length: warnings }, () => blocked),
          ...Array.from({ length: errors }, () => lost!),
        ],
      },
      "/work",
    )
      .trimEnd()
      .split("\n");
  expect(annotations(10, 1)).toHaveLength(11);
  expect(annotations(10, 1)[0]).toStartWith("::error file=app.py,line=3,title=lost-at-exit::");
  const many = annotations(25, 11);
  expect(many).toHaveLength(20);
  expect(many[9]).toBe("::error title=tandem::16 more like these");
  expect(many[19]).toBe("::warning title=tandem::2 more like these");
});

test("Markdown has verdict, findings, the table and edits as diffs, and fits into a comment", () => {
  const report = reported();
  const text = markdownFile(report, "/work");
  expect(text).toStartWith("## app.py\n");
  expect(text).toContain("```diff\n--- a/app.py\n");
  expect(text).toContain("\n+await kept\n");
  expect(text).toContain("| Who | Status | When | What is known |\n| --- | --- | --- | --- |\n");
  const many = { ...report, findings: Array.from({ length: 2000 }, () => report.findings[1]!) };
  const long = markdownFile(many, "/work");
  expect(long.length).toBeLessThan(65_536);
  expect(long).toContain("### 2,000 findings");
  expect(long).toMatch(/\n1,\d{3} more findings\.\n/);
});

test("a person whose name a program says is not told of it by GitHub", () => {
  const report = reported();
  const text = markdownFile({ ...report, title: "ask @octocat" }, "/work");
  expect(text).toContain("## ask @<!-- -->octocat");
});
