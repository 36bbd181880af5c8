/**
 * The calls of async functions, as the transformed text tells of them (`Inserted`).
 *
 * Here is what happens at every call and await, so it is written for speed: a few fields are stored and the clock is read,
 * nothing is told, and no object is made but a call's own. `current` is whose code runs; a call that is left gives way
 * to whoever ran below it, which is nobody where the engine has called it.
 */
import { inspect } from "node:util";
import type { Given, Site } from "../inserted.ts";
import { anyError, rejectedAt } from "./aborts.ts";
import { now } from "./clock.ts";
import { isObject } from "./errors.ts";
import { caught, failed, fails, newMacrotask } from "./failures.ts";
import { cameLate, held, holds, turn, turnEnds, takeClocks } from "./holds.ts";
import { handlerBegins, handlerEnds } from "./exits.ts";
import {
  Call,
  CALL,
  CALLBACK,
  Combined,
  Derived,
  Failure,
  type Info,
  MAIN,
  Made,
  MODULE,
  originOf,
  OVER,
  RUNNING,
  STANDING,
} from "./model.ts";
import { ended, isUsed, known, settle, use } from "./promises.ts";
import { areGenerators, areGiven, names, sites } from "./sites.ts";
import { expect, tapped } from "./tap.ts";
import {
  countFinished,
  introduce,
  isSingled,
  noteChange,
  pause,
  state,
  tellEnd,
  tellFloated,
  tellLeftOver,
  tellPlace,
  tellSettled,
  willTell,
  young,
} from "./telling.ts";
import { dueOf, isTimer, takeDelay, tellLateCall, tellLateCallback } from "./timers.ts";
import { AWAITS, goneInto, INTO } from "./watchdog.ts";
import { thread, write } from "./writer.ts";

/** Whose code runs; null: nobody's that is known. */
let current: Call | null = null;
/**
 * The call whose body has just been left for the first time, or is over without: the next value that comes by is its
 * promise, if it comes from a call by its name.
 */
let last: Call | null = null;
/** When code that is known ran last. */
let lastEnd = 0;
/** The site of the call that has come back last; -1: none has. */
let lastSite = -1;
export const lastCall = (): number => lastSite;

/** Slices with more than this between them are of two turns of the loop, in ticks. */
const gap = 1000;

let owner: Call | null = null;
let votes = 0;

export const currentCall = (): Call | null => current;

/** Whoever makes something now, as far as that is told. */
export const maker = (): Call | null =>
  current === null || current.kind !== CALLBACK ? current : current.parent;

/** A turn of the loop begins. */
export function newTurn(at: number): void {
  turn.lastEnd = lastEnd;
  turn.owner = owner;
  turnEnds();
  owner = null;
  votes = 0;
  if (fresh.length > 0) fresh = [];
  if (orphans.length > 0) orphans = [];
  turn.number++;
  turn.began = at;
  turn.slices = 1;
  if (!state.isArmed) willTell();
}

/**
 * Code begins that the engine has called. Where the recorder's own timer should have come long since and has not, the
 * loop has not turned, and whatever kept the thread did it within its turn.
 */
function arrive(at: number): void {
  if (at - lastEnd > gap && (!state.isArmed || at < state.armedUntil)) newTurn(at);
  else turn.slices++;
}

/** The recorder's own timer comes, or would have by now if the loop had turned. */
export function timerCameLate(at: number): void {
  cameLate(state.main, state.armedUntil - pause * 1000, state.armedUntil, at);
}

/** Whether nobody can have a promise, as it was dropped by whoever alone was given it; the engine looks at it all the same. */
function isDropped(info: Info): boolean {
  if (!(info instanceof Call) || info.droppedAt === -1) return false;
  const { dropped: how } = sites[info.droppedAt]!;
  return how === "statement" || how === "void";
}

/** A promise that has been waited for is used by a library, as no site has told of a use. */
function settleTapped(): void {
  const infos = tapped.splice(0);
  const at = now();
  for (const info of infos)
    if (!isUsed(info) && !isDropped(info))
      use(info, [{ how: "library", by: maker(), into: null, site: -1, at }]);
}

/** The call of which that has been found last. */
let taken: Call | null = null;

/** Somebody waits for a promise that came by no site: if a function has just been called by no site, that is its promise. */
export function unknownTapped(): void {
  const call = last;
  if (call === null || call === taken) return;
  // What it goes through is asked for the next value, and that is waited for by itself.
  if (call.at !== -1 && sites[call.at]!.kind === "for-await") return;
  taken = call;
  if (call.droppedAt === -1)
    use(call, [{ how: "library", by: call.parent, into: null, site: -1, at: now() }]);
}

