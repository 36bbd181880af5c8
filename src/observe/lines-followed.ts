/**
 * The lines of a process (`lines.ts`), followed.
 *
 * Such a recorder comes into every process of its language, so into a package manager's as well. Only once a module
 * of the user's has been seen in one is told what happened in it, from its first line on.
 */
import { basename, extname } from "node:path";
import { shellWords } from "../base/texts.ts";
import type { FollowedFor, FollowedRecord, UnseenModule } from "./followed.ts";
import type { ObservedLanguage } from "./language.ts";
import { isFields, isId, isText, isTime, LinesProcess } from "./lines-process.ts";
import { drainBytes, type Line, LinesFile } from "./lines.ts";
import type { ProcessHeader, ProcessTranscript } from "./process-transcript.ts";
import { isAlive } from "../base/processes.ts";
import type { Transcript } from "./transcript.ts";

/** How long, in ms, a recorder may take to write what has changed, and a little more. */
const flushMs = 40;

/** Times since 1970, in ms, are far below it. */
const mostEpoch = 2 ** 43;

/** What may go on by itself, and tells so itself: children, Workers, and what is at the other end of a port. */
const tellThemselves: ReadonlySet<string> = new Set([
  "child",
  "child process",
  "worker",
  "message port",
]);

/** The loop turns by itself, which wakes nobody. */
const spinning = "spinning";

export class LinesFollowed implements FollowedRecord {
  readonly language: ObservedLanguage;
  readonly header: ProcessHeader;
  process: ProcessTranscript | null = null;
  ownStatus: number | null = null;
  lastAt = 0;
  heard = 0;
  readonly #file: LinesFile;
  readonly #transcript: Transcript;
  /** The process's instant 0, in ticks of the trace. */
  readonly #zero: number;
  /** By file: each is told by every thread that loads it. */
  readonly #unseen = new Map<string, UnseenModule>();
  /** By thread: how many modules of the user's have been seen. */
  readonly #modules = new Map<number, number>();
  /** By thread: what can still wake it. */
  readonly #alive = new Map<number, readonly unknown[]>();
  /** What is told goes there; null as long as nothing is. */
  #lines: LinesProcess | null = null;
  /** Whether its exit listeners have run. */
  #hasEnded = false;
  #askedAt = -Infinity;
  #hasAnswered = true;

  private constructor(file: LinesFile, header: ProcessHeader, of: FollowedFor) {
    this.#file = file;
    this.header = header;
    this.language = of.language;
    this.#transcript = of.transcript;
    // Even if it is never told of: times count from the first process that there was.
    this.#transcript.clock.add(header);
    this.#zero = this.#transcript.clock.ticksAt(Number(header.startedEpoch) / 1e6);
    if (header.pid === of.root) this.#tell();
  }

  /** @returns "later" where its recorder has not begun, and may yet; null where it never did. */
  static open(path: string, of: FollowedFor): LinesFollowed | "later" | null {
    const file = LinesFile.open(path);
    if (file === null) return null;
    let first: Line | undefined;
    file.drain(
      (line) => (first ??= line),
      false,
      () => first !== undefined,
    );
    file.rewind();
    const header = first === undefined ? null : headerIn(first);
    if (header !== null) return new LinesFollowed(file, header, of);
    file[Symbol.dispose]();
    const pid = Number(/(\d+)-\d+\.lines$/.exec(path)?.[1] ?? 0);
    return first === undefined && pid > 0 && isAlive(pid) ? "later" : null;
  }

  /** Whether a module of the user's has been seen in it. */
  get hasModules(): boolean {
    return this.#modules.values().some((count) => count > 0);
  }

  get unseenModules(): UnseenModule[] {
    return [...this.#unseen.values()];
  }

  /** Puts its process into the trace. */
  #tell(): ProcessTranscript {
    this.process ??= this.#transcript.add(this.header, this.language.name);
    return this.process;
  }

  drain(now: number): void {
    const isOver = now === Infinity;
    // Its process is there now, though it may have nothing to tell.
    if (!isOver) this.#heardAt(this.#transcript.clock.ticksAt(Date.now()));
    const take = (line: Line): void => this.#take(line);
    if (this.#lines === null) {
      this.#file.drain(take, isOver, () => this.hasModules);
      if (this.hasModules) {
        this.#lines = new LinesProcess(this.#tell(), this.#zero);
        this.heard = 0;
        this.#file.rewind();
      }
    }
    if (this.#lines !== null) this.#file.drain(take, isOver);
    const broken = this.#file.broken + (this.#lines?.broken ?? 0);
    this.process?.setDropped("lines of its record could not be read", broken);
    this.#hasAnswered ||= now - this.#askedAt >= flushMs;
  }

  #heardAt(at: number): void {
    if (at > this.lastAt) this.lastAt = at;
  }

