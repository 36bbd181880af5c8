/** Which kind of call a call is, by what it calls: one that makes a promise or a handle, that blocks, that ends the process. */
import { bare, isMember, keyName } from "./syntax.ts";
import type { SyntaxNode } from "./syntax.ts";
import { rootName } from "./known.ts";
import { lastName } from "./naming.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const combinators = words(`all allSettled race any`);

const handles =
  words(`setTimeout setInterval setImmediate createServer createSecureServer listen connect
  createConnection spawn execFile fork serve watch watchFile createReadStream createWriteStream createInterface
  fetch`);

const handleClasses =
  words(`Worker WebSocket EventSource MessageChannel BroadcastChannel Server Socket
  WebSocketServer`);

const ofProcess = words(`exit abort kill reallyExit on once addListener prependListener`);

export type CallKind = "promise" | "combinator" | "handle" | "blocking" | "other";

/** What a call or `new` makes or does, by its names alone. */
export function kindOfCall(node: SyntaxNode): CallKind {
  const callee = bare(node["callee"]);
  const name = lastName(callee);
  if (node.type === "NewExpression") {
    if (callee.type === "Identifier" && name === "Promise") return "promise";
    return handleClasses.has(name) ? "handle" : "other";
  }
  if (isMember(callee)) {
    const object = rootName(callee);
    if (object === "Promise" && combinators.has(name)) return "combinator";
    if (object === "Atomics" && name === "wait") return "blocking";
    // Else the method of a regular expression.
    if (name === "exec" && (object === "child_process" || object === "cp")) return "handle";
  } else if (name === "exec") return "handle";
  if (name.length > 4 && name.endsWith("Sync")) return "blocking";
  return handles.has(name) ? "handle" : "other";
}

/** The `process` of a call of one of its methods that the recorder wants the place of beforehand; null of all others. */
export function processOf(node: SyntaxNode): SyntaxNode | null {
  const callee = bare(node["callee"]);
  if (!isMember(callee)) return null;
  const object: SyntaxNode = callee["object"];
  if (object.type !== "Identifier" || object["name"] !== "process") return null;
  const method = keyName(callee["property"], callee["computed"]);
  return method !== null && ofProcess.has(method) ? object : null;
}
