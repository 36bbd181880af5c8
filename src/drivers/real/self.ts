/** Starting this very program again, as a process that must not outlive this one. */
import { fileURLToPath } from "node:url";

/** How the processes of a run are started: as this program is, as an executable or from source. */
export function selfCommand(): readonly string[] {
  return instead?.() ?? ownCommand();
}

function ownCommand(): readonly string[] {
  if (Bun.isStandaloneExecutable) return [process.execPath];
  return [process.execPath, fileURLToPath(new URL("../../main.ts", import.meta.url))];
}

let instead: (() => readonly string[]) | undefined;

/**
 * Starts another build of tandem for the processes of the runs that follow, for a program that holds
 * tandem as a part of it.
 *
 * @param command is asked at each start for the words that call it.
 */
export function startRunsWith(command: () => readonly string[]): void {
  instead = command;
}

/** What is known of a run before its process is started. */
export interface RunTraits {
  /** It may call user code, which is to run as it runs without tandem. */
  mayCall: boolean;
  mayHavePool: boolean;
}

/**
 * What the engine of a run's process is told. Left alone, it looks for garbage in what a crowd of
 * tasks consists of, so it is to let a heap grow to 64 MB. And it compiles what a run does some hundred
 * times, on cores that a pool has a use for: beside one, it is to compile a function when it has been
 * called tens of thousands of times.
 *
 * Only the executable knows its Bun: another one may have no such options, and would not start then.
 */
export function engineFor({ mayCall, mayHavePool }: RunTraits): NodeJS.ProcessEnv {
  if (mayCall || !Bun.isStandaloneExecutable) return {};
  return {
    BUN_JSC_largeHeapSize: String(64 * 2 ** 20),
    ...(mayHavePool ? { BUN_JSC_thresholdForJITAfterWarmUp: "1000000" } : {}),
  };
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
