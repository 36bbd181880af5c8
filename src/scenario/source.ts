/** From the word on the command line to a document's text: a catalogue name, a file, or `-`. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { catalogue } from "./catalogue.ts";
import { DocumentError } from "./problem.ts";
import { suggestion } from "./suggest.ts";

/** The largest document that is read; a scenario of a thousand steps takes a tenth of it. */
export const maxBytes = 1024 * 1024;

export interface Source {
  /** What the document is called in messages: its path, `<stdin>`, or `lost.yaml` of the catalogue. */
  file: string;
  text: string;
}

/**
 * Reads the document that a word on the command line means.
 *
 * @throws DocumentError when there is none, or it is no text of at most `maxBytes`.
 */
export function readSource(word: string): Source {
  const known = catalogue.find((entry) => entry.name === word);
  if (known !== undefined) return { file: known.file, text: known.text };
  const file = word === "-" ? "<stdin>" : word;
  return { file, text: decode(readBytes(word, file), file) };
}

function readBytes(word: string, file: string): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = word === "-" ? 0 : openSync(word, "r");
    if (fstatSync(descriptor).isDirectory()) refuse(file, "it is a folder; name a file in it");
    // One byte more than is allowed tells "too large" from "just fits", and ends on an endless device.
    const buffer = new Uint8Array(maxBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read)
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (length > maxBytes)
      refuse(
        file,
        `it is larger than ${maxBytes / 1024 / 1024} MiB, and no scenario is; is it the right file?`,
      );
    return buffer.subarray(0, length);
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    return refuse(file, unreadable(word, error as NodeJS.ErrnoException));
  } finally {
    if (descriptor !== undefined && descriptor !== 0) closeSync(descriptor);
  }
}

function unreadable(word: string, error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") {
    const names = catalogue.map((entry) => entry.name);
    return `no such file, and no scenario of the catalogue has this name; ${suggestion(word, names, "catalogue")}`;
  }
  if (error.code === "EACCES" || error.code === "EPERM") return "you may not read this file";
  if (error.code === "EISDIR") return "it is a folder; name a file in it";
  return `it cannot be read: ${error.message}`;
}

function decode(bytes: Uint8Array, file: string): string {
  if (bytes.includes(0)) refuse(file, "it is a binary file; a scenario is YAML or JSON text");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse(file, "it is not UTF-8 text; a scenario is YAML or JSON in UTF-8");
  }
}

function refuse(file: string, message: string): never {
  throw new DocumentError(file, [{ position: null, path: "", message }]);
}
