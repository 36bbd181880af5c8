/** Starting this very program again, as a process that must not outlive this one. */
import { fileURLToPath } from "node:url";

/** How this program is started: as an executable, or from source. */
export function selfCommand(): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath];
  return [process.execPath, fileURLToPath(new URL("../../main.ts", import.meta.url))];
}

/**
 * Left alone, the engine compiles what a run does some hundred times, and looks for garbage in what a
 * crowd of tasks consists of, on cores that the threads of the run have a use for. So it is told to
 * compile a function when it has been called a thousand times and more, and to let a heap grow to 64 MB.
 *
 * Only the executable knows its Bun: another one may have no such options, and would not start then.
 */
export const restrainedEngine: NodeJS.ProcessEnv = Bun.isStandaloneExecutable
  ? { BUN_JSC_thresholdForJITAfterWarmUp: "20000", BUN_JSC_largeHeapSize: String(64 * 2 ** 20) }
  : {};

/**
 * The environment of a child that dies with its parent: not even SIGKILL leaves it behind, not even
 * in a blocking sleep. Bun sees to that where the system lets it; Windows has no such thing as an
 * orphan's new parent.
 */
export function withoutOrphans(): NodeJS.ProcessEnv {
  if (process.platform === "win32") return process.env;
  const own = process.env["BUN_OPTIONS"];
  return { ...process.env, BUN_OPTIONS: own ? `${own} --no-orphans` : "--no-orphans" };
}
