/** What is known of the program's promises, and who uses them. */
import { failureUsed } from "./failures.ts";
import {
  Call,
  Combined,
  Derived,
  type Info,
  MAIN,
  Made,
  originOf,
  OVER,
  type Use,
} from "./model.ts";
import { waitedFor } from "./waited.ts";
import { tellRace, tellUse } from "./telling.ts";

/** By promise, for those that have come by a site. What a call awaits at once is not in it. */
export const known = new WeakMap<object, Info>();

/** A promise that is asked again and again, as one that says when a server is ready, is used by so many. */
const mostUses = 64;

/** Notes a use of a promise, which may be shared with others. */
export function use(info: Info, uses: readonly [Use]): void {
  const [used] = uses;
  const { how, at } = used;
  if (info.uses === null) info.uses = uses;
  else if (info.uses.length < mostUses) info.uses = [...info.uses, used];
  const origin = originOf(info);
  if (origin instanceof Made) {
    // Of one that a call awaits the call's own going on tells.
    if (how !== "await") waitedFor(origin);
    return;
  }
  if (origin instanceof Combined) {
    if (origin.settledBy !== null) failureUsed(origin.settledBy, at);
    return;
  }
  if (origin.id !== 0) tellUse(origin, used);
  if (origin.failure !== null && origin.state === OVER) failureUsed(origin, at);
}

/** Whether anybody uses a promise that is known. */
export function isUsed(info: Info): boolean {
  return info.uses !== null || (info instanceof Call && info.awaiter !== null);
}

/** Notes that a combinator has settled: whatever of its calls has not ended is waited for by nobody there any more. */
export function settle(combined: Combined, by: Call | null, at: number): void {
  if (combined.isSettled) return;
  combined.isSettled = true;
  combined.settledBy = by;
  if (combined.name === "allSettled") return;
  for (const input of combined.inputs) {
    const origin = originOf(input);
    if (origin instanceof Call && origin.state !== OVER && origin.kind !== MAIN)
      tellRace(origin, combined, at);
  }
}

/** Notes what the end of a call, or of something derived from one, settles. */
export function ended(info: Call | Derived, call: Call, hasFailed: boolean, at: number): void {
  if (info.uses === null) return;
  for (const { how, into } of info.uses) {
    if (into instanceof Derived) ended(into, call, hasFailed && !into.hears, at);
    else if (into === null) continue;
    else if (how === "race" || (how === "all" && hasFailed) || (how === "any" && !hasFailed))
      settle(into, call, at);
  }
}
