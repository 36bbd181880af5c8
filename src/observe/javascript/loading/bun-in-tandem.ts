/** The Bun inside tandem's executable, which is one only where a variable says so, for the processes below a program that it runs. */
import { delimiter, join } from "node:path";
import type { AddBun } from "./carried.ts";
import { chmodSync, mkdirSync, writeFileSync } from "./originals.ts";

/**
 * A process of the same file is told to be Bun again; any other that was made with Bun is not, as it would no longer be
 * itself. Where the PATH has no `bun`, a script of that name stands at its end, which starts this one.
 *
 * @param folder the recorder's own.
 */
export function bunInTandem(folder: string): AddBun {
  let shim: string | undefined;
  return (environment, command) => {
    const { PATH: path = "" } = environment;
    const isItself = command.includes(process.execPath);
    const isOnPath =
      path === "" || process.platform === "win32" || Bun.which("bun", { PATH: path });
    return {
      ...(isItself ? { BUN_BE_BUN: "1" } : {}),
      ...(isOnPath ? {} : { PATH: `${path}${delimiter}${(shim ??= makeShim(folder))}` }),
    };
  };
}

/** The folder of a script by the name of `bun`. */
function makeShim(folder: string): string {
  const bin = join(folder, "bin");
  const executable = `'${process.execPath.replaceAll("'", String.raw`'\''`)}'`;
  try {
    mkdirSync(bin, { recursive: true, mode: 0o700 });
    const path = join(bin, "bun");
    writeFileSync(path, `#!/bin/sh\nBUN_BE_BUN=1 exec ${executable} "$@"\n`);
    chmodSync(path, 0o700);
  } catch {
    // There is no room for it: then there is none, as on the PATH.
  }
  return bin;
}
