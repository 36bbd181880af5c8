/**
 * Main stands still, and cannot say so itself: a Worker looks at what it has left in shared memory, writes of a blocking
 * call that lasts, and of a turn that does not end, with the function that main went into last. In Node it also has the
 * inspector sample main while that stands. (The inspector's debugger could stop main and ask; but with it on, awaits are
 * slow, and V8 of Node 20 aborts now and then.)
 */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Profiler } from "node:inspector";
import { trouble } from "./writer.ts";

const OriginalWorker = Worker;

/** What the Worker is given. Times are ticks. */
interface Given {
  cells: SharedArrayBuffer;
  path: string;
  /** The process's instant 0, in µs since 1970. */
  instant: number;
  thread: number;
  main: number;
  /** From how long on a hold is told. */
  least: number;
  /** Whether it samples main, and may have what is compiled for speed be compiled again for that. */
  samples: boolean;
  compilesAgain: boolean;
}

const cells = new SharedArrayBuffer(8192);

/** Numbers that main leaves, by these indexes. */
const numbers = new Float64Array(cells, 0, 8);
/** When the recorder's timer is due; 0: it is not set. */
const DUE = 0;
/** The blocking call that is being made: since when, in which stretch of whom, at which place; 0: none. */
const BLOCKED = 1;
const STRETCH = 2;
const ACTOR = 3;
const PLACE = 4;

const integers = new Int32Array(cells, 64, 16);
/** Where main leaves, at `INTO`, which function it goes into, and at `AWAITS` how many awaits it has come to. */
export const goneInto = integers;
/** The length of the blocking call's name. */
const LENGTH = 0;
/** Whether the Worker has told of the blocking call. */
const TOLD = 1;
/** The site of the function that main went into last, and 1 more. */
export const INTO = 2;
/** Where the Worker has told that a turn of main's stands: the site, and 1 more. */
const STUCK = 3;
/** What may end the blocking call by itself. */
const ENDING = 4;
/** Whether the Worker is sampling main; what main asks of that. */
const LOOKING = 5;
const ASKED = 6;
/** The length of what has come of it. */
const SAMPLED = 7;
export const AWAITS = 8;

/** What main asks: that sampling end and be told, or that the Worker let go of main, and for good. */
const TELL = 1;
const LET_GO = 2;

/** Nothing but another thread, a time limit, or what somebody types. */
export type Ending = 0 | 1 | 2;

const text = new Uint8Array(cells, 128, 256);
const sampled = new Uint8Array(cells, 512);

/** A function that samples stood in: how many, and how many of them at which lines. */
export interface Standing {
  /** A path, or a `file:` URL. */
  url: string;
  name: string;
  /** The line that it begins at; 0 where that is not known. */
  begins: number;
  count: number;
  lines: Record<number, number>;
}

/** What the Worker's samples come to: the function in the user's modules that most of them stood in. */
interface Sampled {
  from: number;
  samples: number;
  standing: Standing;
}

