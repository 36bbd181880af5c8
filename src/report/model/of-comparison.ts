/** The reports on several runs: strategies compared, and documents checked. */
import { counted } from "../../base/sentences.ts";
import { formatTime } from "../../base/duration.ts";
import type { Driver } from "../../outcome/plan.ts";
import type { Advice } from "../../strategies/advice.ts";
import type { Class } from "../../strategies/comparison.ts";
import { type CheckedDocument, verdictOf } from "../../strategies/expectations.ts";
import { adviceParagraphs, className, comparisonRows } from "../terminal/comparison.ts";
import { checkWords, sumOfChecks } from "../terminal/checks.ts";
import { howItRan } from "../terminal/verdict.ts";
import { fates } from "../page/words.ts";
import { joinedTimelines } from "./joined.ts";
import type { Report, ReportedFinding } from "./report.ts";
import { type FindSource, Notes } from "./sources.ts";
import type { Timeline } from "./timeline.ts";

/** What is kept of a run for its report. */
export interface KeptTimeline {
  timeline: Timeline;
}

interface Compared {
  advice: Advice;
  driver: Driver;
  /** The name of the scenario's document. */
  document: string;
  find: FindSource;
}

/** @param runs the strategies in the order of their rows, each with what was kept of its run. */
export function comparisonReport(
  scenario: string,
  runs: readonly (Class & KeptTimeline)[],
  { advice, driver, document, find }: Compared,
): Report {
  const notes = new Notes();
  notes.show(document);
  for (const one of runs) noteLosses(one, notes);
  return {
    title: scenario,
    verdict: {
      headline: `${scenario} under ${runs.length === 1 ? "one strategy" : `${runs.length} strategies`}, ${howItRan(driver)}`,
      rows: [],
      sentences: adviceParagraphs(advice).filter((paragraph) => paragraph !== ""),
    },
    matrix: {
      title: "Strategies",
      hint: "A * marks the best of a column.",
      rows: comparisonRows(runs),
    },
    findings: [],
    timeline: joinedTimelines(
      runs.map((one) => ({
        name: className(one),
        story: `${one.figures.lost} lost, process ${one.figures.wall === null ? "never ends" : formatTime(one.figures.wall)}`,
        timeline: one.timeline,
      })),
    ),
    sources: notes.sources(find, null),
    record: [],
  };
}

/** Where those stood that were lost under a strategy. */
function noteLosses({ timeline, ...own }: Class & KeptTimeline, notes: Notes): void {
  const { entities, places, rows } = timeline;
  const lost = fates.indexOf("lost");
  for (const { name, first, count } of rows)
    for (let entity = first; entity < first + count; entity++)
      if (entities.fate[entity] === lost)
        notes.add(
          places[entities.stood[entity]!],
          "stood",
          `${name} was lost here under ${className(own)}`,
        );
}

/** @param timelines what was kept of the runs; of a document that could not be run there is none. */
export function checksReport(
  documents: readonly CheckedDocument[],
  timelines: ReadonlyMap<CheckedDocument, Timeline>,
  find: FindSource,
): Report {
  const notes = new Notes();
  const findings = documents.flatMap((document) => findingsOf(document, notes));
  return {
    title: "tandem check",
    verdict: {
      headline: counted(documents.length, "check"),
      rows: [],
      sentences: [`${sumOfChecks(documents)}.`],
    },
    matrix: {
      title: "Documents",
      hint: null,
      rows: [
        ["document", "strategy", "result", "as expected"],
        ...documents.map((document) => [
          document.file,
          document.strategy ?? "-",
          resultOf(document),
          `${document.checks.filter(({ met }) => met).length} of ${document.checks.length}`,
        ]),
      ],
    },
    findings,
    timeline: joinedTimelines(
      [...timelines].map(([document, timeline]) => ({
        name: `${document.file} (${document.strategy})`,
        story: resultOf(document),
        timeline,
      })),
    ),
    sources: notes.sources(find, null),
    record: [],
  };
}

function resultOf(document: CheckedDocument): string {
  const verdict = verdictOf(document);
  return verdict === "fell short" ? verdict.toUpperCase() : verdict;
}

function findingsOf(
  { file, strategy, checks, problems, undecided }: CheckedDocument,
  notes: Notes,
): ReportedFinding[] {
  const finding = (rule: string, message: string, line: number | null): ReportedFinding => {
    if (line !== null) notes.add({ file, line }, "finding", message);
    const places = line === null ? [] : [{ is: "expected", file, line }];
    return { rule, message, fix: null, at: null, entities: [], places, edits: [] };
  };
  return [
    ...problems.map(({ message, position }) =>
      finding("document", `${file}: ${message}`, position?.line ?? null),
    ),
    ...checks
      .filter(({ met }) => !met)
      .map((check) => {
        const message = `${file} (${strategy}): ${checkWords(check, undecided)}`;
        return finding(check.of, message, check.position?.line ?? null);
      }),
  ];
}
