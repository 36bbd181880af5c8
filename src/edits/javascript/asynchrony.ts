/** Functions that come to be async, and what has to be done to those who call them. */
import { isIgnoring, isJudging, lastName } from "../../observe/javascript/naming.ts";
import { isCall, type SyntaxNode } from "../../observe/javascript/syntax.ts";
import { Refusal } from "../pattern.ts";
import { awaitIn, droppingStatement, nameOf, whyNotAwaited } from "./awaitable.ts";
import type { Change, UserModule } from "./user-module.ts";

/** A function that comes to be async, or why it cannot. */
interface Asynchronous {
  changes: Change[];
  /** Whether something calls it that waits for nothing, as a timer does, or an event. */
  isIgnored: boolean;
}

/**
 * A synchronous function comes to be async: who calls it by name awaits it, and what calls it back without a look at
 * what it returns may go on to do so. Nobody else may know of it.
 */
export function becomeAsync(module: UserModule, of: SyntaxNode): Asynchronous | Refusal {
  const isPlain = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
  if (!isPlain.includes(of.type) || of["generator"])
    return new Refusal(`${nameOf(module, of)} cannot be made async`);
  const changes = madeAsync(of);
  if (isCalledBack(module, of)) return { changes, isIgnored: true };
  const declaration = namedBy(module, of);
  if (declaration === null)
    return new Refusal(`who calls ${nameOf(module, of)} is not known, so it cannot be made async`);
  const name: string = declaration["id"].name;
  let isIgnored = false;
  for (const use of usesOf(module, name, declaration)) {
    const parent = module.parent(use);
    if (isCalledBack(module, use)) {
      isIgnored = true;
      continue;
    }
    if (
      parent === null ||
      !isCall(parent) ||
      parent["callee"] !== use ||
      parent.type === "NewExpression"
    )
      return new Refusal(
        `${name} is used otherwise than to be called at line ${use.loc.start.line}, so it cannot be made async`,
      );
    const why = whyNotAwaited(module, parent);
    if (why !== null) return why;
    changes.push(...awaitIn(module, parent));
  }
  return { changes, isIgnored };
}

/** `async` before a function, and what it is declared to return as the value of a promise. */
function madeAsync(of: SyntaxNode): Change[] {
  const type: SyntaxNode | undefined = of["returnType"]?.typeAnnotation;
  const { start } = of;
  const changes = [{ from: start, to: start, text: "async " }];
  if (type !== undefined)
    changes.push(
      { from: type.start, to: type.start, text: "Promise<" },
      { from: type.end, to: type.end, text: ">" },
    );
  return changes;
}

/** Whether a function is handed to what calls it back and ignores what it returns: a timer, or what listens. */
export function isCalledBack(module: UserModule, node: SyntaxNode): boolean {
  const call = module.parent(node);
  if (call === null || !isIgnored(module, node)) return false;
  const [first] = call["arguments"] as [SyntaxNode];
  // What listens to the end of the process itself has no later turn.
  if (first.type === "StringLiteral" && first["value"] === "exit") return false;
  const name = lastName(call["callee"]);
  return !isJudging(name) && name !== "forEach";
}

/** Whether a function is handed to what ignores what it returns. */
function isIgnored(module: UserModule, node: SyntaxNode): boolean {
  const call = module.parent(node);
  if (call?.type !== "CallExpression" || !call["arguments"].includes(node)) return false;
  return isIgnoring(lastName(call["callee"]));
}

/** The calls of a function by its name that drop its promise; null where what calls it ignores that altogether. */
export function droppedCallsOf(module: UserModule, of: SyntaxNode): SyntaxNode[] | null {
  if (isIgnored(module, of)) return null;
  const named = of.type === "FunctionDeclaration" ? of : module.parent(of);
  if (named === null || (named !== of && named.type !== "VariableDeclarator")) return [];
  const name: unknown = named["id"]?.name;
  if (typeof name !== "string") return [];
  const uses = usesOf(module, name, named);
  if (uses.some((use) => isIgnored(module, use))) return null;
  return uses
    .map((use) => module.parent(use)!)
    .filter((call) => isCall(call) && droppingStatement(module, call) !== null);
}

/** What gives a function the name that it is called by, and is nobody's but the module's; null where nothing does. */
function namedBy(module: UserModule, of: SyntaxNode): SyntaxNode | null {
  const named = of.type === "FunctionDeclaration" ? of : module.parent(of);
  const isName =
    named === of ||
    (named?.type === "VariableDeclarator" &&
      named["id"].type === "Identifier" &&
      !named["id"].typeAnnotation &&
      module.parent(named)?.["kind"] === "const");
  if (!isName || named === null || !named["id"]) return null;
  const statement = module.statement(named);
  return statement.type.startsWith("Export") ? null : named;
}

/** Where the name of a declaration is used. */
export function usesOf(module: UserModule, name: string, declaration: SyntaxNode): SyntaxNode[] {
  return module.nodes(
    (node) =>
      node.type === "Identifier" &&
      node["name"] === name &&
      node !== declaration["id"] &&
      module.parent(node)?.type !== "ImportSpecifier" &&
      !isKey(module, node) &&
      module.declarationOf(name, node) === declaration,
  );
}

/** Whether a name is that of a property, and stands for nothing else. */
function isKey(module: UserModule, node: SyntaxNode): boolean {
  const parent = module.parent(node);
  if (parent === null || parent["computed"]) return false;
  if (parent["shorthand"]) return false;
  return parent["property"] === node || (parent["key"] === node && parent["value"] !== node);
}
