/** The sources that a module was made from, by the source map that its text names: places are told in these. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { lookAt } from "../../../base/paths.ts";
import type { Called, Given, Site } from "../inserted.ts";
import { readFileSync } from "./originals.ts";
import type { SourcePlace } from "./recorder.ts";

/**
 * The segments of one line, four numbers each, by their columns: that column; the number of the source, -1 where it was made
 * from none; the line and the column there. Lines and columns count from 0. A bundle has very many of them.
 */
type Segments = number[];
type Segment = [column: number, source: number, line: number, sourceColumn: number];
const width = 4;

/** Of a part of a module; both count from 0. */
interface Position {
  line: number;
  column: number;
}

/** A map as it is written; one of sections has the maps of parts. */
interface MapJson {
  sources?: (string | null)[];
  sourceRoot?: string;
  mappings?: string;
  sections?: { offset: Position; map: MapJson }[];
}

export class SourceMap {
  /** Null for a source that is not there. */
  readonly #files: (string | null)[];
  readonly #lines: Segments[];

  private constructor(files: (string | null)[], lines: Segments[]) {
    this.#files = files;
    this.#lines = lines;
  }

  /** The map of a module; null where it has none, or none of the sources that it was made from is there. */
  static of(file: string, text: string): SourceMap | null {
    try {
      const json = readMap(file, text);
      if (json === null) return null;
      const map = new SourceMap([], []);
      map.#take(JSON.parse(json) as MapJson, { line: 0, column: 0 }, dirname(file));
      return map.#files.every((each) => each === null) ? null : map;
    } catch {
      return null;
    }
  }

  /** Takes in the map of a part that begins at a position. */
  #take(map: MapJson, begin: Position, folder: string): void {
    for (const { offset, map: part } of map.sections ?? [])
      this.#take(part, { line: begin.line + offset.line, column: offset.column }, folder);
    const { sources = [], sourceRoot = "", mappings = "" } = map;
    const first = this.#files.length;
    for (const source of sources) this.#files.push(pathOf(source, resolve(folder, sourceRoot)));
    decode(mappings, { into: this.#lines, begin, first });
  }

  /** The part of a text that names its map; "" where none does. */
  static commentIn(text: string): string {
    const at = Math.max(text.lastIndexOf(comment), text.lastIndexOf(debugId));
    return at < 0 ? "" : text.slice(at);
  }

  /** A position in a source, for one in the module; both count from 1. Null where it is in none that is there. */
  place({ line, column }: { line: number; column: number }): SourcePlace | null {
    // Lines without any code have no segments: what comes before them says where that was.
    for (let at = line - 1; at >= 0; at--) {
      const segments = this.#lines[at] ?? [];
      if (segments.length === 0) continue;
      const found = at < line - 1 ? segments.length - width : lastBefore(segments, column);
      return this.#placeOf(segments, Math.max(0, found));
    }
    return null;
  }

  /** The line of a source that a line of the module was made from, alone. */
  placeOfLine(line: number): SourcePlace | null {
    const segments = this.#lines[line - 1] ?? [];
    let first = -1;
    for (let at = 0; at < segments.length; at += width) {
      if (segments[at + 1]! < 0) continue;
      if (first < 0) first = at;
      const isSame =
        segments[at + 1] === segments[first + 1] && segments[at + 2] === segments[first + 2];
      if (!isSame) return null;
    }
    return first < 0 ? this.place({ line, column: 1 }) : this.#placeOf(segments, first);
  }

  /** Where an async function begins: a map may tell of the name behind its first word alone. */
  #beginOf({ line, column }: Site): { line: number; column: number } {
    const segments = this.#lines[line - 1] ?? [];
    const isTold = segments[lastBefore(segments, column)] === column - 1;
    return { line, column: isTold ? column : column + "async ".length };
  }

