/** An edit that was run: what became of the program without it and with it, and what that shows. */
import type { Observed, Served } from "../observe/observe.ts";
import type { ProgramFinding } from "../remedies/program/findings.ts";
import type { Edit, NoEdit } from "./edit.ts";

/** One run of the program, with its own text or with changed ones. */
export interface ProofRun extends Pick<Observed, "code" | "signal" | "endedFor"> {
  /** How long it took, in ms. */
  ms: number;
  /** The same from before its runtime was started, in ms. */
  took: number;
  findings: readonly ProgramFinding[];
  /** What makes each finding the same in every run, in the order of findings. */
  identities: readonly string[];
  stdout: Uint8Array;
  stderr: Uint8Array;
}

/**
 * `proven`: it heals, and does nothing that its pattern does not say. `heals`: the fault is gone, at a price that was
 * seen. `refuted`: the fault stays, or something new is wrong. `unproven`: the runs do not show either.
 */
export type Verdict = "proven" | "heals" | "refuted" | "unproven";

export interface Proof {
  verdict: Verdict;
  /** What keeps it from being proven, as the end of "heals, but …" or "not offered: …"; null where it is. */
  but: string | null;
  /** How often each was to run. */
  runs: number;
  before: readonly ProofRun[];
  after: readonly ProofRun[];
  /** Who read the changed text, run by run. */
  served: readonly (readonly Served[])[];
}

/** An edit with what running it has shown. */
export interface ProvenEdit extends Edit {
  proof: Proof;
}

/** The edits of a program's findings, each with its proof, and the findings that have none. */
export interface ProvenEdits {
  edits: readonly ProvenEdit[];
  without: readonly NoEdit[];
}
