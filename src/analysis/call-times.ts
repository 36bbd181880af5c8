/** How long the user's functions took in a recorded run, for a run in which they are not called. */
import { eventTypes } from "../events/event.ts";
import type { EventLog } from "../events/log.ts";
import type { CallTime, CallTimes } from "../scenario/calls.ts";
import type { Ticks } from "../scenario/duration.ts";

/**
 * Reads the calls off a log; a function's time is the mean of its calls. Calls that did not come to
 * their end are left out.
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
          const total = at - call.at;
          const time = { total, held: Math.min(call.held, total) };
          (byActor[actor] ??= []).push(time);
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
    byFunction: Object.fromEntries([...all].map(([name, times]) => [name, mean(times)])),
  };
}

function mean(times: CallTime[]): CallTime {
  const sum = (of: (time: CallTime) => number): number =>
    Math.round(times.reduce((total, time) => total + of(time), 0) / times.length);
  return { total: sum((time) => time.total), held: sum((time) => time.held) };
}
