/** Starts the recorder of a thread. */
import { basename, resolve } from "node:path";
import { isMainThread } from "node:worker_threads";
import type { Inserted, Site } from "../inserted.ts";
import * as calls from "./calls.ts";
import { now, setInstant, startOfThread } from "./clock.ts";
import { exit, exitCalled, handlersBegin, x } from "./exits.ts";
import { logged, settleFailures, unhandled } from "./failures.ts";
import { holds, takeClocks, u, w } from "./holds.ts";
import { h } from "./handles.ts";
import { addSites, fileOf } from "./sites.ts";
import { openTap } from "./tap.ts";
import { newId, setArm, state, tellChanges } from "./telling.ts";
import { s } from "./timers.ts";
import { openRecord, thread, trouble, write, writeOut } from "./writer.ts";

export interface RecorderOptions {
  runtime: "bun" | "node";
  settings: RecorderSettings;
  /** The file that the recorder runs from. */
  own: string;
}

export interface RecorderSettings {
  /** The folder of the records. */
  folder: string;
  /** From how long on a hold is told, in ns. */
  blocksNs: number;
  /** Whether the record holds what the program prints. */
  prints: boolean;
}

export interface Recorder {
  t: Inserted;
  /**
   * Makes the sites of a module known before any of them is called.
   *
   * @param first the number of the first of them, where that is given already.
   * @returns that number.
   */
  addSites(file: string, sites: readonly Site[], first?: number): number;
  /** Notes that a module of the user's runs as it is. */
  unseen(file: string, why: string): void;
  /** Writes what there is: where a process ends without another occasion. */
  flush(): void;
}

/** Whatever is asked for, a shorter hold than this is none, in ticks. */
const leastHold = 20_000;

/** How long changes are gathered before they are written, in ms. */
const pause = 20;

export function startRecorder({ runtime, settings }: RecorderOptions): Recorder {
  const instant = openRecord(settings.folder, isMainThread, startOfThread());
  setInstant(instant);
  holds.least = Math.max(leastHold, settings.blocksNs / 1000);
  if (isMainThread) {
    const name =
      runtime === "bun" ? `Bun ${process.versions["bun"]}` : `Node.js ${process.versions.node}`;
    write([
      "process",
      {
        pid: process.pid,
        parentPid: process.ppid,
        epoch: instant / 1000,
        runtime: name,
        command: [process.argv0, ...process.execArgv, ...process.argv.slice(1)].join(" "),
      },
    ]);
  }
  beginMain();
  armFlush();
  takeClocks();
  calls.newTurn(now());
  openTap();
  watchEnds(runtime);
  let modules = 0;
  return {
    t: inserted,
    addSites: (file, sites, first) => {
      write(["modules", thread, ++modules]);
      return addSites(file, sites, first);
    },
    unseen: (file, why) => write(["unseen", file, why]),
    flush: () => flush(true),
  };
}

const { a, b, c, d, e, f, g, j, k, l, m, n, o, p, q, r, v, y, z } = calls;
const inserted: Inserted = {
  a,
  b,
  c,
  d,
  e,
  f,
  g,
  h,
  j,
  k,
  l,
  m,
  n,
  o,
  p,
  q,
  r,
  s,
  u,
  v,
  w,
  x,
  y,
  z,
};

function beginMain(): void {
  const { main } = state;
  main.id = newId();
  const entry = process.argv[1] === undefined ? null : resolve(process.argv[1]);
  if (isMainThread) {
    write(["thread", thread, "main", { actor: main.id }]);
    write(["actor", main.id, "main", { function: "<module>" }]);
  }
  write(["loop", thread, thread]);
  write(["event", 0, "main-started", thread, main.id, 0]);
  write(["event", 0, "loop-opened", thread, main.id, 0]);
  const withoutEnd = (file: string): string => file.replace(/\.[cm]?[jt]sx?$/, "");
  calls.setEntry((site) => {
    if (entry === null || main.site !== -1) return false;
    const file = fileOf(site);
    return file === entry || withoutEnd(file) === entry || withoutEnd(file) === `${entry}/index`;
  });
  void basename;
}

function flush(all: boolean): void {
  try {
    const at = now();
    settleFailures();
    tellChanges(at, all);
    writeOut();
  } catch (error) {
    trouble("flush", error);
    writeOut();
  }
}

function armFlush(): void {
  const timer = setTimeout(() => {
    state.isArmed = false;
    calls.newTurn(now());
    flush(false);
    takeClocks();
  }, pause);
  timer.unref();
  state.isArmed = true;
  const { refresh } = timer;
  setArm(() => {
    state.isArmed = true;
    state.armedUntil = now() + pause * 1000;
    refresh.call(timer);
  });
}

/** The process comes to an event of its end, at which listeners are called. */
function finish(event: string): void {
  calls.newTurn(now());
  flush(true);
  handlersBegin(event);
  // No timer comes any more: what the listeners do is told at once.
  if (event === "exit") {
    setArm(() => flush(true));
    state.isArmed = false;
  }
  writeOut();
}

function watchEnds(runtime: "bun" | "node"): void {
  if (!isMainThread) {
    process.on("exit", () => finish("exit"));
    return;
  }
  const { reallyExit } = process as unknown as { reallyExit: (code?: number) => never };
  const { exit: originalExit } = process;
  const replaced = {
    exit(code?: number): never {
      guard("exit", () => exitCalled(numberOf(code), calls.currentCall()));
      return originalExit.call(process, code);
    },
  };
  replace(process, "exit", replaced.exit, originalExit);
  void reallyExit;
  if (runtime === "node") {
    const { emit } = process;
    const own = {
      emit(this: unknown, event: string, ...rest: unknown[]): boolean {
        guard(event, () => emitted(event, rest));
        return Reflect.apply(emit, this, [event, ...rest]) as boolean;
      },
    };
    replace(process, "emit", own.emit, emit);
  } else {
    process.on("beforeExit", () => finish("beforeExit"));
    process.on("exit", () => {
      const call = exit.isCalled ? null : unhandled();
      if (call !== null && process.listenerCount("unhandledRejection") === 0)
        logged("unhandled-rejection", call, call.error, now());
      finish("exit");
    });
  }
}

function emitted(event: string, [first, second]: unknown[]): void {
  switch (event) {
    case "beforeExit":
    case "exit":
      finish(event);
      return;
    case "unhandledRejection":
      if (process.listenerCount(event) === 0) {
        void second;
        logged("unhandled-rejection", null, first, now());
        writeOut();
      }
      return;
  }
}

const numberOf = (code: unknown): number => {
  const number = Number(code ?? process.exitCode ?? 0);
  return Number.isInteger(number) ? number : 1;
};

function guard(where: string, hook: () => void): void {
  try {
    hook();
  } catch (error) {
    trouble(where, error);
  }
}

/** Puts a function in the place of another, which it looks like. */
function replace(object: object, name: string, own: object, original: object): void {
  for (const key of ["name", "length"] as const) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    if (descriptor !== undefined) Object.defineProperty(own, key, descriptor);
  }
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, {
    configurable: true,
    writable: true,
    enumerable: before?.enumerable ?? true,
    value: own,
  });
}
