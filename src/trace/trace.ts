/** A trace: one stream of events and what it takes to understand them, the same for every source. */
import type { Definitions, Place, Table } from "./definitions.ts";
import type { EventLog } from "./log.ts";

/** A scenario, performed under a strategy. */
export interface ScenarioSource {
  kind: "scenario";
  /** As on the command line; parsed again it gives the strategy of the run. */
  strategy: string;
  driver: "virtual" | "real";
  speed: number;
  /** How durations varied, in virtual time; null if they did not. */
  jitter: { share: number; seed: number } | null;
  /** What kept it from going on, for real; null in virtual time. */
  disturbed: Disturbance | null;
}

/** What kept a real run from going on although nothing of its own did, as measured, in ms of real time. */
export interface Disturbance {
  /** The most that one of its threads waited for a core of the machine, in all; null where nobody counts it. */
  waited: number | null;
  /** How long its processes were stopped. */
  stopped: number;
}

/** A program that somebody else wrote, with a recorder in it. */
export interface ObservedSource {
  kind: "observed";
  /** As `python` or `javascript`. */
  language: string;
  /** What ran it, with its version, as `CPython 3.13.1`. */
  runtime: string;
  /** Its command line. */
  command: string;
  /** The process that it began with, as the system numbers it; others are defined as they come. */
  pid: number | null;
  /** From how long on a held loop is to be told of, in ms; null where nobody has said. */
  blocks: number | null;
}

export type TraceSource = ScenarioSource | ObservedSource;

export interface Trace {
  readonly source: TraceSource;
  readonly definitions: Definitions;
  /** In the order of time. */
  readonly log: EventLog;
  /**
   * Words that this version does not know, in the place of an event's known ones: a value beyond these is
   * such a word's index, behind them (`wordOf`).
   */
  readonly words: readonly string[];
  /** Whether its record breaks off: the last line of its file is no whole line. */
  readonly cutOff: boolean;
  /** What this version has come upon and does not know. */
  readonly unknown: readonly Unknown[];
}

/** Something in a file that this version does not know. */
export interface Unknown {
  what: "event" | "definition" | "field" | "word";
  /** As `gc-ran`; of a field or word with what it stands in: `sleep-began.depth`. */
  name: string;
  count: number;
}

/** The word that the value of an event is. @param known those that its type's shape has. */
export function wordOf<Known extends string>(
  { words }: Pick<Trace, "words">,
  known: readonly Known[],
  value: number,
): Known | (string & {}) {
  return known[value] ?? words[value - known.length] ?? "unknown";
}

/** A trace of what has just been recorded here. */
export function newTrace(source: TraceSource, definitions: Definitions, log: EventLog): Trace {
  return { source, definitions, log, words: [], cutOff: false, unknown: [] };
}

/** A table of so many definitions from a first number on; each is made when it is asked for. */
export function lazyTable<Definition>(
  size: number,
  make: (number: number) => Definition,
  first = 0,
): Table<Definition> {
  return {
    size,
    get: (number) =>
      Number.isInteger(number) && number >= first && number < first + size
        ? make(number)
        : undefined,
    *[Symbol.iterator]() {
      for (let number = first; number < first + size; number++) yield [number, make(number)];
    },
  };
}

/** The same definitions with further places, which have other numbers. */
export function withPlaces(definitions: Definitions, more: Table<Place>): Definitions {
  const { places } = definitions;
  if (more.size === 0) return definitions;
  const all: Table<Place> = {
    size: places.size + more.size,
    get: (number) => places.get(number) ?? more.get(number),
    *[Symbol.iterator]() {
      yield* places;
      yield* more;
    },
  };
  return { ...definitions, places: all };
}
