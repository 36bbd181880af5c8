/** A look at what stands at a path. It never throws: whatever keeps from looking is part of a sentence. */
import { statSync, type Stats } from "node:fs";

/** What stands at a path. A stream is all that is neither file nor folder: a FIFO, a device. */
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

/** What the system says where there is nothing; a name with a NUL in it nothing can have. */
const absent = ["ENOENT", "ENOTDIR", "ERR_INVALID_ARG_VALUE"];

const reasons: Readonly<Record<string, string>> = {
  ELOOP: "its symbolic links lead in circles",
  ENAMETOOLONG: "its name is too long",
  EACCES: "you may not look into its folder",
};