export function pathOf(url: string): string {
  if (!url.startsWith("file://")) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

const { wait } = Atomics;

/** Asks something of the Worker that samples main, which has to go on by itself for that. */
function ask(what: number, ms: number): void {
  Atomics.store(integers, ASKED, what);
  const until = performance.now() + ms;
  while (Atomics.load(integers, LOOKING) === 1 && performance.now() < until)
    wait(integers, LOOKING, 1, 1);
}

/** Where main has stood since an instant; null where the Worker has not looked, or not for long enough. */
export function askWhereItStood(since: number): Sampled | null {
  if (Atomics.load(integers, LOOKING) === 1) {
    ask(TELL, 30);
    Atomics.store(integers, ASKED, 0);
  }
  const length = Atomics.exchange(integers, SAMPLED, 0);
  if (length === 0) return null;
  const told = JSON.parse(new TextDecoder().decode(sampled.slice(0, length))) as Sampled;
  return told.from >= since ? told : null;
}

/** Main is at its end: Node would say that it waits for the inspector. */
export function letGo(): void {
  ask(LET_GO, 100);
}

let worker: Worker | null = null;
let startIt: (() => Worker) | null = null;
/** Where functions begin that the Worker does not know yet. */
let places: unknown[] = [];

/** Main's part: what it leaves in shared memory. */
export const watched = {
  due(at: number): void {
    numbers[DUE] = at;
  },
  /** A call is about to be made that may block for long. */
  blocks(
    {
      from,
      stretch,
      name,
      ending,
    }: { from: number; stretch: number; name: string; ending: Ending },
    actor: number,
    place: number,
  ): void {
    start();
    numbers[STRETCH] = stretch;
    numbers[ACTOR] = actor;
    numbers[PLACE] = place;
    const { written } = new TextEncoder().encodeInto(name, text);
    integers[LENGTH] = written;
    integers[ENDING] = ending;
    Atomics.store(integers, TOLD, 0);
    numbers[BLOCKED] = from;
  },
  /** It has returned. @returns whether the Worker has told of it. */
  returns(): boolean {
    if (numbers[BLOCKED] === 0) return false;
    numbers[BLOCKED] = 0;
    return Atomics.load(integers, TOLD) === 1;
  },
};

/** The place that the Worker has told main to stand at, of which it has not told since; null: nowhere. */
export function toldStuck(): number | null {
  const site = Atomics.exchange(integers, STUCK, 0);
  return site === 0 ? null : firstPlaceTold + site - 1;
}

/** The ids of the Worker's own places begin here. */
const firstPlaceTold = 2 ** 51;

/** Has the Worker know where functions begin, `[site, file, line, column, name]`; and of each file, `[-1, file]`. */
export function placesKnown(added: readonly unknown[]): void {
  if (worker === null) places.push(...added);
  else worker.postMessage(added);
}

export function start(): void {
  if (worker !== null || startIt === null) return;
  try {
    worker = startIt();
    // What goes wrong in it, as where there is no room for its lines, is nothing to the program: else its error would be
    // one that nobody has caught, and end that.
    worker.on("error", (error) => trouble("watchdog", error));
    worker.unref();
    if (places.length > 0) worker.postMessage(places);
    places = [];
  } catch (error) {
    trouble("watchdog", error);
    startIt = null;
  }
}

/** Prepares the Worker, which starts when it is needed, or when the process has lasted for a while. */
export function prepare(given: Omit<Given, "cells">): void {
  startIt = () =>
    new OriginalWorker(`(${watch.toString()})(require)`, {
      eval: true,
      execArgv: [],
      env: {},
      workerData: { ...given, cells } satisfies Given,
    });
}

/** How long the process lasts before it is watched in any case, in ms. */
export const watchedAfter = 40;

/** The Worker's whole text: it uses nothing that stands outside of it. */
function watch(load: (name: string) => unknown): void {
  const { parentPort, workerData } = load("node:worker_threads") as {
    parentPort: { on(event: "message", heard: (places: unknown[][]) => void): void; unref(): void };
    workerData: Given;
  };
  const { openSync, writeSync } = load("node:fs") as typeof import("node:fs");
  const { fileURLToPath } = load("node:url") as typeof import("node:url");
  const { Session } = load("node:inspector") as typeof import("node:inspector");
  const { cells: shared, path, instant, thread, main, least } = workerData;
  const { samples, compilesAgain } = workerData;
  const left = new Float64Array(shared, 0, 8);
  const flags = new Int32Array(shared, 64, 16);
  const name = new Uint8Array(shared, 128, 256);
  const samplesText = new Uint8Array(shared, 512);
  const descriptor = openSync(path, "a");
  const now = (): number => (performance.timeOrigin + performance.now()) * 1000 - instant;
  const write = (...lines: unknown[]): void => {
    writeSync(descriptor, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  };
  const functions = new Map<number, unknown[]>();
  const files = new Set<unknown>();
  parentPort.on("message", (added) => {
    for (const [site, ...place] of added)
      if (site === -1) files.add(place[0]);
      else functions.set(site as number, place);
  });

  /** The blocking call that has been told, by when it began. */
  let told = 0;
  /** The turn that does not end, by when the timer was due, and whether it has been told. */
  let stuck = 0;
  let isTold = false;

  const tellBlock = (from: number): void => {
    const [, , stretch, actor, place] = left;
    const what = new TextDecoder().decode(name.slice(0, flags[0]));
    if (left[1] !== from) return;
    told = from;
    Atomics.store(flags, 1, 1);
    if (left[1] !== from) return;
    write(
      ["event", Math.round(stretch!), "step-began", thread, actor, 0, { place }],
      ["event", Math.round(from), "stood-at", thread, actor, 0, { place }],
      ["event", Math.round(from), "waits-for", thread, actor, 0, { text: what }],
      ["alive", thread, [[], ["timer"], ["stdin"]][flags[4]!]],
    );
  };

  const tellFunction = (since: number): void => {
    const site = flags[2]! - 1;
    const known = functions.get(site);
    if (known === undefined) return;
    // Ids of its own, as a thread that has no number.
    const place = 2 ** 51 + site;
    const [file, line, column, of] = known;
    Atomics.store(flags, 3, site + 1);
    write(
      ["place", place, file, line, column, of],
      ["event", Math.round(since), "step-began", thread, main, 0, { place }],
      ["event", Math.round(since), "stood-at", thread, main, 0, { place }],
    );
  };

  /** Tells what the samples of a profile come to. */
  const tellSamples = (from: number, { nodes }: Profiler.Profile): void => {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const parents = new Map<number, Profiler.ProfileNode>();
    for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node);
    const pathIn = (url: string): string => {
      try {
        return url.startsWith("file:") ? fileURLToPath(url) : url;
      } catch {
        return url;
      }
    };
    const standings = new Map<string, Standing>();
    let samples = 0;
    for (const leaf of byId.values()) {
      const { hitCount = 0 } = leaf;
      if (hitCount === 0 || leaf.callFrame.functionName === "(idle)") continue;
      samples += hitCount;
      let node: Profiler.ProfileNode | undefined = leaf;
      while (node !== undefined && !files.has(pathIn(node.callFrame.url)))
        node = parents.get(node.id);
      if (node === undefined) continue;
      const { url, functionName, lineNumber, columnNumber } = node.callFrame;
      const key = `${url}:${lineNumber}:${columnNumber}`;
      const begins = lineNumber + 1;
      const standing = standings.get(key) ?? {
        url,
        name: functionName,
        begins,
        count: 0,
        lines: {},
      };
      standings.set(key, standing);
      standing.count += hitCount;
      if (node !== leaf) continue;
      for (const { line, ticks } of leaf.positionTicks ?? [])
        standing.lines[line] = (standing.lines[line] ?? 0) + ticks;
    }
    const [standing] = [...standings.values()].sort((a, b) => b.count - a.count);
    if (standing === undefined) return;
    const lines = Object.entries(standing.lines).sort(([, a], [, b]) => b - a);
    standing.lines = Object.fromEntries(lines.slice(0, 50));
    const bytes = new TextEncoder().encode(JSON.stringify({ from, samples, standing }));
    if (bytes.length > samplesText.length) return;
    samplesText.set(bytes);
    Atomics.store(flags, 7, bytes.length);
  };

  /** When main was looked at last, in which turn, by when the timer was due; and how long it is left alone after that. */
  let lookedAt = -Infinity;
  let lookedIn = 0;
  let pause = 0;

  /** Samples main while it stands, and no longer than is enough. */
  const sample = (due: number): void => {
    const from = now();
    pause = lookedIn === due ? pause * 2 : 200_000;
    lookedIn = due;
    lookedAt = Infinity;
    const session = new Session();
    let isOver = false;
    let isStopping = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      clearInterval(timer);
      session.disconnect();
      lookedAt = now();
      Atomics.store(flags, 5, 0);
      Atomics.notify(flags, 5);
    };
    Atomics.store(flags, 5, 1);
    const timer = setInterval(() => {
      const asked = Atomics.load(flags, 6);
      if (asked === 2) return end();
      const goesOn = asked === 0 && left[0] === due && now() - from < 200_000;
      if (isStopping || goesOn) return;
      isStopping = true;
      session.post("Profiler.stop", (error, stopped) => {
        if (error === null && !isOver) tellSamples(from, stopped.profile);
        end();
      });
    }, 2);
    if (Atomics.load(flags, 6) === 2) return end();
    try {
      session.connectToMainThread();
      session.post("Profiler.enable");
      session.post("Profiler.setSamplingInterval", { interval: 2000 });
      // Of code that was compiled while nobody sampled, as a loop that has run for a while, V8 would have no lines. This
      // has it compiled again when it runs next.
      if (compilesAgain) {
        session.post("Profiler.startPreciseCoverage", { callCount: false, detailed: false });
        session.post("Profiler.stopPreciseCoverage");
      }
      session.post("Profiler.start");
    } catch {
      end();
      lookedAt = Infinity;
    }
  };

  let awaits = 0;

  const look = (): void => {
    const [due, blocked] = left;
    const at = now();
    // A turn of many short stretches is told by its await.
    const isOneStretch = flags[8] === awaits;
    awaits = flags[8]!;
    if (blocked !== 0) {
      if (blocked !== told && at - blocked! >= least) tellBlock(blocked!);
      return;
    }
    const isLong = isOneStretch && due !== 0 && at - due! >= 20_000;
    const rest = lookedIn === due ? pause : 50_000;
    if (samples && isLong && at - lookedAt >= rest) sample(due!);
    const isStuck = due !== 0 && at - due! >= least / 2;
    if (!isStuck || (stuck !== 0 && stuck !== due)) {
      stuck = 0;
      isTold = false;
      return;
    }
    stuck = due!;
    // A turn of some seconds may still end, and be told by main then.
    if (isTold || at - due! < 3e6) return;
    isTold = true;
    tellFunction(due!);
  };
  const often = samples ? 25 : Math.min(100, Math.max(25, least / 2000));
  setInterval(look, often);
}
