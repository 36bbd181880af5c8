/**
 * The transformations of modules that have been made before, by the content of their sources: files in the private folder
 * of this version of the recorder. Where that is not this user's alone nothing is read and nothing is kept.
 */
import { join } from "node:path";
import { lookAt } from "../../../base/paths.ts";
import type { Transformed } from "../inserted.ts";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "./originals.ts";

/** How many files are kept, and how many characters of source they may stand for. */
const mostFiles = 4000;
const mostSource = 32_000_000;

/** What is longer is transformed each time. */
const longestSource = 2_000_000;

/** A text that cannot be parsed is kept as null: then the parser need not look at it again. */
export type Kept = Transformed | null;

export class KeptTransformations {
  readonly #folder: string;
  readonly #hash: (text: string) => string;
  #isUsable: boolean | undefined;
  #hasSwept = false;

  /** @param folder the recorder's own. */
  constructor(folder: string, hash: (text: string) => string) {
    this.#folder = folder;
    this.#hash = hash;
  }

  /** The path for a source that is read by some rules; its length goes first, for the sweeping. */
  #pathOf(source: string, rules: string): string {
    return join(
      this.#folder,
      "modules",
      `${source.length}-${this.#hash(`${rules}\0${source}`)}.json`,
    );
  }

  find(source: string, rules: string): Kept | undefined {
    if (!this.#mayUse() || source.length > longestSource) return undefined;
    try {
      return JSON.parse(readFileSync(this.#pathOf(source, rules), "utf8")) as Kept;
    } catch {
      return undefined;
    }
  }

  keep(source: string, rules: string, transformed: Kept): void {
    if (!this.#mayUse() || source.length > longestSource) return;
    const path = this.#pathOf(source, rules);
    const mine = `${path}.${process.pid}`;
    try {
      if (!this.#hasSwept) this.#sweep();
      writeFileSync(mine, JSON.stringify(transformed), { mode: 0o600 });
      renameSync(mine, path);
    } catch {
      // No room; or another process has swept it away.
    }
  }

  #mayUse(): boolean {
    return (this.#isUsable ??= isPrivate(this.#folder) && this.#isMade());
  }

  #isMade(): boolean {
    const folder = join(this.#folder, "modules");
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch {
      return false;
    }
    return isPrivate(folder);
  }

  /** Once a process, before its first is added: removes the older half where there are too many. */
  #sweep(): void {
    this.#hasSwept = true;
    const folder = join(this.#folder, "modules");
    const names = readdirSync(folder);
    const source = names.reduce((sum, name) => sum + (Number.parseInt(name, 10) || 0), 0);
    if (names.length <= mostFiles && source <= mostSource) return;
    const madeAt = (name: string): number => {
      const there = lookAt(join(folder, name));
      return there.kind === "file" ? there.stats.mtimeMs : 0;
    };
    const byAge = names.map((name) => ({ name, at: madeAt(name) })).sort((a, b) => a.at - b.at);
    for (const { name } of byAge.slice(0, byAge.length >> 1)) unlinkSync(join(folder, name));
  }
}

/** Whether a folder is nobody's but this user's. */
function isPrivate(path: string): boolean {
  const there = lookAt(path);
  if (there.kind !== "folder") return false;
  if (process.getuid === undefined) return true;
  return there.stats.uid === process.getuid() && (there.stats.mode & 0o077) === 0;
}
