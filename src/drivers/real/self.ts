/** Starting this very program again, as a process that must not outlive this one. */
import { fileURLToPath } from "node:url";

/** The command that starts the processes of a run: this program, as an executable or from source. */
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

/** The traits of a run that its process is started by. */
export interface RunTraits {
  /** Whether it may call user code, for which the engine must be left as it is. */
  mayCall: boolean;
  mayHavePool: boolean;
}

/**
 * The engine's options for a run's process, as environment variables. By default it collects garbage
 * among the objects of a crowd of tasks, which finds none, so the heap may first grow to 64 MB. It also
 * compiles what a run does some hundred times, on cores that a pool needs: beside a pool a function is
 * compiled only after tens of thousands of calls.
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
 * The environment of a child that dies with its parent, even if that is killed by SIGKILL or the child is
 * in a blocking sleep. Bun watches for the parent's end where the system allows that.
 *
 * What the caller's environment tells a Bun (to be another program, to load something first, to open a
 * port) is not for the processes of a run.
 */
export function withoutOrphans(): NodeJS.ProcessEnv {
  const { BUN_BE_BUN: _, BUN_OPTIONS: __, ...environment } = process.env;
  for (const name of Object.keys(environment))
    if (name.startsWith("BUN_INSPECT")) delete environment[name];
  if (process.platform === "win32") return environment;
  return { ...environment, BUN_OPTIONS: "--no-orphans" };
}
