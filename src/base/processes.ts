/** Whether processes are there, as the system says. */
import { readFileSync } from "node:fs";

/**
 * Whether a process is there and has not ended, even if nobody has asked for its status yet. Where the system does not
 * say, as it has no descriptor to spare, it is.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== "linux") return true;
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything; behind it is the state, of which these two are ends.
    return !/\) [ZX] [^)]*$/.test(stat);
  } catch (error) {
    return !gone.has((error as NodeJS.ErrnoException).code);
  }
}

/** What the system says of a process that is not there. */
const gone: ReadonlySet<string | undefined> = new Set(["ESRCH", "ENOENT"]);
