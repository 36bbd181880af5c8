/** Starts the recorder of a thread. */
import { basename, resolve } from "node:path";
import { isMainThread, parentPort } from "node:worker_threads";
import { shellWord } from "../../../base/texts.ts";
import type { Inserted, Site } from "../inserted.ts";
import { hooks } from "./hooks.ts";
import * as calls from "./calls.ts";
import { now, setInstant, startOfThread } from "./clock.ts";
import { exit, exitCalled, handedBegan, handlersBegin, tellCut } from "./exits.ts";
import {
  calledUnhandled,
  endedBy,
  listened,
  logged,
  loggedOf,
  newMacrotask,
  runnerHeard,
  setSaysUnhandled,
  unhandled,
  workerEndedBy,
} from "./failures.ts";
import { holds, isSpinning, lastHold, takeClocks, tookItself, turn } from "./holds.ts";
import { aliveKinds, keeping, tellHandles, workerBehind } from "./handles.ts";
import { fromHere } from "./here.ts";
import { addSites, addSource, loadedFrom, placeOf } from "./sites.ts";
import { OVER } from "./model.ts";
import { replace } from "../loading/natives.ts";
import type { SourceOfModule } from "../loading/recorder.ts";
import { dropSamples, hasOtherLines, startSampling } from "./stood.ts";
import { openTap } from "./tap.ts";
import {
  aliveIsOpen,
  endIdleGenerators,
  liveCalls,
  newId,
  pause,
  setArm,
  setHanded,
  state,
} from "./telling.ts";
import { flush, whenFlushed } from "./flush.ts";
import * as watchdog from "./watchdog.ts";
import { isToldOf, openRecord, recordPath, thread, trouble, write, writeOut } from "./writer.ts";

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
  /** Makes known that a module's places are told in the source that it was made from. */
  addSource(file: string, source: SourceOfModule): void;
  /** Notes that a module of the user's runs as it is. */
  unseen(file: string, why: string): void;
  /** Notes that what runs of a module has other lines than its text. */
  printedAgain(file: string): void;
  /** Notes that loading a module has taken so many ms of this thread, until now. */
  took(ms: number): void;
  /** Writes what there is: where a process ends without another occasion. */
  flush(): void;
}

/** Whatever is asked for, a shorter hold than this is none, in ticks. */
const leastHold = 20_000;

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
        command: commandOf(runtime),
      },
    ]);
  }
  beginMain();
  // Before a thread for hooks or a Worker of something preloaded: the record begins with the process.
  if (isMainThread) writeOut();
  armFlush();
  armQuiet(runtime);
  if (isMainThread) armWatchdog(instant, runtime);
  if (runtime === "bun") startSampling();
  takeClocks();
  calls.newTurn(now());
  openTap(calls.unknownTapped);
  watchEnds(runtime);
  let modules = 0;
  return {
    t: hooks,
    addSites: (file, sites, first) => {
      write(["modules", thread, ++modules]);
      aliveIsOpen();
      // What keeps its thread from now on is seen at least to be there.
      if (modules === 1) writeOut();
      const from = addSites(file, sites, first);
      if (isMainThread) watchdog.placesKnown([[-1, file], ...functionsOf(file, sites, from)]);
      return from;
    },
    addSource(file, source) {
      addSource(file, source);
      if (isMainThread) watchdog.placesKnown([[-1, file]]);
    },
    unseen: (file, why) => write(["unseen", file, why]),
    printedAgain: hasOtherLines,
    took: (ms) => tookItself(ms * 1000),
    flush() {
      runnerHeard();
      flush(true);
      tellLast(null);
    },
  };
}

/** The command line, as its user may have written it: the runtime has put a whole path in the place of the program's. */
function commandOf(runtime: "bun" | "node"): string {
  const [, program, ...rest] = process.argv;
  const words = program === undefined ? [] : [fromHere(program)];
  // The Bun inside tandem has the name of that.
  const own = basename(process.argv0);
  const name = runtime === "bun" && !/^bunx?(?:\.exe)?$/.test(own) ? "bun" : process.argv0;
  return [name, ...process.execArgv, ...words, ...rest].map(shellWord).join(" ");
}

