/** What is told of calls: who they are when something is to be told of them, where they stand, how they ended. */
import { cancelReasons, endings } from "../../../trace/event.ts";
import type { ActorHead } from "../record.ts";
import { type Abort, abortOf, standingOf } from "./aborts.ts";
import { messageOf, thrownAt } from "./errors.ts";
import {
  Call,
  CALL,
  CALLBACK,
  Combined,
  type Info,
  MAIN,
  type Made,
  MODULE,
  originOf,
  OVER,
  STANDING,
  type Use,
} from "./model.ts";
import { now } from "./clock.ts";
import { callOfGenerator, handedAt, fileOf, placeGiven, placeOf, sites } from "./sites.ts";
import { firstId, thread, write } from "./writer.ts";

/** Live calls that nothing has been told of, the oldest first. */
export const young = new Call(CALL, -1, null, 0);
/** Live calls that have been told. */
export const grown = new Call(CALL, -1, null, 0);
/** Of these, those that have moved since. */
let changed: Call[] = [];

let lastId = 0;
export const newId = (): number => firstId + ++lastId;

/** What calls of one function, made at one place, have come to. */
interface Kind {
  place: number;
  /** An actor of the kind that is told; 0: none as yet. */
  told: number;
  count: number;
  longest: number;
  busy: number;
  /** The first of those counted here. */
  began: number;
  ended: number;
  parent: Call | null;
  isChanged: boolean;
  site: number;
  /** How many of it have been told although they could be summed up. */
  singles: number;
}
/** By site of the function. */
const kinds: (Kind[] | undefined)[] = [];
let changedKinds: Kind[] = [];

/** Failures and dropped calls of one kind that are told one by one. */
const mostSingles = 1000;

const finished = endings.indexOf("finished");
const failedAt = endings.indexOf("failed");
const cancelled = endings.indexOf("cancelled");

/** How long changes are gathered before they are written, in ms. */
export const pause = 20;

export const state = {
  /** The program of the thread. */
  main: new Call(MAIN, -1, null, 0),
  /** Whether the recorder's timer is set, and since it is, up to when it is to come. */
  isArmed: false,
  armedUntil: 0,
  /** What was told to be able to wake the thread; null: nothing that still holds. */
  alive: null as string | null,
};

/** What can wake the thread is another question again, until its loop has been quiet. */
export function aliveIsOpen(): void {
  if (state.alive === "other") return;
  if (state.alive !== null) write(["alive", thread, ["other"]]);
  state.alive = null;
}

let arm: () => void = () => {};

/** What sets the recorder's timer. */
export function setArm(own: () => void): void {
  arm = own;
}

/** Sees to it that what has changed will be told. */
export function willTell(): void {
  if (!state.isArmed) arm();
}

function kindOf(call: Call): Kind {
  const own = (kinds[call.site] ??= []);
  for (const kind of own) if (kind.place === call.place) return kind;
  const kind: Kind = {
    place: call.place,
    told: 0,
    count: 0,
    longest: 0,
    busy: 0,
    began: 0,
    ended: 0,
    parent: null,
    isChanged: false,
    site: call.site,
    singles: 0,
  };
  own.push(kind);
  return kind;
}

/** Where a call was made: the site of that, or where its function was given to what calls it. */
export function placeOfCall({ site, place }: { site: number; place: number }): number | null {
  if (place !== -1) return placeOf(place);
  // Main, before its module has begun.
  if (site === -1) return null;
  const call = sites[site]!.generator === true ? callOfGenerator(site) : null;
  return call === null ? placeGiven(site) : placeOf(call);
}

/** Counts a call that has finished and is not told by itself. */
export function countFinished(call: Call, at: number): void {
  const kind = kindOf(call);
  const took = at - call.began;
  if (kind.count === 0 && kind.told === 0) {
    kind.began = call.began;
    kind.ended = at;
    kind.parent = call.parent;
  }
  kind.count++;
  if (took > kind.longest) kind.longest = took;
  kind.busy += call.busy;
  if (kind.isChanged) return;
  kind.isChanged = true;
  changedKinds.push(kind);
}

/** Whether one more call of a kind may be told by itself. */
export function isSingled(call: Call): boolean {
  return call.id !== 0 || kindOf(call).singles++ < mostSingles;
}

