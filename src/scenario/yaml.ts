/**
 * YAML and JSON text to plain data, remembering where everything stands.
 *
 * JSON is read as the part of YAML that it is: one parser, one kind of position. What is not plain
 * (`plain.ts`) the `yaml` package reads, because Bun's own parser gives no position for an error or
 * a value.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Position } from "../base/position.ts";
import { type PlainNode, positionsIn, readPlain } from "./plain.ts";
import { DocumentError, type Problem } from "./problem.ts";

/** How deep lists and objects may nest: far beyond what anybody writes, far below the stack's end. */
export const maxDepth = 100;

export interface LocatedData {
  /** Plain data; undefined for an empty document. */
  data: unknown;
  /** Where the value at a path stands, or its key; the nearest enclosing place for one that is missing. */
  locate(path: readonly PropertyKey[], which: "value" | "key"): Position;
  /** Whether a key stands at the path with nothing behind it, not even a colon. */
  isBare(path: readonly PropertyKey[]): boolean;
}

/**
 * Reads one document.
 *
 * @throws DocumentError when the text is not one YAML or JSON document, nests deeper than
 * `maxDepth`, or expands through aliases beyond reason.
 */
export function parseYaml(text: string, file: string): LocatedData {
  const plain = readPlain(text, readBlockText);
  return plain === null ? parseAnyYaml(text, file) : locatedPlainly(plain, text);
}

/** A text of several lines as the package reads it; undefined where that complains. */
function readBlockText(written: string): string | undefined {
  const { contents, errors, warnings } = parseDocument(`text: ${written}`, { prettyErrors: false });
  if (errors.length + warnings.length > 0 || !isMap(contents)) return undefined;
  const value = contents.get("text");
  return contents.items.length === 1 && typeof value === "string" ? value : undefined;
}

function locatedPlainly(root: PlainNode, text: string): LocatedData {
  const position = positionsIn(text);
  return {
    data: root.data,
    locate(path, which) {
      let node = root;
      for (const [index, key] of path.entries()) {
        const inner =
          node.kind === "list"
            ? node.items[Number(key)]
            : node.kind === "object"
              ? node.entries.get(String(key))
              : undefined;
        if (inner === undefined) break;
        if (!("value" in inner)) node = inner;
        else if (which === "key" && index === path.length - 1) return position(inner.offset);
        else node = inner.value;
      }
      return position(node.offset);
    },
    // A plain document has a colon, and a value if only an empty one, behind each key.
    isBare: () => false,
  };
}

/** Reads a document that may hold all that YAML has, and tells what is wrong with it. */
export function parseAnyYaml(text: string, file: string): LocatedData {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const refuse = (complaints: Complaint[]): void => {
    if (complaints.length === 0) return;
    const problems = complaints.map(({ offset, message }): Problem => {
      return { position: position(offset), path: "", message };
    });
    throw new DocumentError(file, problems);
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: equalKeys(),
  });
  // The composer recurses, and reports the end of the stack as this error. Errors after it mean nothing.
  const exhausted = document.errors.find((error) => error.code === "RESOURCE_EXHAUSTION");
  if (exhausted) refuse([{ offset: exhausted.pos[0], message: tooDeep }]);
  refuse(
    [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
      offset: pos[0],
      message: sentence(code, message),
    })),
  );
  refuse(complaintsOf(document));
  let data: unknown;
  try {
    data = document.toJS();
  } catch {
    // The package refuses documents that are small as text and huge when expanded.
    const message = `its aliases expand to far more than is written; write the steps out, or use "repeat" and "copies"`;
    refuse([{ offset: 0, message }]);
  }
  return {
    data: data ?? undefined,
    locate: (path, which) => position(offsetOf(document, path, which)),
    isBare: (path) => isBare(document, path),
  };
}

interface Complaint {
  offset: number;
  message: string;
}

const tooDeep = `it nests more than ${maxDepth} levels deep; a scenario needs a handful`;

function sentence(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "this key stands twice in one object; keep one of them";
  if (code === "MULTIPLE_DOCS")
    return `a second document begins here ("---"); a file holds one scenario`;
  if (code === "TAG_RESOLVE_FAILED")
    return `a tag that means nothing here; leave it out (${message})`;
  return `not valid YAML or JSON: ${message}`;
}

