/** The rings of a process (`ring.ts`), followed. */
import type { FollowedFor, FollowedRecord } from "./followed.ts";
import type { ObservedLanguage } from "./language.ts";
import type { ProcessTranscript } from "./process-transcript.ts";
import { DETAIL, LASTING, RecordFile, type RecordHeader } from "./ring.ts";
import { SlotsProcess } from "./slots-process.ts";
import { isAlive } from "../base/processes.ts";
import type { Transcript } from "./transcript.ts";

export class RingsFollowed implements FollowedRecord {
  readonly language: ObservedLanguage;
  readonly process: ProcessTranscript;
  readonly hasModules = true;
  readonly isIdle = false;
  readonly unseenModules = [];
  readonly #file: RecordFile;
  readonly #slots: SlotsProcess;
  readonly #transcript: Transcript;

  private constructor(file: RecordFile, { language, transcript }: FollowedFor) {
    this.language = language;
    this.#file = file;
    this.#transcript = transcript;
    this.process = transcript.add(file.header, language.name);
    this.#slots = new SlotsProcess(this.process, transcript.clock.zero);
  }

  /** @returns "later" where its recorder has not begun, and may yet; null where nothing is told of such a process. */
  static open(path: string, of: FollowedFor): RingsFollowed | "later" | null {
    const file = RecordFile.open(path);
    if (file === null) return "later";
    const { command, pid } = file.header;
    // What runs there is told last; whoever has told nothing more when it is gone was killed before.
    const isLater = file.state === "starting" && isAlive(pid);
    if (!isLater && !of.language.isHelper(command)) return new RingsFollowed(file, of);
    file[Symbol.dispose]();
    return isLater ? "later" : null;
  }

  get header(): RecordHeader {
    return this.#file.header;
  }

  drain(now: number): void {
    const file = this.#file;
    file.drain((ring, view, offset) => this.#slots.take(ring, view, offset), now);
    this.process.hasGaps = file.dropped(LASTING) > 0;
    this.process.setDropped("its ring was full", file.dropped(LASTING) + file.dropped(DETAIL));
  }

  get isOrderly(): boolean {
    return this.#file.state === "ended" || this.process.hasCalledExit;
  }

  get ownStatus(): number {
    return this.process.exitCode ?? 0;
  }

  get lastAt(): number {
    return this.#transcript.clock.ticksOf(this.#file.heartbeat);
  }

  get heard(): number {
    return this.process.heard;
  }

  get fullness(): number {
    return this.#file.fullness;
  }

  request(): void {
    this.#file.request();
  }

  get hasAnswered(): boolean {
    return this.#file.answered >= this.#file.requested;
  }

  /** A ring is memory of the process: what was written is there. */
  noteOwnEnd(): void {}

  get mayGoOn(): boolean {
    return this.#file.mayGoOn;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
