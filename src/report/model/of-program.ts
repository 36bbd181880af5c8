/** The report on a program that no scenario describes. */
import { formatCount } from "../../base/count.ts";
import { formatMeasured } from "../../base/duration.ts";
import { resourceNames } from "../apart.ts";
import type { Block } from "../program-blocks.ts";
import { fateOf, type ProgramReport } from "../program.ts";
import type { ProvenEdit } from "../../edits/proven.ts";
import { hunksOf } from "../../edits/diff.ts";
import type { FileChange } from "../../edits/edit.ts";
import type { ProvenEdits } from "../../edits/proven.ts";
import { isChoice, isOffered, textOf } from "../edits.ts";
import { renderDiff, verdictWords } from "../terminal/edits.ts";
import { renderRecord } from "../terminal/record.ts";
import { programVerdict } from "../terminal/program.ts";
import { processName, shownCommand } from "../program-command.ts";
import type {
  Report,
  ReportedChange,
  ReportedEdit,
  ReportedFinding,
  ReportedPlace,
} from "./report.ts";
import { type FindSource, Notes } from "./sources.ts";
import { timelineOf } from "./timeline.ts";
import type { RecordedTrace } from "../../trace/read.ts";

/** The most actors of a finding that are pointed at. */
const mostActors = 1000;

export interface ProgramReportOptions {
  find: FindSource;
  /** What `--fix` came to; null without it. */
  edits?: ProvenEdits | null;
  /** What else the terminal says behind the verdict. */
  beside?: readonly string[];
}

export function programReport(
  report: ProgramReport,
  trace: Pick<RecordedTrace, "definitions" | "words" | "log" | "header" | "cutOff" | "unknown">,
  { find, edits = null, beside = [] }: ProgramReportOptions,
): Report {
  const { names, reading, source, processes } = report;
  const commands = new Map(processes.map((process) => [process.number, processName(process)]));
  const timeline = timelineOf({
    trace,
    reading,
    names,
    resources: resourceNames(report.trace),
    fateOf: (actor) => fateOf(actor, report),
    processName: ({ number, name }) => commands.get(number) ?? name,
  });
  const { places } = trace.definitions;
  const notes = new Notes();
  const held = Map.groupBy(report.blocks, ({ place }) => place);
  for (const [place, blocks] of held)
    notes.add(places.get(place ?? NaN), "held", heldWords(blocks));
  const findings = report.findings.map((finding, index): ReportedFinding => {
    const { rule, message, fix, at, actors } = finding;
    const where = finding.places.flatMap(({ is, place }): ReportedPlace[] => {
      const known = places.get(place);
      notes.add(known, "finding", `finding ${index + 1}: ${rule}`);
      return known === undefined ? [] : [{ is, file: known.file, line: known.line }];
    });
    const entities = actors.slice(0, mostActors).flatMap((one) => timeline.ofActor.get(one) ?? []);
    const own =
      edits?.edits.filter((edit) => edit.findings[0] === finding && isOffered(edit)) ?? [];
    return { rule, message, fix, at, entities, places: where, edits: own.map(editOf) };
  });
  for (const [actor, { place }] of report.standings)
    notes.add(places.get(place ?? NaN), "stood", `${names.kind(actor)} stood here`);
  for (const { kinds } of processes)
    for (const { place, name, total } of kinds)
      notes.add(
        places.get(place ?? NaN),
        "made",
        `made ${name}${total === 1 ? "" : ` ×${formatCount(total)}`}`,
      );
  return {
    title: shownCommand(source.command),
    verdict: programVerdict(report),
    matrix: null,
    findings,
    timeline,
    sources: notes.sources(find, trace.header.epoch),
    record: [...renderRecord(trace).map((line) => line.trimEnd()), ...beside],
  };
}

/** An edit as the terminal tells it. */
function editOf(edit: ProvenEdit): ReportedEdit {
  const choice = isChoice(edit) ? "An edit, a choice" : "An edit";
  return {
    does: `${choice}: ${edit.does} (${edit.pattern}).`,
    proof: [
      verdictWords(edit),
      ...(edit.price === null ? [] : [`What it changes: ${edit.price}.`]),
    ],
    diff: renderDiff(edit.change, { width: 0, colour: false }),
    change: { file: edit.change.file, parts: partsOf(edit.change) },
  };
}

/** The lines that a change replaces, each stretch of them with what comes in its place. */
function partsOf({ before, after }: FileChange): ReportedChange["parts"] {
  const parts: { line: number; count: number; text: string }[] = [];
  for (const { first, lines } of hunksOf(before, after)) {
    let line = first.old;
    let open: (typeof parts)[number] | null = null;
    for (const { is, text } of lines) {
      if (is === " ") open = null;
      else if (open === null) parts.push((open = { line, count: 0, text: "" }));
      if (is === "+") open!.text += text;
      if (is === "-") open!.count++;
      if (is !== "+") line++;
    }
  }
  // A diff has a character for each byte.
  return parts.map((part) => ({ ...part, text: textOf(Buffer.from(part.text, "latin1")) }));
}

/** How often a thread was held at a line, and for how long. */
function heldWords(blocks: readonly Pick<Block, "hold" | "isOver">[]): string {
  if (blocks.some(({ isOver }) => !isOver)) return "held its thread to the end of the record";
  const longest = formatMeasured(blocks.reduce((most, { hold }) => Math.max(most, hold.ticks), 0));
  return blocks.length === 1
    ? `held its thread for ${longest}`
    : `held its thread ${formatCount(blocks.length)} times, for up to ${longest}`;
}
