/** Findings of a run of a scenario, each in a sentence with figures, and what to do about it. */
import { detect as detectIn } from "../reading/findings/detect.ts";
import type { Finding, Rule } from "../reading/findings/finding.ts";
import type { Outcome } from "../outcome/outcome.ts";
import { LAUNCH } from "../scenario/numbers.ts";
import type { Ticks } from "../base/duration.ts";
import { wordsOf } from "./context.ts";
import { caseOf } from "./strategy/case.ts";
import { strategyContext } from "./strategy/context.ts";
import type { Remedy } from "./strategy/remedy.ts";
import { healing, unheard } from "./strategy/trials.ts";
import type { Simulate } from "./simulate.ts";

export type { Rule } from "../reading/findings/finding.ts";
export { rules } from "./rules.ts";

/** A finding with what is said of it, as verdicts and the JSON tell it. */
export interface ToldFinding {
  rule: Rule;
  /** The task's name in the document (all its copies), or null when no task is meant. */
  task: string | null;
  at: Ticks;
  message: string;
  /** What to do about it, in a sentence. */
  fix: string;
  /** What the sentence says that was tried and heals, as data. */
  remedies: {
    does: string;
    /** The strategy with it, as on the command line; null where it is the program that changes. */
    strategy: string | null;
  }[];
}

/**
 * Everything in an outcome that a user should know of, the gravest first, and what to do about it.
 *
 * @param simulate tries what could be done; null: nothing is tried, and no strategy is named.
 */
export function findFindings(outcome: Outcome, simulate: Simulate | null): ToldFinding[] {
  const findings = detect(outcome);
  if (findings.length === 0) return [];
  const context = strategyContext(outcome);
  const heal = healing(outcome, findings, detect, simulate);
  return findings.map((finding) => {
    const { message, remedies, otherwise } = wordsOf(context, finding);
    const healed = heal(finding, remedies);
    return {
      ...headOf(outcome, finding),
      message,
      fix: healed.length === 0 ? otherwise : healed.map(({ words }) => words).join(", or "),
      remedies: healed.map(({ does, strategy }) => ({ does, strategy })),
    };
  });
}

/** What is to be found in an outcome, without words: as quick as reading what the outcome says. */
export function detect(outcome: Outcome): Finding[] {
  return detectIn(caseOf(outcome));
}

/** Whatever could be done about an outcome's findings, none of it tried, in their order. */
export function remediesOf(outcome: Outcome): readonly Remedy[] {
  const context = strategyContext(outcome);
  return detect(outcome).flatMap((finding) => wordsOf(context, finding).remedies);
}

/** What a finding is known by where it is told. */
function headOf({ tasks }: Outcome, finding: Finding): Pick<ToldFinding, "rule" | "task" | "at"> {
  const { rule, actors, at } = finding;
  const [actor] = actors;
  const task = (actor === undefined ? undefined : tasks[actor]?.spec.name) ?? null;
  // The fields of the JSON stand in this order: where launch's own failure is told, the rule comes last.
  if (unheard.has(rule) && actor === LAUNCH) return { task, at, rule };
  return { rule, task, at };
}
