/** A remedy in the words of scenarios, and how tasks of a document are named. */
import type { FindingOf, Rule } from "../../reading/findings/finding.ts";
import type { Outcome, TaskOutcome } from "../../outcome/outcome.ts";
import type { Scenario } from "../../scenario/model.ts";
import { type AxisName, remedyWords } from "../../scenario/axes.ts";
import type { Axes, Strategy } from "../../scenario/strategy.ts";

/**
 * Something that could be done about a finding.
 *
 * With `axes` or `program` it is tried before it is offered; with neither it is about the user's own
 * program, which tandem cannot change, and whoever writes it down answers for it.
 */
export interface Remedy {
  /** What to do, as the end of "To change that: …"; the strategy's words follow by themselves. */
  does: string;
  /** What changes in the strategy. */
  axes?: Partial<Axes>;
  /** What changes in the program. */
  program?: (scenario: Scenario) => Scenario;
}

/** A change of the strategy, in the words of the row of an axis. @param rest what is to be said of it here. */
export function changing(axis: AxisName, axes: Partial<Axes>, rest = ""): Remedy {
  return { does: remedyWords(axes, axis) + rest, axes };
}

/** To keep the loop open for whatever main hands over. */
export const portal = { loop: "portal", atExit: "wait" } as const;

/** A loop in a thread of its own that main joins, whose launch waits for its tasks. */
export function ownThread({ settle }: Strategy): Partial<Axes> {
  return { loop: "thread", settle: settle === "none" ? "gather" : settle, atExit: "wait" };
}

/** The tasks that a finding is about: copies of one, or one alone. */
export function tasksOf(
  { tasks }: Outcome,
  { actors }: Pick<FindingOf<Rule>, "actors">,
): [TaskOutcome, ...TaskOutcome[]] {
  const [first, ...others] = actors.map((actor) => tasks[actor]!);
  return [first!, ...others];
}

export function subject(tasks: readonly TaskOutcome[]): string {
  const [first] = tasks as [TaskOutcome];
  return tasks.length === 1 ? first.name : `${tasks.length} copies of ${first.spec.name}`;
}

export function progress(tasks: readonly TaskOutcome[]): string {
  const least = tasks.reduce((min, task) => Math.min(min, task.stepsDone), Infinity);
  const most = tasks.reduce((max, task) => Math.max(max, task.stepsDone), 0);
  const { steps } = tasks[0]!;
  const done = least === most ? String(most) : `${least} to ${most}`;
  return `${done} of ${steps} step${steps === 1 ? "" : "s"}`;
}
