/** The record of one process while it is followed, whatever kind of file its recorder writes. */
import type { ObservedLanguage } from "./language.ts";
import type { ProcessHeader, ProcessTranscript } from "./process-transcript.ts";
import type { Transcript } from "./transcript.ts";

/** What a record is followed for. */
export interface FollowedFor {
  language: ObservedLanguage;
  transcript: Transcript;
  /** The process that was started. */
  root: number;
}

/** A module of the user's that runs as it is, of which nothing is seen. */
export interface UnseenModule {
  file: string;
  why: string;
}

export interface FollowedRecord extends Disposable {
  readonly language: ObservedLanguage;
  readonly header: ProcessHeader;
  /** The process in the trace; null where nothing is told of it, or not yet. */
  readonly process: ProcessTranscript | null;
  /** Whether anything of the user's was seen in it. */
  readonly hasModules: boolean;
  readonly unseenModules: readonly UnseenModule[];
  /**
   * Takes everything that is new.
   *
   * @param now a clock in ms; Infinity where nothing more is written, so that nothing is waited for.
   */
  drain(now: number): void;
  /** Whether its process came to an end of its own, as far as its recorder has told. */
  readonly isOrderly: boolean;
  /** The status that it ended with then, as far as it knows; null where it does not. */
  readonly ownStatus: number | null;
  /** When it was last heard of, in ticks of the trace. */
  readonly lastAt: number;
  /** How many events have come so far. */
  readonly heard: number;
  /** How much of what it can hold, or of what is read at once, has not been read, as a share. */
  readonly fullness: number;
  /** Asks the recorder where everything stands. */
  request(): void;
  /** Whether what stood everywhere at the last request has been read. */
  readonly hasAnswered: boolean;
  /** Hears that its process has ended by itself, and not by a signal, when all of it has been read. */
  noteOwnEnd(): void;
  /** Whether anything may still wake the process, other than its own program; so it is where nobody says. */
  readonly mayGoOn: boolean;
  /** Whether nothing may, and its loop turns all the same: what processor time it takes then is its runtime's own. */
  readonly isIdle: boolean;
}
