/** From the word on the command line to a document's text: a catalogue name, a file, or `-`. */
import { close, closeSync, fstatSync, open, openSync, read, readSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
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

/** A document that has been read already, by the word that means it. */
let alreadyRead: { word: string; text: string } | undefined;

/** Has a word mean a text that has been read: of a stream there is nothing more to be read. */
export function keepRead(word: string, text: string): void {
  alreadyRead = { word, text };
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
export async function readSource(word: string): Promise<Source> {
  return sourceOf(word, await piecesOf(word, maxBytes));
}

/** The same at once, for a word that is not to mean a stream: that might never come to its end. */
export function readSourceNow(word: string): Source {
  if (isStream(word)) refuse(calledIn(word), "it is neither a file nor a folder");
  return sourceOf(word, piecesOfFile(word, maxBytes));
}

function sourceOf(word: string, pieces: Iterable<Uint8Array>): Source {
  const known = inCatalogue(word);
  if (known !== undefined) return { file: known.file, text: known.text, folder: process.cwd() };
  const file = calledIn(word);
  if (word !== "-" && lookAt(word).kind === "nothing") {
    const names = catalogue.map((entry) => entry.name);
    refuse(
      file,
      `no such file, and no scenario of the catalogue has this name; ${suggestion(word, names, "catalogue")}`,
    );
  }
  const folder = word === "-" ? process.cwd() : dirname(resolve(word));
  return { file, text: decode(Buffer.concat([...pieces]), file), folder };
}

/** The entry of the catalogue that a word means: by its name, or as tandem calls it, unless such a file is there. */
function inCatalogue(word: string) {
  return catalogue.find(
    ({ name, file }) => name === word || (file === word && lookAt(word).kind === "nothing"),
  );
}

/** What a file is called in messages. */
function calledIn(word: string): string {
  return word === "-" ? "<stdin>" : word === "" ? `""` : word;
}

/**
 * Reads a text file, or standard input for `-`, piece by piece: a large file need not be held whole.
 *
 * A character that the file's end has cut in two is told as U+FFFD.
 *
 * @param most bytes.
 * @throws DocumentError when it cannot be read, is larger, or is no UTF-8 text: while the pieces are taken.
 */
export async function readTextPieces(word: string, most: number): Promise<Iterable<string>> {
  return decoded(await piecesOf(word, most), calledIn(word));
}

function* decoded(pieces: Iterable<Uint8Array>, file: string): Generator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (piece?: Uint8Array): string | undefined => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
    } catch {
      return undefined;
    }
  };
  for (const piece of pieces) {
    if (piece.includes(0)) refuse(file, binary);
    yield decode(piece) ?? refuse(file, notUtf8);
  }
  yield decode() ?? "\ufffd";
}

/** The bytes of a file, which are read as they are taken, or of a stream, of which signals can end the reading. */
async function piecesOf(word: string, most: number): Promise<Iterable<Uint8Array>> {
  if (word === alreadyRead?.word) return [Buffer.from(alreadyRead.text)];
  return isStream(word) ? readStream(word, most) : piecesOfFile(word, most);
}

function isStream(word: string): boolean {
  return word === "-" || (inCatalogue(word) === undefined && lookAt(word).kind === "stream");
}

function* piecesOfFile(word: string, most: number): Generator<Uint8Array> {
  const file = calledIn(word);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(word, "r");
    checkSize(descriptor, file, most);
    let length = 0;
    for (let read = -1; read !== 0 && length <= most; length += read) {
      const piece = pieceAfter(length, most);
      read = readSync(descriptor, piece);
      yield piece.subarray(0, read);
    }
    if (length > most) refuse(file, tooLarge(most));
  } catch (error) {
    throw unreadable(error, file);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Reads a stream to its end, beside whatever else goes on: that may take as long as somebody types. */
async function readStream(word: string, most: number): Promise<Uint8Array[]> {
  const file = calledIn(word);
  let opened: number | undefined;
  try {
    // Opening a FIFO waits for its writer.
    opened = word === "-" ? undefined : await promisify(open)(word, "r");
    const descriptor = opened ?? standardInput;
    checkSize(descriptor, file, most);
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (let read = -1; read !== 0 && length <= most; length += read) {
      const piece = pieceAfter(length, most);
      read = await readSome(descriptor, piece);
      pieces.push(piece.subarray(0, read));
    }
    if (length > most) refuse(file, tooLarge(most));
    return pieces;
  } catch (error) {
    throw unreadable(error, file);
  } finally {
    if (opened !== undefined) close(opened);
  }
}

function checkSize(descriptor: number, file: string, most: number): void {
  const stats = fstatSync(descriptor);
  if (stats.isDirectory()) refuse(file, "it is a folder; name a file in it");
  // A file is known to be too large before it is read.
  if (stats.isFile() && stats.size > most) refuse(file, tooLarge(most));
}

/** One byte more than is allowed tells "too large" from "just fits", and ends on an endless device. */
function pieceAfter(length: number, most: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Math.min(pieceSize, most + 1 - length));
}

/** Reads what there is; a standard input that somebody set to non-blocking is waited for. */
async function readSome(descriptor: number, piece: Uint8Array): Promise<number> {
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<number | NodeJS.ErrnoException>();
    read(descriptor, piece, 0, piece.length, null, (error, length) => resolve(error ?? length));
    const got = await promise;
    if (typeof got === "number") return got;
    if (got.code !== "EAGAIN") throw got;
    await Bun.sleep(5);
  }
}

/** The sentence about a text of more bytes than that. */
export function tooLarge(most: number): string {
  return `it is larger than ${most / 1024 / 1024} MiB; is it the right file?`;
}

/** The document's error for one that came of reading it. */
function unreadable(error: unknown, file: string): DocumentError {
  if (error instanceof DocumentError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return problemOf(file, reasons[code ?? ""] ?? `it cannot be read: ${message}`);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "you may not read this file",
  EPERM: "you may not read this file",
  EISDIR: "it is a folder; name a file in it",
};

function decode(bytes: Uint8Array, file: string): string {
  if (bytes.includes(0)) refuse(file, binary);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse(file, notUtf8);
  }
}

function refuse(file: string, message: string): never {
  throw problemOf(file, message);
}

function problemOf(file: string, message: string): DocumentError {
  return new DocumentError(file, [{ position: null, path: "", message }]);
}