/** A call's promise will not come by. */
function passOver(): void {
  const call = last;
  last = null;
  if (call === null) return;
  if (call.state === OVER && call.id === 0 && call.failure === null)
    countFinished(call, call.since);
  else if (call.place === -1 && orphans.length < mostGiven) orphans.push(call);
}

/** Calls of this turn whose promises have not come by: whatever they were handed to as functions has made them. */
let orphans: Call[] = [];

/** A call has returned that functions were handed to by name: what these were called for is its doing. */
function takePassed({ called, dropped: how }: Site, value: unknown, site: number): void {
  const isOne = (call: Call): boolean =>
    call.parent === current && called!.passes!.includes(names[call.site] ?? "");
  const calls = orphans.filter(isOne);
  if (calls.length === 0) return;
  orphans = orphans.filter((call) => !isOne(call));
  const promises = Array.isArray(value) && value.length === calls.length ? value : [];
  for (const [index, call] of calls.entries()) {
    call.place = site;
    if (call.id !== 0) tellPlace(call);
    const promise: unknown = promises[index];
    if (promise instanceof Promise && !known.has(promise)) known.set(promise, call);
    if ((how !== undefined || called!.ignores === true) && call.state !== OVER) dropped(call, site);
  }
}

/** The call whose promise a value is that has come from a site, if it has just been made. */
function justMade(site: number, value: object): Call | null {
  const call = last!;
  const name = names[site];
  if (name === undefined) return null;
  const isNamed = name === names[call.site] || isOfAnyName(name, call);
  if (!isNamed && !isHanded(site, call, value)) return null;
  if (!(value instanceof Promise) && !isGenerator(call)) return null;
  last = null;
  call.place = site;
  if (call.id !== 0) tellPlace(call);
  if (call.state === OVER && call.id === 0 && call.failure === null)
    countFinished(call, call.since);
  return call;
}

/** Whether what a site calls may have any name: what has none where it is called, and what is called by way of `apply`. */
function isOfAnyName(name: string, call: Call): boolean {
  if (name === "apply" || name === "call") return true;
  return name === "" && sites[call.site]!.given === undefined;
}

/**
 * Whether a site calls what it was handed, and the call is one that whoever stands there has made, with no library between
 * as far as can be seen.
 */
function isHanded(site: number, call: Call, value: object): boolean {
  if (sites[site]!.called!.handed !== true || current === null || call.parent !== current)
    return false;
  return call !== taken && !known.has(value);
}

const isGenerator = (call: Call): boolean => sites[call.site]!.generator === true;

export function e(site: number): unknown {
  const at = now();
  if (tapped.length !== 0) settleTapped();
  // A generator begins where its first value is wanted, as by a call that goes through it and has just been left.
  if (areGenerators[site]) {
    wanted = lastLeft;
    aside = last;
    last = null;
  } else if (last !== null) passOver();
  const call = new Call(CALL, site, current, at);
  if (wanted !== null) isWantedBy(call, wanted);
  young.append(call);
  if (current === null) arrive(at);
  current = call;
  goneInto[INTO] = site + 1;
  if (areGiven[site]) noteGiven(call, sites[site]!.given!, at);
  return call;
}

export function a<Value>(running: unknown, site: number, value: Value): Value {
  const call = running as Call;
  const at = now();
  if (at - call.since >= holds.least) held(call, at);
  call.busy += at - call.since;
  call.since = at;
  goneInto[AWAITS] = goneInto[AWAITS]! + 1;
  call.at = site;
  call.state = STANDING;
  let on: Info | null = null;
  if (isObject(value)) {
    if (last !== null) {
      const made = justMade(site, value);
      if (made !== null) {
        made.awaiter = call;
        made.awaitedAt = site;
        on = made;
        if (tapped.length !== 0) settleTapped();
        if (made.failure !== null && made.state === OVER) failed(made, at);
      }
    }
    if (on === null) on = waitFor(call, site, value, at);
    expect(value);
  }
  call.on = on;
  if (call.id !== 0) noteChange(call);
  leave(call, at);
  return value;
}

