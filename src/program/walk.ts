/** The part of performing steps that main, launch and tasks have in common. */
import { typeNumber } from "../events/event.ts";
import type { Ticks } from "../scenario/duration.ts";
import type { LeafStep, Step } from "../scenario/model.ts";
import { fillPlaceholders, type PlaceholderValues } from "../scenario/placeholders.ts";
import { Cursor } from "../scenario/walk.ts";
import { StepFailure } from "./failure.ts";
import type { Thread } from "./operation.ts";

/** What the placeholders of one program stand for, before its first step. */
export function placeholderValues(
  runtime: string,
  task: { name: string; copy: number } = { name: "", copy: 0 },
): PlaceholderValues {
  return { i: 0, task: task.name, copy: task.copy, runtime, value: "" };
}

/** How a value received is printed: text as it is, anything else as JSON. */
export function valueText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
}

/** How a step is performed that takes more than its thread; undefined where it does not. */
export type Special<Wanted> = (
  step: LeafStep,
  actor: number,
  values: PlaceholderValues,
) => Generator<Wanted, void, void> | undefined;

/**
 * Performs a list of steps as far as that takes no time: prints and fails.
 *
 * Every other step is yielded to whoever can perform it, in order, unless `special` knows how.
 *
 * @param values what `{placeholders}` stand for; whoever receives a value sets it here.
 * @throws StepFailure at a `fail` step.
 */
export function* walk<Other = never>(
  thread: Thread,
  actor: number,
  steps: Step[],
  values: PlaceholderValues,
  special?: Special<Other>,
): Generator<LeafStep | Other, void, void> {
  const cursor = new Cursor(steps);
  for (let step; (step = cursor.next()) !== undefined;) {
    if (thread.vary !== null) step = varied(step, thread.vary);
    if (step.kind === "print") {
      values.i = cursor.iteration;
      thread.record(typeNumber.printed, actor, 0, fillPlaceholders(step.text, values));
    } else if (step.kind === "fail") {
      throw new StepFailure(step.message);
    } else {
      const performed = step.kind === "sleep" ? undefined : special?.(step, actor, values);
      if (performed === undefined) yield step;
      else yield* performed;
    }
  }
}

/** A step as it is performed this time: what takes time takes its own. Limits, as of a receive, are none. */
function varied(step: LeafStep, vary: (ticks: Ticks) => Ticks): LeafStep {
  switch (step.kind) {
    case "sleep":
    case "block":
    case "compute":
      return { ...step, ticks: vary(step.ticks) };
    default:
      return step;
  }
}