  #take(line: Line): void {
    const [is, ...told] = line;
    if ((is === "event" || is === "end") && isTime(told[0])) this.#heardAt(this.#zero + told[0]);
    if (is === "event") {
      this.heard++;
      if (told[1] === "exit-called" && !isAlone(told[5])) this.#endsWith(told[4]);
      if (told[1] === "thread-ended" && isId(told[2])) this.#alive.delete(told[2]);
    }
    if (this.#ofProcess(is, told) || this.#lines === null) return;
    if (!this.#lines.take(line)) this.process?.countDropped("lines of a later recorder");
  }

  /** Its own last word: its exit listeners have run. A runtime that has none of these does not know its status. */
  #ended(code: unknown): void {
    this.#hasEnded = true;
    // Bun says 0 of a rejection that nobody handled.
    if (code !== 0 || this.ownStatus === null) this.#endsWith(code);
  }

  #endsWith(code: unknown): void {
    if (Number.isInteger(code)) this.ownStatus = code as number;
  }

  /** Takes what is about the process itself. @returns whether the line is. */
  #ofProcess(is: string, told: readonly unknown[]): boolean {
    const [first, second, third] = told;
    switch (is) {
      case "process":
        return true;
      case "end":
        this.#ended(second);
        return true;
      case "modules":
        if (isId(first) && typeof second === "number") this.#modules.set(first, second);
        return true;
      case "alive":
        if (isId(first) && Array.isArray(second)) this.#alive.set(first, second);
        return true;
      case "child":
        if (isTime(first) && isId(second) && typeof third === "number")
          this.#transcript.toldEnds.set(second, { at: this.#zero + first, status: third });
        return true;
      case "unseen":
        if (isText(first) && isText(second)) {
          const file = this.#transcript.seenFromHere(first);
          this.#unseen.set(file, { file, why: second });
        }
        return true;
      case "trouble":
        if (isText(first)) this.process?.troubles.add(first);
        return true;
      case "dropped":
        if (typeof first === "number" && first > 0 && isText(second) && this.#lines !== null) {
          this.process?.countDropped(second, Math.round(first));
          if (this.process !== null) this.process.hasGaps = true;
        }
        return true;
      default:
        return false;
    }
  }

  get isOrderly(): boolean {
    return this.#hasEnded || this.process?.hasCalledExit === true;
  }

  get fullness(): number {
    return Math.min(1, this.#file.behind / drainBytes);
  }

  request(): void {
    this.#askedAt = performance.now();
    this.#hasAnswered = false;
  }

  /** A recorder writes what has changed without being asked. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** A recorder's last line is that of the end. Without it there may be others that could not be written. */
  noteOwnEnd(): void {
    if (this.isOrderly || this.#lines === null || this.process === null) return;
    this.process.breaksOff = true;
    this.process.troubles.add("the last part of its record, which breaks off before the end");
  }

  get mayGoOn(): boolean {
    const kinds = this.#kinds.filter((kind) => kind !== spinning);
    // What has loaded no module yet may be about to, however long that takes on a busy machine.
    const hasBegun = this.hasModules || this.#unseen.size > 0;
    if (this.#alive.size === 0 || (kinds.length === 0 && !hasBegun)) return true;
    return kinds.some((kind) => !tellThemselves.has(String(kind)));
  }

  get isIdle(): boolean {
    return this.#kinds.includes(spinning) && !this.mayGoOn;
  }

  get #kinds(): readonly unknown[] {
    return this.#alive.values().toArray().flat();
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** Whether a call for an exit is about its thread alone, by its details. */
const isAlone = (details: unknown): boolean => isFields(details) && isText(details["text"]);

function headerIn([is, head]: Line): ProcessHeader | null {
  if (is !== "process" || !isFields(head)) return null;
  const { pid, parentPid, epoch, runtime, command } = head;
  if (!isId(pid) || !isTime(epoch) || epoch >= mostEpoch || !isText(runtime) || !isText(command))
    return null;
  return {
    pid,
    parentPid: isId(parentPid) ? parentPid : 0,
    startedAt: null,
    startedEpoch: BigInt(Math.round(epoch * 1000)) * 1000n,
    runtime,
    command,
    ...programIn(command),
  };
}

/** The name of the file that a runtime runs, as far as its command line says so. */
function programIn(command: string): { program?: string } {
  const [, word = ""] = shellWords(command);
  const file = word.replace(/^\$?'(.*)'$/, "$1").replaceAll(String.raw`'\''`, "'");
  const isFile = !file.startsWith("-") && (file.includes("/") || extname(file) !== "");
  return isFile ? { program: basename(file) } : {};
}
