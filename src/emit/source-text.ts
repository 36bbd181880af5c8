/** Lines of a program that is being written, in whatever language: indentation and names. */
import { type Piece, splitJson, splitPlaceholders } from "../scenario/placeholders.ts";

/** Lines, one step further in. */
export function indented(lines: readonly string[], by: string): string[] {
  return lines.map((line) => (line === "" ? "" : by + line));
}

/** Blocks of lines with an empty line (or two) between; blocks of nothing leave none. */
export function separated(blocks: readonly (readonly string[])[], between: string[]): string[] {
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, index) => (index === 0 ? block : [...between, ...block]));
}

/** The names of one program: each is given to one thing, and none is a word of the language. */
export class Names {
  readonly #taken: Set<string>;

  constructor(reserved: Iterable<string>) {
    this.#taken = new Set(reserved);
  }

  /** The wanted name, or where it is taken the first of name_, name_2, name_3 … that is not. */
  claim(wanted: string): string {
    let name = wanted;
    for (let next = 1; this.#taken.has(name); next++)
      name = next === 1 ? `${wanted}_` : `${wanted}_${next}`;
    this.#taken.add(name);
    return name;
  }
}

/** `thread-listing` as `thread_listing`. */
export function toSnakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll("-", "_")
    .toLowerCase();
}

/** `thread-listing` as `threadListing`. */
export function toCamelCase(name: string): string {
  return name.replaceAll(/[-_]+(\w?)/g, (_, letter: string) => letter.toUpperCase());
}

/** The index of a repeat, by how many repeats are around it. */
export function indexName(depth: number): string {
  return depth < 4 ? "ijkl"[depth]! : `i${depth}`;
}

/**
 * A value that is sent, as every language here writes it: what is neither text nor a number is only
 * ever printed, as JSON.
 *
 * @param text writes a text that these pieces make up; `inJson` where it is one of JSON, and what is
 *   filled in stands inside a string of it.
 */
export function literal(
  value: unknown,
  text: (pieces: Piece[], inJson: boolean) => string,
): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string"
    ? text(splitPlaceholders(value), false)
    : text(splitJson(value), true);
}
