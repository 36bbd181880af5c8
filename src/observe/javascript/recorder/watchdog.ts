/**
 * Main stands still, and cannot say so itself: a Worker looks at what it has left in shared memory, writes of a blocking
 * call that lasts, and of a turn that does not end, with the function that main went into last. (Node's inspector could
 * stop main and ask where it stands; but with a debugger on, awaits are slow, and V8 of Node 20 aborts now and then.)
 */
import { Worker } from "node:worker_threads";
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
}

const cells = new SharedArrayBuffer(512);

/** Numbers that main leaves, by these indexes. */
const numbers = new Float64Array(cells, 0, 8);
/** When the recorder's timer is due; 0: it is not set. */
const DUE = 0;
/** The blocking call that is being made: since when, in which stretch of whom, at which place; 0: none. */
const BLOCKED = 1;
const STRETCH = 2;
const ACTOR = 3;
const PLACE = 4;

const integers = new Int32Array(cells, 64, 8);
/** Where main leaves, at `INTO`, which function it goes into. */
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

/** Nothing but another thread, a time limit, or what somebody types. */
export type Ending = 0 | 1 | 2;

const text = new Uint8Array(cells, 128, 256);

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

/** Has the Worker know where functions begin, `[site, file, line, column, name]`. */
export function placesKnown(added: readonly unknown[]): void {
  if (worker === null) places.push(...added);
  else worker.postMessage(added);
}

export function start(): void {
  if (worker !== null || startIt === null) return;
  try {
    worker = startIt();
    // What goes wrong in it, as where there is no room for its lines, is nothing to the program.
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
  startIt = () => {
    const started = new OriginalWorker(`(${watch.toString()})(require)`, {
      eval: true,
      execArgv: [],
      env: {},
      workerData: { ...given, cells } satisfies Given,
    });
    // Else its error would be one that nobody has caught, and end the program.
    started.on("error", (error) => trouble("watchdog", error));
    return started;
  };
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
  const { cells: shared, path, instant, thread, main, least } = workerData;
  const left = new Float64Array(shared, 0, 8);
  const flags = new Int32Array(shared, 64, 8);
  const name = new Uint8Array(shared, 128, 256);
  const descriptor = openSync(path, "a");
  const now = (): number => (performance.timeOrigin + performance.now()) * 1000 - instant;
  const write = (...lines: unknown[]): void => {
    writeSync(descriptor, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  };
  const functions = new Map<number, unknown[]>();
  parentPort.on("message", (added) => {
    for (const [site, ...place] of added) functions.set(site as number, place);
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

  const look = (): void => {
    const [due, blocked] = left;
    const at = now();
    if (blocked !== 0) {
      if (blocked !== told && at - blocked! >= least) tellBlock(blocked!);
      return;
    }
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
  const often = Math.min(100, Math.max(25, least / 2000));
  setInterval(look, often);
}
