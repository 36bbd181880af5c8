/**
 * The clock that the threads of an emitted program share when it is patched, whose turn it is, and
 * what has been printed so far.
 *
 * Invariant: all but the turn is read and written only by the thread whose turn it is.
 */
import type { MessagePort } from "node:worker_threads";

/** The program's main thread. Its Worker and the threads of its pool have the numbers above. */
export const MAIN = 0;

/** What a thread is handed when it is opened. */
export interface ThreadInput {
  /** The module that it runs. */
  program: string;
  shared: SharedArrayBuffer;
  number: number;
  isPool: boolean;
  /** The thread that opened it, and the line to it; none on main. */
  parent: number;
  port: MessagePort | null;
}

/** What a thread says to another one, and when in the order of all that is said. */
export interface Said {
  order: number;
  data: unknown;
}

/** A line that has been printed. */
export interface PrintedLine {
  at: number;
  thread: "main" | "loop";
  text: string;
}

/** What has come of a program. */
export interface PatchedEnd {
  lines: PrintedLine[];
  /** Its exit status; null where it never ends. */
  status: number | null;
  /** The instant of the end. */
  at: number;
  /** What it wrote for standard error. */
  notes: string[];
}

/** Who gets here runs for ever. */
const horizon = 3 * 366 * 24 * 3_600_000;

/** The most threads that a program may open. */
const mostThreads = 16;

const logBytes = 256 * 1024;

// From before the program's own are patched.
const { wait, notify } = Atomics;

const turnCell = 0;
const statusCell = 1;
const endedCell = 2;
const lengthCell = 3;
const threadsCell = 4;
/** From here on by thread: what it is doing, and which word of memory it waits for. */
const stateCell = 8;
const waitsForCell = stateCell + mostThreads;
const cells = waitsForCell + mostThreads;

/** What a thread may be doing. */
const states = { absent: 0, busy: 1, hears: 2, over: 3 } as const;

/** The instant, a counter, and by thread when it goes on and in what order that was said. */
const times = 2 + 2 * mostThreads;

const timesOffset = cells * 4;
const logOffset = timesOffset + times * 8;

/** The memory of one program's clock. */
export function newClockMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(logOffset + logBytes);
}

export class Clock {
  readonly #cells: Int32Array;
  readonly #times: Float64Array;
  readonly #log: Uint8Array;
  readonly #me: number;
  readonly #onEnd: (isFree: boolean) => void;

  /** @param onEnd called on main when the process is over; whether its thread is free then. */
  constructor(shared: SharedArrayBuffer, me: number, onEnd: (isFree: boolean) => void) {
    this.#cells = new Int32Array(shared, 0, cells);
    this.#times = new Float64Array(shared, timesOffset, times);
    this.#log = new Uint8Array(shared, logOffset);
    this.#me = me;
    this.#onEnd = onEnd;
  }

  get now(): number {
    return this.#times[0]!;
  }

  /** The next number in the order of all that happens. */
  next(): number {
    return ++this.#times[1]!;
  }

  isAlive(thread: number): boolean {
    const state = this.#cells[stateCell + thread];
    return state === states.busy || state === states.hears;
  }

  /** Makes room for another thread, which has its first turn when this one rests. @returns its number. */
  join(): number {
    const thread = this.#cells[threadsCell]!++;
    if (thread >= mostThreads) throw new Error("the program opens too many threads");
    this.#schedule(thread, this.now, states.busy);
    return thread;
  }

  /** On a thread that has just been opened: waits for its first turn. */
  begin(): void {
    this.#awaitTurn();
  }

  /** Stands still until an instant; where it hears, until a message comes. */
  rest(until: number, hears: boolean): void {
    this.#schedule(this.#me, until, hears ? states.hears : states.busy);
    this.#pass();
  }

  /** Stands still until a word of memory is told of. @returns false when the instant came before. */
  waitFor(word: number, until: number): boolean {
    this.#cells[waitsForCell + this.#me] = word;
    this.rest(until, false);
    const told = this.#cells[waitsForCell + this.#me] === 0;
    this.#cells[waitsForCell + this.#me] = 0;
    return told;
  }

