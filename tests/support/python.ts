/**
 * The Pythons of this machine that scenarios and emitted programs are held against.
 *
 * CPython 3.12 and later is the reference. `TANDEM_PYTHON` names the interpreter to take; else the
 * newest on the PATH is taken, and the versions of pyenv are looked at as well.
 */
import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface Python {
  /** The interpreter itself: what stands on the PATH may be a script that looks for it each time, for longer than Python takes to start. */
  path: string;
  /** The 12 of 3.12. */
  minor: number;
}

/** The first minor version of Python 3 that is the reference. */
export const referenceMinor = 12;

/** The newest of the Pythons found that is none older than the minor version; null where there is none. */
export function findPython(leastMinor: number = referenceMinor): Python | null {
  return pythons().find(({ minor }) => minor >= leastMinor) ?? null;
}

/** Why there is nothing to be held against, for the title of a test that is skipped; empty where there is. */
export function whyNoPython(leastMinor: number = referenceMinor): string {
  return findPython(leastMinor) === null
    ? ` (skipped: no Python 3.${leastMinor} or later was found)`
    : "";
}

let found: Python[] | undefined;

/** The newest first; each minor version once. */
export function pythons(): readonly Python[] {
  found ??= look();
  return found;
}

function look(): Python[] {
  const named = process.env["TANDEM_PYTHON"];
  const byMinor = new Map<number, Python>();
  const take = (words: readonly string[]): void => {
    for (const word of words) {
      const python = ask(word);
      if (python !== null && !byMinor.has(python.minor)) byMinor.set(python.minor, python);
    }
  };
  take(named === undefined ? ofPyenv() : [named]);
  // On the PATH pyenv has scripts that look for an interpreter each time, for longer than it takes to start.
  if (named === undefined)
    take(
      ["python3", ...[14, 13, 12, 11, 10, 9].map((minor) => `python3.${minor}`)].filter((word) => {
        const path = Bun.which(word);
        return path !== null && !path.includes("/shims/");
      }),
    );
  return [...byMinor.values()].sort((a, b) => b.minor - a.minor);
}

function ofPyenv(): string[] {
  const versions = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  try {
    return readdirSync(versions).map((version) => join(versions, version, "bin", "python3"));
  } catch {
    return [];
  }
}

function ask(word: string): Python | null {
  try {
    const { exitCode, stdout } = Bun.spawnSync(
      [word, "-c", "import sys; print(*sys.version_info[:2], sys.executable)"],
      { stderr: "ignore" },
    );
    const [, major, minor, path] = /^(\d+) (\d+) (.+)\n$/.exec(stdout.toString()) ?? [];
    return exitCode === 0 && major === "3" ? { path: path!, minor: Number(minor) } : null;
  } catch {
    return null;
  }
}
