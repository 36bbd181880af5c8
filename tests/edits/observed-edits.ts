/** Programs that are really observed, and the edits that are proposed for what was found. */
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Edit } from "../../src/edits/edit.ts";
import type { Editor } from "../../src/edits/pattern.ts";
import { propose } from "../../src/edits/propose.ts";
import type { ProgramFinding } from "../../src/remedies/program/findings.ts";
import { reportProgram } from "../../src/report/program.ts";
import { readRecording } from "../../src/runs/report.ts";
import { callBeside, command, temporaryFolder } from "../support/tandem.ts";

export interface ProposedFor {
  findings: readonly ProgramFinding[];
  edits: readonly Edit[];
  /** By rule: why there is no edit. */
  reasons: Readonly<Record<string, string>>;
  stdout: string;
}

/** How a program is observed: the options of its runtime, as `--python PATH`. */
export async function proposedFor(
  program: string,
  editor: Editor,
  options: readonly string[],
): Promise<ProposedFor> {
  using home = temporaryFolder();
  const events = home.file("events.ndjson");
  const limits = ["--hang", "1.5s", "--timeout", "25s"];
  const { stdout } = await callBeside(
    [
      ...command(),
      "observe",
      "--quiet",
      ...limits,
      ...options,
      "--events",
      events,
      basename(program),
    ],
    { cwd: dirname(program) },
  );
  const recording = readRecording([readFileSync(events, "utf8")], events);
  if (recording.of !== "program") throw new Error("a scenario has no source of its own");
  const { findings } = reportProgram(recording);
  const { reading, trace } = recording;
  const told = { findings, reading, definitions: trace.definitions, folder: dirname(program) };
  const { edits, without } = await propose(told, [editor]);
  const reasons = Object.fromEntries(without.map(({ finding, reason }) => [finding.rule, reason]));
  return { findings, edits, reasons, stdout };
}

/** The lines that an edit takes away and adds, with the mark of a diff before each. */
export function changedLines({
  before,
  after,
}: Pick<Edit["change"], "before" | "after">): string[] {
  const [old, now] = [before, after].map((bytes) => Buffer.from(bytes).toString().split("\n")) as [
    string[],
    string[],
  ];
  // How many lines two ends have in common, by where these begin.
  const common = old.map(() => now.map(() => 0));
  const from = (a: number, b: number): number => common[a]?.[b] ?? 0;
  for (let a = old.length - 1; a >= 0; a--)
    for (let b = now.length - 1; b >= 0; b--)
      common[a]![b] =
        old[a] === now[b] ? from(a + 1, b + 1) + 1 : Math.max(from(a + 1, b), from(a, b + 1));
  const lines: string[] = [];
  let [a, b] = [0, 0];
  while (a < old.length || b < now.length)
    if (old[a] === now[b] && a < old.length) [a, b] = [a + 1, b + 1];
    else if (a < old.length && (b === now.length || from(a + 1, b) >= from(a, b + 1)))
      lines.push(`-${old[a++]}`);
    else lines.push(`+${now[b++]}`);
  return lines;
}
