/** How a process ends: who asks for it, and which functions are to be called then. */
import { isMainThread } from "node:worker_threads";
import { willAbort } from "./aborts.ts";
import { now } from "./clock.ts";
import { standsAt } from "./errors.ts";
import type { Call } from "./model.ts";
import { givesOf, placeOf, sites } from "./sites.ts";
import { tellCall } from "./telling.ts";
import { unwritten } from "./unwritten.ts";
import { thread, write } from "./writer.ts";

/** The site of the call for an exit that is being made by one of `process`'s methods; -1: none. */
let calling = -1;

/** Listeners that the program has registered for its end. */
interface Handler {
  number: number;
  event: string;
  /** Where it was registered. */
  at: number;
  /** The site of its function; -1 where that is not written there. */
  site: number;
  /** Whether it is an async function, of which it is known then when it begins. */
  isAsync: boolean;
  hasBegun: boolean;
}
const handlers: Handler[] = [];

export const exit = {
  /** Whether the program has asked for its end. */
  isCalled: false,
};

/** Who asked for the end, and where. */
let asked: { actor: number; place?: number } = { actor: 0 };

const registering = new Set(["on", "once", "addListener", "prependListener"]);
const exiting = new Set(["exit", "reallyExit"]);

/** @param by whose code calls the method */
export function x(site: number, value: unknown, by: Call | null): void {
  const { called, kind } = sites[site]!;
  if (kind === "abort") return willAbort(value, { reason: "program", site, by, at: now() });
  if (called === undefined) return;
  if (exiting.has(called.name)) calling = site;
  else if (registering.has(called.name))
    if (called.event === "exit" || called.event === "beforeExit") register(called.event, site);
}

function register(event: string, at: number): void {
  const site = givesOf(at)[0] ?? -1;
  const isAsync = sites[at]!.called!.passes !== undefined;
  const number = handlers.length;
  handlers.push({ number, event, at, site, isAsync, hasBegun: false });
  write([
    "event",
    Math.round(now()),
    "handler-registered",
    thread,
    0,
    number,
    {
      text: site === -1 ? `${event} listener` : sites[site]!.function,
      place: placeOf(at),
      ...(site === -1 ? {} : { stack: [placeOf(site)] }),
    },
  ]);
}

/** An event comes that there may be listeners of, which are called now, one after the other. */
export function handlersBegin(event: string): void {
  const at = Math.round(now());
  for (const handler of handlers) {
    if (handler.event !== event || handler.site !== -1 || handler.hasBegun) continue;
    handler.hasBegun = true;
    write(["event", at, "handler-began", thread, 0, handler.number]);
    if (!handler.isAsync) write(["event", at, "handler-ended", thread, 0, handler.number]);
  }
}

/** A function is told of that has been handed over by its name, which may be such a listener. */
export function handedBegan({ place, began }: Call): void {
  const { line, column } = sites[place]!.called!;
  const handler = handlers.find(({ isAsync, hasBegun, at }) => {
    const called = sites[at]!.called!;
    return isAsync && hasBegun && called.line === line && called.column === column;
  });
  if (handler !== undefined)
    write(["event", Math.round(began), "handler-began", thread, 0, handler.number]);
}

/** A function begins, which may be such a listener. */
export function handlerBegins({ site, began }: Call): void {
  const handler = handlers.find((one) => one.site === site && !one.hasBegun);
  if (handler === undefined) return;
  handler.hasBegun = true;
  write(["event", Math.round(began), "handler-began", thread, 0, handler.number]);
}

export function handlerEnds({ site }: Call, at: number): void {
  const handler = handlers.find((one) => one.site === site && one.hasBegun);
  if (handler !== undefined)
    write(["event", Math.round(at), "handler-ended", thread, 0, handler.number]);
}

/** The program asks for its end: itself, or by a library that it has called. */
export function exitCalled(code: number, by: Call | null): void {
  if (exit.isCalled) return;
  exit.isCalled = true;
  const place = calling === -1 ? standsAt(by) : placeOf(calling);
  asked = { actor: by === null ? 0 : tellCall(by), ...(place === null ? {} : { place }) };
  const { actor, ...where } = asked;
  const alone = isMainThread ? {} : { text: "exit" };
  write(["event", Math.round(now()), "exit-called", thread, actor, code, { ...where, ...alone }]);
}

/** The program ends one of its Workers. */
export function terminates(worker: number, by: Call | null): void {
  const place = standsAt(by);
  const actor = by === null ? 0 : tellCall(by);
  const where = place === null ? {} : { place };
  const details = { ...where, text: "terminate" };
  write(["event", Math.round(now()), "exit-called", worker, actor, 1, details]);
}

let isCutTold = false;

/** Tells of what the program has written and the system has not been given, now that nothing more of it will be. */
export function tellCut(): void {
  if (isCutTold) return;
  isCutTold = true;
  const at = Math.round(now());
  const { actor, ...where } = asked;
  for (const { stream, bytes } of unwritten())
    write(["event", at, "output-cut", thread, actor, bytes, { text: stream, ...where }]);
}
