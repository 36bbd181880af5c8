/** The durations of calls in a recorded run, for a run in which the user's functions are not called. */
import type { EventLog } from "../trace/log.ts";
import { LogCursor } from "../reading/cursor.ts";
import { followSpans } from "../reading/spans.ts";
import type { CallTime, CallTimes } from "../scenario/calls.ts";
import type { Ticks } from "../base/duration.ts";

/** The error of a failed call whose own error was not recorded. */
const unknownError = "it failed in the recorded run";

/**
 * Reads the calls off a log. Calls that did not come to their end, since they were cancelled or the run
 * was over, are left out, and so is what they would have been for those of the same actor after them.
 */
export function readCallTimes(log: EventLog): CallTimes {
  const byActor: CallTimes["byActor"] = {};
  const all = new Map<string, CallTime[]>();
  /** By actor: for how long the call that is under way has held its thread. */
  const held = new Map<number, Ticks>();
  followSpans(log, ({ type, actor, value }, span) => {
    if (type === "call-held") held.set(actor, (held.get(actor) ?? 0) + value);
    if (span?.kind !== "call") return;
    const heldFor = held.get(actor) ?? 0;
    held.delete(actor);
    if (span.to === null) return;
    const total = span.to - span.from;
    const time: CallTime = { total, held: Math.min(heldFor, total) };
    if (span.how === "failed") time.error = span.error ?? unknownError;
    // A cancelled call leaves a gap, so that the actor's later calls keep their numbers.
    (byActor[actor] ??= []).push(span.how === "cancelled" ? null : time);
    if (span.how !== "cancelled") all.getOrInsertComputed(span.of!, () => []).push(time);
  });
  return {
    byActor,
    byFunction: Object.fromEntries([...all].map(([name, times]) => [name, typical(times)])),
  };
}

/** The mean of the calls that finished; a function that only ever failed fails, as it did first. */
function typical(times: CallTime[]): CallTime {
  const finished = times.filter(({ error }) => error === undefined);
  if (finished.length === 0) return { ...mean(times), error: times[0]!.error! };
  return mean(finished);
}

function mean(times: CallTime[]): CallTime {
  const sum = (of: (time: CallTime) => number): number =>
    Math.round(times.reduce((total, time) => total + of(time), 0) / times.length);
  return { total: sum((time) => time.total), held: sum((time) => time.held) };
}

/** Uncaught errors of user code in a recorded run. They belong to no call, so a simulated run does not repeat them. */
export function uncaughtErrors(log: EventLog): string[] {
  const errors: string[] = [];
  const event = new LogCursor(log);
  while (event.next())
    if (event.type === "error-logged" && event.text !== undefined) errors.push(event.text);
  return errors;
}
