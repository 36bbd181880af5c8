/** Processes that are started in Node: all that do not wait go through `ChildProcess.prototype.spawn`. */
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import type { CarriedVariables } from "./carried.ts";
import { replace } from "./natives.ts";

interface Prepared {
  envPairs?: string[];
  args?: string[];
  uid?: number;
}

interface SyncOptions {
  env?: Record<string, string | undefined>;
  uid?: number;
}

export function followChildren(carried: CarriedVariables): void {
  const { ChildProcess } = childProcess as unknown as { ChildProcess: { prototype: object } };
  replace(ChildProcess.prototype, "spawn", (original) => {
    const own = {
      spawn(this: unknown, options: Prepared): unknown {
        const pairs = options?.envPairs;
        if (!Array.isArray(pairs)) return Reflect.apply(original, this, [options] as never[]);
        const environment = Object.fromEntries(pairs.map(splitPair));
        const env = environmentFor(options, environment, carried);
        if (env !== null)
          options.envPairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
        return Reflect.apply(original, this, [options] as never[]);
      },
    };
    return own.spawn as (...given: never[]) => unknown;
  });
  for (const name of ["spawnSync", "execFileSync", "execSync"])
    replace(childProcess, name, (original) => {
      const own = {
        run(this: unknown, ...given: unknown[]): unknown {
          const at = given.findIndex((each) => isOptions(each));
          const options = at < 0 ? {} : (given[at] as SyncOptions);
          const env = environmentFor(options, options.env ?? process.env, carried);
          if (env === null) return Reflect.apply(original, this, given as never[]);
          const all = at < 0 ? [...given, { env }] : given.with(at, { ...options, env });
          return Reflect.apply(original, this, all as never[]);
        },
      };
      return own.run as (...given: never[]) => unknown;
    });
  syncBuiltinESMExports();
}

const isOptions = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function splitPair(pair: string): [name: string, value: string] {
  const at = pair.indexOf("=", 1);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function environmentFor(
  { uid }: { uid?: number },
  environment: Record<string, string | undefined>,
  carried: CarriedVariables,
): Record<string, string | undefined> | null {
  if (uid !== undefined && uid !== process.getuid?.()) return carried.without(environment);
  return carried.completed(environment, "");
}