/** A call is about to wait for something that it has not just called. */
function waitFor(call: Call, site: number, value: object, at: number): Info | null {
  const derived = derive(site, value);
  if (tapped.length !== 0) settleTapped();
  const info = derived ?? known.get(value) ?? null;
  if (info === null) {
    if (!isTimer(site)) return null;
    const delay = takeDelay();
    if (delay === null) return null;
    call.due = at + delay;
    return null;
  }
  if (info instanceof Made) {
    if (info.escapedAt === -1 && names[site] !== "Promise") info.escapedAt = site;
    call.due = info.due;
  }
  use(info, [{ how: "await", by: call, into: null, site, at }]);
  return info;
}

/** A call is left: whoever ran below it goes on. */
function leave(call: Call, at: number): void {
  lastLeft = call;
  if (aside !== null && areGenerators[call.site]) takeBack();
  if (!call.wasLeft) leaveFirst(call);
  current = call.below;
  call.below = null;
  lastEnd = at;
  // Whoever had most of the turn's slices is left over where each one of another's takes one away.
  if (owner === call) votes++;
  else if (--votes < 0) {
    owner = call;
    votes = 0;
  }
  if (!state.isArmed) willTell();
}

function leaveFirst(call: Call): void {
  call.wasLeft = true;
  // The promise of a module's evaluation is the runtime's own.
  if (call.kind !== CALL) return;
  // What a generator's call gives has come by before its body begins.
  if (!areGenerators[call.site]) last = call;
  if (areGiven[call.site] && sites[call.site]!.given!.dropped) dropped(call, call.site);
}

function dropped(call: Call, site: number): void {
  if (call.droppedAt !== -1) return;
  call.droppedAt = site;
  if (call.id !== 0) tellFloated(call);
}

export function b<Value>(running: unknown, value: Value): Value {
  const call = running as Call;
  const at = now();
  if (call.on !== null || call.due !== 0) goesOn(call, at);
  call.since = at;
  call.on = null;
  call.state = RUNNING;
  call.below = current;
  current = call;
  if (at - lastEnd > gap) arrive(at);
  else turn.slices++;
  goneInto[INTO] = call.site + 1;
  return value;
}

/** What there is to be done when a call goes on that stood at something of note. */
function goesOn(call: Call, at: number): void {
  const { on } = call;
  if (on instanceof Combined) settle(on, null, at);
  if (call.due !== 0) {
    if (state.isArmed) timerCameLate(at);
    tellLateCall(call, at);
    // A timer that nobody else waits for: its own macrotask.
    if (on === null) newMacrotask();
  }
  if (on instanceof Made) tellSettled(on, at);
}

/** A call goes on, from wherever it stood, if it did. */
function goOn(call: Call, at: number): void {
  if (tapped.length !== 0) settleTapped();
  if (last !== null) passOver();
  call.returns = null;
  if (call.state !== STANDING) {
    current = call;
    return;
  }
  if (call.on !== null || call.due !== 0) goesOn(call, at);
  call.since = at;
  call.state = RUNNING;
  call.below = current;
  current = call;
  if (call.below === null) arrive(at);
}

export function j(running: unknown): void {
  const call = running as Call;
  goOn(call, now());
  call.on = null;
}

export function n(running: unknown, site: number): void {
  const call = running as Call;
  // In a loop that is left by `return f()` it is the loop's own end that is waited for.
  const { returns } = call;
  stand(call, site);
  call.returns = returns;
}

function stand(call: Call, site: number): void {
  const at = now();
  if (call.state !== RUNNING) return;
  if (at - call.since >= holds.least) held(call, at);
  call.busy += at - call.since;
  call.since = at;
  call.at = site;
  call.state = STANDING;
  call.on = null;
  if (call.id !== 0) noteChange(call);
  leave(call, at);
}

export function y<Value>(running: unknown, site: number, value: Value): Value {
  const call = running as Call;
  stand(call, site);
  return value;
}

export function z<Value>(running: unknown, value: Value): Value {
  const call = running as Call;
  goOn(call, now());
  if (call.awaiter !== null) isWantedBy(call, call.awaiter);
  return value;
}

/** The call that has been left last, and the one that wants the first value of the generator which begins. */
let lastLeft: Call | null = null;
let wanted: Call | null = null;
/** What `last` was when a generator began, within whose first stretch that one's promise does not come by. */
let aside: Call | null = null;

function takeBack(): void {
  if (last !== null) passOver();
  last = aside;
  aside = null;
}

