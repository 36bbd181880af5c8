/** The words for a module's calls and functions: what is called, what a function is given to, what it is told by. */
import type { Called, Given } from "./inserted.ts";
import { bare, isMember, keyName } from "./syntax.ts";
import type { SyntaxNode } from "./syntax.ts";

/** Where something stands; lines and columns count from 1. */
export function positionOf(node: SyntaxNode): { line: number; column: number } {
  const { line, column } = node.loc.start;
  return { line, column: column + 1 };
}

const longest = 60;

function onOneLine(text: string): string {
  const line = text.slice(-2000).replaceAll(/\s+/g, " ").replaceAll(" .", ".");
  return line.length > longest ? `…${line.slice(1 - longest)}` : line;
}

/** The last name of what is called; "" where it has none. */
export function lastName(callee: SyntaxNode): string {
  const inner = bare(callee);
  if (inner.type === "Identifier") return inner["name"];
  if (isMember(inner)) return keyName(inner["property"], inner["computed"]) ?? "";
  return inner.type === "ImportExpression" ? "import" : "";
}

/** A call, `new`, tagged template or `import()`. In a chain over several lines it stands where its own name does. */
export function calledAt(node: SyntaxNode, source: string): Called {
  if (node.type === "ImportExpression")
    return { name: "import", callee: "import", ...positionOf(node) };
  const callee: SyntaxNode = node["callee"] ?? node["tag"];
  const inner = bare(callee);
  const named = isMember(inner) ? inner["property"] : node;
  const stands = named.loc.start.line === node.loc.start.line ? node : named;
  const isWritten = inner.type === "Identifier" || isMember(inner);
  const name = lastName(callee);
  const given: number = node["arguments"]?.length ?? 0;
  return {
    name,
    callee: isWritten ? onOneLine(source.slice(callee.start, callee.end)) : "",
    ...positionOf(stands),
    ...(given > 0 && (name === "catch" || (name === "then" && given > 1))
      ? { hears: true as const }
      : {}),
  };
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const listening = words(`on once addListener prependListener prependOnceListener addEventListener`);

/** What calls a function back from a later turn of the loop, or a later microtask. */
const later =
  words(`setTimeout setInterval setImmediate queueMicrotask nextTick then catch finally createServer
  listen watch ${[...listening].join(" ")}`);

/** What takes the value of the function that it is given for true or false, or for a number. */
const judging = words(`filter some every find findIndex findLast findLastIndex sort toSorted`);

/** What ignores the value of the function that it is given. */
const ignoring =
  words(`setTimeout setInterval setImmediate queueMicrotask nextTick createServer listen watch
  forEach Promise ${[...listening, ...judging].join(" ")}`);

/** Whether a function that is given to something of a name is asked a question by it: a promise would be a yes. */
export const isJudging = (name: string): boolean => judging.has(name);

/** Whether something of a name has a function called at an event. */
export const isListening = (name: string): boolean => listening.has(name);

/** Whether something of a name ignores what a function that it is given returns. */
export const isIgnoring = (name: string): boolean => ignoring.has(name);

/** Whether a function that is given to something of a name is called later. */
export const isLater = (name: string): boolean => later.has(name);

/** What the functions among a call's arguments are given to. */
export function givenTo(node: SyntaxNode, source: string): Given {
  const called = calledAt(node, source);
  const first: SyntaxNode | undefined = node["arguments"]?.[0];
  const { name } = called;
  const dropped = name === "Promise" ? node.type === "NewExpression" : ignoring.has(name);
  return {
    ...called,
    ...(first?.type === "StringLiteral" ? { event: first["value"] } : {}),
    dropped,
  };
}

const callbackNames: Record<string, string> = {
  setTimeout: "timer callback",
  setInterval: "interval callback",
  setImmediate: "immediate callback",
  queueMicrotask: "microtask callback",
  Promise: "promise executor",
};

/** What a function without a name of its own is told by. */
export function nameByUse(given: Given | null): string {
  if (given === null || given.name === "") return "<anonymous>";
  if (listening.has(given.name))
    return given.event === undefined ? "listener" : `${given.event} listener`;
  return callbackNames[given.name] ?? `${given.name} callback`;
}
