/**
 * Edits with their proofs as the result object of `--json` has them, and what every format tells of them.
 *
 * Times are milliseconds. A diff is that of the file's text, read as UTF-8 where it is that.
 */
import { diffOf } from "../edits/diff.ts";
import type { FileChange } from "../edits/edit.ts";
import type { ProgramFinding } from "../remedies/program/findings.ts";
import type { Proof, ProofRun, ProvenEdit, ProvenEdits } from "../edits/proven.ts";

/** Whether an edit is offered, and as what: to be written as it is, or to be chosen. */
export function isOffered({ proof }: Pick<ProvenEdit, "proof">): boolean {
  return proof.verdict === "proven" || proof.verdict === "heals";
}

/** Whether somebody has to choose it. */
export function isChoice({ isChoice, proof }: Pick<ProvenEdit, "isChoice" | "proof">): boolean {
  return isChoice || proof.verdict === "heals";
}

/** The edits as the JSON of a program tells them. @param findings all of the program, in their order. */
export function editsJson({ edits }: ProvenEdits, findings: readonly ProgramFinding[]) {
  return edits.map((edit) => ({
    finding: findings.indexOf(edit.findings[0]!),
    findings: edit.findings.map((finding) => findings.indexOf(finding)),
    pattern: edit.pattern,
    file: edit.change.file,
    does: edit.does,
    diff: textOf(diffOf(edit.change)),
    choice: isChoice(edit),
    price: edit.price,
    proof: proofJson(edit.proof),
  }));
}

/** Why findings have no edit. */
export function noEditsJson({ without }: ProvenEdits, findings: readonly ProgramFinding[]) {
  return without.map(({ finding, reason }) => ({ finding: findings.indexOf(finding), reason }));
}

function proofJson({ verdict, but, runs, before, after, served }: Proof) {
  return {
    verdict,
    but,
    runs,
    before: before.map(runJson),
    after: after.map((run, index) => ({ ...runJson(run), served: served[index] ?? [] })),
  };
}

function runJson({ code, signal, endedFor, ms, findings, stdout, stderr }: ProofRun) {
  return {
    ...{ code, signal, endedFor, ms },
    findings: findings.map(({ rule, message }) => ({ rule, message })),
    stdout: textOf(stdout),
    stderr: textOf(stderr),
  };
}

/** The text of some bytes: UTF-8, or else a character for each byte. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}

/** The diffs of several files, one after the other. */
export function patchOf(changes: readonly FileChange[]): Uint8Array {
  return Buffer.concat(changes.map((change) => diffOf(change)));
}
