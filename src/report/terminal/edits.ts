/** Edits with their proofs on a terminal: what each does and changes, its diff, and what running it has shown. */
import { formatMeasured, TICKS_PER_MS } from "../../base/duration.ts";
import { pad, wrap } from "../../base/layout.ts";
import { counted, list } from "../../base/sentences.ts";
import { joined, painted, printable, terminal, type TerminalText } from "../../base/texts.ts";
import { hunkHead, hunksOf, nameInDiff } from "../../edits/diff.ts";
import type { FileChange, NoEdit } from "../../edits/edit.ts";
import type { ProofRun, ProvenEdit, ProvenEdits } from "../../edits/proven.ts";
import type { ProgramFinding } from "../../remedies/program/findings.ts";
import { isChoice, isOffered, textOf } from "../edits.ts";
import type { ProgramReport } from "../program.ts";

/** The most lines of output that are shown of a program that printed others with an edit. */
const mostPrinted = 12;

interface Look {
  width: number;
  colour: boolean;
}

/** SGR colours of removed and added lines, and of a hunk's head. */
const colours = { "-": 31, "+": 32, "@": 36 } as const;

/** @returns lines, each ending in a newline. */
export function renderEdits(
  { edits, without }: ProvenEdits,
  report: ProgramReport,
  look: Look,
): TerminalText {
  const offered = edits.filter(isOffered);
  const others = edits.filter((edit) => !isOffered(edit));
  const healed = new Set(offered.flatMap(({ findings }) => findings));
  const refuted = others.filter(({ findings }) => findings.some((one) => !healed.has(one)));
  return joined(
    [
      ...offered.flatMap((edit, index) => renderEdit(edit, { index, offered, report, look })),
      ...refuted.flatMap((edit) => notOffered(edit, report, look)),
      ...without.flatMap((one) => noEdit(one, report, look)),
      "",
    ],
    "\n",
  );
}

/** Whom or what a finding is about, as `read_price (app.py:27)`. */
export function subjectOf({ actors, places, rule }: ProgramFinding, report: ProgramReport): string {
  const { names } = report;
  const [first] = actors;
  const place = places.find(({ is }) => is === "made") ?? places[0];
  const line = place === undefined ? null : names.line(place.place);
  if (first === undefined) return `${rule}${line === null ? "" : ` at ${line}`}`;
  return `${names.kind(first)}${line === null ? "" : ` (${line})`}`;
}

interface Within {
  index: number;
  offered: readonly ProvenEdit[];
  report: ProgramReport;
  look: Look;
}

function renderEdit(edit: ProvenEdit, { index, offered, report, look }: Within): TerminalText[] {
  const { width } = look;
  const about = list(edit.findings.map((finding) => subjectOf(finding, report)));
  const number = offered.length === 1 ? "Edit" : `Edit ${index + 1} of ${offered.length}`;
  const choice = isChoice(edit) ? ", a choice" : "";
  const lines: (TerminalText | "")[] = [
    "",
    wrap(`${number}${choice}, for ${about}: ${edit.does} (${edit.pattern}).`, width),
    wrap(verdictWords(edit), width),
    ...(edit.price === null ? [] : [wrap(`What it changes: ${edit.price}.`, width)]),
    "",
    ...renderDiff(edit.change, look),
    ...printedWords(edit, look),
  ];
  return lines.map((line) => (line === "" ? terminal`` : line));
}

/** What running has shown of an offered edit. */
export function verdictWords({ proof, findings }: ProvenEdit): string {
  const { before, after, runs, verdict, but } = proof;
  const [was, is] = [before.at(-1)!, after.at(-1)!];
  const faults = findings.length === 1 ? "the finding" : "the findings";
  const often = runs === 1 ? "run" : `run ${runs} times`;
  const shown = runs === 1 ? "had" : "had each time";
  const each = runs === 1 ? "did not" : "never did";
  const took = `${endWords(is)} after ${time(is)} (unchanged: ${endWords(was)} after ${time(was)})`;
  const head = verdict === "proven" ? "Proven" : `It heals, but ${but}`;
  return `${head}: ${often} with the file as it is, the program ${shown} ${faults}; with the changed text it ${each}, and ${took}.`;
}

function endWords({ code, signal, endedFor }: ProofRun): string {
  if (endedFor !== null) return "was ended";
  return signal === null ? `ended with ${code}` : `ended by ${signal}`;
}

function time({ ms }: ProofRun): string {
  return formatMeasured(ms * TICKS_PER_MS);
}

/** The diff, its control characters made visible. */
export function renderDiff({ file, before, after }: FileChange, look: Look): TerminalText[] {
  const paint = (text: TerminalText, is: keyof typeof colours): TerminalText =>
    look.colour ? painted(text, colours[is]) : text;
  const isUtf8 = [before, after].every((bytes) => textOf(bytes) === utf8(bytes));
  const shown = (text: string): TerminalText => {
    const line = isUtf8 ? utf8(Buffer.from(text, "latin1")) : text;
    return printable(line.replace(/\r?\n$/, "").replaceAll("\t", "    "));
  };
  return [
    terminal`--- a/${nameInDiff(file)}`,
    terminal`+++ b/${nameInDiff(file)}`,
    ...hunksOf(before, after).flatMap((hunk) => [
      paint(terminal`${hunkHead(hunk)}`, "@"),
      ...hunk.lines.map(({ is, text }) => {
        const line = terminal`${is}${[shown(text)]}`;
        return is === " " ? line : paint(line, is);
      }),
    ]),
  ];
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

/** What the program printed without and with an edit, side by side, where that differs. */
function printedWords({ proof }: ProvenEdit, { width }: Look): (TerminalText | "")[] {
  const [before, after] = [proof.before.at(-1)!, proof.after.at(-1)!].map(({ stdout }) =>
    textOf(stdout)
      .replace(/\r?\n$/, "")
      .split(/\r?\n/)
      .map(printable),
  ) as [TerminalText[], TerminalText[]];
  if (before.join("\n") === after.join("\n")) return [];
  const same = before.findIndex((line, index) => line !== after[index]);
  const from = Math.max(0, (same < 0 ? before.length : same) - 1);
  const [left, right] = [before.slice(from), after.slice(from)];
  const half = Math.floor((width - 7) / 2);
  const cut = (line: TerminalText | undefined): TerminalText =>
    pad(printable(Bun.sliceAnsi(line ?? "", 0, half)), half);
  const count = Math.max(left.length, right.length);
  const rows = Array.from({ length: Math.min(count, mostPrinted) }, (_, index) => {
    return terminal`  ${[cut(left[index])]} | ${[printable(Bun.sliceAnsi(right[index] ?? "", 0, half))]}`;
  });
  const more = count - mostPrinted;
  return [
    "",
    terminal`  ${[pad(printable("printed without it"), half)]} | printed with it`,
    ...rows,
    ...(more > 0 ? [terminal`  … and ${counted(more, "more line")}`] : []),
  ];
}

function notOffered(edit: ProvenEdit, report: ProgramReport, { width }: Look): TerminalText[] {
  const about = list(edit.findings.map((finding) => subjectOf(finding, report)));
  const { but, verdict } = edit.proof;
  const tried = verdict === "refuted" ? "was run and is not offered" : "could not be proven";
  return [
    terminal``,
    wrap(`For ${about}: to ${edit.does} (${edit.pattern}) ${tried}: ${but}.`, width),
  ];
}

function noEdit({ finding, reason }: NoEdit, report: ProgramReport, { width }: Look) {
  const words = `No edit is offered for ${subjectOf(finding, report)}: ${reason}.`;
  return [terminal``, wrap(words, width)];
}