/** Where the functions of a module begin, by their sites. */
function functionsOf(file: string, sites: readonly Site[], first: number): unknown[] {
  return sites.flatMap(({ kind, file: own = file, line, column, function: name }, index) =>
    kind === "call" || kind === "callback" || kind === "module"
      ? [[first + index, own, line, column, name === "<module>" ? null : name]]
      : [],
  );
}

function beginMain(): void {
  const { main } = state;
  main.id = newId();
  if (isMainThread) {
    write(["thread", thread, "main", { actor: main.id }]);
    write(["actor", main.id, "main", { function: "<module>" }]);
    write(["event", 0, "main-started", thread, main.id, 0]);
  } else {
    const name = `worker ${thread - 1}`;
    const at = Math.round(now());
    if (!isToldOf(`["thread",${thread},`)) {
      write(["actor", main.id, "thread", { function: null, name }]);
      write(["thread", thread, name, { actor: main.id }]);
      write(["event", at, "task-created", thread, main.id, 0]);
    }
    write(["event", at, "task-started", thread, main.id, 0]);
  }
  write(["loop", thread, thread]);
  write(["event", isMainThread ? 0 : Math.round(now()), "loop-opened", thread, main.id, 0]);
  const entry = process.argv[1] === undefined ? null : resolve(process.argv[1]);
  calls.setEntry((site) => {
    if (main.site !== -1) return false;
    const file = loadedFrom(site);
    if (isMainThread)
      return file === entry || withoutEnd(file) === entry || withoutEnd(file) === `${entry}/index`;
    // Which module a Worker begins with, it does not say. Those that it imports come before.
    write(["change", main.id, { function: basename(file) }]);
    return true;
  });
}

const withoutEnd = (file: string): string => file.replace(/\.[cm]?[jt]sx?$/, "");

function armFlush(): void {
  const timer = setTimeout(() => {
    const at = now();
    calls.newTurn(at);
    newMacrotask();
    state.isArmed = false;
    watchdog.watched.due(0);
    guard("timer", () => {
      endToldTurn();
      calls.timerCameLate(at);
    });
    flush(false);
    dropSamples(at);
    takeClocks();
  }, pause);
  timer.unref();
  state.isArmed = true;
  state.armedUntil = now() + pause * 1000;
  watchdog.watched.due(state.armedUntil);
  const { refresh } = timer;
  setArm(() => {
    state.isArmed = true;
    state.armedUntil = now() + pause * 1000;
    watchdog.watched.due(state.armedUntil);
    refresh.call(timer);
  });
}

function armWatchdog(instant: number, runtime: "bun" | "node"): void {
  const main = state.main.id;
  const { least } = holds;
  // What measures which lines are run, as these runners may, would lose its counts.
  const { NODE_V8_COVERAGE, VITEST, JEST_WORKER_ID } = process.env;
  const compilesAgain = NODE_V8_COVERAGE === undefined && (VITEST ?? JEST_WORKER_ID) === undefined;
  const samples = runtime === "node";
  const path = recordPath();
  watchdog.prepare({ path, instant, thread, main, least, samples, compilesAgain });
  setTimeout(() => watchdog.start(), watchdog.watchedAfter).unref();
}

/** A turn has ended after all of which it was told that it stands: by now it is known better who held it, if one did. */
function endToldTurn(): void {
  const place = watchdog.toldStuck();
  if (place === null) return;
  const at = lastHold.to > state.armedUntil ? state.armedUntil : now();
  write(["event", Math.round(at), "step-ended", thread, state.main.id, 0, { place }]);
}

/** After so long without anything the loop is quiet, in ms. */
const quietAfter = 250;

/** Has it told what can wake the thread, and what keeps the process, when nothing has moved for a while. */
function armQuiet(runtime: "bun" | "node"): void {
  let since = { turn: -1, at: 0 };
  const timer = setTimeout(() => {
    guard("quiet", () => {
      if (since.turn !== turn.number) return;
      quiet(runtime, now() - since.at);
      // On a machine that is busy it may be seen only later that a loop turns for nothing.
      if (state.alive === "other") lookAgain();
    });
  }, quietAfter);
  timer.unref();
  const { refresh } = timer;
  const lookAgain = (): void => {
    takeClocks();
    since = { turn: turn.number, at: now() };
    refresh.call(timer);
  };
  let lookedAt = Infinity;
  whenFlushed(() => {
    lookAgain();
    const { at } = since;
    // What comes again and again, as an interval does, keeps the process as well as what waits.
    if (state.main.state !== OVER) return;
    lookedAt = Math.min(lookedAt, at);
    if (at - lookedAt < quietAfter * 1000) return;
    lookedAt = at;
    tellKept(keeping(runtime));
  });
}

