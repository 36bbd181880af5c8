/** What may keep the process alive, or wake it: timers, servers, sockets, Workers, child processes, by the calls that make them. */
import { getEventListeners } from "node:events";
import { endings, hearers } from "../../../trace/event.ts";
import { signalMade } from "./aborts.ts";
import * as calls from "./calls.ts";
import { now } from "./clock.ts";
import { childMade } from "./children.ts";
import { isObject, messageOf } from "./errors.ts";
import { terminates } from "./exits.ts";
import { replace } from "../loading/natives.ts";
import type { Call } from "./model.ts";
import { placeOf, sites } from "./sites.ts";
import { tellCall } from "./telling.ts";
import { timerMade } from "./timers.ts";
import { fileStreamMade } from "./unwritten.ts";
import {
  firstIdOf,
  guarded,
  isToldOf,
  mayBeTold,
  recordLength,
  thread,
  trouble,
  write,
  writeOut,
} from "./writer.ts";

type Kind =
  | "timer"
  | "interval"
  | "server"
  | "socket"
  | "worker"
  | "child process"
  | "watcher"
  | "stdin"
  | "message port";

/** By the last name of what is called. What is not here keeps nothing, or is over at once. */
const kinds: Readonly<Record<string, Kind>> = {
  __proto__: null as never,
  setTimeout: "timer",
  setInterval: "interval",
  createServer: "server",
  createSecureServer: "server",
  serve: "server",
  listen: "server",
  Server: "server",
  WebSocketServer: "server",
  connect: "socket",
  createConnection: "socket",
  Socket: "socket",
  WebSocket: "socket",
  EventSource: "socket",
  Worker: "worker",
  spawn: "child process",
  execFile: "child process",
  exec: "child process",
  fork: "child process",
  watch: "watcher",
  watchFile: "watcher",
  createInterface: "stdin",
  MessageChannel: "message port",
  BroadcastChannel: "message port",
};

interface Handle {
  kind: Kind;
  of: Record<string, unknown>;
  site: number;
  by: Call | null;
  isTold: boolean;
  /** Of a Worker: its number, and below whether the program has ended it, and whether its end is known. */
  number: number;
  /** How long the record was when it was made. */
  madeAt: number;
  isEnded: boolean;
  isOver: boolean;
  /** Whether somebody listened for its errors when that was looked at; behind its end Node has nobody listen. */
  isHeard: boolean;
}
let handles: Handle[] = [];
/** Beyond so many those that are over are forgotten. */
let most = 64;

export function h<Value>(site: number, value: Value): Value {
  try {
    made(site, value);
  } catch (error) {
    trouble("handle", error);
  }
  return sites[site]!.dropped === undefined ? calls.v(site, value) : calls.d(site, value);
}

function made(site: number, value: unknown): void {
  const { handle = "" } = sites[site]!;
  if (signals.has(handle)) return aborts(site, value);
  if (handle === "createWriteStream" && isObject(value)) fileStreamMade(value);
  const kind = kinds[handle];
  if (kind === undefined || !isObject(value)) return;
  if (handle === "setTimeout") timerMade(site, value);
  // What a promise is given by that something of the sort is behind.
  const { child } = value as { child?: unknown };
  const of = (value instanceof Promise ? child : value) as Record<string, unknown> | undefined;
  if (of === undefined || handles.at(-1)?.of === of) return;
  const by = calls.maker();
  if (handle === "listen" && handles.some((one) => one.of === of)) return;
  const number = kind === "worker" ? Number(of["threadId"]) : 0;
  const kept = kind === "message port" ? { ports: new Ports(of) } : of;
  handles.push({
    kind,
    of: kept,
    site,
    by,
    isTold: false,
    number,
    madeAt: kind === "worker" ? recordLength() : 0,
    isEnded: false,
    isOver: false,
    isHeard: false,
  });
  if (kind === "worker") workerMade(of, site, by);
  if (kind === "child process") childMade(of);
  if (handles.length > most) forget();
}

/** What makes signals that will be aborted, or are. */
const signals = new Set(["timeout", "abort"]);

