/** How the user's functions went in a recorded run, for a run in which they are not called. */
import { completions, eventTypes } from "../trace/event.ts";
import type { EventLog } from "../trace/log.ts";
import type { CallTime, CallTimes } from "../scenario/calls.ts";
import type { Ticks } from "../base/duration.ts";

/** What a call failed with that was recorded without its error. */
const unknownError = "it failed in the recorded run";

/**
 * Reads the calls off a log. Calls that did not come to their end, since they were cancelled or the run
 * was over, are left out, and so is what they would have been for those of the same actor after them.
 */
export function readCallTimes(log: EventLog): CallTimes {
  const byActor: CallTimes["byActor"] = {};
  const all = new Map<string, CallTime[]>();
  /** By actor: the call that is under way. An actor makes one at a time. */
  const open = new Map<number, { at: Ticks; held: Ticks; name: string }>();
  for (const chunk of log.chunks)
    for (let k = 0; k < chunk.length; k++) {
      const actor = chunk.actor[k]!;
      const at = chunk.at[k]!;
      const call = open.get(actor);
      switch (eventTypes[chunk.type[k]!]) {
        case "call-began":
          open.set(actor, { at, held: 0, name: chunk.texts.get(k)! });
          break;
        case "call-held":
          if (call !== undefined) call.held += chunk.value[k]!;
          break;
        case "call-ended": {
          if (call === undefined) break;
          open.delete(actor);
          const how = completions[chunk.value[k]!];
          const total = at - call.at;
          const time: CallTime = { total, held: Math.min(call.held, total) };
          if (how === "failed") time.error = chunk.texts.get(k) ?? unknownError;
          // Its place stays, so that the calls behind it keep theirs.
          (byActor[actor] ??= []).push(how === "cancelled" ? null : time);
          if (how === "cancelled") break;
          if (!all.has(call.name)) all.set(call.name, []);
          all.get(call.name)!.push(time);
          break;
        }
        default:
          break;
      }
    }
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

/** Errors of user code that nobody could catch, in a recorded run: they are none of a call's, and nothing performs them again. */
export function uncaughtErrors(log: EventLog): string[] {
  const errors: string[] = [];
  for (const { length, type, texts } of log.chunks)
    for (let k = 0; k < length; k++)
      if (eventTypes[type[k]!] === "error-logged" && texts.has(k)) errors.push(texts.get(k)!);
  return errors;
}
