/** Whether processes are there, as the system says. */
import { readFileSync } from "node:fs";

/** Whether a process is there and has not ended, even if nobody has asked for its status yet. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return process.platform !== "linux" || !"ZX".includes(stateOf(pid));
}

/** The letter of its state on Linux. */
function stateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything.
    return stat[stat.lastIndexOf(")") + 2] ?? "X";
  } catch {
    return "X";
  }
}
