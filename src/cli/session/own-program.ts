/** The session's way with a program of one's own: it is observed, its edits are proven, and one may be written. */
import { list } from "../../base/sentences.ts";
import { joined, shellWords, terminal as terminalText } from "../../base/texts.ts";
import { UserError } from "../../base/user-error.ts";
import type { ProvenEdit } from "../../edits/proven.ts";
import { isChoice, isOffered } from "../../report/edits.ts";
import { type ProgramReport, reportProgram } from "../../report/program.ts";
import { renderDiff, subjectOf, verdictWords } from "../../report/terminal/edits.ts";
import { renderProgram } from "../../report/terminal/program.ts";
import { CannotStart, observeProgram, type ObservingProgram } from "../../runs/observe.ts";
import { recordingOf } from "../../runs/recording.ts";
import { fixingOf, mayRun, proven, type ToldProgram, write } from "../fixes.ts";
import { ForwardedSignals, usualHangMs, usualSettings } from "../observing.ts";
import { terminal, textWidth, writeOut, written } from "../output.ts";
import { leavingNothing, type ProgramToStart, programOf } from "../program-file.ts";
import {
  askOne,
  askText,
  askWhether,
  done,
  noteDrawn,
  noteWidth,
  tell,
} from "../questions/prompt.ts";
import { lookOf } from "../terminal.ts";
import { version } from "../version.ts";

/** Asks for a program, observes it, and goes on to what heals it. */
export async function observeOwn(): Promise<void> {
  const program = await askProgram();
  const observing = {
    ...{ ...program, settings: usualSettings, tandem: version },
    ...{ isQuiet: false, timeoutMs: null, hangMs: usualHangMs },
  };
  const told = await done(() => observe(observing));
  if (told === null) return;
  const { report } = told;
  const fixing = await done(() => fixingOf(told, null));
  if (report.findings.length === 0)
    return tell.success("Nothing was lost, and nothing is to be changed.");
  if (await mayRun(fixing, told, { yes: false, quiet: false }, askWhether)) {
    const { result } = await done(() => proven(fixing));
    if (result === null) return;
    await offer(result.edits, report);
  }
  for (const { finding, reason } of fixing.proposals.without)
    tell.info(`No edit is offered for ${subjectOf(finding, report)}: ${reason}.`);
}

/** Observes a program and tells its verdict. @returns null where it cannot be started, which is told. */
async function observe(observing: ObservingProgram): Promise<ToldProgram | null> {
  writeOut(terminalText`\n`);
  // What the program prints comes after all that was drawn.
  await written();
  using signals = new ForwardedSignals({ isQuiet: false });
  const startedAt = performance.now();
  let observed;
  try {
    observed = await observeProgram({ ...observing, onStart: (running) => signals.goTo(running) });
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    tell.error(error.message);
    return null;
  }
  const took = performance.now() - startedAt;
  signals[Symbol.dispose]();
  const report = reportProgram({ ...recordingOf(observed.trace), unseen: observed.unseen });
  writeOut(joined(["", renderProgram(report, textWidth()), ""], "\n"));
  return { report, observing, signalled: signals.forwarded, took };
}

/** A program and its arguments. */
async function askProgram(): Promise<ProgramToStart> {
  const named = { python: null, runtime: null };
  const problem = (words: string): string | undefined => {
    const [file, ...rest] = shellWords(words.trim());
    if (file === undefined || file === "-") return "Write a file's name, as ./app.py";
    try {
      programOf([file, ...rest], named);
      return undefined;
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
  };
  const asked = "Which program of yours, with its arguments if it takes any?";
  const words = await askText(asked, { placeholder: "./app.py", problem });
  return leavingNothing(programOf(shellWords(words.trim()), named));
}

/** Shows every edit with its proof, and writes the one that is wanted. */
async function offer(edits: readonly ProvenEdit[], report: ProgramReport): Promise<void> {
  const offered = edits.filter(isOffered);
  const look = { width: noteWidth(), colour: lookOf(terminal.stdout).colour };
  for (const edit of offered) {
    const about = list(edit.findings.map((finding) => subjectOf(finding, report)));
    noteDrawn(joined(renderDiff(edit.change, look), "\n"), `For ${about}: ${edit.pattern}`);
    const price = edit.price === null ? "" : `\nWhat it changes: ${edit.price}.`;
    tell.info(`To heal that: ${edit.does}.\n${verdictWords(edit)}${price}`);
  }
  for (const { pattern, proof } of edits.filter((edit) => !isOffered(edit)))
    tell.info(`Not offered, ${pattern}: ${proof.but}.`);
  if (offered.length === 0) return;
  const none = { value: null, label: "Leave the file as it is" };
  const choices = offered.map((edit) => ({
    value: edit,
    label: `Write ${edit.pattern} to ${edit.change.file}`,
    hint: isChoice(edit) ? "a choice" : "proven",
  }));
  const chosen = await askOne<ProvenEdit | null>(
    "Write an edit to your file?",
    [none, ...choices],
    null,
  );
  if (chosen !== null) await done(() => write(chosen.change));
}