function quiet(runtime: "bun" | "node", took: number): void {
  const said = keeping(runtime);
  const kinds = said ?? aliveKinds();
  const waits = liveCalls();
  if (said === null) {
    if (waits.timers) kinds.add("timer");
    // Bun turns round and round where a module waits and nothing is left that could wake it.
    if (waits.others && isSpinning(took)) kinds.add("spinning");
    else if (waits.others && kinds.size === 0) kinds.add("other");
  }
  const told = [...kinds].toSorted();
  if (told.join() !== state.alive) {
    state.alive = told.join();
    write(["alive", thread, told]);
  }
  tellKept(said);
}

/** Tells what keeps the process of a main that has ended, where no call is under way that does. */
function tellKept(said: ReadonlySet<string> | null): void {
  const waits = liveCalls();
  if (state.main.state === OVER && !waits.timers && !waits.others) tellHandles(said);
  writeOut();
}

/** Whether the process is at its end, behind which only listeners of that are called. */
let isEnding = false;

/** The process is ended by a call, behind which nothing of the program's runs any more. */
function endNow(code: number): void {
  if (!isEnding) {
    exitCalled(code, calls.currentCall());
    finish("reallyExit", code);
  }
  endOutput();
}

function endOutput(): void {
  tellCut();
  writeOut();
}

/**
 * The process comes to an event of its end, at which listeners are called, or is ended without.
 *
 * @param code its status, as far as the runtime knows it at `exit`.
 */
function finish(event: "beforeExit" | "exit" | "reallyExit", code?: unknown): void {
  const isLast = event !== "beforeExit";
  guard(event, () => {
    calls.newTurn(now());
    if (isLast) {
      isEnding = true;
      endIdleGenerators();
      endUnseenMain();
    }
    // Whoever calls for the exit does so within a macrotask, in which what has failed may still be handled.
    if (!exit.isCalled) newMacrotask();
    flush(true);
    handlersBegin(event);
    // No timer comes any more: what the listeners do is told at once.
    if (isLast) {
      if (isMainThread) watchdog.letGo();
      setHanded(handedBegan);
      setArm(() => flush(true));
      state.isArmed = false;
      tellLast(numberOf(code));
    }
    writeOut();
  });
}

/** The program's own module is none of the user's, as one of a package: that it has not ended is not known. */
function endUnseenMain(): void {
  const { main } = state;
  if (!isMainThread || main.site !== -1 || main.state === OVER) return;
  write(["event", Math.round(now()), "main-ended", thread, main.id, 0]);
}

/**
 * Tells that the process is at its end. Without this line a record breaks off: the process was killed, or there was
 * no room for more.
 *
 * @param status null where the runtime does not say it.
 */
function tellLast(status: number | null): void {
  if (!isMainThread) return;
  write(["end", Math.round(now()), status]);
  writeOut();
}

/** What whoever has started a Worker does about its first message may be to end it: until then all is told that there is. */
function watchFirstMessage(): void {
  let isFirst = true;
  for (const owner of [parentPort, globalThis]) {
    if (owner === null || !("postMessage" in owner)) continue;
    replace(owner, "postMessage", (original) => {
      const own = {
        postMessage(this: unknown, ...given: unknown[]): unknown {
          if (isFirst) {
            isFirst = false;
            // When it is known who waits for what runs now.
            queueMicrotask(() => flush(true));
          }
          return Reflect.apply(original, this, given as never[]);
        },
      };
      return own.postMessage as (...given: never[]) => unknown;
    });
  }
}

