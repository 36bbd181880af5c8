/**
 * The folders of an observation: a lasting one for the recorder's files, and one for this run, which is gone
 * when it has ended.
 *
 * Both are their owner's alone. What a tandem left that was killed is swept by the next one.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { lookAt } from "../base/paths.ts";
import type { RecorderFiles } from "./language.ts";
import { isAlive } from "./system.ts";

/** The room, in bytes, that a file system must have for the files of some processes. */
const leastRoom = 256 * 2 ** 20;

/** How many versions of recorders are kept. */
const mostVersions = 8;

const prefix = "tandem-observe";

/**
 * Makes the folder of a run, in memory where the system has room for it there.
 *
 * @throws where none can be made.
 */
export function makeRunFolder(): string {
  const places = [...(process.platform === "linux" ? ["/dev/shm"] : []), tmpdir()];
  let failure: unknown;
  for (const place of places) {
    if (place !== tmpdir() && !hasRoom(place)) continue;
    try {
      sweep(place);
      return kept(mkdtempSync(join(place, `${prefix}-${process.pid}-`)));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** By folder of a run that goes on: what removes it as the process ends, by whatever ends it. */
const removals = new Map<string, () => void>();

function kept(folder: string): string {
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

export function removeRunFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  process.off("exit", removals.get(folder) ?? ((): void => undefined));
  removals.delete(folder);
}

function hasRoom(place: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize >= leastRoom;
  } catch {
    return false;
  }
}

/** Removes the folders of runs whose tandem is gone. */
function sweep(place: string): void {
  for (const name of readdirSync(place)) {
    const pid = new RegExp(`^${prefix}-(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = join(place, name);
    if (isPrivate(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The folder with the recorder's files, where what a runtime makes of them can be kept from run to
 * run: in the system's cache folder, or in the run's own where that cannot be.
 */
export async function recorderFolder(files: RecorderFiles, runFolder: string): Promise<string> {
  try {
    return await cached(files, join(cacheFolder(), "tandem"));
  } catch {
    return written(await files.load(), join(runFolder, `recorder-${files.version}`));
  }
}

/** What is to be known of files without their texts. */
export function described(files: Readonly<Record<string, string>>): Omit<RecorderFiles, "load"> {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const [name, text] of Object.entries(files)) hasher.update(`${name}\0${text}\0`);
  const lengths = Object.entries(files).map(([name, text]) => [name, Buffer.byteLength(text)]);
  return { version: hasher.digest("hex").slice(0, 16), lengths: Object.fromEntries(lengths) };
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  if (process.platform === "win32") return local ?? join(homedir(), "AppData", "Local");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches");
  return xdg?.startsWith("/") ? xdg : join(homedir(), ".cache");
}

/** @throws where there is no such folder that is this user's alone, and none can be made. */
async function cached(files: RecorderFiles, home: string): Promise<string> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  // Whoever else may write there could put another folder in the place of ours.
  if (!isPrivate(home)) throw new Error(`${home} is not ours`);
  const folder = join(home, `recorder-${files.version}`);
  if (lookAt(folder).kind === "nothing") {
    const sibling = written(await files.load(), mkdtempSync(join(home, "making-")));
    try {
      renameSync(sibling, folder);
    } catch (error) {
      rmSync(sibling, { recursive: true, force: true });
      // Another tandem has put the same there meanwhile.
      if (lookAt(folder).kind !== "folder") throw error;
    }
    forgetOld(home);
  }
  if (!isPrivate(folder) || !holds(folder, files.lengths)) throw new Error(`${folder} is not ours`);
  utimesSync(folder, new Date(), new Date());
  return folder;
}

function written(files: Readonly<Record<string, string>>, folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
  return folder;
}

/** Whether a folder has the files, as long as they should be. */
function holds(folder: string, lengths: RecorderFiles["lengths"]): boolean {
  return Object.entries(lengths).every(([name, length]) => {
    const there = lookAt(join(folder, name));
    return there.kind === "file" && there.stats.size === length;
  });
}

/** Whether a folder is there, and is nobody's but this user's. */
function isPrivate(path: string): boolean {
  const there = lookAt(path);
  if (there.kind !== "folder") return false;
  if (process.getuid === undefined) return true;
  return there.stats.uid === process.getuid() && (there.stats.mode & 0o077) === 0;
}

/** Removes the versions that have not been used for the longest. */
function forgetOld(home: string): void {
  const usedAt = (folder: string): number => {
    const there = lookAt(folder);
    return there.kind === "folder" ? there.stats.mtimeMs : 0;
  };
  const folders = readdirSync(home).map((name) => join(home, name));
  for (const folder of folders.toSorted((a, b) => usedAt(b) - usedAt(a)).slice(mostVersions))
    if (isPrivate(folder)) rmSync(folder, { recursive: true, force: true });
}
