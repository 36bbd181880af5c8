/** From the word on the command line to a document's text: a catalogue name, a file, or `-`. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { lookAt } from "../base/paths.ts";
import { catalogue } from "./catalogue.ts";
import { DocumentError } from "./problem.ts";
import { suggestion } from "../base/suggest.ts";

/** The largest document that is read; a scenario of a thousand steps takes a tenth of it. */
export const maxBytes = 1024 * 1024;

/** The largest file of events that is read: some five million events. */
export const maxEventBytes = 512 * 1024 * 1024;

const pieceSize = 256 * 1024;

const binary = "it is a binary file, not text";
const notUtf8 = "it is not UTF-8 text; save it as UTF-8";

/** The descriptor that `-` means. */
let standardInput = 0;

/** Reads another open descriptor in the place of standard input, for whoever has no process to give it one. */
export function readStandardInputFrom(descriptor: number): void {
  standardInput = descriptor;
}

export interface Source {
  /** What the document is called in messages: its path, `<stdin>`, or `lost.yaml` of the catalogue. */
  file: string;
  text: string;
  /** What paths in the document are relative to: the folder it lies in, or the current one. */
  folder: string;
}

/**
 * Reads the document that a word on the command line means.
 *
 * @throws DocumentError when there is none, or it is no text of at most `maxBytes`.
 */
export function readSource(word: string): Source {
  const known = catalogue.find((entry) => entry.name === word);
  if (known !== undefined) return { file: known.file, text: known.text, folder: process.cwd() };
  const file = word === "-" ? "<stdin>" : word === "" ? `""` : word;
  if (word !== "-" && lookAt(word).kind === "nothing") {
    const names = catalogue.map((entry) => entry.name);
    refuse(
      file,
      `no such file, and no scenario of the catalogue has this name; ${suggestion(word, names, "catalogue")}`,
    );
  }
  const folder = word === "-" ? process.cwd() : dirname(resolve(word));
  return { file, text: readText(word, file, maxBytes), folder };
}

/**
 * Reads a text file, or standard input for `-`.
 *
 * @param file what it is called in messages.
 * @param most bytes.
 * @throws DocumentError when it cannot be read, is larger, or is no UTF-8 text.
 */
export function readText(word: string, file: string, most: number): string {
  return decode(Buffer.concat([...readPieces(word, file, most)]), file);
}

/**
 * Reads a text file, or standard input for `-`, piece by piece: a large one need not be held whole.
 *
 * A character that the file's end has cut in two is told as U+FFFD.
 *
 * @param file what it is called in messages.
 * @param most bytes.
 * @throws DocumentError when it cannot be read, is larger, or is no UTF-8 text.
 */
export function* readTextPieces(word: string, file: string, most: number): Generator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (piece?: Uint8Array): string | undefined => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
    } catch {
      return undefined;
    }
  };
  for (const piece of readPieces(word, file, most)) {
    if (piece.includes(0)) refuse(file, binary);
    yield decode(piece) ?? refuse(file, notUtf8);
  }
  yield decode() ?? "\ufffd";
}

function* readPieces(word: string, file: string, most: number): Generator<Uint8Array> {
  let descriptor: number | undefined;
  try {
    descriptor = word === "-" ? standardInput : openSync(word, "r");
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) refuse(file, "it is a folder; name a file in it");
    // A file is known to be too large before it is read.
    if (stats.isFile() && stats.size > most) refuse(file, tooLarge(most));
    // One byte more than is allowed tells "too large" from "just fits", and ends on an endless device.
    let length = 0;
    for (let read = -1; read !== 0 && length <= most; length += read) {
      const piece = new Uint8Array(Math.min(pieceSize, most + 1 - length));
      read = readNow(descriptor, piece);
      yield piece.subarray(0, read);
    }
    if (length > most) refuse(file, tooLarge(most));
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    refuse(file, unreadable(error as NodeJS.ErrnoException));
  } finally {
    if (descriptor !== undefined && word !== "-") closeSync(descriptor);
  }
}

/** Reads what there is; a standard input that somebody set to non-blocking is waited for. */
function readNow(descriptor: number, piece: Uint8Array): number {
  for (;;) {
    try {
      return readSync(descriptor, piece, 0, piece.length, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Bun.sleepSync(5);
    }
  }
}

/** The sentence about a text of more bytes than that. */
export function tooLarge(most: number): string {
  return `it is larger than ${most / 1024 / 1024} MiB; is it the right file?`;
}

function unreadable(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "no such file";
  if (error.code === "EACCES" || error.code === "EPERM") return "you may not read this file";
  if (error.code === "EISDIR") return "it is a folder; name a file in it";
  return `it cannot be read: ${error.message}`;
}

function decode(bytes: Uint8Array, file: string): string {
  if (bytes.includes(0)) refuse(file, binary);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse(file, notUtf8);
  }
}

function refuse(file: string, message: string): never {
  throw new DocumentError(file, [{ position: null, path: "", message }]);
}
