/**
 * Findings in SARIF 2.1.0, as code scanning takes them: a result at the line that a finding names first, with the
 * edits that heal it. What has no line in the working folder is a notification of the run, and no result, since
 * GitHub refuses a file that has a result without a place.
 */
import { json, type JsonText } from "../../base/texts.ts";
import { rules } from "../../remedies/rules.ts";
import type { Report, ReportedEdit, ReportedFinding, ReportedPlace } from "../model/report.ts";
import { shownReport } from "../model/shown.ts";
import { levelOf } from "./level.ts";

/** The most results, and places of one, that GitHub shows. */
const mostResults = 5000;
const mostRelated = 100;

/** What stands for the working folder, as GitHub calls the root of a repository. */
const base = "%SRCROOT%";

export interface SarifOptions {
  /** The working folder, out of which no path is to be shown; null: paths as they are. */
  within: string | null;
  /** The version of tandem. */
  tandem: string;
}

export function sarifFile(report: Report, { within, tandem }: SarifOptions): JsonText {
  const { findings, record, sources } = shownReport(inFolder(report), within);
  const ids = [...new Set(findings.map(({ rule }) => rule))];
  const placed = findings.filter(({ places }) => places.length > 0);
  const told = placed.slice(0, mostResults);
  const left = placed.length - told.length;
  const notices = [
    ...findings
      .filter(({ places }) => places.length === 0)
      .map((finding) => ({
        level: levelOf(finding.rule),
        message: { text: escaped(wordsOf(finding)) },
        associatedRule: { id: finding.rule, index: ids.indexOf(finding.rule) },
      })),
    ...[...record, ...(left === 0 ? [] : [`${left} more findings.`])].map((text) => ({
      level: "note",
      message: { text: escaped(text) },
    })),
  ];
  const lines = new Map(sources.map(({ file, text }) => [file, text?.split(/\r?\n/) ?? []]));
  const times = new Map<string, number>();
  const results = told.map((finding) => {
    const { line, file } = finding.places[0]!;
    // What stands at the line tells a finding again when lines above it come or go.
    const key = hashOf([finding.rule, file, lines.get(file)?.[line - 1]?.trim() ?? String(line)]);
    const time = (times.get(key) ?? 0) + 1;
    times.set(key, time);
    return {
      ...resultOf(finding),
      ruleIndex: ids.indexOf(finding.rule),
      partialFingerprints: { "tandemFinding/v1": `${key}:${time}` },
    };
  });
  const driver = {
    name: "tandem",
    version: tandem,
    semanticVersion: tandem,
    rules: ids.map(ruleOf),
  };
  const run = {
    tool: { driver },
    invocations: [{ executionSuccessful: true, toolExecutionNotifications: notices }],
    originalUriBaseIds: { [base]: { description: { text: "The working folder." } } },
    columnKind: "utf16CodeUnits",
    results,
  };
  const $schema = "https://json.schemastore.org/sarif-2.1.0.json";
  return json({ $schema, version: "2.1.0", runs: [run] }, 1);
}

/** A report without the places and edits of files of which nobody knows that they lie in the working folder. */
function inFolder(report: Report): Report {
  const files = new Set(report.sources.map(({ file }) => file));
  const findings = report.findings.map((finding) => ({
    ...finding,
    places: finding.places.filter(({ file, line }) => files.has(file) && line > 0),
    edits: finding.edits.filter(({ change }) => files.has(change.file)),
  }));
  return { ...report, findings };
}

function resultOf(finding: ReportedFinding) {
  const [first, ...others] = finding.places;
  const related = others
    .filter(({ file, line }, k) => {
      const isSame = (place: ReportedPlace): boolean => place.file === file && place.line === line;
      return !isSame(first!) && others.findIndex(isSame) === k;
    })
    .slice(0, mostRelated);
  return {
    ruleId: finding.rule,
    level: levelOf(finding.rule),
    message: { text: linked(wordsOf(finding), related) },
    locations: [{ physicalLocation: locationOf(first!) }],
    relatedLocations: related.map((place, index) => ({
      id: index + 1,
      physicalLocation: locationOf(place),
      message: { text: escaped(place.is) },
    })),
    ...(finding.edits.length === 0 ? {} : { fixes: finding.edits.map(fixOf) }),
  };
}

/** What is said of a finding, with its edits and their proofs. */
function wordsOf({ message, fix, edits }: ReportedFinding): string {
  return [
    `${message}.`,
    ...(fix === null ? [] : [`To change that: ${fix}.`]),
    ...edits.flatMap(({ does, proof }) => [does, ...proof]),
  ].join(" ");
}

function ruleOf(id: string) {
  const rule = Object.entries(rules).find(([name]) => name === id)?.[1];
  const name = id.replace(/(?:^|[^A-Za-z0-9]+)(\w)/g, (_, letter: string) => letter.toUpperCase());
  const text = rule === undefined ? id.replaceAll("-", " ") : rule.about;
  const sentence = `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`;
  return {
    id,
    name,
    shortDescription: { text: sentence },
    fullDescription: { text: sentence },
    help: { text: sentence },
    defaultConfiguration: { level: levelOf(id) },
  };
}

function artifactOf(file: string) {
  return { uri: file.split(/[\\/]/).map(encodeURIComponent).join("/"), uriBaseId: base };
}

function locationOf({ file, line }: ReportedPlace) {
  return { artifactLocation: artifactOf(file), region: { startLine: line } };
}

function fixOf({ does, proof, change }: ReportedEdit) {
  const replacements = change.parts.map(({ line, count, text }) => ({
    deletedRegion: { startLine: line, startColumn: 1, endLine: line + count, endColumn: 1 },
    ...(text === "" ? {} : { insertedContent: { text } }),
  }));
  return {
    description: { text: escaped([does, ...proof].join(" ")) },
    artifactChanges: [{ artifactLocation: artifactOf(change.file), replacements }],
  };
}

/** A text in which nothing is a link. */
function escaped(text: string): string {
  return text.replaceAll(/[[\]\\]/g, "\\$&");
}

/** A text in which related places are links to them, by their numbers. */
function linked(text: string, related: readonly ReportedPlace[]): string {
  return related.reduce(
    (words, { file, line }, index) =>
      words.replaceAll(
        new RegExp(`(?<![\\w./[-])${RegExp.escape(escaped(`${file}:${line}`))}(?!\\d)`, "g"),
        (place) => `[${place}](${index + 1})`,
      ),
    escaped(text),
  );
}

function hashOf(parts: readonly string[]): string {
  return new Bun.CryptoHasher("sha256").update(parts.join("\0")).digest("hex").slice(0, 32);
}
