/** The files of a program's processes, each followed from its first line or slot to the end of its process. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { extname, join } from "node:path";
import { interruptions } from "../trace/event.ts";
import type { FollowedFor, FollowedRecord } from "./followed.ts";
import type { ObservedLanguage } from "./language.ts";
import { LinesFollowed } from "./lines-followed.ts";
import type { ProcessHeader, ProcessTranscript } from "./process-transcript.ts";
import { RingsFollowed } from "./rings-followed.ts";
import { isAlive } from "../base/processes.ts";
import { parentOf } from "./system.ts";
import type { Transcript } from "./transcript.ts";
import type { Unseen } from "./unseen.ts";

/** How often new files are looked for, in ms. What is in them does not get lost until then. */
const discoverMs = 100;

/** For how long, in ms, the recorder of a parent may take to tell how its child has ended. */
const toldMs = 1000;

const crash = interruptions.indexOf("crash");

const openers: Record<
  ObservedLanguage["suffix"],
  (path: string, of: FollowedFor) => FollowedRecord | "later" | null
> = { ".rec": RingsFollowed.open, ".lines": LinesFollowed.open };

/** One process while it is followed. */
interface Followed {
  path: string;
  pid: number;
  record: FollowedRecord;
  /** Whether its file has been read to the end. */
  isOver: boolean;
  /** When its process was found to be gone, in ms of the clock; null while it is there. */
  goneAt: number | null;
}

export class Followers {
  /** What recorders failed in before they had a file. */
  readonly troubles: string[] = [];
  readonly #folder: string | null;
  readonly #transcript: Transcript;
  readonly #languages: readonly ObservedLanguage[];
  /** The process that was started. */
  readonly #root: number;
  readonly #known = new Set<string>();
  #discoveredAt = -Infinity;
  readonly #all: Followed[] = [];
  /** Processes without a file, and the nearest above each that has one. */
  readonly #between = new Map<number, number>();
  /** Those that have ended in a way that is not known yet. */
  readonly #untold = new Set<Followed>();

  /** @param folder null where no file can come. @param root the process that was started. */
  constructor(
    folder: string | null,
    transcript: Transcript,
    { languages, root }: { languages: readonly ObservedLanguage[]; root: number },
  ) {
    this.#folder = folder;
    this.#transcript = transcript;
    this.#languages = languages;
    this.#root = root;
  }

  /**
   * Takes in what has come, and processes that have come or gone. The end of the one that was started is told by
   * whoever waits for it.
   *
   * @param now a clock in ms.
   */
  poll(now: number): void {
    if (now - this.#discoveredAt >= discoverMs) {
      this.#discoveredAt = now;
      this.#discover();
    }
    for (const one of this.#live()) {
      const isGone = one.pid !== this.#root && !isAlive(one.pid);
      one.record.drain(isGone ? Infinity : now);
      if (isGone) this.#ended(one, now, crash);
    }
    this.#endUntold(now, crash);
  }