function tellKinds(): void {
  const told = changedKinds;
  changedKinds = [];
  for (const kind of told) {
    kind.isChanged = false;
    if (kind.told === 0) {
      kind.told = newId();
      tellActor(kind.told, CALL, kind, kind.parent, kind.began);
      kind.parent = null;
      write(["event", Math.round(kind.ended), "task-ended", thread, kind.told, finished]);
      kind.count--;
    }
    if (kind.count > 0) {
      const numbers = { longest: Math.round(kind.longest), busy: Math.round(kind.busy) };
      write(["event", Math.round(kind.ended), "alike", thread, kind.told, kind.count, { numbers }]);
    }
    kind.count = 0;
    kind.longest = 0;
    kind.busy = 0;
  }
}

function tellActor(
  id: number,
  kind: number,
  of: { site: number; place: number },
  parent: Call | null,
  began: number,
): void {
  const { site } = of;
  const place = kind === MODULE ? null : placeOfCall(of);
  const by = parentId(parent);
  const head: ActorHead = {
    function: sites[site]!.function,
    ...(by === 0 ? {} : { parent: by }),
    ...(place === null ? {} : { place }),
    code: placeOf(site),
  };
  write(["actor", id, kind === MODULE ? "module" : kind === CALLBACK ? "callback" : "call", head]);
  if (kind === CALLBACK) return;
  const at = Math.round(began);
  write(["event", at, "task-created", thread, id, 0]);
  write(["event", at, "task-started", thread, id, 0]);
}

/** The id of whoever made a call; 0 where that is not known. */
function parentId(parent: Call | null): number {
  if (parent === null) return 0;
  if (parent.id !== 0) return parent.id;
  if (parent.kind === CALLBACK) return 0;
  if (parent.state !== OVER) return tellCall(parent);
  return kinds[parent.site]?.find(({ place }) => place === parent.place)?.told ?? 0;
}

/** The id of a call, which is told now if it has not been. One that is over and has been summed up may have another's. */
export function tellCall(call: Call): number {
  if (call.id !== 0) return call.id;
  if (call.state !== OVER || call.kind === CALLBACK) return introduce(call);
  if (call.failure === null) {
    const kind = kindOf(call);
    if (kind.told !== 0 && kind.count === 0) return kind.told;
    kind.count--;
  }
  introduce(call);
  tellEnd(call, call.since);
  return call.id;
}

/** Where nobody is known to have made a call, whatever its function was handed to has. */
function takeHanded(call: Call): void {
  if (sites[call.site]!.given !== undefined || sites[call.site]!.generator === true) return;
  const site = handedAt(call.site);
  if (site === null) return;
  call.place = site;
  if (sites[site]!.called!.ignores === true && call.droppedAt === -1) call.droppedAt = site;
  handed(call);
}

let handed: (call: Call) => void = () => {};

/** What hears of calls whose functions something was handed, at the end of the process. */
export function setHanded(own: (call: Call) => void): void {
  handed = own;
}

/** Tells who a call is. */
export function introduce(call: Call): number {
  if (call.kind === CALL && call.place === -1) takeHanded(call);
  call.id = newId();
  tellActor(call.id, call.kind, call, call.parent, call.began);
  if (call.kind === CALL && (call.wasLeft || call.place !== -1)) isOfKind(call);
  if (call.kind === CALLBACK) return call.id;
  if (call.state !== OVER) {
    call.unlink();
    grown.append(call);
    noteChange(call);
  }
  if (call.droppedAt !== -1) tellFloated(call);
  if (call.awaiter !== null)
    tellUse(call, {
      how: "await",
      by: call.awaiter,
      into: null,
      site: call.awaitedAt,
      at: call.began,
    });
  for (const use of call.uses ?? []) tellUse(call, use);
  return call.id;
}

/** Notes that a told call can stand for others of its kind. */
function isOfKind(call: Call): void {
  const kind = kindOf(call);
  if (kind.told === 0) kind.told = call.id;
}

/** Tells where a call was made of which that was not known when it was told. */
export function tellPlace(call: Call): void {
  write(["change", call.id, { place: placeOf(call.place) }]);
  isOfKind(call);
}

/** Notes that a told call has moved. */
export function noteChange(call: Call): void {
  if (call.isChanged) return;
  call.isChanged = true;
  changed.push(call);
}

/** Tells that the promise of a call was dropped. */
export function tellFloated(call: Call): void {
  const site = sites[call.droppedAt]!;
  // Of a callback whose value is ignored, the site is its own.
  const given = site.kind === "call" ? site.given : site.by;
  const place = site.kind === "call" ? placeGiven(call.droppedAt) : placeOf(call.droppedAt);
  const passed = site.called?.passes === undefined ? undefined : site.called.name;
  const text = given?.name ?? passed ?? site.dropped ?? "statement";
  const where = place === null ? {} : { place };
  write([
    "event",
    Math.round(call.wasLeft ? call.since : call.began),
    "floated",
    thread,
    call.id,
    0,
    { text, ...where },
  ]);
}

