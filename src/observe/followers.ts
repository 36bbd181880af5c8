/** The files of a program's processes, each followed from its first slot to the end of its process. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { interruptions } from "../trace/event.ts";
import type { ObservedLanguage } from "./language.ts";
import { DETAIL, LASTING, RecordFile } from "./ring.ts";
import { isAlive } from "./system.ts";
import type { ProcessTranscript } from "./process-transcript.ts";
import { SlotsProcess } from "./slots-process.ts";
import type { Transcript } from "./transcript.ts";

/** How often new files are looked for, in ms. What is in them does not get lost until then. */
const discoverMs = 100;

/** One process while it is followed. */
interface Followed {
  path: string;
  pid: number;
  file: RecordFile;
  slots: SlotsProcess;
  process: ProcessTranscript;
  /** Whether its file has been read to the end. */
  isOver: boolean;
}

export class Followers {
  /** What recorders failed in before they had a file. */
  readonly troubles: string[] = [];
  readonly #folder: string | null;
  readonly #transcript: Transcript;
  readonly #language: ObservedLanguage;
  readonly #known = new Set<string>();
  #discoveredAt = -Infinity;
  readonly #all: Followed[] = [];
  /** Those that have ended in a way that is not known yet. */
  readonly #untold = new Set<Followed>();

  /** @param folder null where no file can come. */
  constructor(folder: string | null, transcript: Transcript, language: ObservedLanguage) {
    this.#folder = folder;
    this.#transcript = transcript;
    this.#language = language;
  }

  /**
   * Takes in what has come, and processes that have come or gone.
   *
   * @param root the process that was started, whose end is told by whoever waits for it.
   * @param now a clock in ms.
   */
  poll(root: number, now: number): void {
    if (now - this.#discoveredAt >= discoverMs) {
      this.#discoveredAt = now;
      this.#discover();
    }
    for (const one of this.#live()) {
      const isGone = one.pid !== root && !isAlive(one.pid);
      this.#drain(one, isGone ? Infinity : now);
      if (isGone) this.#ended(one, null);
    }
    this.#endUntold(null);
  }

