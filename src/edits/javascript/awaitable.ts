/** Where something can be awaited, how that is written, and what becomes of a call's value where it stands. */
import { isWrapper, type SyntaxNode } from "../../observe/javascript/syntax.ts";
import { Refusal } from "../pattern.ts";
import type { At } from "./asked.ts";
import type { Change, UserModule } from "./user-module.ts";

/** Why nothing is changed where the text has another shape than was looked for, or is another than the one that ran. */
export const notThere = (module: UserModule, { line }: At): Refusal =>
  new Refusal(`the text at line ${line} of ${module.file} has none of the shapes that are edited`);

/** Why a node cannot be awaited where it stands; null where it can. */
export function whyNotAwaited(module: UserModule, node: SyntaxNode): Refusal | null {
  const around = module.surroundings(node);
  const { line } = node.loc.start;
  switch (around.is) {
    case "async":
    case "top":
      return null;
    case "common-js":
      return new Refusal(
        `${module.file} is no ES module, so nothing can be awaited outside of its functions (line ${line})`,
      );
    case "sync":
      return new Refusal(
        `${nameOf(module, around.function)} is not async, so nothing can be awaited at line ${line}, and whoever calls it waits for nothing`,
      );
    case "elsewhere":
      return new Refusal(`nothing can be awaited at line ${line}`);
  }
}

/** A function's name as it is written, or what is said in place of one. */
export function nameOf(module: UserModule, of: SyntaxNode): string {
  const parent = module.parent(of);
  const named: SyntaxNode | null =
    of["id"] ?? of["key"] ?? (parent?.type === "VariableDeclarator" ? parent["id"] : null);
  return named === null || !["Identifier", "PrivateName"].includes(named.type)
    ? `the function at line ${of.loc.start.line}`
    : module.source(named);
}

/** Where `await` before an expression would take in another one than that, or would be hard to read. */
const tighter: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ["object"],
  OptionalMemberExpression: ["object"],
  CallExpression: ["callee"],
  OptionalCallExpression: ["callee"],
  TaggedTemplateExpression: ["tag"],
  TSNonNullExpression: ["expression"],
  BinaryExpression: ["left", "right"],
  LogicalExpression: ["left", "right"],
  UnaryExpression: ["argument"],
  ConditionalExpression: ["test"],
};

/** What awaiting an expression puts before and behind it. */
export function awaited(module: UserModule, node: SyntaxNode): [before: string, after: string] {
  const parent = module.parent(node);
  const fields = tighter[parent?.type ?? ""] ?? [];
  return fields.some((field) => parent![field] === node) ? ["(await ", ")"] : ["await ", ""];
}

/** An expression that is awaited where it stands. */
export function awaitIn(module: UserModule, node: SyntaxNode): Change[] {
  const [before, after] = awaited(module, node);
  const opening = { from: node.start, to: node.start, text: before };
  return after === "" ? [opening] : [opening, { from: node.end, to: node.end, text: after }];
}

/** The statement that drops the value of a call; null where something else becomes of that. */
export function droppingStatement(module: UserModule, call: SyntaxNode): SyntaxNode | null {
  let below = call;
  for (const at of module.above(call)) {
    if (at.type === "ExpressionStatement") return at;
    const isArm =
      (at.type === "LogicalExpression" && at["right"] === below) ||
      (at.type === "ConditionalExpression" && at["test"] !== below);
    if (!isWrapper(at) && !isArm) return null;
    below = at;
  }
  return null;
}

/** The call at a place whose value a statement drops. */
export function droppedCall(
  module: UserModule,
  at: At,
): { call: SyntaxNode; statement: SyntaxNode } | null {
  for (const call of module.callsAt(at)) {
    const statement = droppingStatement(module, call);
    if (statement !== null) return { call, statement };
  }
  return null;
}

/** The `void` by which the promise of the call at a place is dropped. */
export function voided(module: UserModule, at: At): SyntaxNode | null {
  for (const call of module.callsAt(at)) {
    const operator = module.parent(outermost(module, call));
    const isVoid = operator?.type === "UnaryExpression" && operator["operator"] === "void";
    if (isVoid && droppingStatement(module, operator) !== null) return operator;
  }
  return null;
}

/** A node with the parentheses and types around it. */
export function outermost(module: UserModule, node: SyntaxNode): SyntaxNode {
  let outer = node;
  for (const at of module.above(node)) {
    if (!isWrapper(at)) break;
    outer = at;
  }
  return outer;
}

/** Whether a node is asked for a yes or a no. */
export function isCondition(module: UserModule, node: SyntaxNode): boolean {
  const parent = module.parent(node);
  if (parent === null) return false;
  if (parent["test"] === node) return parent.type !== "SwitchCase";
  if (parent.type === "UnaryExpression") return parent["operator"] === "!";
  // The value of the right side goes where that of the whole does.
  return (
    parent.type === "LogicalExpression" &&
    parent["operator"] !== "??" &&
    (parent["left"] === node || isCondition(module, outermost(module, parent)))
  );
}

/** The call that a callback is given to which gives it the value of a call; null where that goes elsewhere. */
export function givenTo(module: UserModule, call: SyntaxNode): SyntaxNode | null {
  const value = outermost(module, call);
  const parent = module.parent(value);
  const isReturned = parent?.type === "ReturnStatement";
  const isBody = parent?.type === "ArrowFunctionExpression" && parent["body"] === value;
  const callback = isReturned ? module.functionAround(value) : isBody ? parent : null;
  const taker = callback === null ? null : module.parent(callback);
  return taker?.["arguments"]?.includes(callback) === true ? taker : null;
}
