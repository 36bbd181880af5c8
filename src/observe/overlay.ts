/**
 * Texts that runtimes read in place of what stands in files. The files themselves, and the folders that they stand in,
 * are not written to.
 *
 * A folder of the run's has them, by numbers from 0 on: `paths`, the files in place of which they are read, with a NUL
 * behind each; each text under its number; and `served`, to which every recorder appends a line, `pid thread number`, when it
 * first hands a text to its runtime.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A text in place of what stands in a file. */
export interface OverlaidFile {
  /** Absolute, without symbolic links. */
  path: string;
  text: Uint8Array;
}

/** A process, or a thread of it with modules of its own, that was given a text in place of a file's. */
export interface Served {
  path: string;
  pid: number;
  /** 0 for the process's own; else which of its threads. */
  thread: number;
}

/** Lays an overlay out in a run's folder. @returns the overlay's own. */
export function layOut(files: readonly OverlaidFile[], run: string): string {
  const folder = join(run, "overlay");
  mkdirSync(folder, { mode: 0o700 });
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  for (const [number, { text }] of files.entries()) write(`${number}`, text);
  write("paths", files.map(({ path }) => `${path}\0`).join(""));
  write("served", "");
  return folder;
}

/** Who was given a text of an overlay, in the order in which they were; each once for each file. */
export function servedFrom(folder: string, files: readonly OverlaidFile[]): Served[] {
  const lines = new Set(readFileSync(join(folder, "served"), "utf8").split("\n"));
  return [...lines].flatMap((line) => {
    const [, pid, thread, number] = /^(\d+) (\d+) (\d+)$/.exec(line) ?? [];
    const file = files[Number(number)];
    return file === undefined
      ? []
      : [{ path: file.path, pid: Number(pid), thread: Number(thread) }];
  });
}
