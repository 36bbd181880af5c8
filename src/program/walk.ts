/** The part of performing steps that main, launch and tasks have in common. */
import { typeNumber } from "../events/event.ts";
import type { LeafStep, Step } from "../scenario/model.ts";
import { fillPlaceholders, type PlaceholderValues } from "../scenario/placeholders.ts";
import { Cursor } from "../scenario/walk.ts";
import { StepFailure } from "./failure.ts";
import type { Thread } from "./operation.ts";

/** What `{task}`, `{copy}` and `{runtime}` are for one program. */
export type Names = Pick<PlaceholderValues, "task" | "copy" | "runtime">;

/**
 * Performs a list of steps as far as that takes no time: prints and fails.
 *
 * Every other step is yielded to whoever can perform it, in order.
 *
 * @throws StepFailure at a `fail` step.
 */
export function* walk(
  thread: Thread,
  actor: number,
  steps: Step[],
  names: Names,
): Generator<LeafStep, void, void> {
  const cursor = new Cursor(steps);
  const values: PlaceholderValues = { ...names, i: 0, value: "" };
  for (let step; (step = cursor.next()) !== undefined;) {
    if (step.kind === "print") {
      values.i = cursor.iteration;
      thread.record(typeNumber.printed, actor, 0, fillPlaceholders(step.text, values));
    } else if (step.kind === "fail") {
      throw new StepFailure(step.message);
    } else {
      yield step;
    }
  }
}
