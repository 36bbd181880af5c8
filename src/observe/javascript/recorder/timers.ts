/** Timers: when they are due, and how late a held loop has made them. */
import { now } from "./clock.ts";
import { lastHold } from "./holds.ts";
import type { Call, Made } from "./model.ts";
import { givesOf, placeOf, sites } from "./sites.ts";
import { placeOfCall, tellCall } from "./telling.ts";
import { thread, write } from "./writer.ts";

/** What a timer was asked for last, in ticks; null where that was no number. */
let delay: number | null = null;

/** Below this nobody is late: timers count in milliseconds. */
const leastLate = 10_000;

/** The delay of a timer comes by. */
export function s<Value>(value: Value): Value {
  delay = typeof value === "number" ? Math.max(1, value) * 1000 : null;
  return value;
}

/** Whether the value of a site is the promise of a timer. */
export const isTimer = (site: number): boolean => sites[site]!.called?.timer === true;

/** The delay that has just come by, which is that of the timer being made. */
export function takeDelay(): number | null {
  const taken = delay;
  delay = null;
  return taken;
}

/** What both runtimes have in a timer. */
interface Timer {
  _destroyed?: boolean;
  _idleStart?: number;
}

interface Due {
  timer: Timer;
  /** Changes where the timer is begun anew. */
  started: number | undefined;
  at: number;
}

/** By the site of a callback that is written where it is given: its timers, in the order in which they were made. */
const timers = new Map<number, Due[]>();
const mostTimers = 10_000;

/** When the timer is due that has just been made to settle a promise; null: none has. */
let settles: number | null = null;

/** Notes a timer that has been made. */
export function timerMade(site: number, value: unknown): void {
  const taken = takeDelay();
  if (taken === null || typeof value !== "object" || value === null) return;
  const at = now() + taken;
  const [callback] = givesOf(site);
  if (callback === undefined) {
    if (sites[site]!.function === "promise executor") settles = at;
    return;
  }
  let own = timers.get(callback);
  if (own === undefined) timers.set(callback, (own = []));
  if (own.length >= mostTimers) own.splice(0, mostTimers / 2);
  const timer = value as Timer;
  own.push({ timer, started: timer._idleStart, at });
}

/** Gives a promise the time at which the timer is due that its executor has made for it. */
export function dueOf(made: Made): void {
  if (settles === null) return;
  made.due = settles;
  settles = null;
}

/** How late somebody is, due at a time, by the last hold; 0: not by that. */
function lateBy(due: number, at: number): number {
  if (due < lastHold.from || due > lastHold.to || at < lastHold.to) return 0;
  return at - due < leastLate ? 0 : at - due;
}

/** A call goes on behind a timer. */
export function tellLateCall(call: Call, at: number): void {
  const late = lateBy(call.due, at);
  call.due = 0;
  if (late > 0) tellLate(call, late, placeOf(call.at), at);
}

/** The callback of a timer begins, written where it was given. */
export function tellLateCallback(call: Call, at: number): void {
  const own = timers.get(call.site);
  if (own === undefined) return;
  // Those that were cleared are gone; of the others the one that was due first is called first.
  const alive = own.filter(({ timer }) => timer._destroyed !== true);
  const first = alive.reduce<Due | null>(
    (earliest, one) => (earliest === null || one.at < earliest.at ? one : earliest),
    null,
  );
  timers.set(
    call.site,
    alive.filter((one) => one !== first),
  );
  if (first === null || first.timer._idleStart !== first.started) return;
  const late = lateBy(first.at, at);
  const place = placeOfCall(call);
  if (late > 0 && place !== null) tellLate(call, late, place, at);
}

function tellLate(call: Call, late: number, place: number, at: number): void {
  write(["event", Math.round(at), "late", thread, tellCall(call), Math.round(late), { place }]);
}
