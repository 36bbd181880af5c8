/** The record's file: lines are gathered, and appended in whole blocks. */
import * as fs from "node:fs";
import { threadId } from "node:worker_threads";
import { encodeRecord, recordSuffix, type RecordLine } from "../record.ts";

// As they were before the program could replace them.
const { closeSync, fstatSync, openSync, readdirSync, readSync, writeSync } = fs;
export const { readFileSync } = fs;

/** The ids of a thread, by its number, begin behind this one. */
export const firstIdOf = (number: number): number => number * 2 ** 32;

/** The first number of this thread's ids. */
export const firstId = firstIdOf(threadId);

export const thread = threadId + 1;

/** So many lines are gathered at most before they are written, however busy the thread. */
const mostLines = 2000;

let lines: RecordLine[] = [];
let path = "";
export const recordPath = (): string => path;
export const hasLines = (): boolean => lines.length > 0;
let descriptor = -1;
const troubles = new Set<string>();

/**
 * Opens the record of this process in a folder: makes it, or finds the one that the process's main thread has made.
 *
 * @returns the process's instant 0, in µs since 1970.
 */
export function openRecord(folder: string, isMain: boolean, startedAt: number): number {
  let instant = startedAt;
  if (!isMain) {
    const own = readdirSync(folder)
      .filter((name) => name.startsWith(`${process.pid}-`) && name.endsWith(recordSuffix))
      .map((name) => Number(name.slice(`${process.pid}-`.length, -recordSuffix.length)));
    instant = own.length === 0 ? startedAt : Math.max(...own);
  }
  path = `${folder}/${process.pid}-${instant}${recordSuffix}`;
  descriptor = openSync(path, "a", 0o600);
  return instant;
}

/** How much of the record's end is looked through for what others have told of this thread. */
const tail = 2 ** 18;

/** Whether something was told of late, by whatever thread of the process. */
export function isToldOf(beginning: string): boolean {
  return lookFrom(Math.max(0, recordLength() - tail)).includes(beginning);
}

/** Where the record ends now. */
export const recordLength = (): number => fstatSync(descriptor).size;

/**
 * Whether something may have been told since the record had a length: it was, or so much was that it cannot be looked
 * through.
 */
export function mayBeTold(beginning: string, since: number): boolean {
  // A thread may have written of itself before whoever has started it took the length.
  const from = Math.max(0, since - tail / 2);
  return recordLength() - from > tail || lookFrom(from).includes(beginning);
}

function lookFrom(from: number): string {
  const read = openSync(path, "r");
  try {
    const block = Buffer.alloc(tail);
    const bytes = readSync(read, block, 0, tail, from);
    return block.toString("utf8", 0, bytes);
  } finally {
    closeSync(read);
  }
}

export function write(line: RecordLine): void {
  lines.push(line);
  if (lines.length >= mostLines) writeOut();
}

/** Appends all that has been gathered. A record that cannot be written any more is given up. */
export function writeOut(): void {
  if (lines.length === 0) return;
  const block = Buffer.from(encodeRecord(lines));
  lines = [];
  for (let attempt = 0, from = 0; attempt < 3 && from < block.length; attempt++) {
    try {
      while (from < block.length) from += writeSync(descriptor, block, from);
    } catch {
      // The program may have closed all descriptors that it did not know.
      try {
        descriptor = openSync(path, "a", 0o600);
      } catch {
        return;
      }
    }
  }
}

/** Tells that a part of the recorder has failed, once for each. */
export function trouble(where: string, error: unknown): void {
  try {
    const text = `${where}: ${error instanceof Error ? error.message : "failed"}`;
    if (troubles.has(where)) return;
    troubles.add(where);
    write(["trouble", text]);
  } catch {
    // There is nobody left to tell.
  }
}

/** A hook that gets out of the way when it fails: what it gives then is `otherwise`. */
export function guarded<Parameters extends unknown[], Result>(
  where: string,
  hook: (...parameters: Parameters) => Result,
  otherwise: Result,
): (...parameters: Parameters) => Result {
  return (...parameters) => {
    try {
      return hook(...parameters);
    } catch (error) {
      trouble(where, error);
      return otherwise;
    }
  };
}
