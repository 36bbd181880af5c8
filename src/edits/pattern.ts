/**
 * A pattern: a row that says which findings an edit could heal, what must be known of the trace and of the
 * text, what it may break, and its words.
 *
 * A pattern is asked about a finding by what the trace knows (`ask`), and then of the text by its language's
 * editor, which knows the syntax. Either may refuse, with a reason.
 */
import type { ProgramRule } from "../reading/findings/program-finding.ts";
import type { Replacement, Price } from "./edit.ts";
import type { FindingFacts } from "./facts.ts";

/** Why a pattern does not fit, where it is meant for such a finding. */
export class Refusal {
  /** The end of "No edit is offered: …". */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** A question to the editor of a language: what to look for in which file. */
export interface Ask {
  /** The pattern's name. */
  pattern: string;
  /** The file, as the trace has it. */
  file: string;
  /** Whatever the pattern's syntax goes by: lines, columns (from 1), names. It can be written as JSON. */
  known: Readonly<Record<string, unknown>>;
}

/** What an editor makes of an ask. */
export type Answer = readonly Replacement[] | Refusal | null;

export interface Pattern extends Price {
  /** In words of its own, as `keep-and-await`; one word of a command line. */
  name: string;
  rules: readonly ProgramRule[];
  /** What it does to the text, as an edit has it; a function of the finding where it names something. */
  does: string | ((facts: FindingFacts) => string);
  /**
   * What the editor is asked.
   *
   * Null where the finding is of another kind than the pattern is about, and there is nothing to say.
   */
  ask(facts: FindingFacts): Ask | Refusal | null;
}

/** What changes the text of one language. */
export interface Editor {
  /** As a trace's source has it. */
  language: string;
  /** In the order in which they are tried and told: what changes least comes first. */
  patterns: readonly Pattern[];
  /**
   * The replacements for each ask, in their order, none of them overlapping; or why there are none. Null
   * where the text is of another kind than the pattern is about, and there is nothing to say. One look at each
   * file serves all asks about it.
   *
   * @param files the bytes of each file that an ask names.
   */
  edit(asks: readonly Ask[], files: ReadonlyMap<string, Uint8Array>): Promise<Answer[]>;
  /**
   * Why there is no edit of what no pattern is about, as the end of "No edit is offered: …"; null where nothing is to be
   * said of it but that it is for its user to decide, or where it is another language's.
   */
  whyNone?(facts: FindingFacts): string | null;
}
