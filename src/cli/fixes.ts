/**
 * What `--fix` does when the verdict has been told: proposes edits, asks whether the program may run again,
 * proves them, tells them, and writes those that are wanted.
 */
import { OutputFailed, writeFile } from "../base/files.ts";
import { lookAt } from "../base/paths.ts";
import { wrap } from "../base/layout.ts";
import { counted, either, list } from "../base/sentences.ts";
import { joined, terminal as template } from "../base/texts.ts";
import type { FileChange } from "../edits/edit.ts";
import type { ProvenEdit, ProvenEdits } from "../edits/proven.ts";
import { isChoice, isOffered, patchOf } from "../report/edits.ts";
import type { ProgramReport } from "../report/program.ts";
import { renderEdits } from "../report/terminal/edits.ts";
import {
  type Fixing,
  isAsItWas,
  ProofAborted,
  proposeEdits,
  proveEdits,
  proveTogether,
  usualRuns,
  varyingRuns,
} from "../runs/fix.ts";
import type { Watcher } from "../runs/many.ts";
import type { ObservingProgram } from "../runs/observe.ts";
import type { Arguments } from "./arguments.ts";
import { exitStatus, signalStatus } from "./command.ts";
import type { commands } from "./commands.ts";
import { terminal, textWidth, writeErr, writeErrLine } from "./output.ts";
import { lookOf } from "./terminal.ts";
import { type Watched, watched } from "./watched.ts";

type Words = Arguments<typeof commands.observe>;

/** How a program was observed, as far as it is to be run again. */
export interface Again {
  observing: ObservingProgram;
  /** A signal that the user sent to it through tandem; null where none was. */
  signalled: NodeJS.Signals | null;
  /** How long it took from before its runtime was started, in ms. */
  took: number;
}

/** A program whose verdict has been told. */
export interface ToldProgram extends Again {
  report: ProgramReport;
}

export interface Fixes extends ProvenEdits {
  /** The exit status where it is not the program's own; null otherwise. */
  status: number | null;
}

/** Proposes, proves, tells and writes. */
export async function fixProgram(program: ToldProgram, words: Words): Promise<Fixes> {
  const { options, given } = words;
  const { report } = program;
  const fixing = await fixingOf(program, given.has("runs") ? options.runs : null);
  const none: ProvenEdits = { edits: [], without: fixing.proposals.without };
  let left: number | null = null;
  const asked = await mayRun(fixing, program, options, async (question) => {
    const { askAlone, askWhether, Left } = await import("./questions/prompt.ts");
    const answer = await askAlone(() => askWhether(question));
    if (answer instanceof Left) left = answer.status;
    return answer === true;
  });
  if (left !== null) {
    writeErrLine("Interrupted: nothing was proven, and nothing is written.");
    return { ...none, status: left };
  }
  const { result, signal } = asked ? await proven(fixing) : { result: none, signal: null };
  if (result === null) return { ...none, status: signalStatus[signal ?? "SIGINT"] };
  if (!options.quiet) tellEdits(result, report, words);
  const isWanted = options.write || options.patch !== false;
  return { ...result, status: isWanted ? await keep(fixing, result.edits, words) : null };
}

/** The edits that a program's findings could be healed by, and what it takes to prove them. */
export async function fixingOf(
  { report, observing, took }: ToldProgram,
  runs: number | null,
): Promise<Fixing> {
  const { definitions } = report.trace;
  const told = { ...report, definitions, folder: process.cwd() };
  const proposals = await proposeEdits(told);
  return { observing, definitions, proposals, told, took, runs };
}

/** Proves all that is proposed. The result is null where a signal ended that, which has been told. */
export async function proven(fixing: Fixing): Promise<Watched<ProvenEdits | null>> {
  const all = await provenUnlessLeft((watcher) => proveEdits(fixing, watcher));
  const isLeft = all.signal !== null || all.result === null;
  if (isLeft) writeErrLine("Interrupted: nothing more was proven, and nothing is written.");
  return isLeft ? { ...all, result: null } : all;
}

/** Waits for proofs. `result` is null where a signal ended them. */
function provenUnlessLeft<Result>(
  prove: (watcher: Watcher) => Promise<Result>,
): Promise<Watched<Result | null>> {
  return watched<Result | null>(async (watcher) => {
    try {
      return await prove(watcher);
    } catch (error) {
      if (error instanceof ProofAborted) return null;
      throw error;
    }
  });
}