/** Tells of a use of the promise of a call: the first of its sort. */
export function tellUse(call: Call, { how, by, site, at }: Use): void {
  const before = call.uses?.find((one) => one.how === how);
  if (before !== undefined && (before.at !== at || before.site !== site)) return;
  const numbers = by === null || by.kind === CALLBACK ? {} : { numbers: { by: tellCall(by) } };
  const where = site === -1 ? {} : { place: placeOf(site) };
  write(["event", Math.round(at), "used", thread, call.id, 0, { text: how, ...where, ...numbers }]);
}

/** Tells that a combinator has settled without a call. */
export function tellRace(
  call: Call,
  { name, site }: Pick<Combined, "name" | "site">,
  at: number,
): void {
  const details = { text: name, place: placeOf(site) };
  write(["event", Math.round(at), "settled-race", thread, tellCall(call), 0, details]);
  call.isLeftOver = true;
}

/** Tells what a call does first of all that a combinator has settled without. */
export function tellLeftOver(call: Call, site: number): void {
  call.isLeftOver = false;
  tellStoodAt(call, site, Math.round(now()));
}

/** Tells how a call has ended. It has been told who it is. */
export function tellEnd(call: Call, at: number): void {
  const time = Math.round(at);
  if (call.failure === null) {
    write(["event", time, "task-ended", thread, call.id, finished]);
    return;
  }
  const { from, error } = call.failure;
  const abort = abortOf(error);
  if (abort !== null) return tellAborted(call, abort, time);
  const thrown = from === null ? thrownAt(error, call) : null;
  const place = thrown ?? (call.at === -1 ? placeOf(call.site) : placeOf(call.at));
  write([
    "event",
    time,
    "task-ended",
    thread,
    call.id,
    failedAt,
    {
      text: messageOf(error),
      place,
      ...(from === null ? {} : { numbers: { from: tellCall(from) } }),
    },
  ]);
}

/** Tells that a call has ended by an abort, and where it stood then, as far as that is known. */
function tellAborted(call: Call, { reason, site, by, at }: Abort, time: number): void {
  const { returns } = call;
  const { from, error } = call.failure!;
  const stood = (returns === null ? standingOf(call, error) : null) ?? call.at;
  if (stood !== -1) tellStoodAt(call, stood, time);
  const whose = by === null || by.kind === CALLBACK ? {} : { numbers: { by: tellCall(by) } };
  const asked = at === null ? time : Math.round(Math.max(at, call.began));
  const details = { place: placeOf(site), ...whose };
  const why = cancelReasons.indexOf(reason);
  write(["event", asked, "cancel-requested", thread, call.id, why, details]);
  const through = from === null ? {} : { numbers: { from: tellCall(from) } };
  const told = { text: messageOf(error), ...through };
  write(["event", time, "task-ended", thread, call.id, cancelled, told]);
}

function tellStoodAt({ id }: Call, site: number, time: number): void {
  const details = { place: placeOf(site), text: sites[site]!.function };
  write(["event", time, "stood-at", thread, id, 0, details]);
}

/** Tells where a call stands and what it waits for, where that is not what was told last. */
function tellStand(call: Call): void {
  const { at: site, on } = call;
  if (site === -1 || (call.state !== STANDING && call.returns === null)) return;
  if (call.toldAt === site && call.toldOn === on) return;
  const time = Math.round(call.since);
  if (call.toldAt !== site) {
    tellStoodAt(call, site, time);
    if (sites[site]!.goesRound === true)
      write(["event", time, "goes-round", thread, call.id, 0, {}]);
  }
  call.toldAt = site;
  const waits = waitsFor(call);
  // That it waits for something unknown is told where it was told to wait for something else.
  if (waits !== null || call.toldOn !== undefined)
    write(["event", time, "waits-for", thread, call.id, 0, waits ?? {}]);
  call.toldOn = waits === null ? undefined : on;
}

