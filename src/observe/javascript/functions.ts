/** Where the functions and classes of a text stand, in the order in which they begin. */
import { childrenOf, isFunction, parseModule, type SyntaxNode } from "./syntax.ts";

export interface FunctionRange {
  start: number;
  end: number;
}

/** @throws SyntaxError */
export function functionsIn(text: string): FunctionRange[] {
  const found: FunctionRange[] = [];
  const visit = (node: SyntaxNode): void => {
    if (isFunction(node) || /^Class(?:Declaration|Expression)$/.test(node.type))
      found.push({ start: node.start, end: node.end });
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parseModule(text, { module: "unknown", typescript: false, jsx: false }));
  return found.toSorted((a, b) => a.start - b.start || b.end - a.end);
}
