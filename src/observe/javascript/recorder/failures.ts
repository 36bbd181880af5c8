/** Calls that fail: where that was thrown, and who heard of it. */
import { endings, hearers, logReasons } from "../../../trace/event.ts";
import { rejectedAt } from "./aborts.ts";
import { now } from "./clock.ts";
import { exit } from "./exits.ts";
import {
  Call,
  Combined,
  Derived,
  Failure,
  type Info,
  MAIN,
  OVER,
  STANDING,
  type Use,
} from "./model.ts";
import { isObject, messageOf, thrownAt } from "./errors.ts";
import { placeOf, sites } from "./sites.ts";
import { introduce, tellCall, tellEnd, willTell } from "./telling.ts";
import { thread, write } from "./writer.ts";

/** The call that failed with an error first. */
const failedWith = new WeakMap<object, Call>();

/** Since when nobody is known to hear of a failed call. */
interface Open {
  at: number;
  /** The number of the macrotask that it failed in. */
  turn: number;
  /** Whether the runtime has called it unhandled. */
  isUnhandled?: boolean;
  /** Whether it has been looked at in a later macrotask. */
  isSeen?: boolean;
}
const open = new Map<Call, Open>();

/** The number of the current macrotask, as far as the recorder sees them. */
let turnNow = 0;

const failedStatus = endings.indexOf("failed");
const byNobody = hearers.indexOf("nobody");
const byRaised = hearers.indexOf("raised");

/** Notes that a call fails with an error that none of its catches took. */
export function fails(call: Call, error: unknown): void {
  if (call.state === STANDING) rejectedAt(call, error);
  const owner = ownerOf(call, error);
  const isOwn = owner === undefined || owner === call;
  call.failure = new Failure(error, isOwn ? null : owner);
  if (isOwn && isObject(error)) failedWith.set(error, call);
}

/** Whose failure an error is that has come up in a call. One without an identity (a text) came from what it stood at. */
function ownerOf(call: Call, error: unknown): Call | undefined {
  return isObject(error) ? failedWith.get(error) : failedBehind(call.on, error);
}

/** The call that a promise fails with. */
function failedBehind(info: Info | null, error: unknown): Call | undefined {
  if (info instanceof Call)
    return info.failure !== null && info.failure.error === error ? info : undefined;
  if (info instanceof Derived) return failedBehind(info.from, error);
  if (!(info instanceof Combined)) return undefined;
  for (const input of info.inputs) {
    const found = failedBehind(input, error);
    if (found !== undefined) return found;
  }
  return undefined;
}

function originOfFailure(call: Call): Call {
  let origin = call;
  while (origin.failure!.from !== null) origin = origin.failure!.from;
  return origin;
}

const isHeard = (origin: Call): boolean => origin.failure!.isHeard;

/** Notes that a catch clause of a call has taken an error. */
export function caught(call: Call, site: number, error: unknown, at: number): void {
  const owner = ownerOf(call, error);
  if (owner !== undefined && owner !== call) heard(owner, call, placeOf(site), at);
}

/** Tells that code of the program's, or of a library, has heard of a call's failure. */
function heard(call: Call, by: Call | null, place: number | null, at: number): void {
  const origin = originOfFailure(call);
  if (isHeard(origin)) return;
  origin.failure!.isHeard = true;
  open.delete(call);
  open.delete(origin);
  if (origin.state === OVER && origin.id === 0) return;
  const numbers = by === null ? {} : { numbers: { in: tellCall(by) } };
  const where = place === null ? {} : { place };
  const details = { ...where, ...numbers };
  write(["event", Math.round(at), "heard", thread, tellCall(origin), byRaised, details]);
}

type Fate =
  | { is: "heard"; place: number }
  /** Somebody awaits it, who hears of it next. */
  | { is: "carried" }
  /** Nobody uses it as yet. */
  | { is: "open" }
  /** What used it has gone on without it. */
  | { is: "nobody" }
  | { is: "library" };

/** Who can still hear of a call's failure, by who uses the promise that has it. */
function fateOf(info: Info, call: Call): Fate {
  if (info instanceof Call && info.awaiter !== null) return { is: "carried" };
  let fate: Fate = { is: "open" };
  for (const each of info.uses ?? []) {
    const found = fateOfUse(each, call);
    if (found.is === "heard" || found.is === "carried") return found;
    if (found.is === "library" || (found.is === "nobody" && fate.is === "open")) fate = found;
  }
  return fate;
}

