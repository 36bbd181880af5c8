/** The errors that programs raise. Their messages are asyncio's where asyncio has one. */

/** A `fail` step. */
export class StepFailure extends Error {}

/** Thrown at a coroutine's wait to make it stop (asyncio.CancelledError). */
export class Cancelled extends Error {
  constructor() {
    super("cancelled");
  }
}

/** The completion point's timeout ran out (TimeoutError). */
export class TimedOut extends Error {
  constructor() {
    super("the completion point timed out");
  }
}

/** What leaves a group whose tasks failed (ExceptionGroup). */
export class GroupFailure extends Error {
  readonly errors: Error[];
  constructor(errors: Error[]) {
    const count = `${errors.length} sub-exception${errors.length === 1 ? "" : "s"}`;
    super(
      `unhandled errors in a TaskGroup (${count}): ${errors.map((error) => error.message).join("; ")}`,
    );
    this.errors = errors;
  }
}

/** How a program that raised this, or nothing, has ended. */
export function endingOf(raised: Error | undefined): "finished" | "failed" | "cancelled" {
  if (raised === undefined) return "finished";
  return raised instanceof Cancelled ? "cancelled" : "failed";
}