  #placeOf(segments: Segments, at: number): SourcePlace | null {
    const [, source, line, sourceColumn] = segments.slice(at, at + width) as Segment;
    const file = this.#files[source] ?? null;
    return file === null ? null : { file, line: line + 1, column: sourceColumn + 1 };
  }

  /** Sites as they stand in the sources. */
  sites(sites: readonly Site[]): Site[] {
    const moved = <Placed extends Called | Given>(placed: Placed | undefined) => {
      const place = placed && this.place(placed);
      return place ? { ...placed!, line: place.line, column: place.column } : placed;
    };
    return sites.map(({ called, given, by, ...site }) => ({
      ...site,
      ...this.place(site.kind === "call" ? this.#beginOf(site) : site),
      ...(called && { called: moved(called)! }),
      ...(given && { given: moved(given)! }),
      ...(by && { by: moved(by)! }),
    }));
  }
}

/** The path of a source; null where it is not there. */
function pathOf(source: string | null, root: string): string | null {
  if (source === null) return null;
  const path = source.startsWith("file:") ? fileURLToPath(source) : resolve(root, source);
  return lookAt(path).kind === "file" ? path : null;
}

const comment = "//# sourceMappingURL=";
/** What a module has in common with a map beside it that it does not name. */
const debugId = "//# debugId=";
const longestComment = 200;

/** The JSON of the map that a text's last lines name. */
function readMap(file: string, text: string): string | null {
  const found = SourceMap.commentIn(text);
  if (found === "") return null;
  if (found.startsWith(debugId)) return readMapBeside(file, found.slice(debugId.length).trim());
  const [url = ""] = found.slice(comment.length).trim().split("\n");
  const [, encoding, data] = /^data:application\/json[^,]*?(;base64)?,([^\s]*)/.exec(url) ?? [];
  if (data !== undefined)
    return encoding === undefined
      ? decodeURIComponent(data)
      : Buffer.from(data, "base64").toString("utf8");
  if (url.length > longestComment || /^\w+:\/\//.test(url) || /\s/.test(url)) return null;
  return readFileSync(resolve(dirname(file), decodeURIComponent(url)), "utf8");
}

/** The JSON of the map beside a module, if it says that it is of that very module. */
function readMapBeside(file: string, id: string): string | null {
  const json = readFileSync(`${file}.map`, "utf8");
  return id !== "" && (JSON.parse(json) as { debugId?: string }).debugId === id ? json : null;
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const valueOf = new Uint8Array(128);
for (let value = 0; value < digits.length; value++) valueOf[digits.charCodeAt(value)] = value;

/**
 * Reads the segments of mappings. Their numbers are in base 64, of variable length: five bits a digit, the sixth says that
 * more follow, and the lowest bit is the sign. Each but the column counts from where the last segment was.
 *
 * @param first the number of the first source.
 */
function decode(
  mappings: string,
  { into, begin, first }: { into: Segments[]; begin: Position; first: number },
): void {
  let number = begin.line;
  let segments = (into[number] ??= []);
  let column = begin.column;
  const sums = [0, first, 0, 0];
  let field = 0;
  let value = 0;
  let shift = 0;
  for (let at = 0; at <= mappings.length; at++) {
    const code = at < mappings.length ? mappings.charCodeAt(at) : semicolon;
    if (code === comma || code === semicolon) {
      if (field === 1) segments.push(column, -1, 0, 0);
      else if (field >= width) segments.push(column, sums[1]!, sums[2]!, sums[3]!);
      field = 0;
      if (code === comma || at === mappings.length) continue;
      segments = into[++number] ??= [];
      column = 0;
      continue;
    }
    const bits = valueOf[code] ?? 0;
    value |= (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    const moved = value & 1 ? -(value >> 1) : value >> 1;
    if (field === 0) column += moved;
    else if (field < width) sums[field]! += moved;
    field++;
    value = shift = 0;
  }
}

const comma = 44;
const semicolon = 59;

/** The last segment that begins before a column that counts from 1; below 0 where none does. */
function lastBefore(segments: Segments, column: number): number {
  let low = 0;
  let high = segments.length / width;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle * width]! < column) low = middle + 1;
    else high = middle;
  }
  return (low - 1) * width;
}