  /**
   * Reads what is left of the process that was started, and of all that have ended with it.
   *
   * @param by what ended those that came to no end of their own (the index among `interruptions`).
   * @param isOwn whether the process that was started ended by itself, and not by a signal.
   */
  finish(by: number, isOwn: boolean): void {
    this.#discover();
    for (const one of this.#live()) {
      const isGone = one.pid === this.#root || !isAlive(one.pid);
      one.record.drain(isGone ? Infinity : performance.now());
      if (one.pid === this.#root && isOwn) one.record.noteOwnEnd();
      if (one.pid === this.#root) this.#close(one);
      else if (isGone) this.#ended(one, 0, by);
    }
    for (const one of this.#live()) this.#close(one);
    this.#endUntold(Infinity, by);
  }

  /** The numbers of all processes that have a file. */
  get pids(): number[] {
    return this.#all.map(({ pid }) => pid);
  }

  /** Those whose processes go on. */
  get livePids(): number[] {
    return this.#live().map(({ pid }) => pid);
  }

  /** Those that nothing can wake, and whose loops turn all the same. */
  get idlePids(): number[] {
    return this.#live()
      .filter(({ record }) => record.isIdle)
      .map(({ pid }) => pid);
  }

  /** The process with a number, the last one if it has become another by `exec`; undefined where nothing is told of it. */
  of(pid: number): ProcessTranscript | undefined {
    return this.#all.findLast((one) => one.pid === pid)?.record.process ?? undefined;
  }

  /**
   * What was not seen of processes that have a file: all of those in which no module of the user's was, and single
   * modules. What only starts others is silent by its nature, unless nothing else was there.
   */
  get unseen(): Unseen[] {
    const records = this.#all.map(({ record }) => record);
    const silent = records.filter((one) => !one.hasModules && one.unseenModules.length === 0);
    const others = silent.filter(({ header, language }) => !language.isLauncher(header.command));
    const told = others.length > 0 || silent.length < records.length ? others : silent;
    return [
      ...told.map(({ header, language }) => ({
        process: header.command,
        why: `no module of yours was seen by the observer: ${language.whyNoModule(header.command)}`,
      })),
      ...records.flatMap(({ unseenModules }) =>
        unseenModules.map(({ file, why }) => ({ process: file, why })),
      ),
    ];
  }

  /** How many events have come so far. */
  get heard(): number {
    return this.#all.reduce((sum, { record }) => sum + record.heard, 0);
  }

  /** The most that a record of one of them is in use, as a share. */
  get fullness(): number {
    return Math.max(0, ...this.#live().map(({ record }) => record.fullness));
  }

  /** Asks each recorder where everything stands. */
  request(): void {
    for (const { record } of this.#live()) record.request();
  }

  /** Whether each has answered, as of the last poll. */
  get hasAnswered(): boolean {
    return this.#live().every(({ record }) => record.hasAnswered);
  }

  /** Whether anything may still wake a process in which nothing moves; so it is where a recorder does not say. */
  get mayGoOn(): boolean {
    return (
      this.#live().length === 0 ||
      !this.hasAnswered ||
      this.#live().some(({ record }) => record.mayGoOn)
    );
  }

  #live(): Followed[] {
    return this.#all.filter(({ isOver }) => !isOver);
  }

  #discover(): void {
    const folder = this.#folder;
    if (folder === null) return;
    const names = readdirSync(folder).filter((name) => !this.#known.has(name));
    for (const name of names.toSorted(byStart)) {
      const language = this.#languages.find(({ suffix }) => suffix === extname(name));
      if (language !== undefined) this.#follow(name, folder, language);
    }
    for (const name of names.filter((one) => one.endsWith(".trouble")))
      this.#complaint(name, folder);
  }

  #follow(name: string, folder: string, language: ObservedLanguage): void {
    const path = join(folder, name);
    const transcript = this.#transcript;
    const record = openers[language.suffix](path, { language, transcript, root: this.#root });
    if (record === "later") return;
    this.#known.add(name);
    if (record === null) return;
    const { pid } = record.header;
    // A process that has become another program by `exec` keeps its number.
    const before = this.#live().find((one) => one.pid === pid);
    if (before !== undefined) {
      before.record.drain(Infinity);
      before.record.process?.ended(0, { code: 0 });
      this.#close(before);
    }
    this.#transcript.starters.set(pid, this.#starterOf(record.header));
    this.#all.push({ path, pid, record, isOver: false, goneAt: null });
  }

  /** The nearest process above one that has a file: a shell may stand between them. 0 for none. */
  #starterOf({ pid, parentPid }: ProcessHeader): number {
    const followed = new Set(this.pids);
    const between: number[] = [];
    let above = parentPid;
    while (above > 1 && above !== pid && !followed.has(above) && !between.includes(above)) {
      between.push(above);
      above = this.#between.get(above) ?? parentOf(above) ?? 0;
    }
    if (!followed.has(above)) return 0;
    // They may be gone when the next one comes that they have started.
    for (const one of between) this.#between.set(one, above);
    return above;
  }

  #complaint(name: string, folder: string): void {
    this.#known.add(name);
    const lines = readFileSync(join(folder, name), "utf8").trimEnd().split("\n");
    this.troubles.push(`it did not start in process ${parseInt(name, 10)}: ${lines.at(-1)}`);
  }

  /**
   * Tells the end of a process that nobody here waits for: by the status that its parent has told, or, where that
   * tells none, the one that it asked for itself. Without either it is left to its parent, up to the end of all.
   *
   * @param now a clock in ms; Infinity where nobody will tell anything more.
   * @param by what ended it where that is never told.
   */
  #ended(one: Followed, now: number, by: number): void {
    const { process, isOrderly, ownStatus, lastAt } = one.record;
    const toldEnd = this.#transcript.toldEnds.get(one.pid);
    one.goneAt ??= now;
    this.#close(one);
    if (toldEnd === undefined && now < one.goneAt + this.#patienceFor(one)) {
      this.#untold.add(one);
      return;
    }
    this.#untold.delete(one);
    const told = toldEnd?.status ?? (isOrderly ? ownStatus : null);
    if (told !== null && told < 0)
      process?.ended(Math.max(lastAt, toldEnd?.at ?? 0), {
        by: interruptions.indexOf("signal"),
        detail: signalName(-told),
      });
    else if (told !== null) {
      one.record.noteOwnEnd();
      process?.ended(lastAt, { code: told });
    } else if (!isOrderly) process?.ended(lastAt, { by, detail: null });
  }

  /** For how long, in ms, somebody may still tell how a process has ended that is gone. */
  #patienceFor({ record, pid }: Followed): number {
    if (!record.isOrderly || record.ownStatus === null) return Infinity;
    const starter = this.#transcript.starters.get(pid);
    return this.#live().some((one) => one.pid === starter) ? toldMs : 0;
  }

  /** Tells the ends of those whose status has come to be known, or never will. */
  #endUntold(now: number, by: number): void {
    for (const one of this.#untold) this.#ended(one, now, by);
  }

  #close(one: Followed): void {
    if (one.isOver) return;
    one.isOver = true;
    one.record[Symbol.dispose]();
    rmSync(one.path, { force: true });
  }
}

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}

/** The order in which processes started, which the names of their files tell. */
function byStart(a: string, b: string): number {
  const startOf = (name: string): number => {
    const [, digits = "0", suffix] = /-(\d+)(\.\w+)$/.exec(name) ?? [];
    // Rings have it in ns, lines in µs.
    return suffix === ".rec" ? Number(digits) / 1000 : Number(digits);
  };
  return startOf(a) - startOf(b);
}
