/**
 * A context: the words in which findings of one kind of program are told, and what can be done there.
 *
 * Detectors know rules, actors and evidence only. A scenario has strategies to choose from and steps to
 * change, a program in Python or JavaScript has lines: each is a context of its own, and says every rule.
 */
import type { Finding, FindingOf, Rule } from "../reading/findings/finding.ts";

/** What a context says of one finding. */
export interface Words<Remedy> {
  /** What went wrong, with figures: a sentence without its full stop. */
  message: string;
  /** What could be done, the best first; each is tried, or answered for, before it is told. */
  remedies: readonly Remedy[];
  /** What to do where none of these heals or can be tried, as the end of "To change that: …". */
  otherwise: string;
}

/** What can be done, and the words that are true of any run. */
export type WayOut<Remedy> = Omit<Words<Remedy>, "message">;

/** The words of every rule. */
export type Context<Remedy> = {
  readonly [R in Rule]: (finding: FindingOf<R>) => Words<Remedy>;
};

/** What a context says of a finding, whatever its rule. */
export function wordsOf<Remedy>(context: Context<Remedy>, finding: Finding): Words<Remedy> {
  // A finding's rule and its evidence belong together, which an indexed call cannot show.
  const say = context[finding.rule] as (finding: Finding) => Words<Remedy>;
  return say(finding);
}