/** A generator goes on for a value: whoever goes through it, and stands there, waits for it. */
function isWantedBy(generator: Call, by: Call): void {
  wanted = null;
  const site = by.state === STANDING && by.at !== -1 ? sites[by.at]! : undefined;
  if (site?.kind !== "for-await" || site.called?.name !== names[generator.site]) return;
  generator.awaiter = by;
  generator.awaitedAt = by.at;
  by.on = generator;
  if (by.id !== 0) noteChange(by);
}

export function c(running: unknown, site?: number, error?: unknown): void {
  const call = running as Call;
  const at = now();
  if (call.state === STANDING) rejectedAt(call, site === undefined ? anyError : error);
  if (site !== undefined) caught(call, site, error, at);
  const { returns } = call;
  goOn(call, at);
  // A `finally` block goes by what is returned, if it returns nothing itself.
  if (site === undefined) call.returns = returns;
  call.on = null;
}

export function r<Value>(running: unknown, site: number, value: Value): Value {
  const call = running as Call;
  if (!isObject(value)) return value;
  const at = now();
  let info: Info | null = null;
  if (last !== null) {
    info = justMade(site, value);
    if (info !== null) known.set(value, info);
  }
  info ??= derive(site, value) ?? known.get(value) ?? null;
  if (tapped.length !== 0) settleTapped();
  if (info === null || info === call) return value;
  if (info instanceof Made && info.escapedAt === -1 && names[site] !== "Promise")
    info.escapedAt = site;
  call.at = site;
  call.returns = info;
  use(info, [{ how: "return", by: call, into: null, site, at }]);
  return value;
}

export function f(running: unknown, error: unknown): void {
  const call = running as Call;
  const at = now();
  fails(call, error);
  goOn(call, at);
}

export function l(running: unknown): void {
  const call = running as Call;
  const at = now();
  if (tapped.length !== 0) settleTapped();
  if (last !== null) passOver();
  if (call.state === RUNNING) {
    if (at - call.since >= holds.least) held(call, at);
    call.busy += at - call.since;
    call.since = at;
    current = call.below;
  }
  lastEnd = at;
  const { returns } = call;
  if (returns instanceof Call && returns.state !== OVER && call.failure === null) {
    call.state = STANDING;
    if (call.id !== 0) noteChange(call);
    if (!call.wasLeft) leaveFirst(call);
    call.below = null;
    if (!state.isArmed) willTell();
    return;
  }
  if (returns instanceof Call && call.failure === null) failsWith(call, returns);
  if (!call.wasLeft && !areGenerators[call.site]) last = call;
  if (aside !== null && areGenerators[call.site]) takeBack();
  over(call, at);
}

/** A call is over. */
function over(call: Call, at: number): void {
  call.unlink();
  call.state = OVER;
  call.since = at;
  if (call.failure !== null) {
    if (isSingled(call)) {
      if (call.id === 0) introduce(call);
      tellEnd(call, at);
    }
    failed(call, at);
  } else if (call.id !== 0) tellEnd(call, at);
  else if ((call.droppedAt !== -1 || winsRace(call)) && isSingled(call)) {
    introduce(call);
    tellEnd(call, at);
  } else if (last !== call) countFinished(call, at);
  if (call.uses !== null) overToUsers(call, at);
  if (areGiven[call.site] && endings.has(sites[call.site]!.given!.event ?? ""))
    handlerEnds(call, at);
  if (call.parent !== state.main) call.parent = null;
  call.below = null;
  call.on = null;
  call.returns = null;
  if (!state.isArmed) willTell();
}

/** Whether a call is the first of a race to end: by it others of its kind are known to be wanted no more. */
function winsRace({ uses }: Call): boolean {
  if (uses === null) return false;
  return uses.some(
    ({ how, into }) => how === "race" && into instanceof Combined && !into.isSettled,
  );
}

/** Those that are bound to a call by having returned its promise are over with it. */
function overToUsers(call: Call, at: number): void {
  ended(call, call, call.failure !== null, at);
  for (const { how, by } of call.uses!) {
    if (how !== "return" || by === null || by.state === OVER || by.returns !== call) continue;
    if (by.state !== STANDING) continue;
    failsWith(by, call);
    over(by, at);
  }
}

/** A call has returned the promise of another: it fails with that, if that has failed. */
function failsWith(call: Call, returned: Call): void {
  if (returned.failure !== null) call.failure = new Failure(returned.failure.error, returned);
}

