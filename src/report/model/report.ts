/**
 * What is told of a run, of several compared or of an observed program in files that people look at: words, and
 * what is drawn. It is made of a trace and its reading, and every format of such a file is a view of it.
 */
import type { Ticks } from "../../base/duration.ts";
import type { Row } from "../terminal/rows.ts";
import type { Timeline } from "./timeline.ts";

/** A verdict as the terminal tells it, before it is laid out. */
export interface Verdict {
  headline: string;
  rows: readonly Row[];
  sentences: readonly string[];
}

export interface Report {
  title: string;
  verdict: Verdict;
  /** The strategies of a comparison, or the documents that were checked; null for a single run. */
  matrix: Matrix | null;
  findings: readonly ReportedFinding[];
  timeline: Timeline;
  sources: readonly SourceFile[];
  /** What a reader must know of the record: that it breaks off, what was not understood. */
  record: readonly string[];
}

/** A table with a row for each of several runs, a row of titles first. */
export interface Matrix {
  title: string;
  /** How it is to be read; null where that is plain. */
  hint: string | null;
  rows: readonly (readonly string[])[];
}

export interface ReportedFinding {
  rule: string;
  message: string;
  /** What to do about it; null where nobody knows. */
  fix: string | null;
  /** Null where it has no moment. */
  at: Ticks | null;
  /** Whom it is about, as indexes of the timeline's entities. */
  entities: readonly number[];
  places: readonly ReportedPlace[];
  /** What heals it, by proof. */
  edits: readonly ReportedEdit[];
}

/** An edit of the user's file that was proven by running the program with it. */
export interface ReportedEdit {
  does: string;
  proof: readonly string[];
  /** The lines of the diff. */
  diff: readonly string[];
  change: ReportedChange;
}

/** What an edit does to its file, in whole lines. */
export interface ReportedChange {
  file: string;
  /** From which line of the file on, so many lines give way to a text, which may be empty. */
  parts: readonly { line: number; count: number; text: string }[];
}

/** A place that a finding names, and what it is to it, as `stood`. */
export interface ReportedPlace {
  is: string;
  file: string;
  line: number;
}

/** A file with places that are told. */
export interface SourceFile {
  file: string;
  /** Null where the file could not be read. */
  text: string | null;
  /** Why the text may not be that of the run; null where nothing speaks against it. */
  doubt: string | null;
  /** The lines that are told, by their numbers. */
  lines: ReadonlyMap<number, readonly LineNote[]>;
}

/** What is told of a line: `held` its thread, `finding`, `made` work, `stood`. */
export interface LineNote {
  is: "held" | "finding" | "stood" | "made";
  words: string;
}
