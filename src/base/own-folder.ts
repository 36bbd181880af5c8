/**
 * Folders that this process has for a while: they are its user's alone, and gone when it ends, by whatever ends it but a
 * kill. What was left by a process that was killed is swept by the next one, since its name says whose it was.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lookAt } from "./paths.ts";
import { isAlive } from "./processes.ts";

/** By folder that is there: what removes it as the process ends. */
const removals = new Map<string, () => void>();

/**
 * Makes a folder, once those are removed that were left there under this prefix.
 *
 * @throws where none can be made.
 */
export function makeOwnFolder(place: string, prefix: string): string {
  sweep(place, prefix);
  const folder = mkdtempSync(join(place, `${prefix}-${process.pid}-`));
  const remove = (): void => {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Without a descriptor to spare no folder can be looked into; the next run sweeps it away.
    }
  };
  removals.set(folder, remove);
  process.on("exit", remove);
  return folder;
}

export function removeOwnFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  process.off("exit", removals.get(folder) ?? ((): void => undefined));
  removals.delete(folder);
}

/** Removes the folders of those that are gone. */
function sweep(place: string, prefix: string): void {
  for (const name of readdirSync(place)) {
    const pid = new RegExp(`^${prefix}-(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = join(place, name);
    if (isPrivate(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether a folder is there, and is nobody's but this user's. */
export function isPrivate(path: string): boolean {
  const there = lookAt(path);
  if (there.kind !== "folder") return false;
  if (process.getuid === undefined) return true;
  return there.stats.uid === process.getuid() && (there.stats.mode & 0o077) === 0;
}
