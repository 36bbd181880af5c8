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
import { isPrivate, makeOwnFolder } from "../base/own-folder.ts";
import { lookAt } from "../base/paths.ts";
import type { RecorderFiles } from "./language.ts";

/** The room, in bytes, that a file system must have for the files of some processes. */
const leastRoom = 256 * 2 ** 20;

/** How many versions of recorders are kept. */
const mostVersions = 8;

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
      return makeOwnFolder(place, "tandem-observe");
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function hasRoom(place: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize >= leastRoom;
  } catch {
    return false;
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
