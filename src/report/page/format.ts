/**
 * What the page is given: a head of JSON, and a block of bytes for all of which there are very many.
 *
 * The block is deflated (raw). In it stand the texts as JSON and then the columns one after the other, each as
 * planes: the lowest bytes of all its numbers, then the next, as many as its largest number takes. Numbers are
 * whole and not negative; a `difference` is that to the number before, folded to such (0, -1, 1, -2 as 0, 1, 2, 3).
 * Where -1 means none, 1 has been added to all. Times are counted in units of the head.
 */
import type { ArrowKind, Fate, State } from "./words.ts";

export interface Head {
  /** The length of a unit of time, in microseconds. */
  unit: number;
  /** The end of the axis. */
  wall: number;
  states: readonly State[];
  fates: readonly Fate[];
  arrows: readonly ArrowKind[];
  rows: readonly HeadRow[];
  findings: readonly HeadFinding[];
  moments: readonly { at: number; words: string; entity: number }[];
  /** The length of the texts in the block, in bytes. */
  texts: number;
  columns: readonly ColumnShape[];
  /** The files whose sources stand in the page. */
  files: readonly string[];
}

/** What is drawn below each other: a heading, a thread, or work of one kind, whose entities follow each other. */
export interface HeadRow {
  is: "heading" | "thread" | "work";
  name: string;
  /** How deep it stands below headings. */
  depth: number;
  /** Its entities: from the first on, so many. */
  first: number;
  count: number;
  /** What is said beside its name, as where it was made. */
  story: string;
}

export interface HeadFinding {
  rule: string;
  at: number | null;
  entities: readonly number[];
}

/** The texts of the block. Places are a file, a line, and a function and a call or nothing. */
export interface BlockTexts {
  texts: readonly string[];
  names: readonly string[];
  places: readonly (readonly [file: string, line: number, within: string, source: string])[];
  /** Entities with their callers where they were seen last, the innermost first, as indexes of places. */
  stacks: readonly (readonly [entity: number, places: readonly number[]])[];
}

/**
 * A report that comes while its program runs, each time as a whole: the length of this as JSON in four bytes, the
 * lowest first; this; the block.
 */
export interface LiveHead {
  head: Head;
  /** The words of the page, as HTML that is safe. */
  body: string;
  stage: LiveStage;
}

/** Whether more is to come; `large`: not before the end, as making it would keep tandem from its record. */
export type LiveStage = "growing" | "large" | "over";

export const columnNames = [
  "name",
  "from",
  "length",
  "fate",
  "made",
  "stood",
  "parent",
  "created",
  "error",
  "stretches",
  "gap",
  "duration",
  "state",
  "what",
  "place",
  "whom",
  "arrowKind",
  "arrowFrom",
  "arrowAt",
  "arrowTo",
  "arrowToAt",
] as const;
export type ColumnName = (typeof columnNames)[number];

export interface ColumnShape {
  name: ColumnName;
  length: number;
  /** How many bytes a number has. */
  bytes: number;
  isDifference: boolean;
}