function watchEnds(runtime: "bun" | "node"): void {
  replace(process, "exit", (original) => {
    const own = {
      exit(code?: number): unknown {
        guard("exit", () => exitCalled(numberOf(code), calls.currentCall()));
        return Reflect.apply(original, process, [code] as never[]);
      },
    };
    return own.exit as (...given: never[]) => unknown;
  });
  if (!isMainThread) {
    watchFirstMessage();
    process.on("exit", () =>
      guard("exit", () => {
        const at = Math.round(now());
        const site = calls.lastCall();
        // It has come so far.
        if (site !== -1)
          write(["event", at, "stood-at", thread, state.main.id, 0, { place: placeOf(site) }]);
        if (!hasFailed) write(["event", at, "task-ended", thread, state.main.id, 0]);
        write(["event", at, "thread-ended", thread, state.main.id, 0]);
        finish("exit");
      }),
    );
    process.on("uncaughtExceptionMonitor", (error: unknown, origin: string) =>
      guard("monitor", () => uncaught(error, origin)),
    );
    return;
  }
  replace(process, "reallyExit", (original) => {
    const own = {
      reallyExit(code?: number): unknown {
        guard("reallyExit", () => endNow(numberOf(code)));
        return Reflect.apply(original, process, [code] as never[]);
      },
    };
    return own.reallyExit as (...given: never[]) => unknown;
  });
  replace(process, "kill", (original) => {
    const own = {
      kill(...given: unknown[]): unknown {
        // It may end here and now.
        if (given[0] === process.pid) flush(true);
        return Reflect.apply(original, process, given as never[]);
      },
    };
    return own.kill as (...given: never[]) => unknown;
  });
  if (runtime === "node") {
    setSaysUnhandled();
    replace(process, "emit", (original) => {
      const own = {
        emit(this: unknown, event: string, ...rest: unknown[]): unknown {
          guard(event, () => emitted(event, rest));
          try {
            return Reflect.apply(original, this, [event, ...rest] as never[]);
          } finally {
            if (event === "exit") guard(event, endOutput);
          }
        },
      };
      return own.emit as (...given: never[]) => unknown;
    });
  } else {
    let isExpected = false;
    process.on("beforeExit", () => {
      isExpected = true;
      finish("beforeExit");
    });
    process.on("uncaughtExceptionMonitor", (error: unknown, origin: string) => {
      isExpected = true;
      guard("monitor", () => uncaught(error, origin));
    });
    process.on("exit", (code) => {
      const call = exit.isCalled ? null : unhandled(!isExpected);
      if (call !== null && process.listenerCount("unhandledRejection") === 0)
        logged("unhandled-rejection", call, call.failure!.error, now());
      finish("exit", code);
      // Else its other listeners may still write, before it is ended by a call.
      if (!exit.isCalled) guard("exit", endOutput);
    });
  }
}

function emitted(event: string, [first, second]: unknown[]): void {
  switch (event) {
    case "beforeExit":
    case "exit":
      finish(event, first);
      return;
    case "unhandledRejection":
      if (process.listenerCount(event) > 0) return calledUnhandled(first);
      // It becomes an exception, that somebody listens for.
      if (process.listenerCount("uncaughtException") > 0) return;
      rejected = first;
      logged("unhandled-rejection", null, first, now());
      writeOut();
      return;
    case "uncaughtExceptionMonitor":
      uncaught(first, String(second));
      return;
  }
}

/** The reason of the rejection that the process is being ended for. */
let rejected: unknown = undefined;

/** Whether an error has ended this Worker. */
let hasFailed = false;

/** An error has come up that nobody has caught. */
function uncaught(error: unknown, origin: string): void {
  if (error === rejected && origin === "unhandledRejection") return;
  const at = now();
  const { main } = state;
  const running = calls.failedCallback();
  if (process.listenerCount("uncaughtException") > 0) {
    if (running !== null && origin !== "unhandledRejection") endedBy(running, error, at);
    return listened(origin === "unhandledRejection" ? null : running, error, at);
  }
  if (!isMainThread) {
    // It goes to whoever listens to the Worker, of which that one's thread tells.
    hasFailed = true;
    if (running !== null) endedBy(running, error, at);
    workerEndedBy(main, error, at);
    writeOut();
    return;
  }
  // What ends a module's evaluation comes as a rejection, but that of one of CommonJS in Bun.
  const isOfMain = main.state !== OVER && (origin === "unhandledRejection" || running === null);
  if (isOfMain) {
    endedBy(main, error, at);
    logged("main-failed", main, error, at);
  } else if (running !== null) {
    endedBy(running, error, at);
    logged("uncaught-exception", running, error, at);
  } else {
    const worker = workerBehind(error);
    if (worker === null) logged("uncaught-exception", null, error, at);
    else loggedOf(worker, "uncaught-exception", at);
  }
  writeOut();
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
