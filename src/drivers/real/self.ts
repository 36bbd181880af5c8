/** Starting this very program again, as a process that must not outlive this one. */
import { fileURLToPath } from "node:url";

/** How this program is started: as an executable, or from source. */
export function selfCommand(): string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath];
  return [process.execPath, fileURLToPath(new URL("../../main.ts", import.meta.url))];
}

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
