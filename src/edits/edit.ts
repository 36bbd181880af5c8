/**
 * An edit: the smallest change of a user's own text that would heal a finding, before anybody has proven it.
 *
 * Text is changed in ranges of its bytes, so what stands around them is what it was: line ends, tabs, a mark
 * of the byte order, an encoding of its own.
 */
import type { ProgramRule } from "../reading/findings/program-finding.ts";
import type { ProgramFinding } from "../remedies/program/findings.ts";

/** A file with its bytes as they are and as they would be. */
export interface FileChange {
  /** Absolute, without symbolic links. */
  path: string;
  /** As it is told, which is as the trace has it. */
  file: string;
  before: Uint8Array;
  after: Uint8Array;
  /** What makes the one of the other, by ascending offset. */
  replacements: readonly Replacement[];
}

/** A range of a file's bytes, and what would stand there. An insertion is a range without a length. */
export interface Replacement {
  /** Offsets in bytes; `to` is the first that stays. */
  from: number;
  to: number;
  /** In the encoding of the file. */
  bytes: Uint8Array;
}

/** What an edit does beside healing, as its pattern says. */
export interface Price {
  /** What order, threads or exceptions come to, as a sentence without its full stop; null where nothing else changes. */
  price: string | null;
  /** Rules of findings that may be new by it: such an edit heals, and is a choice at best. */
  mayBring: readonly ProgramRule[];
  /** Whether somebody has to choose it, even where it heals and brings nothing. */
  isChoice: boolean;
  /** Whether the status it ends with, or that it ends, is what is healed: it is to end with 0 then. */
  healsEnd: boolean;
}

/** An edit that is to be proven. */
export interface Edit extends Price {
  /** The name of its pattern, as `keep-and-await`. */
  pattern: string;
  /** What it is to heal. */
  findings: readonly ProgramFinding[];
  change: FileChange;
  /** What it does to the text, as the end of "To heal that: …", as `keep the task, and await it at the end of main`. */
  does: string;
}

/** Why a finding has no edit: the end of "No edit is offered: …". */
export interface NoEdit {
  finding: ProgramFinding;
  reason: string;
}
