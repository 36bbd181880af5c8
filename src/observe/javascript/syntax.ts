/** The syntax tree of a module: its parser, and what of a tree the transformation goes by. */
import { parse, type ParserOptions, type ParserPlugin } from "@babel/parser";

/** A node of Babel's tree. Which fields it has follows from its type. */
export interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  loc: { start: { line: number; column: number } };
  // The tree is walked by field names; its two hundred shapes would have to be told apart at each step.
  // oxlint-disable-next-line no-explicit-any
  [field: string]: any;
}

export interface ModuleSyntax {
  module: "esm" | "cjs" | "unknown";
  typescript: boolean;
  jsx: boolean;
}

/**
 * A module's program.
 *
 * @throws SyntaxError where it cannot be parsed. What is only wrong about it (a name declared twice) is left to the
 *   runtime, which says so in its own words.
 */
export function parseModule(source: string, syntax: ModuleSyntax): SyntaxNode {
  return parseWithFaults(source, syntax).program;
}

/** A module's program, and how much is wrong about it that leaves it a tree all the same. */
interface Parsed {
  program: SyntaxNode;
  faults: number;
}

/** @throws SyntaxError where it cannot be parsed. */
export function parseWithFaults(source: string, syntax: ModuleSyntax): Parsed {
  try {
    return parseWith(source, syntax, ["decorators", "decoratorAutoAccessors"]);
  } catch (error) {
    // Decorators of parameters exist in the older proposal only.
    if (!syntax.typescript || !source.includes("@")) throw error;
    return parseWith(source, syntax, ["decorators-legacy"]);
  }
}

const sourceTypes = { esm: "module", cjs: "commonjs", unknown: "unambiguous" } as const;

function parseWith(
  source: string,
  { module, typescript, jsx }: ModuleSyntax,
  decorators: readonly ParserPlugin[],
): Parsed {
  const plugins: ParserPlugin[] = [
    ...decorators,
    "deferredImportEvaluation",
    "sourcePhaseImports",
    ...(typescript ? (["typescript"] as const) : []),
    ...(jsx ? (["jsx"] as const) : []),
  ];
  const options: ParserOptions = {
    sourceType: sourceTypes[module],
    plugins,
    errorRecovery: true,
    attachComment: false,
    // Its own node for a pair of parentheses: what is inserted stands outside of them.
    createParenthesizedExpressions: true,
    allowUndeclaredExports: true,
    ...(module === "unknown"
      ? {
          allowAwaitOutsideFunction: true,
          allowReturnOutsideFunction: true,
          allowNewTargetOutsideFunction: true,
        }
      : {}),
  };
  const { program, errors } = parse(source, options);
  return { program: program as unknown as SyntaxNode, faults: errors?.length ?? 0 };
}

/** Nodes of TypeScript's that have a value; all others are erased. */
const typescriptValues = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "TSInstantiationExpression",
  "TSExportAssignment",
  "TSModuleDeclaration",
  "TSModuleBlock",
  "TSParameterProperty",
]);

/** Whether a node is gone when types are erased, or must stay constant (an enum). */
export const isErased = (node: SyntaxNode): boolean =>
  node["declare"] === true || (node.type.startsWith("TS") && !typescriptValues.has(node.type));

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string";

/** The nodes right below a node that have a value. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (const field in node) {
    if (field === "loc" || field === "extra") continue;
    const value: unknown = node[field];
    // Most are texts and numbers.
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (const each of value) if (isNode(each) && !isErased(each)) children.push(each);
    } else if (isNode(value) && !isErased(value)) children.push(value);
  }
  return children;
}

const wrappers = new Set([
  "ParenthesizedExpression",
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "TSInstantiationExpression",
]);

/** Whether a node has the value of the `expression` in it: parentheses, types. */
export const isWrapper = (node: SyntaxNode): boolean => wrappers.has(node.type);

/** An expression without parentheses and types around it. */
export function bare(node: SyntaxNode): SyntaxNode {
  let inner = node;
  while (wrappers.has(inner.type)) inner = inner["expression"];
  return inner;
}

export const isCall = (node: SyntaxNode): boolean =>
  node.type === "CallExpression" ||
  node.type === "OptionalCallExpression" ||
  node.type === "NewExpression";

export const isMember = (node: SyntaxNode): boolean =>
  node.type === "MemberExpression" || node.type === "OptionalMemberExpression";

/** Whether an object or callee is the beginning of the optional chain that the node around it goes on. */
export function isInChain(node: SyntaxNode): boolean {
  const inner = node.type === "TSNonNullExpression" ? node["expression"] : node;
  return inner.type.startsWith("Optional");
}

const functions = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "ObjectMethod",
  "ClassMethod",
  "ClassPrivateMethod",
]);

export const isFunction = (node: SyntaxNode): boolean => functions.has(node.type);

/** The name that a key or property is written as; null where it is computed. */
export function keyName(key: SyntaxNode, computed: boolean): string | null {
  if (key.type === "StringLiteral") return key["value"];
  if (computed) return null;
  if (key.type === "Identifier") return key["name"];
  if (key.type === "PrivateName") return `#${key["id"].name}`;
  return key.type === "NumericLiteral" ? String(key["value"]) : null;
}

/** The names that a pattern declares. */
export function* namesIn(pattern: SyntaxNode | null): Generator<string> {
  if (pattern === null) return;
  switch (pattern.type) {
    case "Identifier":
      yield pattern["name"];
      return;
    case "ObjectPattern":
      for (const each of pattern["properties"]) yield* namesIn(each.argument ?? each.value);
      return;
    case "ArrayPattern":
      for (const each of pattern["elements"]) yield* namesIn(each);
      return;
    case "AssignmentPattern":
      yield* namesIn(pattern["left"]);
      return;
    case "RestElement":
      yield* namesIn(pattern["argument"]);
      return;
    case "TSParameterProperty":
      yield* namesIn(pattern["parameter"]);
      return;
  }
}
