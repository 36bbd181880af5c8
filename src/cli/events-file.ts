/** The files of `--events` and `--json`: refused before anything runs; the former written when it is over. */
import { dirname } from "node:path";
import { isStream, OutputFailed, writeFile } from "../base/files.ts";
import { lookAt } from "../base/paths.ts";
import type { JsonText, Output } from "../base/texts.ts";
import { UsageError } from "./errors.ts";
import { writeErrLine } from "./output.ts";
import { type EndingSignal, SignalWatch } from "./signals.ts";

/** Refuses, before anything runs, a file that has no folder to stand in or that would be overwritten. */
export function checkEventsFile(file: string, force: boolean, command: string): void {
  const option = `--events ${file}`;
  if (file === "-")
    throw new UsageError(
      `${option}: standard output takes what the program prints; name a file`,
      command,
    );
  checkFile(option, file, command);
  if (lookAt(file).kind === "file" && !isStream(file) && !force)
    throw new UsageError(
      `${option}: the file exists; name another, or add --force to replace it`,
      command,
    );
}

/** Refuses, before anything runs, a file that has no folder to stand in or is one. @param option with its value. */
export function checkFile(option: string, file: string, command: string): void {
  const refuse = (message: string): never => {
    throw new UsageError(`${option}: ${message}`, command);
  };
  const folder = dirname(file);
  const around = lookAt(folder);
  if (around.kind === "nothing") refuse(`there is no folder ${folder}`);
  if (around.kind === "unreachable") refuse(`there is no folder ${folder}: ${around.why}`);
  if (around.kind !== "folder") refuse(`${folder} is not a folder`);
  const there = lookAt(file);
  if (there.kind === "unreachable") refuse(`it cannot be written: ${there.why}`);
  if (there.kind === "folder") refuse("it is a folder; name a file in it");
}

/** Writes a record to its file. @returns the signal that came meanwhile: then there may be no file. */
export async function keepRecord(
  file: string,
  pieces: Iterable<JsonText>,
  replace: boolean,
): Promise<EndingSignal | null> {
  const { signal, error } = await writeUntilSignal(file, pieces, replace);
  if (error !== null) writeErrLine(`tandem: ${error.message}`);
  return signal;
}

/**
 * Writes a file of what a program had in memory, which a signal ends.
 *
 * @returns the signal that came meanwhile, and the error where that ended it.
 * @throws OutputFailed where it cannot be written.
 */
export async function writeUntilSignal(
  file: string,
  pieces: Iterable<Output | Uint8Array>,
  replace: boolean,
): Promise<{ signal: EndingSignal | null; error: OutputFailed | null }> {
  const controller = new AbortController();
  using watch = new SignalWatch(() => controller.abort());
  try {
    await writeFile(file, pieces, { replace, isPrivate: true, signal: controller.signal });
    return { signal: watch.heard, error: null };
  } catch (error) {
    if (!(error instanceof OutputFailed) || watch.heard === null) throw error;
    return { signal: watch.heard, error };
  }
}
