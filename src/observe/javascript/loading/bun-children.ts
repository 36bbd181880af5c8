/** Processes that are started in Bun: `child_process` goes through `Bun.spawn` and `Bun.spawnSync` as well. */
import type { CarriedVariables } from "./carried.ts";
import { replace } from "./natives.ts";

interface SpawnOptions {
  cmd?: string[];
  env?: Record<string, string | undefined>;
  uid?: number;
}

/** @param native the environment that Bun gives to a child where no other is asked for. */
export function followChildren(carried: CarriedVariables, native: Record<string, string>): void {
  for (const name of ["spawn", "spawnSync"])
    replace(Bun, name, (original) => {
      const { spawn } = {
        spawn(this: unknown, first: string[] | SpawnOptions, options?: SpawnOptions): unknown {
          const isList = Array.isArray(first);
          const given = (isList ? options : first) ?? {};
          const command = isList ? first : (given.cmd ?? []);
          const env = environmentFor(given, command, carried, native);
          if (env === null) return Reflect.apply(original, this, [first, options] as never[]);
          const added = { ...given, env };
          return Reflect.apply(original, this, (isList ? [first, added] : [added]) as never[]);
        },
      };
      return spawn as (...given: never[]) => unknown;
    });
}

function environmentFor(
  { env, uid }: SpawnOptions,
  command: readonly string[],
  carried: CarriedVariables,
  native: Record<string, string>,
): Record<string, string | undefined> | null {
  if (uid !== undefined && uid !== process.getuid?.()) return carried.without(env ?? native);
  const words = Array.isArray(command) ? command.join(" ") : "";
  const completed = carried.completed(env ?? native, words);
  if (completed !== null) return completed;
  // What Bun gives by itself has the variable that this process was told by.
  return env === undefined && process.env["BUN_BE_BUN"] === undefined ? native : null;
}