  /** Wakes whoever waits for this word. */
  notify(word: number): void {
    for (let thread = 0; thread < this.#cells[threadsCell]!; thread++) {
      if (this.#cells[waitsForCell + thread] !== word) continue;
      this.#cells[waitsForCell + thread] = 0;
      this.#schedule(thread, this.now, states.busy);
    }
  }

  /** Wakes a thread for a message. */
  wake(thread: number): void {
    if (this.#cells[stateCell + thread] === states.hears)
      this.#schedule(thread, this.now, states.hears);
  }

  /** This thread is over with all that it has opened, and its parent hears of that. */
  leave(parent: number): void {
    for (let thread = this.#me; thread < this.#cells[threadsCell]!; thread++)
      this.#schedule(thread, Infinity, states.over);
    this.wake(parent);
    this.#pass();
  }

  /** The process is over; nothing of it runs any more. */
  end(status: number | null): never {
    this.#cells[statusCell] = status ?? -1;
    this.#cells[endedCell] = 1;
    if (this.#me === MAIN) this.#onEnd(false);
    else this.#give(MAIN);
    return this.#halt();
  }

  /** The same on main where it has no other thread and is not in the middle of anything. */
  finish(status: number): void {
    this.#cells[statusCell] = status;
    this.#onEnd(true);
  }

  /** Whether the program has opened no thread. */
  get isAlone(): boolean {
    return this.#cells[threadsCell] === 1;
  }

  print(text: string): void {
    this.#write({ at: this.now, thread: this.#me === MAIN ? "main" : "loop", text });
  }

  /** Keeps a line for standard error. */
  note(text: string): void {
    this.#write(text);
  }

  /** All that has come of the program, for who opened it. */
  read(): PatchedEnd {
    const text = new TextDecoder().decode(this.#log.slice(0, this.#cells[lengthCell]));
    const all = text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as PrintedLine | string);
    return {
      lines: all.filter((one) => typeof one !== "string"),
      notes: all.filter((one) => typeof one === "string"),
      status: this.#cells[statusCell] === -1 ? null : this.#cells[statusCell]!,
      at: this.now,
    };
  }

  #write(what: PrintedLine | string): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(what)}\n`);
    const from = this.#cells[lengthCell]!;
    this.#log.set(bytes, from);
    this.#cells[lengthCell] = from + bytes.length;
  }

  #schedule(thread: number, at: number, state: number): void {
    this.#times[2 + thread] = at;
    this.#times[2 + mostThreads + thread] = this.next();
    this.#cells[stateCell + thread] = state;
  }

  /** Gives the turn to the thread whose instant comes first (or was said first), and waits for its own. */
  #pass(): void {
    let first = MAIN;
    const at = (thread: number): number => this.#times[2 + thread]!;
    const order = (thread: number): number => this.#times[2 + mostThreads + thread]!;
    for (let thread = 1; thread < this.#cells[threadsCell]!; thread++)
      if (at(thread) < at(first) || (at(thread) === at(first) && order(thread) < order(first)))
        first = thread;
    if (at(first) > horizon) this.end(null);
    this.#times[0] = at(first);
    if (first === this.#me) return;
    this.#give(first);
    this.#awaitTurn();
  }

  #awaitTurn(): void {
    for (let turn; (turn = Atomics.load(this.#cells, turnCell)) !== this.#me;)
      wait(this.#cells, turnCell, turn);
    if (this.#me !== MAIN || this.#cells[endedCell] !== 1) return;
    this.#onEnd(false);
    this.#halt();
  }

  #give(thread: number): void {
    Atomics.store(this.#cells, turnCell, thread);
    notify(this.#cells, turnCell);
  }

  /** Whoever opened the thread ends it. */
  #halt(): never {
    for (;;) wait(this.#cells, endedCell, 1);
  }
}
