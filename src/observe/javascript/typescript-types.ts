/**
 * Where TypeScript's types stand in a module: a text with blanks in their place is JavaScript, with every line and column as
 * it was. For CommonJS in Bun, which compiles that from JavaScript only.
 */
import type { TypeRange } from "./inserted.ts";
import { isErased, type SyntaxNode } from "./syntax.ts";

/** What has to be written in other words: then there are no such ranges. */
const rewritten =
  /^(?:TSEnumDeclaration|TSModuleDeclaration|TSParameterProperty|TSImportEqualsDeclaration|TSExportAssignment|JSX\w+|Decorator)$/;

/** The ranges, in no order; null where blanks are not enough. */
export function typesIn(
  program: SyntaxNode,
  source: string,
  isCommonJs = false,
): TypeRange[] | null {
  const ranges: TypeRange[] = [];
  const blank = (start: number, end: number): void => void ranges.push([start, end]);
  const blankMatch = (at: number, pattern: RegExp): void => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found !== null) blank(at, at + found[0].length);
  };

  const visit = (node: SyntaxNode): boolean => {
    if (rewritten.test(node.type) && node["declare"] !== true) return false;
    if (isErased(node) || (node["abstract"] === true && isMember(node))) {
      blank(node.start, node.end);
      return true;
    }
    // Of CommonJS none is left that is for more than types.
    if (node.type === "ImportDeclaration" && isCommonJs) {
      blank(node.start, node.end);
      return true;
    }
    if (node["importKind"] === "type" || node["exportKind"] === "type") {
      blank(node.start, node.end);
      if (node.type.endsWith("Specifier")) blankMatch(node.end, /\s*,/y);
      return true;
    }
    const inner: SyntaxNode | undefined = node["expression"];
    switch (node.type) {
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSInstantiationExpression":
        blank(inner!.end, node.end);
        return visit(inner!);
      case "TSTypeAssertion":
        blank(node.start, inner!.start);
        return visit(inner!);
      case "Identifier":
        if (node["optional"]) blankMatch(node.start + node["name"].length, /\s*\?/y);
        break;
      case "VariableDeclarator":
        if (node["definite"]) blankMatch(node["id"].start + node["id"].name.length, /\s*!/y);
        break;
      case "ClassDeclaration":
      case "ClassExpression": {
        if (node["abstract"]) blank(node.start, node.start + "abstract".length);
        const list: SyntaxNode[] = node["implements"] ?? [];
        if (list.length > 0)
          blank(source.lastIndexOf("implements", list[0]!.start), list.at(-1)!.end);
        break;
      }
    }
    if (isMember(node)) blankModifiers(node, source, blank, blankMatch);
    if (node["params"]?.[0]?.name === "this") {
      const [first, second] = node["params"];
      blank(first.start, second?.start ?? first.end);
    }
    return everyChild(node, visit);
  };

  return visit(program) ? ranges : null;
}

const isMember = ({ type }: SyntaxNode): boolean =>
  /^Class(?:Private|Accessor)?(?:Method|Property)$/.test(type);

function blankModifiers(
  node: SyntaxNode,
  source: string,
  blank: (start: number, end: number) => void,
  blankMatch: (at: number, pattern: RegExp) => void,
): void {
  const key: SyntaxNode = node["key"];
  for (const found of source
    .slice(node.start, key.start)
    .matchAll(/\b(?:public|private|protected|readonly|override)\b/g))
    blank(node.start + found.index, node.start + found.index + found[0].length);
  if (node["optional"] || node["definite"]) blankMatch(key.end, /(?:\s*\])?\s*[?!]/y);
}

function everyChild(node: SyntaxNode, visit: (child: SyntaxNode) => boolean): boolean {
  for (const field in node) {
    if (field === "loc" || field === "extra") continue;
    const value: unknown = node[field];
    for (const each of Array.isArray(value) ? value : [value])
      if (typeof each?.type === "string" && !visit(each as SyntaxNode)) return false;
  }
  return true;
}