function aborts(site: number, signal: unknown): void {
  const isTimeout = sites[site]!.handle === "timeout";
  const [reason, at] = isTimeout ? (["timed-out", null] as const) : (["program", now()] as const);
  signalMade(signal, { reason, site, by: calls.maker(), at });
}

/**
 * The ports of a channel, or the one port that there is, by weak references: Bun collects a port that nobody has any
 * more, and a process that it alone kept ends then.
 */
class Ports {
  readonly #references: readonly WeakRef<object>[];

  constructor(channel: Record<string, unknown>) {
    const ports = [channel["port1"], channel["port2"]].filter(isObject);
    this.#references = (ports.length === 0 ? [channel] : ports).map((port) => new WeakRef(port));
  }

  isReferenced(): boolean {
    const ports = this.#references.map((reference) => reference.deref());
    return ports.some((port) => port !== undefined && isReferenced(port));
  }
}

let workers = 0;

/** The classes of Workers whose method of that name tells of it. */
const terminating = new WeakSet<object>();

/** Has a Worker's class tell who ends it: there is one of Node's, and in Bun one of the web's. */
function watchTerminate(worker: object): void {
  let owner: object | null = worker;
  while (owner !== null && !Object.hasOwn(owner, "terminate")) owner = Object.getPrototypeOf(owner);
  if (owner === null || terminating.has(owner)) return;
  terminating.add(owner);
  replace(owner, "terminate", (original) => {
    const own = {
      terminate(this: unknown, ...given: unknown[]): unknown {
        guarded("terminate", terminated, undefined)(this);
        return Reflect.apply(original, this, given as never[]);
      },
    };
    return own.terminate as (...given: never[]) => unknown;
  });
}

function terminated(worker: unknown): void {
  const found = handles.find(({ of }) => of === worker);
  if (found === undefined || found.isOver || !isAlive(found) || found.isEnded) return;
  found.isEnded = true;
  terminates(found.number + 1, calls.currentCall());
}

function workerMade(worker: Record<string, unknown>, site: number, by: Call | null): void {
  const { threadId: id } = worker;
  if (typeof id !== "number" || id < 1) return;
  watchTerminate(worker);
  const at = Math.round(now());
  const place = placeOf(site);
  const actor = firstIdOf(id) + 1;
  const parent = by === null ? {} : { parent: tellCall(by) };
  const name = `worker ${++workers}`;
  write(["actor", actor, "thread", { function: null, name, place, ...parent }]);
  write(["thread", id + 1, name, { place, actor }]);
  write(["event", at, "task-created", thread, actor, 0]);
  write(["event", at, "thread-started", id + 1, actor, 0]);
  // It may be there before anything else of this thread's is written.
  writeOut();
}

/** Tells of the Workers that have ended without having said so, as one does that is terminated. */
export function tellWorkers(): void {
  for (const one of handles) {
    if (one.kind !== "worker" || one.isOver) continue;
    one.isHeard ||= isHeardOf(one.of);
    if (isAlive(one)) continue;
    one.isOver = true;
    tellHeard(one);
    if (isToldOf(`"thread-ended",${one.number + 1},`)) continue;
    const at = Math.round(now());
    const actor = firstIdOf(one.number) + 1;
    // One that was ended before its module began has finished nothing.
    if (mayBeTold(`"task-started",${one.number + 1},${actor},`, one.madeAt))
      write(["event", at, "task-ended", one.number + 1, actor, 0]);
    write(["event", at, "thread-ended", one.number + 1, actor, 0]);
  }
}

const byRaised = hearers.indexOf("raised");

/** Tells that the error of a Worker, if one has ended it, has come to whoever listens for that. */
function tellHeard({ isHeard, number }: Handle): void {
  if (isHeard)
    write(["event", Math.round(now()), "heard", thread, firstIdOf(number) + 1, byRaised]);
}

const failedStatus = endings.indexOf("failed");