  /**
   * Reads what is left of the process that was started, and of all that have ended with it.
   *
   * @param by what ended those that came to no end of their own (the index among `interruptions`).
   */
  finish(root: number, by: number): void {
    this.#discover();
    for (const one of this.#live()) {
      const isGone = one.pid === root || !isAlive(one.pid);
      this.#drain(one, isGone ? Infinity : performance.now());
      if (one.pid === root) this.#close(one);
      else if (isGone) this.#ended(one, null);
    }
    for (const one of this.#live()) this.#close(one);
    this.#endUntold(by);
  }

  /** The numbers of all processes that have a file. */
  get pids(): number[] {
    return this.#all.map(({ pid }) => pid);
  }

  /** Those whose processes go on. */
  get livePids(): number[] {
    return this.#live().map(({ pid }) => pid);
  }

  /** The process with a number, the last one if it has become another by `exec`. */
  of(pid: number): ProcessTranscript | undefined {
    return this.#all.findLast((one) => one.pid === pid)?.process;
  }

  /** How many events have come so far. */
  get heard(): number {
    return this.#all.reduce((sum, { process }) => sum + process.heard, 0);
  }

  /** The most that a ring of one of them is in use, as a share. */
  get fullness(): number {
    return Math.max(0, ...this.#live().map(({ file }) => file.fullness));
  }

  /** Asks each recorder where everything stands. */
  request(): void {
    for (const { file } of this.#live()) file.request();
  }

  /** Whether each has answered, as of the last poll. */
  get hasAnswered(): boolean {
    return this.#live().every(({ file }) => file.answered >= file.requested);
  }

  /** Whether anything may still wake a process in which nothing moves; so it is where a recorder does not say. */
  get mayGoOn(): boolean {
    return (
      this.#live().length === 0 ||
      !this.hasAnswered ||
      this.#live().some(({ file }) => file.mayGoOn)
    );
  }

  #live(): Followed[] {
    return this.#all.filter(({ isOver }) => !isOver);
  }

  #discover(): void {
    const folder = this.#folder;
    if (folder === null) return;
    const names = readdirSync(folder).filter((name) => !this.#known.has(name));
    const records = names.filter((name) => name.endsWith(".rec"));
    for (const name of records.toSorted(byStart)) this.#follow(name, folder);
    for (const name of names.filter((one) => one.endsWith(".trouble")))
      this.#complaint(name, folder);
  }

  #follow(name: string, folder: string): void {
    const path = join(folder, name);
    const file = RecordFile.open(path);
    if (file === null) return;
    // What runs there is told last; whoever has told nothing more when it is gone was killed before.
    if (file.state === "starting" && isAlive(file.header.pid)) return file[Symbol.dispose]();
    this.#known.add(name);
    if (this.#language.isHelper(file.header.command)) return file[Symbol.dispose]();
    const { pid } = file.header;
    // A process that has become another program by `exec` keeps its number.
    const before = this.#live().find((one) => one.pid === pid);
    const process = this.#transcript.add(file.header, this.#language.name);
    const slots = new SlotsProcess(process, this.#transcript.clock.zero);
    if (before !== undefined) {
      this.#drain(before, Infinity);
      before.process.ended(0, { code: 0 });
      this.#close(before);
    }
    this.#all.push({ path, pid, file, slots, process, isOver: false });
  }

  #complaint(name: string, folder: string): void {
    this.#known.add(name);
    const lines = readFileSync(join(folder, name), "utf8").trimEnd().split("\n");
    this.troubles.push(`it did not start in process ${parseInt(name, 10)}: ${lines.at(-1)}`);
  }

  #drain({ file, slots, process }: Followed, now: number): void {
    file.drain((ring, view, offset) => slots.take(ring, view, offset), now);
    process.hasGaps = file.dropped(LASTING) > 0;
    process.setDropped("its ring was full", file.dropped(LASTING) + file.dropped(DETAIL));
  }

  /**
   * Tells the end of a process that nobody here waits for: by the status that its parent has told, or that
   * it asked for itself. Without either it is left to its parent, up to the end of all.
   *
   * @param by what ended it where that is never told; null while it may be yet.
   */
  #ended(one: Followed, by: number | null): void {
    const { process, file } = one;
    const at = this.#transcript.clock.ticksOf(file.heartbeat);
    const isOrderly = file.state === "ended" || process.hasCalledExit;
    const toldEnd = process.toldEnd;
    const told = toldEnd?.status ?? (isOrderly ? (process.exitCode ?? 0) : null);
    if (told !== null && told < 0)
      process.ended(Math.max(at, toldEnd?.at ?? 0), {
        by: interruptions.indexOf("signal"),
        detail: signalName(-told),
      });
    else if (told !== null) process.ended(at, { code: told });
    else if (by !== null) process.ended(at, { by, detail: null });
    else this.#untold.add(one);
    this.#close(one);
  }

  /** Tells the ends of those whose status has come to be known. @param by as for one; null while it may be yet. */
  #endUntold(by: number | null): void {
    for (const one of this.#untold) {
      if (by === null && one.process.toldEnd === undefined) continue;
      this.#untold.delete(one);
      this.#ended(one, by);
    }
  }

  #close(one: Followed): void {
    if (one.isOver) return;
    one.isOver = true;
    one.file[Symbol.dispose]();
    rmSync(one.path, { force: true });
  }
}

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}

/** The order in which processes started, which their files' names tell. */
function byStart(a: string, b: string): number {
  const startOf = (name: string): bigint => BigInt(/-(\d+)\.rec$/.exec(name)?.[1] ?? 0);
  return startOf(a) < startOf(b) ? -1 : 1;
}
