/** The errors that programs raise. Their messages are Python's where Python has one. */
import { formatTime, type Ticks } from "../base/duration.ts";
import { type Details, NOWHERE } from "../trace/log.ts";

/** A `fail` step, or an error that came from another thread. */
export class StepFailure extends Error {
  /** The place of the step that failed. */
  readonly place: number;

  constructor(message: string, place = NOWHERE) {
    super(message);
    this.place = place;
  }
}

/** Thrown at a coroutine's wait to make it stop (asyncio.CancelledError). */
export class Cancelled extends Error {
  constructor() {
    super("cancelled");
  }
}

/**
 * Thrown at a coroutine's wait when no loop will ever resume it (GeneratorExit). Its clean-up runs at
 * once, up to the first wait.
 */
export class Collected extends Cancelled {}

/** The error of a group whose tasks failed (ExceptionGroup). */
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

/** A time limit ran out (TimeoutError). */
export class TimedOut extends Error {}

export const failures = {
  settleTimedOut: () => new TimedOut("the completion point timed out"),
  receiveTimedOut: (channel: string, limit: Ticks) =>
    new TimedOut(`nothing came from "${channel}" within ${formatTime(limit)}`),
  resultTimedOut: (task: string, limit: Ticks) =>
    new TimedOut(`the result of "${task}" did not come within ${formatTime(limit)}`),
  /** concurrent.futures.CancelledError: not the one that cancels a coroutine. */
  resultCancelled: (task: string) => new StepFailure(`CancelledError: "${task}" was cancelled`),
  /** What run_coroutine_threadsafe raises for a loop that has been closed. */
  loopClosed: () => new StepFailure("Event loop is closed"),
  /** What it raises where there is no loop yet: the variable that should hold one is None. */
  loopNeverOpened: () =>
    new StepFailure(
      "no event loop has been opened yet ('NoneType' object has no attribute 'call_soon_threadsafe')",
    ),
  /** Where tasks are performed by other processes nobody would ever hear of what is sent. */
  channelElsewhere: (channel: string) =>
    new StepFailure(
      `channel "${channel}" is in the memory of one process, and tasks are performed by others`,
    ),
  /** What asyncio raises in a coroutine that is collected when its loop is gone. */
  noRunningLoop: () => new StepFailure("no running event loop"),
  /** What Thread.join raises. */
  joinedTooEarly: () => new StepFailure("cannot join thread before it is started"),
  /** What run_in_executor raises once a closing loop has called shutdown_default_executor. */
  executorShutDown: () => new StepFailure("Executor shutdown has been called"),
  /** What a job of a concurrent.futures.ProcessPoolExecutor raises, running or pending. */
  poolBroken: () =>
    new StepFailure(
      "A process in the process pool was terminated abruptly while the future was running or pending.",
    ),
};

/** The details of an error in its events: its message, and the place that raised it if that is known. */
export function detailsOf(error: Error): Details {
  const place = error instanceof StepFailure ? error.place : NOWHERE;
  return { text: error.message, place };
}

/** The ending of a program that raised this error, or none. */
export function endingOf(raised: Error | undefined): "finished" | "failed" | "cancelled" {
  if (raised === undefined) return "finished";
  return raised instanceof Cancelled ? "cancelled" : "failed";
}