function fateOfUse({ how, into, site }: Use, call: Call): Fate {
  if (how === "await" || how === "return") return { is: "carried" };
  if (into === null) return { is: "library" };
  if (into instanceof Derived)
    return into.hears ? { is: "heard", place: placeOf(into.site) } : fateOf(into, call);
  // What the combinator does with it: keep it, go on without it, or fail with it.
  if (how === "allSettled" && isPassedOver(into)) return { is: "nobody" };
  if (how === "allSettled" || how === "any") return { is: "heard", place: placeOf(site) };
  return into.isSettled && into.settledBy !== call ? { is: "nobody" } : fateOf(into, call);
}

/** Whether a combinator is waited for, and nobody takes what it gives. */
function isPassedOver({ uses }: Combined): boolean {
  return uses !== null && uses.every(({ site }) => sites[site]?.dropped === "statement");
}

/** Notes that a failed call is over: tells what is known of who hears of it. */
export function failed(call: Call, at: number): void {
  const origin = originOfFailure(call);
  if (isHeard(origin)) return;
  const fate = fateOf(call, call);
  if (fate.is === "heard") heard(origin, null, fate.place, at);
  else if (fate.is === "nobody") unheard(origin, at);
  else if (fate.is !== "carried") open.set(call, { at, turn: turnNow });
}

/** Notes that the promise of a call that has failed is used. */
export function failureUsed(call: Call, at: number): void {
  const entry = open.get(call);
  if (entry === undefined) return;
  const origin = originOfFailure(call);
  if (isHeard(origin)) return;
  const fate = fateOf(call, call);
  if (fate.is === "open" || fate.is === "library") return;
  // Where macrotasks have gone by, the runtime has called it unhandled.
  if (isLate(entry)) tellLate(call, entry);
  open.delete(call);
  if (fate.is === "heard") heard(origin, null, fate.place, at);
  else if (fate.is === "nobody") unheard(origin, at);
}

/** The rejection that the runtime ends the process for, where it has no event for that. */
let fatal: Call | null = null;

/** Notes that another macrotask has begun: what nobody had handled until then, the runtime has called unhandled. */
export function newMacrotask(): void {
  turnNow++;
}

const isLate = ({ turn }: Open): boolean => turn !== turnNow;

function tellLate(call: Call, { at }: Open): void {
  fatal ??= call;
  const origin = originOfFailure(call);
  if (isHeard(origin)) return;
  write(["event", Math.round(at), "heard", thread, tellCall(origin), byNobody]);
}

function unheard(origin: Call, at: number): void {
  origin.failure!.isHeard = true;
  write(["event", Math.round(at), "heard", thread, tellCall(origin), byNobody]);
}

/** Whether the runtime calls each rejection unhandled that nobody has handled when its macrotask is over, as Node does. */
let saysUnhandled = false;

export function setSaysUnhandled(): void {
  saysUnhandled = true;
}

/** Notes that the runtime has called rejections with a reason unhandled, and that somebody listens for that. */
export function calledUnhandled(reason: unknown): void {
  for (const [call, entry] of open) if (call.failure!.error === reason) entry.isUnhandled = true;
}

/** In ticks. */
const longMacrotask = 1000;

/**
 * What the runtime has not called unhandled by now, or a library has taken, somebody has heard of that is not seen here.
 *
 * @param isEnd whether the process ends: what is left then a listener for such rejections has heard of, if there is one.
 */
