/** From findings to the edits that could heal them, and why there is none for the others. */
import { readFileSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { ProgramFinding } from "../remedies/program/findings.ts";
import type { Reading } from "../reading/reading.ts";
import type { Definitions } from "../trace/definitions.ts";
import type { Edit, FileChange, NoEdit, Replacement } from "./edit.ts";
import { FindingFacts } from "./facts.ts";
import { type Ask, type Editor, type Pattern, Refusal } from "./pattern.ts";
import { splice } from "./splice.ts";

/** A program whose findings are to be healed. */
export interface Told {
  findings: readonly ProgramFinding[];
  reading: Reading;
  definitions: Definitions;
  /** What the files of places are relative to. */
  folder: string;
}

export interface Proposed {
  /** In the order of findings, and for each in that of patterns. */
  edits: readonly Edit[];
  /** Findings that no pattern fits, each once. */
  without: readonly NoEdit[];
}

/** A pattern that fits what the trace knows of a finding. */
interface Candidate {
  facts: FindingFacts;
  pattern: Pattern;
  ask: Ask;
}

/** What edits there are for the findings of a program. Nothing is written, and nothing run but editors. */
export async function propose(told: Told, editors: readonly Editor[]): Promise<Proposed> {
  const files = new Files(told.folder);
  const refused = new Map<ProgramFinding, string>();
  const edits: Edit[] = [];
  for (const editor of editors) {
    const candidates: (Candidate & { file: UserFile })[] = [];
    for (const one of candidatesOf(told, editor, refused)) {
      const file = files.read(one.ask.file);
      if (file === null)
        noteOnce(refused, one.facts.finding, `${one.ask.file} cannot be read as a file`);
      else candidates.push({ ...one, file });
    }
    const answers = await editor.edit(
      candidates.map(({ ask }) => ask),
      new Map(candidates.map(({ ask, file }) => [ask.file, file.before])),
    );
    for (const [index, { facts, pattern, file }] of candidates.entries()) {
      const answer = answers[index]!;
      if (answer instanceof Refusal) noteOnce(refused, facts.finding, answer.reason);
      else if (answer !== null) add(edits, facts, pattern, changed(file, answer));
    }
  }
  const healed = new Set(edits.flatMap(({ findings }) => findings));
  const without = told.findings
    .filter((finding) => !healed.has(finding))
    .map((finding) => ({
      finding,
      reason: refused.get(finding) ?? whyNone(told, finding, editors),
    }));
  return { edits, without };
}

function whyNone(
  { reading, definitions }: Told,
  finding: ProgramFinding,
  editors: readonly Editor[],
): string {
  const facts = new FindingFacts(finding, reading, definitions);
  const reasons = editors.map((editor) => editor.whyNone?.(facts) ?? null);
  return reasons.find((reason) => reason !== null) ?? noPattern;
}

const noPattern = "tandem knows no edit for it, and what to change is for you to decide";

/** The first reason is that of the pattern that is tried first. */
function noteOnce(
  refused: Map<ProgramFinding, string>,
  finding: ProgramFinding,
  why: string,
): void {
  if (!refused.has(finding)) refused.set(finding, why);
}

function candidatesOf(
  { findings, reading, definitions }: Told,
  { patterns }: Editor,
  refused: Map<ProgramFinding, string>,
): Candidate[] {
  const found: Candidate[] = [];
  for (const finding of findings) {
    const facts = new FindingFacts(finding, reading, definitions);
    for (const pattern of patterns) {
      if (!pattern.rules.includes(finding.rule)) continue;
      const ask = pattern.ask(facts);
      if (ask === null) continue;
      if (ask instanceof Refusal) noteOnce(refused, finding, ask.reason);
      else found.push({ facts, pattern, ask });
    }
  }
  return found;
}

/** Adds an edit, or its finding to an edit that comes to the same text. */
function add(edits: Edit[], facts: FindingFacts, pattern: Pattern, change: FileChange): void {
  const { finding } = facts;
  const same = edits.findIndex(
    (one) =>
      one.change.path === change.path && Buffer.compare(one.change.after, change.after) === 0,
  );
  if (same >= 0) {
    const { findings, ...rest } = edits[same]!;
    edits[same] = { ...rest, findings: [...findings, finding] };
    return;
  }
  const { name, does, price, mayBring, isChoice, healsEnd } = pattern;
  edits.push({
    ...{ pattern: name, price, mayBring, isChoice, healsEnd },
    does: typeof does === "string" ? does : does(facts),
    findings: [finding],
    change,
  });
}

/** A file with its bytes as they are. */
type UserFile = Pick<FileChange, "path" | "file" | "before">;

/** The files of a program, each read once. */
class Files {
  readonly #folder: string;
  readonly #read = new Map<string, UserFile | null>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns null where it cannot be read. */
  read(file: string): UserFile | null {
    return this.#read.getOrInsertComputed(file, () => {
      try {
        const path = realpathSync(resolve(this.#folder, file));
        return { path, file, before: readFileSync(path) };
      } catch {
        return null;
      }
    });
  }
}

function changed(file: UserFile, made: readonly Replacement[]): FileChange {
  const replacements = made.toSorted((a, b) => a.from - b.from);
  return { ...file, after: splice(file.before, replacements), replacements };
}