/** Links what `then`, `catch` or `finally` has given to the promise that it comes from. */
function derive(site: number, value: object): Info | null {
  const name = names[site];
  if (tapped.length === 0 || (name !== "then" && name !== "catch" && name !== "finally"))
    return null;
  const from = tapped.pop()!;
  if (tapped.length !== 0) settleTapped();
  const derived = new Derived(site, from, sites[site]!.called?.hears === true);
  known.set(value, derived);
  use(from, [{ how: "then", by: maker(), into: derived, site, at: now() }]);
  if (sites[site]!.settles === true) {
    const origin = originOf(from);
    if (origin instanceof Call && origin.kind === CALL) settling.add(origin);
  }
  return derived;
}

/** The calls whose promises the executor that runs now hands on to the promise that is being made. */
let settling = new Set<Call>();

/** What a site's value is known to be the promise of. */
function come(site: number, value: unknown): Info | null {
  lastSite = site;
  if (current !== null && current.isLeftOver) tellLeftOver(current, site);
  if (!isObject(value)) {
    if (tapped.length !== 0) settleTapped();
    if (last !== null) passOver();
    if (orphans.length !== 0 && sites[site]!.called?.passes !== undefined)
      takePassed(sites[site]!, value, site);
    return null;
  }
  let info: Info | null = null;
  if (last !== null) {
    const call = justMade(site, value);
    if (call !== null) {
      known.set(value, call);
      info = call;
      const { dropped: how } = sites[site]!;
      if ((how === "statement" || how === "void") && call.state !== OVER) dropped(call, site);
    }
  }
  if (sites[site]!.called?.gives !== undefined) takeGiven(sites[site]!, value, site);
  info ??= derive(site, value);
  if (tapped.length !== 0) settleTapped();
  if (last !== null) passOver();
  if (orphans.length !== 0 && sites[site]!.called?.passes !== undefined)
    takePassed(sites[site]!, value, site);
  return info ?? known.get(value) ?? null;
}

export function d<Value>(site: number, value: Value): Value {
  const info = come(site, value);
  if (info === null) return value;
  let origin = info;
  while (origin instanceof Derived) origin = origin.from;
  if (sites[site]!.settles === true) return value;
  if (origin instanceof Call && origin.state !== OVER && origin.kind === CALL)
    dropped(origin, site);
  else if (origin instanceof Combined) droppedWith(origin, site);
  return value;
}

/** A combinator's promise is dropped: nobody waits for what goes into it. */
function droppedWith({ inputs }: Combined, site: number): void {
  for (const input of inputs)
    if (input instanceof Call && input.state !== OVER && input.kind === CALL) dropped(input, site);
}

export function v<Value>(site: number, value: Value): Value {
  const info = come(site, value);
  if (info instanceof Made && info.escapedAt === -1) info.escapedAt = site;
  return value;
}

export function p<Value>(site: number, value: Value): Value {
  if (tapped.length !== 0) settleTapped();
  if (last !== null) passOver();
  if (!isObject(value)) return value;
  const inputs = settling.size === 0 ? [] : [...settling];
  if (inputs.length > 0) settling = new Set();
  const made = new Made(value, site, maker(), now(), inputs);
  dueOf(made);
  known.set(value, made);
  if (fresh.length < mostFresh) fresh.push({ made, promise: value });
  return value;
}

/** The promises that were made by hand in this turn. */
let fresh: { made: Made; promise: object }[] = [];
const mostFresh = 64;

/** Those that somebody waits for, and that have not been settled. */
export function pendingOfTurn(): Made[] {
  return fresh
    .filter(({ made, promise }) => made.uses !== null && isPending(promise))
    .map(({ made }) => made);
}

function isPending(promise: object): boolean {
  try {
    return inspect(promise, { depth: 0 }).includes("<pending>");
  } catch {
    return false;
  }
}

export function g<Value>(site: number, value: Value): Value {
  const inputs = [...new Set(tapped.splice(0))];
  if (last !== null) passOver();
  if (!isObject(value)) return value;
  const at = now();
  const name = names[site] ?? "all";
  const combined = new Combined(site, name, maker(), inputs);
  known.set(value, combined);
  const uses = [{ how: name as "all", by: combined.by, into: combined, site, at }] as const;
  for (const input of inputs) {
    use(input, uses);
    if (input instanceof Call && input.state === OVER)
      ended(input, input, input.failure !== null, at);
  }
  return value;
}

/** Calls of functions that were given to something which may hand on their promises, as `map` does; this turn's. */
let given: Call[] = [];
let givenIn = -1;
const mostGiven = 100_000;