/** The program of the Worker that an error has ended, which has come up here as nobody listens for that; null: none. */
export function workerBehind(error: unknown): number | null {
  const text = JSON.stringify(messageOf(error));
  const one = handles.findLast(({ kind, number, isHeard }) => {
    if (kind !== "worker" || isHeard) return false;
    const ended = `"task-ended",${number + 1},${firstIdOf(number) + 1},${failedStatus},{"text":${text}`;
    return isToldOf(ended);
  });
  return one === undefined ? null : firstIdOf(one.number) + 1;
}

/** Whether anybody listens for the errors of a Worker. */
function isHeardOf(worker: Record<string, unknown>): boolean {
  if (typeof worker["onerror"] === "function") return true;
  return getEventListeners(worker as unknown as EventTarget, "error").length > 0;
}

function isAlive({ kind, of }: Handle): boolean {
  switch (kind) {
    case "timer":
    case "interval":
      return of["_destroyed"] !== true && isReferenced(of);
    case "server":
      return (
        of["listening"] === true || (typeof of["stop"] === "function" && Number(of["port"]) > 0)
      );
    case "socket":
      return of["destroyed"] === false || Number(of["readyState"] ?? 3) < 2;
    case "worker":
      return Number(of["threadId"]) > 0;
    case "child process":
      return of["exitCode"] === null && (of["signalCode"] ?? null) === null;
    case "watcher":
      return isObject(of["_handle"]);
    case "stdin":
      return of["closed"] !== true && of["input"] === process.stdin;
    case "message port":
      return (of["ports"] as Ports).isReferenced();
  }
}

function isReferenced(of: object): boolean {
  const { hasRef } = of as { hasRef?: () => unknown };
  return typeof hasRef !== "function" || hasRef.call(of) !== false;
}

export function forget(): void {
  handles = handles.filter((one) => isAlive(one) || (one.kind === "worker" && !one.isOver));
  most = Math.max(64, handles.length * 2);
}

/** What Node calls the things that keep a process, in the words of handles. Streams are looked at one by one. */
const resources: Readonly<Record<string, string>> = {
  __proto__: null as never,
  Timeout: "timer",
  Immediate: "timer",
  TCPServerWrap: "server",
  PipeServerWrap: "server",
  UDPWrap: "socket",
  ProcessWrap: "child process",
  MessagePort: "message port",
  FSEventWrap: "watcher",
  StatWatcher: "watcher",
  TCPSocketWrap: "",
  PipeWrap: "",
  TTYWrap: "",
};

/** The words of handles that Node says keep the process, but for Workers; null where the runtime does not say. */
export function keeping(runtime: "bun" | "node"): Set<string> | null {
  if (runtime === "bun") return null;
  const found = new Set<string>();
  for (const each of process.getActiveResourcesInfo()) found.add(resources[each] ?? "request");
  found.delete("");
  const { _getActiveHandles: list } = process as unknown as { _getActiveHandles(): unknown[] };
  for (const each of list.call(process)) {
    const { fd, readable, writable } = each as Record<string, unknown>;
    if (typeof readable !== "boolean" && typeof writable !== "boolean") continue;
    // What the process writes to keeps nothing.
    if (fd === 0) found.add("stdin");
    else if (fd !== 1 && fd !== 2) found.add("socket");
  }
  if (handles.some((one) => one.kind === "worker" && isAlive(one))) found.add("worker");
  return found;
}

/** The kinds of known handles that are alive. */
export function aliveKinds(): Set<string> {
  forget();
  return new Set(handles.filter(isAlive).map(({ kind }) => kind));
}

/** Tells of what keeps the process, where nothing else does. @param said what the runtime says does; null: it does not say. */
export function tellHandles(said: ReadonlySet<string> | null): void {
  const at = Math.round(now());
  for (const one of handles) {
    const { kind, site, by } = one;
    const word = kind === "interval" ? "timer" : kind;
    if (one.isTold || !isAlive(one) || (said !== null && !said.has(word))) continue;
    one.isTold = true;
    const actor = by === null ? 0 : tellCall(by);
    write(["event", at, "handle-alive", thread, actor, 0, { text: kind, place: placeOf(site) }]);
  }
}
