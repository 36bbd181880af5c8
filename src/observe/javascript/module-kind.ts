/**
 * Whether a module of which nothing else is known is an ES module, as Bun has it: that is so if there are imports or exports in
 * it when types are gone; with nothing but types in them, if it does not use what belongs to CommonJS.
 */
import { childrenOf, type SyntaxNode } from "./syntax.ts";

const ofCommonJs = /\b(?:require|module|exports|__filename|__dirname)\b/;

export interface Facts {
  typescript: boolean;
  /** Whether it awaits outside of any function. */
  awaits: boolean;
}

export function isEsModule(
  program: SyntaxNode,
  source: string,
  { typescript, awaits }: Facts,
): boolean {
  const body: SyntaxNode[] = program["body"];
  if (awaits || (source.includes("meta") && body.some(usesMeta))) return true;
  const statements = body.filter(({ type }) => /^(?:Import|Export)\w*Declaration$/.test(type));
  if (statements.length === 0) return false;
  if (!typescript || !ofCommonJs.test(source)) return true;
  const values = valuesNamedIn(body);
  return statements.some((statement) => staysIn(statement, values));
}

/** Whether `import.meta` is used; a comment may name it as well. */
const usesMeta = (node: SyntaxNode): boolean =>
  (node.type === "MetaProperty" && node["meta"].name === "import") ||
  childrenOf(node).some(usesMeta);

/** Whether something is left of an import or export without types. */
function staysIn(statement: SyntaxNode, values: ReadonlySet<string>): boolean {
  if (statement["importKind"] === "type" || statement["exportKind"] === "type") return false;
  const declaration: SyntaxNode | null = statement["declaration"] ?? null;
  if (declaration !== null && /^TS(?:Interface|TypeAlias)Declaration$/.test(declaration.type))
    return false;
  const specifiers: SyntaxNode[] = statement["specifiers"] ?? [];
  if (statement.type !== "ImportDeclaration" || specifiers.length === 0) return true;
  return specifiers.some((each) => each["importKind"] !== "type" && values.has(each["local"].name));
}

/** The names that stand for values, but for those of imports. */
function valuesNamedIn(statements: readonly SyntaxNode[]): Set<string> {
  const names = new Set<string>();
  const visit = (node: SyntaxNode): void => {
    if (node.type === "ImportDeclaration") return;
    if (node.type === "Identifier" || node.type === "JSXIdentifier") names.add(node["name"]);
    for (const child of childrenOf(node)) visit(child);
  };
  for (const statement of statements) visit(statement);
  return names;
}
