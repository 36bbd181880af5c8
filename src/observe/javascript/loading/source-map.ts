/** The source that a module was made from, by the source map that its text names: places are told in that. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { lookAt } from "../../../base/paths.ts";
import type { Called, Given, Site } from "../inserted.ts";
import { readFileSync } from "./originals.ts";

/** From one line: by its columns, where these are in the source. All count from 0. */
interface Segment {
  column: number;
  line: number;
  sourceColumn: number;
}

export class SourceMap {
  /** The source's file. */
  readonly file: string;
  readonly #lines: Segment[][];

  private constructor(file: string, lines: Segment[][]) {
    this.file = file;
    this.#lines = lines;
  }

  /** The map of a module; null where it has none, or was made from several sources, or from one that is not there. */
  static of(file: string, text: string): SourceMap | null {
    try {
      const json = readMap(file, text);
      if (json === null) return null;
      const {
        sources,
        sourceRoot = "",
        mappings,
      } = JSON.parse(json) as {
        sources: (string | null)[];
        sourceRoot?: string;
        mappings: string;
      };
      const [source] = sources;
      if (sources.length !== 1 || typeof source !== "string") return null;
      const path = source.startsWith("file:")
        ? fileURLToPath(source)
        : resolve(dirname(file), sourceRoot, source);
      if (lookAt(path).kind !== "file") return null;
      return new SourceMap(path, decoded(mappings));
    } catch {
      return null;
    }
  }

  /** The part of a text that names its map; "" where none does. */
  static commentIn(text: string): string {
    const at = text.lastIndexOf(comment);
    return at < 0 ? "" : text.slice(at);
  }

  /** A position in the source, for one in the module; both count from 1. */
  place({ line, column }: { line: number; column: number }): { line: number; column: number } {
    // Lines without any code have no segments: what comes before them says where that was.
    for (let at = line - 1; at >= 0; at--) {
      const segments = this.#lines[at] ?? [];
      const found =
        at < line - 1
          ? segments.at(-1)
          : (segments.findLast((each) => each.column < column) ?? segments[0]);
      if (found !== undefined) return { line: found.line + 1, column: found.sourceColumn + 1 };
    }
    return { line, column };
  }

  /** Sites as they stand in the source. */
  sites(sites: readonly Site[]): Site[] {
    const moved = <Placed extends Called | Given>(placed: Placed | undefined) =>
      placed && { ...placed, ...this.place(placed) };
    return sites.map(({ called, given, by, ...site }) => ({
      ...site,
      ...this.place(site),
      ...(called && { called: moved(called)! }),
      ...(given && { given: moved(given)! }),
      ...(by && { by: moved(by)! }),
    }));
  }
}

const comment = "//# sourceMappingURL=";
const longestComment = 200;

/** The JSON of the map that a text's last lines name. */
function readMap(file: string, text: string): string | null {
  const found = SourceMap.commentIn(text);
  if (found === "") return null;
  const url = found.slice(comment.length).trim();
  const [, encoding, data] = /^data:application\/json[^,]*?(;base64)?,([^\s]*)/.exec(url) ?? [];
  if (data !== undefined)
    return encoding === undefined
      ? decodeURIComponent(data)
      : Buffer.from(data, "base64").toString("utf8");
  if (url.length > longestComment || /^\w+:\/\//.test(url) || /\s/.test(url)) return null;
  return readFileSync(resolve(dirname(file), decodeURIComponent(url)), "utf8");
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const valueOf = new Map([...digits].map((digit, value) => [digit, value]));

/** The segments of each line, from the mappings of a map of one source. */
function decoded(mappings: string): Segment[][] {
  let line = 0;
  let sourceColumn = 0;
  return mappings.split(";").map((group) => {
    let column = 0;
    const segments: Segment[] = [];
    for (const each of group === "" ? [] : group.split(",")) {
      const [columns, , lines, sourceColumns] = numbersIn(each);
      column += columns ?? 0;
      if (lines === undefined || sourceColumns === undefined) continue;
      line += lines;
      sourceColumn += sourceColumns;
      segments.push({ column, line, sourceColumn });
    }
    return segments;
  });
}

/** Numbers in base 64, of variable length: five bits a digit, the sixth says that more follow, and the lowest bit is the sign. */
function numbersIn(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of text) {
    const bits = valueOf.get(digit) ?? 0;
    value |= (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return numbers;
}
