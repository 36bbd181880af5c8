/** Places in the user's own source, and errors in a sentence that ends in one. */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CallStep } from "../../../scenario/calls.ts";
import type { Place } from "../../../trace/definitions.ts";
import { type BuildPosition, isA, readThrown } from "./thrown.ts";

/** A function of the user's that cannot be called at all; the message says why and where. */
export class LoadError extends Error {}

/** A line, of which neither the column nor the function is known. */
export function at(file: string, line: number): Place {
  return { file, line, column: null, function: null };
}

export class Places {
  readonly #folder: string;

  /** @param folder what paths are relative to. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Anything that was thrown, in a sentence that ends in its place in the user's source. */
  describe(error: unknown, module: string): string {
    if (isA(error, LoadError)) return error.message;
    const { text, isError, stack, position } = readThrown(error);
    if (position !== undefined) return `${text} (${this.#at(position)})`;
    if (!isError) return `${text} (thrown in ${module})`;
    const place = this.ofStack(stack);
    const where = place === null ? "" : ` (${place.file}:${place.line}:${place.column})`;
    return `${text}${where}`;
  }

  /** The first place of a stack that is not tandem's own. */
  ofStack(stack: string | undefined): Place | null {
    for (const [, file, line, column] of (stack ?? "").matchAll(
      /(?:\(|at )(?:async )?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^()\n]*?):(\d+):(\d+)/g,
    )) {
      const path = pathOf(file!);
      if (path === undefined || !this.isUsers(path)) continue;
      return { ...at(this.shorten(path), Number(line)), column: Number(column) };
    }
    return null;
  }

  /** The place of a step's function: the line of its definition as far as the source's text tells it. */
  inFunction({ module, export: name }: CallStep): Place {
    const file = resolve(this.#folder, module);
    return { ...at(this.shorten(file), lineOf(file, name)), function: name };
  }

  /** Whether a file is neither tandem's own nor Bun's. */
  isUsers(path: string): boolean {
    return !isOwn(path) && existsSync(path);
  }

  /** A path relative to the scenario's folder, if it is inside. */
  shorten(path: string): string {
    const short = relative(this.#folder, path);
    return short.startsWith("..") || isAbsolute(short) ? path : short;
  }

  #at({ file, line, column }: BuildPosition): string {
    return `${this.shorten(file)}:${line}:${column}`;
  }
}

/** Tandem's own sources: from source the folder they lie in, in the executable its own file system. */
function isOwn(path: string): boolean {
  if (Bun.isStandaloneExecutable) return /[\\/](\$bunfs|~BUN)[\\/]/.test(path);
  return path.startsWith(ownFolder);
}
const ownFolder = fileURLToPath(new URL("../../../", import.meta.url));

/** The path of a frame; undefined for a URL that names no file here: a stack may hold any text. */
function pathOf(file: string): string | undefined {
  if (!file.startsWith("file:")) return file;
  try {
    return fileURLToPath(file);
  } catch {
    return undefined;
  }
}

/** The line on which a module defines an export, as far as its text tells it. */
function lineOf(file: string, name: string): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return 1;
  }
  const definition =
    name === "default"
      ? /export\s+default\b/
      : new RegExp(
          String.raw`export\s+(?:async\s+)?(?:function\s*\*?|const|let|var|class)\s+${RegExp.escape(name)}(?![\w$])`,
        );
  const index = text.search(definition);
  return index < 0 ? 1 : text.slice(0, index).split("\n").length;
}