function waitsFor(call: Call): { text?: string; numbers?: { whom: number } } | null {
  const info: Info | null = call.returns ?? call.on;
  if (info !== null) {
    const origin = originOf(info);
    if (origin instanceof Call) return { numbers: { whom: tellCall(origin) } };
    if (origin instanceof Combined) return { text: `Promise.${origin.name}` };
    if (isServing(origin.site)) return { text: "message", numbers: { whom: toldPromise(origin) } };
    const { line } = sites[origin.site]!;
    const file = fileOf(origin.site);
    const text = `new Promise at ${file.slice(file.lastIndexOf("/") + 1)}:${line}`;
    return { text, numbers: { whom: toldPromise(origin) } };
  }
  if (call.due !== 0) return { text: "timer" };
  const { kind, called } = sites[call.at]!;
  if (kind === "yield") return { text: "yield" };
  if (called === undefined || called.name === "")
    return kind === "for-await" ? { text: "next value" } : null;
  if (isServing(call.at)) return { text: "message" };
  return { text: called.name === "import" ? "import" : called.callee };
}

/** Whether what a site gives is the promise of a message to a Worker, which waits for something to do. */
const isServing = (site: number): boolean => thread !== 1 && sites[site]!.called?.message === true;

/** Tells of a promise that somebody waits for. */
export function toldPromise(made: Made): number {
  if (made.id !== 0) return made.id;
  made.id = newId();
  const { site, escapedAt, by } = made;
  const own = sites[site]!;
  const name = escapedAt === -1 ? own.function : (sites[escapedAt]!.called?.name ?? own.function);
  write([
    "actor",
    made.id,
    "promise",
    {
      function: name,
      ...(by === null || by.kind === CALLBACK ? {} : { parent: tellCall(by) }),
      place: placeOf(escapedAt === -1 ? site : escapedAt),
      code: placeOf(site),
    },
  ]);
  const at = Math.round(made.at);
  write(["event", at, "task-created", thread, made.id, 0]);
  write(["event", at, "task-started", thread, made.id, 0]);
  write([
    "event",
    at,
    "stood-at",
    thread,
    made.id,
    0,
    { place: placeOf(site), text: own.function },
  ]);
  return made.id;
}

/** What the calls that are alive wait for: timers, and anything else. */
export function liveCalls(): { timers: boolean; others: boolean } {
  const waits = { timers: false, others: false };
  const look = (call: Call): void => {
    if (call.state === OVER) return;
    if (call.due !== 0) waits.timers = true;
    else waits.others = true;
  };
  for (const head of [young, grown])
    for (let call = head.next; call !== head; call = call.next) look(call);
  look(state.main);
  return waits;
}

/** Notes that a promise has settled, as somebody goes on behind it. */
export function tellSettled(made: Made, at: number): void {
  if (made.isSettled) return;
  made.isSettled = true;
  for (const call of made.inputs)
    if (call.state !== OVER) tellRace(call, { name: "new Promise", site: made.site }, at);
  if (made.id !== 0) write(["event", Math.round(at), "task-ended", thread, made.id, finished]);
}

/** Whether anything is to be told. */
/**
 * Tells of generators that stand at a `yield` at the end, with nothing to be done behind it: they have done what they were
 * asked for.
 */
export function endIdleGenerators(): void {
  for (const list of [young, grown])
    for (let call = list.next; call !== list;) {
      const { next, at } = call;
      const site = at === -1 ? undefined : sites[at];
      if (call.state === STANDING && site?.kind === "yield" && site.guarded !== true) {
        call.unlink();
        call.state = OVER;
        if (call.id !== 0) tellEnd(call, call.since);
      }
      call = next;
    }
}

export const hasNews = (): boolean =>
  young.next !== young || changed.length > 0 || changedKinds.length > 0;

/** A call that is younger than this may be over soon, and is not told as yet: in ticks. */
const youth = 10_000;

/** How long telling of calls may take at a time, in ticks: of many at once the others are told the next time. */
const patience = 4000;

/** Tells what has changed. @param all of calls that have only begun, too, however long it takes */
export function tellChanges(at: number, all: boolean): void {
  let count = 0;
  for (let call = young.next; call !== young;) {
    const { next } = call;
    const isSoon = at - call.began < youth || (++count % 64 === 0 && now() - at > patience);
    if (isSoon && !all) {
      arm();
      break;
    }
    if (call.kind === CALL || (call.kind === MODULE && call.state === STANDING)) tellCall(call);
    call = next;
  }
  // What is told of one may tell of others.
  while (changed.length > 0) {
    const told = changed;
    changed = [];
    for (const call of told) {
      call.isChanged = false;
      if (call.state !== OVER) tellStand(call);
    }
  }
  tellKinds();
}
