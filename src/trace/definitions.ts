/**
 * Whom and what the events of a trace are about: processes, threads, loops, actors, resources, places.
 *
 * A definition stands in the stream before the first event that names it. In memory everything goes by
 * number; a number means nothing by itself, only what its definition says. Words that are open (kinds)
 * may be others than the known ones: a reader shows what it does not know, and refuses nothing for it.
 */

/** A place in the source of a program, or in a document. Lines and columns count from 1. */
export interface Place {
  /** Relative to the folder of the command where it lies below it. */
  file: string;
  line: number;
  column: number | null;
  /** The function that the place stands in; null outside of any, and in a document. */
  function: string | null;
  /** The text of the call that stands there, as `time.sleep(3)`, where it is known. */
  source?: string;
}

export interface ProcessDefinition {
  name: string;
  /** The process that started it; null for the first. */
  parent: number | null;
  pid: number | null;
  command: string | null;
}

export interface ThreadDefinition {
  process: number;
  name: string;
  /** Whether its process ends without waiting for it. */
  daemon: boolean;
  /** Whether it does the jobs of a pool, and no program of its own. */
  worker?: boolean;
  /** Where it was started, as far as that is known. */
  place?: number;
}

/** Whose rules a loop goes by: one step at a time, or one turn with all that microtasks settle. */
export const loopRules = ["asyncio", "javascript"] as const;

export interface LoopDefinition {
  thread: number;
  rules: (typeof loopRules)[number] | (string & {});
}

/**
 * What acts: the synchronous program of a process, the loop's entry, a task, a job of a pool, the program
 * of a thread beside main, a coroutine that nobody has made a task of, one call of an async function, a module that
 * awaits at its top, a further attempt at a task, …
 */
export const actorKinds = [
  "main",
  "launch",
  "task",
  "job",
  "promise",
  "callback",
  "coroutine",
  "thread",
  "generator",
  "call",
  "module",
  "attempt",
] as const;

export interface ActorDefinition {
  kind: (typeof actorKinds)[number] | (string & {});
  /** Its own, as `upload#3`. */
  name: string;
  /** What it shares with others of its kind: the function, or the task's name in a document. */
  function: string | null;
  /** Who made it. */
  parent: number | null;
  /** Where it was made. */
  place: number | null;
  /** `shutdown`: to be cancelled at the end is its proper end. */
  until: "shutdown" | (string & {}) | null;
  /** Whether it has steps to be done when it is cut off (`finally`); null where that is not known. */
  cleanup: boolean | null;
  /** Where its function is defined: there it stands that never began. */
  code?: number;
}

export const resourceKinds = [
  "channel",
  "queue",
  "lock",
  "pool",
  "future",
  "timer",
  "stream",
  "event",
  "condition",
  "semaphore",
  "socket",
  "process",
] as const;

/** What actors wait for, hold, or put something into. */
export interface ResourceDefinition {
  kind: (typeof resourceKinds)[number] | (string & {});
  name: string;
  /** How much it holds at most; null where nothing bounds it, or that means nothing. */
  capacity: number | null;
  place: number | null;
}

/** Definitions of one kind by number. A scenario's are made when they are asked for, not before. */
export interface Table<Definition> {
  readonly size: number;
  get(number: number): Definition | undefined;
  [Symbol.iterator](): Iterator<[number: number, definition: Definition]>;
}

export interface Definitions {
  readonly processes: Table<ProcessDefinition>;
  readonly threads: Table<ThreadDefinition>;
  readonly loops: Table<LoopDefinition>;
  readonly actors: Table<ActorDefinition>;
  readonly resources: Table<ResourceDefinition>;
  readonly places: Table<Place>;
}

/** The kinds of definitions, in the order in which one may name another. */
export const definitionKinds = ["process", "place", "thread", "loop", "actor", "resource"] as const;
export type DefinitionKind = (typeof definitionKinds)[number];

/** The table that the definitions of each kind stand in. */
export const tableOf = {
  process: "processes",
  place: "places",
  thread: "threads",
  loop: "loops",
  actor: "actors",
  resource: "resources",
} as const satisfies Record<DefinitionKind, keyof Definitions>;

/**
 * What a field of a definition's line holds: a text, a whole number, yes or no, one of some words or the
 * id of another definition.
 */
export interface FieldShape {
  is: "text" | "whole" | "boolean" | DefinitionKind;
  /** The known words of a text; others are kept. */
  words?: readonly string[];
  /** The least that a whole number may be. */
  least?: number;
  /** What it stands for when it is left out; `id`: the definition's own id. */
  absent?: null | false | "id";
  /** Whether it may be left out and stands for nothing then: it is left out in memory as well. */
  optional?: true;
}

const name: FieldShape = { is: "text", absent: "id" };

/** The fields of a definition's line beside its kind and its id, as `Definitions` has them. */
export const definitionShapes: Readonly<Record<DefinitionKind, Record<string, FieldShape>>> = {
  process: {
    name,
    parent: { is: "process", absent: null },
    pid: { is: "whole", least: 0, absent: null },
    command: { is: "text", absent: null },
  } satisfies Record<keyof ProcessDefinition, FieldShape>,
  place: {
    file: { is: "text" },
    line: { is: "whole", least: 1 },
    column: { is: "whole", least: 1, absent: null },
    function: { is: "text", absent: null },
    source: { is: "text", optional: true },
  } satisfies Record<keyof Place, FieldShape>,
  thread: {
    process: { is: "process" },
    name,
    daemon: { is: "boolean", absent: false },
    worker: { is: "boolean", optional: true },
    place: { is: "place", optional: true },
  } satisfies Record<keyof ThreadDefinition, FieldShape>,
  loop: {
    thread: { is: "thread" },
    rules: { is: "text", words: loopRules },
  } satisfies Record<keyof LoopDefinition, FieldShape>,
  actor: {
    kind: { is: "text", words: actorKinds },
    name,
    function: { is: "text", absent: null },
    parent: { is: "actor", absent: null },
    place: { is: "place", absent: null },
    until: { is: "text", words: ["shutdown"], absent: null },
    cleanup: { is: "boolean", absent: null },
    code: { is: "place", optional: true },
  } satisfies Record<keyof ActorDefinition, FieldShape>,
  resource: {
    kind: { is: "text", words: resourceKinds },
    name,
    capacity: { is: "whole", least: 0, absent: null },
    place: { is: "place", absent: null },
  } satisfies Record<keyof ResourceDefinition, FieldShape>,
};
