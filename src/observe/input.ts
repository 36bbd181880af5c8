/** Standard input, kept: so that a program can be run several times, and reads the same each time. */
import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  readSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { UserError } from "../base/user-error.ts";
import { removeOwnFolder } from "../base/own-folder.ts";
import { makeRunFolder } from "./folders.ts";

/**
 * For how long, in ms, the first of a pipe's input is waited for; and after how long whoever waits for its end is to be
 * told so.
 */
const patienceMs = 1000;

/** How often, in ms, it is looked whether something has come. */
const lookMs = 10;

/** Standard input cannot be kept; the message says why. */
export class CannotKeepInput extends UserError {}

/** A file with all that came by standard input; it is gone when this is disposed of. */
export interface KeptInput extends Disposable {
  path: string;
}

/**
 * Reads standard input to its end; null where there is nothing to be kept, since every run can have it as it is: from a
 * terminal, the null device, or nowhere. The same where nothing comes by it, as by a pipe that somebody holds open.
 *
 * @param onWait hears that its end has not come for a second.
 * @throws CannotKeepInput
 */
export async function keepInput(onWait: () => void): Promise<KeptInput | null> {
  if (!isToBeKept()) return null;
  let waiting: NodeJS.Timeout | undefined;
  let folder: string | undefined;
  const dispose = (): void => {
    if (folder !== undefined) removeOwnFolder(folder);
  };
  try {
    const first = await firstOf();
    if (first === null) return null;
    waiting = setTimeout(onWait, patienceMs);
    folder = makeRunFolder();
    const path = join(folder, "input");
    const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
    file.write(first);
    await pipeline(createReadStream("", { fd: 0, autoClose: false }), file);
    return { path, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw new CannotKeepInput(`standard input cannot be kept: ${(error as Error).message}`);
  } finally {
    clearTimeout(waiting);
  }
}

/** The first that comes by standard input; empty where that can be waited for by reading it, null where nothing comes. */
async function firstOf(): Promise<Uint8Array | null> {
  if (!fstatSync(0).isFIFO()) return new Uint8Array();
  let pipe: number;
  try {
    // Opened once more it can be looked into without being waited for, which its other readers know nothing of.
    pipe = openSync("/proc/self/fd/0", constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return new Uint8Array();
  }
  try {
    const bytes = new Uint8Array(65_536);
    for (const start = performance.now(); performance.now() - start < patienceMs;) {
      try {
        return bytes.subarray(0, readSync(pipe, bytes));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
        await Bun.sleep(lookMs);
      }
    }
    return null;
  } finally {
    closeSync(pipe);
  }
}

function isToBeKept(): boolean {
  try {
    if (fstatSync(0).rdev === statSync("/dev/null").rdev) return false;
  } catch {
    return false;
  }
  return !process.getBuiltinModule("node:tty").isatty(0);
}