export function settleFailures(isEnd: boolean): void {
  const isListened = process.listenerCount("unhandledRejection") > 0;
  for (const [call, entry] of open) {
    if (isHeard(originOfFailure(call))) {
      open.delete(call);
      continue;
    }
    // At the end no timer has come that would show it: what lasted so long was hardly one macrotask.
    const isPast =
      isLate(entry) ||
      (isEnd && (saysUnhandled || exit.isCalled) && now() - entry.at > longMacrotask);
    if (!isPast) continue;
    const fate = fateOf(call, call);
    // Until then somebody may still take it, later than the listener has heard of it.
    if (isEnd && (entry.isUnhandled === true || (isListened && !saysUnhandled))) {
      heard(call, null, null, entry.at);
      continue;
    }
    // Bun lets one more wake-up happen before it ends the process for a rejection.
    if (!saysUnhandled && !isEnd && fate.is === "library" && entry.isSeen !== true) {
      entry.isSeen = true;
      willTell();
      continue;
    }
    const isTaken = saysUnhandled ? entry.isUnhandled !== true : fate.is === "library";
    if (isTaken && (fate.is === "library" || fate.is === "open")) heard(call, null, null, entry.at);
    else if (fate.is === "open") fatal ??= call;
  }
}

/** Notes that a runner of tests, which tells of what nobody handles itself, has heard of all that is left. */
export function runnerHeard(): void {
  for (const [call, { at }] of open)
    if (!isHeard(originOfFailure(call))) heard(call, null, null, at);
}

/**
 * The call whose rejection nobody has handled in time.
 *
 * @param isSure whether there is one, as the process ends before it has come to its end by anything else: then a library
 * may have taken it and not have handled it either.
 */
export function unhandled(isSure: boolean): Call | null {
  if (fatal !== null) return fatal;
  const left = [...open.keys()].filter((call) => !isHeard(originOfFailure(call)));
  const fates = (is: Fate["is"]): Call | undefined =>
    left.find((call) => fateOf(call, call).is === is);
  return fates("open") ?? (isSure ? fates("library") : undefined) ?? null;
}

/** Tells that an error has ended a module's evaluation, or a callback that nobody else stands around. */
export function endedBy(call: Call, error: unknown, at: number): void {
  fails(call, error);
  call.failure!.isHeard = call.failure!.from === null;
  if (call.kind !== MAIN) {
    if (call.id === 0) introduce(call);
    const time = Math.round(call.began);
    write(["event", time, "task-created", thread, call.id, 0]);
    write(["event", time, "task-started", thread, call.id, 0]);
    tellEnd(call, at);
    return;
  }
  call.state = OVER;
  const place = thrownAt(error, call);
  write([
    "event",
    Math.round(at),
    "main-ended",
    thread,
    call.id,
    failedStatus,
    { text: messageOf(error), ...(place === null ? {} : { place }) },
  ]);
}

/** Tells that an error has ended a Worker. */
export function workerEndedBy(program: Call, error: unknown, at: number): void {
  fails(program, error);
  const { from } = program.failure!;
  const place = thrownAt(error, program);
  write([
    "event",
    Math.round(at),
    "task-ended",
    thread,
    program.id,
    failedStatus,
    {
      text: messageOf(error),
      ...(place === null ? {} : { place }),
      ...(from === null ? {} : { numbers: { from: tellCall(from) } }),
    },
  ]);
}

/** Notes that a listener for uncaught exceptions hears of an error. */
export function listened(call: Call | null, error: unknown, at: number): void {
  const owner = call ?? (isObject(error) ? failedWith.get(error) : undefined);
  if (owner === undefined) return;
  originOfFailure(owner).failure!.isHeard = false;
  heard(owner, null, null, at);
}

/** Tells that the runtime has written of a rejection that nobody handled, or of an error that nobody caught. */
export function logged(
  reason: (typeof logReasons)[number],
  call: Call | null,
  error: unknown,
  at: number,
): void {
  const owner = call ?? (isObject(error) ? failedWith.get(error) : undefined) ?? null;
  const origin = owner === null ? null : originOfFailure(owner);
  if (origin !== null) {
    origin.failure!.isHeard = true;
    loggedOf(tellCall(origin), reason, at);
    return;
  }
  const place = thrownAt(error, null);
  write([
    "event",
    Math.round(at),
    "error-logged",
    thread,
    0,
    logReasons.indexOf(reason),
    { text: messageOf(error), ...(place === null ? {} : { place }) },
  ]);
}

/** Tells that the runtime has written of the failure of an actor, which may be another thread's. */
export function loggedOf(actor: number, reason: (typeof logReasons)[number], at: number): void {
  write(["event", Math.round(at), "error-logged", thread, actor, logReasons.indexOf(reason)]);
}
