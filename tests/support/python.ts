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
  /** What starts it. */
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
  const words =
    named === undefined
      ? ["python3", ...[14, 13, 12, 11].map((minor) => `python3.${minor}`), ...ofPyenv()]
      : [named];
  const byMinor = new Map<number, Python>();
  for (const path of words) {
    const minor = minorOf(path);
    if (minor !== null && !byMinor.has(minor)) byMinor.set(minor, { path, minor });
  }
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

function minorOf(path: string): number | null {
  try {
    const { exitCode, stdout } = Bun.spawnSync(
      [path, "-c", "import sys; print(*sys.version_info[:2])"],
      { stderr: "ignore" },
    );
    const [major, minor] = stdout.toString().trim().split(" ").map(Number);
    return exitCode === 0 && major === 3 && minor! >= 9 ? minor! : null;
  } catch {
    return null;
  }
}
