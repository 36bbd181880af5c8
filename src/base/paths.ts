/** The kind of what stands at a path. Looking never throws: a path that cannot be reached has words for why. */
import { statSync, type Stats } from "node:fs";

/** A file, a folder, a stream (neither of these: a FIFO, a device), nothing, or a path that cannot be reached. */
export type Standing =
  | { kind: "file" | "folder" | "stream"; stats: Stats }
  | { kind: "nothing" }
  | {
      kind: "unreachable";
      /** The end of a sentence: "its symbolic links lead in circles". */
      why: string;
    };

/** Looks where a path leads to, by its symbolic links. */
export function lookAt(path: string): Standing {
  try {
    const stats = statSync(path);
    const kind = stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "stream";
    return { kind, stats };
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (absent.includes(code)) return { kind: "nothing" };
    return { kind: "unreachable", why: reasons[code] ?? message };
  }
}

/** The error codes for a path with nothing at it. The last is that of a name with a NUL, which nothing can have. */
const absent = ["ENOENT", "ENOTDIR", "ERR_INVALID_ARG_VALUE"];

const reasons: Readonly<Record<string, string>> = {
  ELOOP: "its symbolic links lead in circles",
  ENAMETOOLONG: "its name is too long",
  EACCES: "you may not look into its folder",
};
