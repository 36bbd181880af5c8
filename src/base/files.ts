/**
 * Writing files: each is whole under its name, or it is not there.
 *
 * A file is written under another name beside its own and put in place when it is whole, so neither a
 * signal, a full disk nor a crash leaves a part of it, or takes away what stood there before.
 */
import {
  chmodSync,
  closeSync,
  linkSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  type Stats,
  unlinkSync,
} from "node:fs";
import type { FileHandle, open as openFile } from "node:fs/promises";
import type { Output } from "./texts.ts";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "./user-error.ts";

/** What was to be written has not been, or not all of it. */
export abstract class OutputError extends UserError {}

/** The reader of a stream went away (`| head`): nobody wants to know the rest. */
export class OutputClosed extends OutputError {
  /** What shells give for a program that SIGPIPE has ended. */
  override readonly status = 141;

  override get told(): readonly string[] {
    return [];
  }
}

/** The system did not write it, since the disk is full or the like, or the writing was interrupted. */
export class OutputFailed extends OutputError {
  override readonly status = 1;
}

export interface FileOptions {
  /** Whether a file that has the name already is replaced. */
  replace: boolean;
  /** Whether only its owner may read it, since it holds what a program had in memory. */
  isPrivate?: boolean;
  /** Ends the writing early: nothing is left of the file then. */
  signal?: AbortSignal;
}

/**
 * Writes a file, in pieces. What is no regular file (a FIFO, `/dev/stdout`) is written as it is.
 *
 * The pieces are taken one by one, and between two of them other things go on, as a signal that ends it.
 *
 * @throws OutputFailed where it cannot be written, or has been ended early; where a file has taken the
 *   name meanwhile, the message says under which name the new one stands. OutputClosed where nobody
 *   reads a stream any more.
 */
export async function writeFile(
  file: string,
  pieces: Iterable<Output>,
  options: FileOptions,
): Promise<void> {
  const target = targetOf(file);
  const there = statOf(target);
  if (isStream(target) || (there !== undefined && !there.isFile()))
    return writeStream(file, pieces, options);
  const sibling = siblingOf(target);
  try {
    await fill(sibling, pieces, options);
    // The file keeps the permissions that its owner has given to what stood there before.
    if (there !== undefined && options.replace && !options.isPrivate)
      chmodSync(sibling, there.mode & 0o7777);
    if (options.replace) renameSync(sibling, target);
    else putInPlace(sibling, target);
  } catch (error) {
    if (error instanceof NameTaken)
      throw new OutputFailed(
        `${file}: another file has taken this name meanwhile; what was to be written is in ${join(dirname(file), basename(sibling))}`,
      );
    rmSync(sibling, { force: true });
    if (!isOfSystem(error)) throw error;
    throw failureOf(error, file, (message) => message.replaceAll(sibling, file));
  }
}

/** A file has the name that another was to get. */
export class NameTaken extends Error {}

/** The writing was ended by whoever asked for it. */
class Aborted extends Error {}

/**
 * An error in words for whoever reads them.
 *
 * @param what the file or stream is called in messages.
 * @param words what to make of the system's own words.
 */
export function failureOf(
  error: unknown,
  what: string,
  words = (message: string): string => message,
): OutputError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EPIPE") return new OutputClosed();
  if (error instanceof Aborted) return new OutputFailed(`${what}: not written: interrupted`);
  return new OutputFailed(`${what}: cannot be written: ${words(message)}`);
}

/** Whether what a path leads to is a stream of this process, even where that is a regular file. */
export function isStream(path: string): boolean {
  return /^(?:\/dev\/(?:std(?:in|out|err)|fd\/\d+)|\/proc\/[\w-]+\/fd\/\d+)$/.test(path);
}

/** The most symbolic links that are followed, as in Linux. */
const mostLinks = 40;

/** What a path leads to by its symbolic links: the file itself is replaced, and not the link to it. */
function targetOf(path: string): string {
  let target = resolve(path);
  for (let links = 0; links < mostLinks && !isStream(target); links++) {
    try {
      target = resolve(dirname(target), readlinkSync(target));
    } catch {
      return target;
    }
  }
  return target;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A folder on the way is none: opening it says so.
    return undefined;
  }
}

/** Opens a file. What does it loads only then: commands that write no file start without it. */
const open: typeof openFile = async (...of) => (await import("node:fs/promises")).open(...of);

/** A name in the same folder that nobody has, and that tells whose it is, should it be left over. */
function siblingOf(target: string): string {
  // A name has at most 255 bytes.
  const stem = [...basename(target)].slice(0, 50).join("");
  return join(dirname(target), `${stem}.${crypto.randomUUID().slice(0, 8)}.part`);
}

async function fill(
  sibling: string,
  pieces: Iterable<Output>,
  { isPrivate = false, signal }: FileOptions,
): Promise<void> {
  const handle = await open(sibling, "wx", isPrivate ? 0o600 : 0o666);
  try {
    await writePieces(handle, pieces, signal);
  } finally {
    await handle.close();
  }
}

async function writeStream(
  file: string,
  pieces: Iterable<Output>,
  { signal }: FileOptions,
): Promise<void> {
  try {
    // A FIFO is opened once somebody reads it; until then a signal must be heard. What a stream that
    // leads to a file has been given already stays.
    const opening = open(file, "a");
    const handle = await orAborted(opening, signal);
    try {
      await orAborted(writePieces(handle, pieces, signal), signal);
    } finally {
      // A write that nobody takes holds the handle, and closing it would wait for that.
      if (signal?.aborted !== true) await handle.close();
    }
  } catch (error) {
    throw isOfSystem(error) ? failureOf(error, file) : error;
  }
}

/** Whether it is the system that did not write, or the one who asked for it; the rest is tandem's own fault. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Aborted || (error as NodeJS.ErrnoException).code !== undefined;
}

/** What a promise gives, or Aborted as soon as there is a signal. */
async function orAborted<Value>(promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (signal === undefined) return promise;
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(new Aborted());
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    promise.catch(() => undefined);
    signal.removeEventListener("abort", abort);
  }
}

async function writePieces(
  handle: FileHandle,
  pieces: Iterable<Output>,
  signal?: AbortSignal,
): Promise<void> {
  for (const piece of pieces) {
    let rest = Buffer.from(piece);
    while (rest.length > 0) {
      if (signal?.aborted) throw new Aborted();
      try {
        const { bytesWritten } = await handle.write(rest);
        rest = rest.subarray(bytesWritten);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
        // The other end has set the pipe to non-blocking, and it is full.
        await Bun.sleep(1);
      }
    }
  }
  if (signal?.aborted) throw new Aborted();
}

/**
 * Gives a file a name that nobody has. @throws NameTaken where somebody has it.
 *
 * @param link how a file gets a second name.
 */
export function putInPlace(sibling: string, target: string, link = linkSync): void {
  try {
    link(sibling, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new NameTaken();
    return claim(sibling, target);
  }
  unlinkSync(sibling);
}

/** The same where the file system knows no second names: an empty file takes the name, and is replaced. */
function claim(sibling: string, target: string): void {
  try {
    closeSync(openSync(target, "wx"));
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EEXIST" ? new NameTaken() : error;
  }
  try {
    renameSync(sibling, target);
  } catch (error) {
    unlinkSync(target);
    throw error;
  }
}
