/**
 * What the recorder of a JavaScript process writes: a file of lines, each one JSON array. `lines.ts` reads them.
 *
 * One file a process, `<pid>-<µs since 1970>.lines`; each of its threads appends whole blocks of lines to it, so lines of
 * one thread are in order and none is torn, but for a last one that may be incomplete. `at` is a time in ticks (µs, whole)
 * since the process's instant 0. Ids are numbers above 0, unique in the process: `threadId * 2 ** 32 + n`; 0 is nobody.
 * What a line names may be defined in a later one.
 */
import type { ActorDefinition, ResourceDefinition } from "../../trace/definitions.ts";
import type { EventType } from "../../trace/event.ts";

export const recordSuffix = ".lines";

/** The first line of the file. */
export interface ProcessHead {
  pid: number;
  parentPid: number;
  /** Instant 0 in ms since 1970, with fractions. */
  epoch: number;
  /** `Bun 1.4.5`, `Node.js 20.20.2`. */
  runtime: string;
  command: string;
}

export interface ThreadHead {
  /** Whether the process ends without waiting for it. */
  daemon?: boolean;
  /** Whether it is one of a pool's, with no program of its own. */
  worker?: boolean;
  /** Where it was made. */
  place?: number;
  /** The actor that is its program. */
  actor?: number;
}

export interface ActorHead {
  function: string | null;
  /** Its own; made of its function where it is absent. */
  name?: string;
  parent?: number;
  /** Where it was made. */
  place?: number;
  /** Where its function begins. */
  code?: number;
  until?: ActorDefinition["until"];
}

/** What has come to be known of an actor since it was defined. */
export interface ActorChange {
  name?: string;
  function?: string;
  parent?: number;
  place?: number;
  code?: number;
}

/** What an event has beside its value. */
export interface EventDetails {
  place?: number;
  text?: string;
  resource?: number;
  /** By the names that the event's shape has; durations in ticks, actors by their ids. */
  numbers?: Record<string, number>;
  /** Places, the innermost first. */
  stack?: number[];
}

/**
 * What can still wake a thread's loop, by kind: `timer`, `server`, `child`, `worker`, …; and `spinning` where the loop
 * turns round and round by itself, which wakes nobody.
 */
export type AliveKinds = string[];

export type RecordLine =
  | [is: "process", head: ProcessHead]
  /** An absolute path, line and column from 1, the column null where it is not known; the function is null outside of any. */
  | [
      is: "place",
      id: number,
      file: string,
      line: number,
      column: number | null,
      ofFunction: string | null,
    ]
  /** The id is the thread's number of `node:worker_threads`, and 1 more. */
  | [is: "thread", id: number, name: string, head: ThreadHead]
  | [is: "loop", id: number, thread: number]
  | [is: "actor", id: number, kind: ActorDefinition["kind"], head: ActorHead]
  | [is: "change", actor: number, change: ActorChange]
  | [
      is: "resource",
      id: number,
      kind: ResourceDefinition["kind"],
      name: string,
      more: { place?: number; capacity?: number },
    ]
  | [
      is: "event",
      at: number,
      type: EventType,
      thread: number,
      actor: number,
      /** A number, an actor's id or the index of a word, as the type has it; 0 where it has none. */
      value: number,
      details?: EventDetails,
    ]
  /** The last word of a process that came to its end; the status is null where the runtime does not say it. */
  | [is: "end", at: number, status: number | null]
  /** Told when it changes; empty: nothing can wake the thread any more. */
  | [is: "alive", thread: number, kinds: AliveKinds]
  /** How a child process ended, as its parent was told; below 0: the signal of that number. */
  | [is: "child", at: number, pid: number, status: number]
  /** So many events were not recorded. */
  | [is: "dropped", count: number, why: string]
  /** A hook of the recorder's failed, and has got out of the way. */
  | [is: "trouble", text: string]
  /** A module of the user's runs as it is. */
  | [is: "unseen", file: string, why: string]
  /** So many modules of the user's have been transformed by a thread until now. */
  | [is: "modules", thread: number, count: number];

/** Lines as a block to be appended in one piece. */
export function encodeRecord(lines: readonly RecordLine[]): string {
  let text = "";
  for (const line of lines) text += `${JSON.stringify(line)}\n`;
  return text;
}