/** Whether the program may run again, for real. @param ask asks that of the user. */
export async function mayRun(
  { proposals: { edits }, runs }: Fixing,
  { signalled }: ToldProgram,
  options: Pick<Words["options"], "yes" | "quiet">,
  ask: (question: string) => Promise<boolean>,
): Promise<boolean> {
  if (edits.length === 0) return false;
  const what = `${counted(edits.length, "edit")} could heal this`;
  if (signalled !== null) {
    tellLine(
      `${what}, and none is tried: the program was ended by a ${signalled} that was sent to it, and no proof can send that at the same moment.`,
    );
    return false;
  }
  const times = (each: number): number => each * (edits.length + 1);
  const varying = runs === null ? ` (${times(varyingRuns)} where what it comes to varies)` : "";
  const again = `${counted(times(runs ?? usualRuns), "time")}${varying}`;
  const them = edits.length === 1 ? "it" : "them";
  if (options.yes) {
    const words = `${what}. To prove ${them}, the program runs again, for real, ${again}.`;
    if (!options.quiet) tellLine(words);
    return true;
  }
  return ask(`${what}. To prove ${them}, run the program again, for real, ${again}?`);
}

/** A sentence, apart from what stands above it. */
function tellLine(sentence: string): void {
  writeErr(joined(["", wrap(sentence, textWidth()), ""], "\n"));
}

function tellEdits(edits: ProvenEdits, report: ProgramReport, { options }: Words): void {
  if (report.findings.length === 0) return writeErrLine("No finding, so there is nothing to edit.");
  const { colour } = lookOf(terminal.stderr, options);
  writeErr(renderEdits(edits, report, { width: textWidth(), colour }));
}

/** Writes the edits that are wanted, to their files or as a patch. @returns the exit status where that failed. */
async function keep(
  fixing: Fixing,
  edits: readonly ProvenEdit[],
  { options }: Words,
): Promise<number | null> {
  const chosen = chosenOf(edits, options.edit);
  if (typeof chosen === "string") {
    writeErrLine(`Nothing is written: ${chosen}.`);
    return exitStatus.fellShort;
  }
  const { result } = await provenUnlessLeft((watcher) => proveTogether(fixing, chosen, watcher));
  if (result === null) return signalStatus.SIGINT;
  if (typeof result === "string") {
    writeErrLine(
      `Nothing is written: ${counted(chosen.length, "edit")} at once were not proven: ${result}; name one with --edit, and observe again.`,
    );
    return exitStatus.fellShort;
  }
  if (options.patch !== false) await writePatch(options.patch, result);
  if (!options.write) return null;
  let status: number | null = null;
  for (const change of result) if (!(await write(change))) status = exitStatus.fellShort;
  return status;
}

/** The edits that are wanted; or why there are none. @param named those that were named, between commas. */
function chosenOf(edits: readonly ProvenEdit[], named: string | null): ProvenEdit[] | string {
  const offered = edits.filter(isOffered);
  if (offered.length === 0) return "no edit is proven";
  if (named === null) {
    const mechanical = offered.filter((edit) => !isChoice(edit));
    const firsts = new Set(
      [...Map.groupBy(mechanical, ({ findings }) => findings[0]!).values()].map(
        ([first]) => first!,
      ),
    );
    return firsts.size > 0
      ? [...firsts]
      : `what is proven is for you to choose; add ${either(patternsOf(offered).map((pattern) => `--edit ${pattern}`))}`;
  }
  const chosen: ProvenEdit[] = [];
  for (const name of named.split(",")) {
    const found = offered.filter(
      ({ pattern }, index) => name === pattern || name === `${index + 1}`,
    );
    if (found.length === 0)
      return `--edit ${name} is none of those that are offered (${list(patternsOf(offered))})`;
    chosen.push(...found);
  }
  return [...new Set(chosen)];
}

function patternsOf(edits: readonly ProvenEdit[]): string[] {
  return [...new Set(edits.map(({ pattern }) => pattern))];
}

async function writePatch(file: string, changes: readonly FileChange[]): Promise<void> {
  await writeFile(file === "-" ? "/dev/stdout" : file, [patchOf(changes)], { replace: true });
}

/** Writes a changed file, where it still is what was proven. @returns whether it was written. */
export async function write(change: FileChange): Promise<boolean> {
  const { path, file, after } = change;
  const why = whyLeftAlone(change);
  if (why !== null) {
    writeErrLine(`${file} is left alone: ${why}.`);
    return false;
  }
  try {
    await writeFile(path, [after], { replace: true });
  } catch (error) {
    if (!(error instanceof OutputFailed)) throw error;
    for (const line of error.told) writeErrLine(line);
    return false;
  }
  writeErr(template`${file} is changed.\n`);
  return true;
}

function whyLeftAlone(change: FileChange): string | null {
  const there = lookAt(change.path);
  if (there.kind !== "file" || !isAsItWas(change)) return "it has changed since it was observed";
  return (there.stats.mode & 0o222) === 0 ? "it is read-only" : null;
}