function noteGiven(call: Call, { dropped: isDropped, name, event = "" }: Given, at: number): void {
  if (isDropped) {
    if (ofTurns.has(name)) tellLateCallback(call, at);
    else if (endings.has(event)) handlerBegins(call);
    return;
  }
  if (givenIn !== turn.number || given.length > mostGiven) {
    given = [];
    givenIn = turn.number;
  }
  given.push(call);
}

/** A call has returned that was given functions: if it gives a list of promises, they are of the calls of these. */
function takeGiven(of: Site, value: object, site: number): void {
  if (given.length === 0 || of.called === undefined) return;
  const isOne = (call: Call): boolean => {
    const own = sites[call.site]!.given;
    return own?.line === of.called!.line && own.column === of.called!.column;
  };
  const calls = given.filter(isOne);
  given = given.filter((call) => !isOne(call));
  if (last !== null && calls.includes(last)) last = null;
  if (Array.isArray(value) && value.length === calls.length)
    for (const [index, call] of calls.entries()) {
      const promise: unknown = value[index];
      if (promise instanceof Promise && !known.has(promise)) known.set(promise, call);
    }
  for (const call of calls) {
    call.place = site;
    if (call.id !== 0) tellPlace(call);
    if (call.state === OVER && call.id === 0 && call.failure === null && !call.wasLeft)
      countFinished(call, call.since);
  }
}

/** The events at the end of a process. */
const endings = new Set(["exit", "beforeExit"]);

/** What is called back in a turn of the loop of its own. */
const ofTurns = new Set(["setTimeout", "setInterval", "setImmediate", "createServer"]);

export function k(site: number): unknown {
  const at = now();
  if (tapped.length !== 0) settleTapped();
  if (last !== null) passOver();
  const { name = "", event = "" } = sites[site]!.given ?? {};
  const isTurn = ofTurns.has(name);
  const callback = new Call(CALLBACK, site, isTurn ? null : current, at);
  if (isTurn) {
    // It may be called before the recorder's own timer, although that was due as well.
    if (state.isArmed) timerCameLate(at);
    newTurn(at);
    newMacrotask();
    tellLateCallback(callback, at);
  } else if (current === null) arrive(at);
  if (endings.has(event)) handlerBegins(callback);
  current = callback;
  goneInto[INTO] = site + 1;
  return callback;
}

/** The callback that was over last, where nobody stands around it: what comes up uncaught right behind it is its error. */
let lastCallback: Call | null = null;

export const failedCallback = (): Call | null =>
  lastCallback !== null && lastCallback.since === lastEnd ? lastCallback : null;

export function q(running: unknown): void {
  const callback = running as Call;
  const at = now();
  callback.since = at;
  lastCallback = callback.below === null ? callback : null;
  if (tapped.length !== 0) settleTapped();
  if (last !== null) passOver();
  if (at - callback.since >= holds.least) held(callback, at);
  current = callback.below;
  callback.state = OVER;
  if (endings.has(sites[callback.site]!.given?.event ?? "")) {
    handlerEnds(callback, at);
    if (!state.isArmed) willTell();
  }
  lastEnd = at;
}

let isEntry: (site: number) => boolean = () => false;

export function setEntry(is: (site: number) => boolean): void {
  isEntry = is;
}

export function m(site: number): unknown {
  const at = now();
  if (tapped.length !== 0) settleTapped();
  if (last !== null) passOver();
  if (isEntry(site)) {
    const { main } = state;
    // What was computed for loading it is not its own.
    takeClocks();
    main.site = site;
    main.since = at;
    main.below = current;
    main.state = RUNNING;
    current = main;
    goneInto[INTO] = site + 1;
    if (main.below === null) arrive(at);
    return main;
  }
  const module = new Call(MODULE, site, current ?? state.main, at);
  module.below = current;
  young.append(module);
  if (current === null) arrive(at);
  current = module;
  return module;
}

export function o(running: unknown): void {
  const module = running as Call;
  const at = now();
  if (tapped.length !== 0) settleTapped();
  if (last !== null) passOver();
  if (at - module.since >= holds.least) held(module, at);
  module.since = at;
  current = module.below;
  lastEnd = at;
  if (module.kind === MAIN) {
    module.state = OVER;
    module.unlink();
    if (thread === 1) write(["event", Math.round(at), "main-ended", thread, module.id, 0]);
  } else {
    module.unlink();
    module.state = OVER;
    if (module.id !== 0) tellEnd(module, at);
  }
  if (!state.isArmed) willTell();
}
