/**
 * YAML and JSON text to plain data, remembering where everything stands.
 *
 * JSON is read as the part of YAML that it is: one parser, one kind of position. The `yaml` package
 * does it because Bun's own parser gives no position for an error or a value.
 */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from "yaml";
import type { Position } from "./model.ts";
import { DocumentError, type Problem } from "./problem.ts";

/** How deep lists and objects may nest: far beyond what anybody writes, far below the stack's end. */
export const maxDepth = 100;

export interface LocatedData {
  /** Plain data; undefined for an empty document. */
  data: unknown;
  /** Where the value at a path stands, or its key; the nearest enclosing place for one that is missing. */
  locate(path: readonly PropertyKey[], which: "value" | "key"): Position;
}

/**
 * Reads one document.
 *
 * @throws DocumentError when the text is not one YAML or JSON document, nests deeper than
 * `maxDepth`, or expands through aliases beyond reason.
 */
export function parseYaml(text: string, file: string): LocatedData {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const nesting = `it nests more than ${maxDepth} levels deep; a scenario needs a handful`;
  // The composer recurses and says so when the stack is at its end; what follows that is noise.
  const exhausted = document.errors.find((error) => error.code === "RESOURCE_EXHAUSTION");
  const problems: Problem[] = exhausted
    ? [{ position: position(exhausted.pos[0]), path: "", message: nesting }]
    : document.errors.map((error) => ({
        position: position(error.pos[0]),
        path: "",
        message: sentence(error.code, error.message),
      }));
  if (problems.length > 0) throw new DocumentError(file, problems);
  const deep = tooDeep(document);
  if (deep !== undefined)
    throw new DocumentError(file, [{ position: position(deep), path: "", message: nesting }]);
  let data: unknown;
  try {
    data = document.toJS();
  } catch (error) {
    // The package's guard against documents that are small as text and huge when expanded.
    const message =
      error instanceof ReferenceError && error.message.includes("alias count")
        ? `its aliases expand to far more than is written; write the steps out, or use "repeat" and "copies"`
        : `it cannot be read as YAML: ${error instanceof Error ? error.message : String(error)}`;
    throw new DocumentError(file, [{ position: { line: 1, column: 1 }, path: "", message }]);
  }
  return {
    data: data ?? undefined,
    locate: (path, which) => position(offsetOf(document, path, which)),
  };
}

function sentence(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "this key stands twice in one object; keep one of them";
  if (code === "MULTIPLE_DOCS")
    return `a second document begins here ("---"); a file holds one scenario`;
  return `not valid YAML or JSON: ${message}`;
}

/** The place where a document nests deeper than `maxDepth`; walked without recursion. */
function tooDeep(document: Document.Parsed): number | undefined {
  const stack: { node: unknown; depth: number }[] = [{ node: document.contents, depth: 1 }];
  for (let top; (top = stack.pop()) !== undefined;) {
    const { node, depth } = top;
    if (!isMap(node) && !isSeq(node)) continue;
    if (depth > maxDepth) return node.range?.[0] ?? 0;
    for (const item of node.items as unknown[])
      if (isPair(item)) {
        stack.push({ node: item.key, depth: depth + 1 }, { node: item.value, depth: depth + 1 });
      } else {
        stack.push({ node: item, depth: depth + 1 });
      }
  }
  return undefined;
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
      const pair = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(key),
      );
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
