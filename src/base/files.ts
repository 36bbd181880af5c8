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
  unlinkSync,
} from "node:fs";
import type { FileHandle, open as openFile } from "node:fs/promises";
import type { Output } from "./texts.ts";
import { basename, dirname, join, resolve } from "node:path";
import { lookAt } from "./paths.ts";
import { UserError } from "./user-error.ts";

/** An incomplete write: nothing of the output has been written, or only a part. */
export abstract class OutputError extends UserError {}

/** A broken pipe: the reader of the stream has closed it (`| head`). That is no mistake, so no line tells of it. */
export class OutputClosed extends OutputError {
  /** The status that shells report for a program ended by SIGPIPE. */
  override readonly status = 141;

  override get told(): readonly string[] {
    return [];
  }
}

/** A failed write: the system refused it (the disk is full, say), or it was interrupted. */
export class OutputFailed extends OutputError {
  override readonly status = 1;
}

export interface FileOptions {
  /** Whether a file that has the name already is replaced. */
  replace: boolean;
  /** Whether only its owner may read it, since it holds what a program had in memory. */
  isPrivate?: boolean;
  /** An abort of the writing. Nothing is left of the file then. */
  signal?: AbortSignal;
}

/**
 * Writes a file, in pieces. What is no regular file (a FIFO, `/dev/stdout`) is written as it is.
 *
 * The pieces are taken one by one; bytes are those of a file of the user's, which nothing is made safe in.
 * Between two of them other things go on, as a signal that ends it.
 *
 * @throws OutputFailed where it cannot be written, or has been ended early; where a file has taken the
 *   name meanwhile, the message says under which name the new one stands. OutputClosed where nobody
 *   reads a stream any more.
 */
export async function writeFile(
  file: string,
  pieces: Iterable<Output | Uint8Array>,
  options: FileOptions,
): Promise<void> {
  const target = targetOf(file);
  const there = lookAt(target);
  if (isStream(target) || there.kind === "stream" || there.kind === "folder")
    return writeStream(file, pieces, options);
  const sibling = siblingOf(target);
  // Whatever ends the process meanwhile.
  const remove = (): void => rmSync(sibling, { force: true });
  process.on("exit", remove);
  tellUnfinished(sibling, true);
  try {
    await fill(sibling, pieces, options);
    // The file keeps the permissions that its owner has given to what stood there before.
    if (there.kind === "file" && options.replace && !options.isPrivate)
      chmodSync(sibling, there.stats.mode & 0o7777);
    if (options.replace) renameSync(sibling, target);
    else putInPlace(sibling, target);
  } catch (error) {
    if (error instanceof NameTaken)
      throw new OutputFailed(
        `${file}: another file has taken this name meanwhile; what was to be written is in ${join(dirname(file), basename(sibling))}`,
      );
    remove();
    if (!isOfSystem(error)) throw error;
    throw failureOf(error, file, (message) => message.replaceAll(sibling, file));
  } finally {
    process.off("exit", remove);
    tellUnfinished(sibling, false);
  }
}

let tellUnfinished: (sibling: string, isThere: boolean) => void = () => undefined;

/** Has somebody hear of the names under which files are being written, who may have to remove them for a Worker. */
export function hearUnfinished(hear: (sibling: string, isThere: boolean) => void): void {
  tellUnfinished = hear;
}

/** A name conflict: a file already has the name that another was to get. */
export class NameTaken extends Error {}

/** An aborted write: the signal of its caller ended it. */
class Aborted extends Error {}

/**
 * The user's error for a failed write.
 *
 * @param what the file or stream is called in messages.
 * @param words changes the system's message.
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

/** The target of a path, its symbolic links resolved: the file is replaced, not the link to it. */
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

/** `open` of node:fs/promises, loaded on first use: commands that write no file start without it. */
const open: typeof openFile = async (...of) => (await import("node:fs/promises")).open(...of);

/** A free name in the same folder. It begins with the target's, so that a file left over tells where it belongs. */
function siblingOf(target: string): string {
  // A name has at most 255 bytes.
  const stem = [...basename(target)].slice(0, 50).join("");
  return join(dirname(target), `${stem}.${crypto.randomUUID().slice(0, 8)}.part`);
}

async function fill(
  sibling: string,
  pieces: Iterable<Output | Uint8Array>,
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
  pieces: Iterable<Output | Uint8Array>,
  { signal }: FileOptions,
): Promise<void> {
  try {
    // Opening a FIFO waits for its reader, so the signal is heard meanwhile. The stream is opened for
    // appending: where it leads to a file, what that holds already stays.
    const opening = open(file, "a");
    const handle = await orAborted(opening, signal);
    try {
      await orAborted(writePieces(handle, pieces, signal), signal);
    } finally {
      // An unfinished write keeps the handle busy, and closing it would wait for the write.
      if (signal?.aborted !== true) await handle.close();
    }
  } catch (error) {
    throw isOfSystem(error) ? failureOf(error, file) : error;
  }
}

/** Whether an error is the system's or an abort. Any other is a mistake of tandem's own. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Aborted || (error as NodeJS.ErrnoException).code !== undefined;
}

/** The promise's value, unless the signal comes first. @throws Aborted then. */
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
  pieces: Iterable<Output | Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  for (const piece of pieces) {
    let rest: Uint8Array = typeof piece === "string" ? Buffer.from(piece) : piece;
    while (rest.length > 0) {
      if (signal?.aborted) throw new Aborted();
      try {
        const { bytesWritten } = await handle.write(rest);
        rest = rest.subarray(bytesWritten);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
        // EAGAIN: the other end has made the pipe non-blocking, and it is full.
        await Bun.sleep(1);
      }
    }
  }
  if (signal?.aborted) throw new Aborted();
}

/**
 * Gives a file a name that nobody has. @throws NameTaken where somebody has it.
 *
 * @param link makes a hard link.
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

/** The same on a file system without hard links: an empty file claims the name, and is then replaced. */
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
