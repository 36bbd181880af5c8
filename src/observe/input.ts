/** Standard input, kept: so that a program can be run several times, and reads the same each time. */
import { createReadStream, createWriteStream, fstatSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { UserError } from "../base/user-error.ts";
import { makeRunFolder, removeRunFolder } from "./folders.ts";

/** After how long, in ms, whoever waits for the end of standard input is to be told so. */
const patienceMs = 1000;

/** Standard input cannot be kept; the message says why. */
export class CannotKeepInput extends UserError {}

/** A file with all that came by standard input; it is gone when this is disposed of. */
export interface KeptInput extends Disposable {
  path: string;
}

/**
 * Reads standard input to its end; null where there is nothing to be kept, since every run can have it as it is: from a
 * terminal, the null device, or nowhere.
 *
 * @param onWait hears that its end has not come for a second.
 * @throws CannotKeepInput
 */
export async function keepInput(onWait: () => void): Promise<KeptInput | null> {
  if (!isToBeKept()) return null;
  const waiting = setTimeout(onWait, patienceMs);
  let folder: string | undefined;
  const dispose = (): void => {
    if (folder !== undefined) removeRunFolder(folder);
  };
  try {
    folder = makeRunFolder();
    const path = join(folder, "input");
    const input = createReadStream("", { fd: 0, autoClose: false });
    await pipeline(input, createWriteStream(path, { flags: "wx", mode: 0o600 }));
    return { path, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw new CannotKeepInput(`standard input cannot be kept: ${(error as Error).message}`);
  } finally {
    clearTimeout(waiting);
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
