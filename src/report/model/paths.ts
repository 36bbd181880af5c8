/**
 * Paths as a file that is sent to others shows them: within the working folder as they stand, and of all others
 * what tells them apart, as `asyncio/runners.py` of a standard library or `…/secret.py`.
 */
import { readdirSync } from "node:fs";
import { homedir, tmpdir } from "node:os";

/** The folders in a system's root that are taken for such on any machine. */
const usualRoots = [
  "bin",
  "etc",
  "home",
  "lib",
  "mnt",
  "nix",
  "opt",
  "private",
  "root",
  "srv",
  "tmp",
  "usr",
  "Users",
  "var",
];

/** An absolute path of Unix, or of Windows, in a text. */
const absolute =
  /(?<![\w.:/\\~-])(?:file:\/\/)?(\/[\w@+.-]+|[A-Za-z]:)((?:[\\/](?:[^\s\\/:"'`()[\]{}<>,;|*?]+))+)?[\\/]?/g;

export class Paths {
  readonly #folder: string;
  readonly #roots: ReadonlySet<string>;

  /** @param folder the working folder, absolute. */
  constructor(folder: string) {
    this.#folder = folder.replace(/[\\/]+$/, "");
    this.#roots = new Set(
      [
        ...usualRoots,
        ...foldersAt("/"),
        firstOf(homedir()),
        firstOf(tmpdir()),
        firstOf(folder),
      ].map((name) => `/${name}`),
    );
  }

  /** A text in which no path leads out of the working folder. */
  within(text: string): string {
    if (!/[\\/]/.test(text)) return text;
    return text.replace(absolute, (path, root: string, rest: string | undefined) => {
      // A letter and a colon alone are no drive, and what no system has at its root is no path: `/api/users`.
      if (root.startsWith("/") ? !this.#roots.has(root) : rest === undefined) return path;
      const plain = path.replace(/^file:\/\//, "");
      if (this.#folder !== "" && plain.startsWith(`${this.#folder}/`))
        return plain.slice(this.#folder.length + 1);
      if (plain === this.#folder) return ".";
      return rest === undefined ? "…" : shortened(plain);
    });
  }
}

/** What tells a path apart that lies elsewhere. */
function shortened(path: string): string {
  const [, ofPackage] =
    /^.*[\\/](?:site-packages|dist-packages|node_modules)[\\/](.+)$/.exec(path) ?? [];
  if (ofPackage !== undefined) return ofPackage;
  const [, ofLibrary] = /[\\/]lib(?:64)?[\\/]python[\d.]+[\\/](.+)$/.exec(path) ?? [];
  if (ofLibrary !== undefined) return ofLibrary;
  return `…/${path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, "")}`;
}

function firstOf(path: string): string {
  return path.split(/[\\/]/)[1] ?? "";
}

function foldersAt(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((one) => one.isDirectory() || one.isSymbolicLink())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/** A value of data with all texts in it changed; what is no text, list, map or object stays as it is. */
export function withTexts<Value>(value: Value, change: (text: string) => string): Value {
  const changed = (one: unknown): unknown => {
    if (typeof one === "string") return change(one);
    if (Array.isArray(one)) return one.map(changed);
    if (one instanceof Map) return new Map([...one].map(([key, of]) => [key, changed(of)]));
    if (typeof one === "object" && one !== null && Object.getPrototypeOf(one) === Object.prototype)
      return Object.fromEntries(Object.entries(one).map(([key, of]) => [key, changed(of)]));
    return one;
  };
  return changed(value) as Value;
}
