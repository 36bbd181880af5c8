/** A trace: one stream of events and what it takes to understand them, the same for every source. */
import type { Definitions, Table } from "./definitions.ts";
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
  /** The number of the process that it began with; others are defined as they come. */
  process: number;
}

export type TraceSource = ScenarioSource | ObservedSource;

export interface Trace {
  readonly source: TraceSource;
  readonly definitions: Definitions;
  /** In the order of time. */
  readonly log: EventLog;
  /** Whether its record breaks off: the last line of its file is no whole line. */
  readonly cutOff: boolean;
  /** What this version does not know, in words (`events of the type "gc-ran"`), and how often it came. */
  readonly unknown: ReadonlyMap<string, number>;
}

/** A trace of what has just been recorded here. */
export function newTrace(source: TraceSource, definitions: Definitions, log: EventLog): Trace {
  return { source, definitions, log, cutOff: false, unknown: new Map() };
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