/**
 * The complaints of a well-formed document: nesting beyond `maxDepth` (through aliases as well, and an
 * alias may stand inside the node that it means), aliases without an anchor, keys that are lists or
 * objects. The walk ends at the first node with a complaint, and takes no recursion.
 */
function complaintsOf(document: Document.Parsed): Complaint[] {
  const complaints: Complaint[] = [];
  /** The enclosing nodes of each, to see whether an alias means one of them. */
  const stack: { node: unknown; depth: number; inside: Enclosing | null }[] = [
    { node: document.contents, depth: 1, inside: null },
  ];
  for (let top; complaints.length === 0 && (top = stack.pop()) !== undefined;) {
    const { node, depth, inside } = top;
    if (isAlias(node)) {
      const offset = node.range?.[0] ?? 0;
      const meant = node.resolve(document);
      if (meant === undefined)
        complaints.push({
          offset,
          message: `"*${node.source}" means nothing: no anchor "&${node.source}" stands before it`,
        });
      else if (encloses(inside, meant))
        complaints.push({
          offset,
          message: `"*${node.source}" stands inside of what it means, so it holds itself; write the steps out`,
        });
    }
    if (!isMap(node) && !isSeq(node)) continue;
    if (depth > maxDepth) return [{ offset: node.range?.[0] ?? 0, message: tooDeep }];
    const within: Enclosing = { node, outer: inside };
    for (const item of node.items as unknown[]) {
      if (isPair(item) && !isScalar(item.key) && item.key !== null) {
        const key = item.key as { range?: [number, number, number] };
        complaints.push({
          offset: key.range?.[0] ?? 0,
          message: "this key is a list or an object; write a word",
        });
      }
      stack.push({ node: isPair(item) ? item.value : item, depth: depth + 1, inside: within });
    }
  }
  return complaints;
}

/**
 * The comparison of a key with those before it, in the form that the package expects: it is called with
 * each pair of keys of a map, until one is equal. The first of a key's pairs is answered for all of them
 * from a set, since a document may have tens of thousands of tasks.
 */
function equalKeys(): (first: unknown, key: unknown) => boolean {
  /** The values of the keys of a map so far, by its first key, which is what the package asks about first. */
  const seen = new WeakMap<object, Set<unknown>>();
  let last: unknown;
  let answer = false;
  return (first, key) => {
    if (key === last) return answer;
    last = key;
    answer = false;
    let values = seen.get(first as object);
    if (values === undefined) seen.set(first as object, (values = new Set([valueOf(first)])));
    const value = valueOf(key);
    if (value === undefined) return false;
    answer = values.has(value);
    values.add(value);
    return answer;
  };
}

/** The value that a key is compared by; undefined for one that equals no other: a list, an object, NaN. */
function valueOf(key: unknown): unknown {
  return isScalar(key) && !Number.isNaN(key.value) ? key.value : undefined;
}

interface Enclosing {
  node: unknown;
  outer: Enclosing | null;
}

function encloses(inside: Enclosing | null, node: unknown): boolean {
  for (let one = inside; one !== null; one = one.outer) if (one.node === node) return true;
  return false;
}

/** The entries of a map by their keys. Kept, since every step of a large document is asked for. */
function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  let pairs = pairsOfMaps.get(map);
  if (pairs === undefined) {
    pairs = new Map(
      map.items.map((item) => [isScalar(item.key) ? String(item.key.value) : "", item]),
    );
    pairsOfMaps.set(map, pairs);
  }
  return pairs;
}

const pairsOfMaps = new WeakMap<YAMLMap, Map<string, Pair>>();

function isBare(document: Document.Parsed, path: readonly PropertyKey[]): boolean {
  let node: unknown = document.contents;
  for (const [index, key] of path.entries()) {
    if (isMap(node)) {
      const pair = pairsOf(node).get(String(key));
      if (index === path.length - 1) return pair?.value === null;
      node = pair?.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
    }
  }
  return false;
}

function offsetOf(
  document: Document.Parsed,
  path: readonly PropertyKey[],
  which: "value" | "key",
): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const [index, key] of path.entries()) {
    if (isMap(node)) {
      const pair = pairsOf(node).get(String(key));
      if (pair === undefined) return offset;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      if (which === "key" && index === path.length - 1) return offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
    } else {
      return offset;
    }
    if (isNode(node) && node.range) offset = node.range[0];
  }
  return offset;
}
