/** The files of `--events` and `--json`: refused before anything runs; the former written when it is over. */
import { dirname } from "node:path";
import { isStream, OutputFailed, writeFile } from "../base/files.ts";
import { lookAt } from "../base/paths.ts";
import type { JsonText, Output } from "../base/texts.ts";
import { UserError } from "../base/user-error.ts";
import { signalStatus } from "./command.ts";
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

/** Writes a record to its file. What a signal keeps from being written is told; whoever watches for signals knows the rest. */
export async function keepRecord(
  file: string,
  pieces: Iterable<JsonText>,
  replace: boolean,
): Promise<void> {
  try {
    await writeUntilSignal(file, pieces, replace);
  } catch (error) {
    if (!(error instanceof WritingInterrupted)) throw error;
    for (const line of error.told) writeErrLine(line);
  }
}

/** A signal that came while a file was written. */
class WritingInterrupted extends UserError {
  override readonly status: number;

  constructor(message: string, signal: EndingSignal) {
    super(message);
    this.status = signalStatus[signal];
  }
}

/**
 * Writes a file of what a program had in memory, for its user alone; a signal ends that.
 *
 * @throws WritingInterrupted then, OutputFailed where it cannot be written.
 */
export async function writeUntilSignal(
  file: string,
  pieces: Iterable<Output | Uint8Array>,
  replace: boolean,
): Promise<void> {
  const controller = new AbortController();
  using watch = new SignalWatch(() => controller.abort());
  try {
    await writeFile(file, pieces, { replace, isPrivate: true, signal: controller.signal });
  } catch (error) {
    if (!(error instanceof OutputFailed) || watch.heard === null) throw error;
    throw new WritingInterrupted(error.message, watch.heard);
  }
}
