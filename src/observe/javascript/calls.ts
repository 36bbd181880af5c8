/** Which kind of call a call is, by what it calls: one that makes a promise or a handle, that blocks, that ends the process. */
import { bare, childrenOf, isCall, isFunction, isInChain, isMember, keyName } from "./syntax.ts";
import type { SyntaxNode } from "./syntax.ts";
import { rootName } from "./known.ts";
import { isListening, lastName } from "./naming.ts";

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
    if (object === "AbortSignal" && (name === "timeout" || name === "abort")) return "handle";
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

/** What may be an AbortController, of a call of its `abort`; null of all other calls. */
export function controllerOf(node: SyntaxNode): SyntaxNode | null {
  const callee = bare(node["callee"]);
  if (!isMember(callee) || keyName(callee["property"], callee["computed"]) !== "abort") return null;
  const object: SyntaxNode = callee["object"];
  // What an optional chain begins with must not be parted from the rest.
  const isChained = isInChain(object) && callee["optional"] !== true;
  return object.type === "Super" || isChained ? null : object;
}

/** The names that a module has for Bun's `plugin`. */
export function pluginNames(program: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of program["body"] as SyntaxNode[])
    if (statement.type === "ImportDeclaration" && statement["source"].value === "bun")
      for (const { type, imported, local } of statement["specifiers"] as SyntaxNode[])
        if (type === "ImportSpecifier" && keyName(imported, false) === "plugin")
          names.add(local.name);
  return names;
}

/** Whether a call registers a plugin with Bun. @param names those that its module has for that */
export function isPluginCall(node: SyntaxNode, names: ReadonlySet<string>): boolean {
  const callee = bare(node["callee"]);
  if (callee.type === "Identifier") return names.has(callee["name"]);
  if (!isMember(callee) || callee["object"].type !== "Identifier") return false;
  const method = keyName(callee["property"], callee["computed"]);
  return callee["object"].name === "Bun" && method === "plugin";
}

/** The calls of a module that make a timer with a delay, by the names that it has for such functions. */
export class TimerCalls {
  /** What gives the promise of a timer. */
  readonly #sleeps = new Set<string>();
  /** The whole of `timers/promises`. */
  readonly #modules = new Set<string>();

  constructor(program: SyntaxNode) {
    for (const statement of program["body"] as SyntaxNode[]) this.#collect(statement);
  }

  /** Whether a call gives the promise of a timer. */
  isSleep(node: SyntaxNode): boolean {
    if (node.type === "NewExpression" || !isCall(node)) return false;
    const callee = bare(node["callee"]);
    if (callee.type === "Identifier") return this.#sleeps.has(callee["name"]);
    if (!isMember(callee)) return false;
    const object = bare(callee["object"]);
    if (object.type !== "Identifier") return false;
    const name = keyName(callee["property"], callee["computed"]);
    if (object["name"] === "Bun") return name === "sleep";
    return name === "setTimeout" && this.#modules.has(object["name"]);
  }

  /** The delay that a call gives a timer; null where there is none. */
  delayOf(node: SyntaxNode): SyntaxNode | null {
    const given: SyntaxNode[] = node["arguments"];
    const isCallback = !this.isSleep(node) && isTimerName(lastName(node["callee"]));
    const delay = this.isSleep(node) ? given[0] : isCallback ? given[1] : undefined;
    const before = given.slice(0, isCallback ? 1 : 0);
    if (delay === undefined || [delay, ...before].some(({ type }) => type === "SpreadElement"))
      return null;
    return isFunction(bare(delay)) ? null : delay;
  }

  #collect(statement: SyntaxNode): void {
    if (statement.type === "ImportDeclaration") {
      if (!isTimersModule(statement["source"].value)) return;
      for (const { type, imported, local } of statement["specifiers"] as SyntaxNode[]) {
        if (type !== "ImportSpecifier") this.#modules.add(local.name);
        else if (keyName(imported, false) === "setTimeout") this.#sleeps.add(local.name);
      }
      return;
    }
    if (statement.type !== "VariableDeclaration") return;
    for (const { id, init } of statement["declarations"] as SyntaxNode[]) {
      const value = init ? bare(init) : null;
      if (value?.type !== "CallExpression") continue;
      const [argument]: SyntaxNode[] = value["arguments"];
      const made = lastName(value["callee"]);
      if (made === "promisify" && id.type === "Identifier" && argument) {
        if (lastName(argument) === "setTimeout") this.#sleeps.add(id.name);
      } else if (made === "require" && isTimersModule(argument?.["value"])) this.#takeOut(id);
    }
  }

  /** Takes the names out of what `require` gives. */
  #takeOut(id: SyntaxNode): void {
    if (id.type === "Identifier") this.#modules.add(id["name"]);
    if (id.type !== "ObjectPattern") return;
    for (const property of childrenOf(id))
      if (keyName(property["key"], property["computed"]) === "setTimeout")
        this.#sleeps.add(property["value"].name);
  }
}

const isTimerName = (name: string): boolean => name === "setTimeout" || name === "setInterval";

const isTimersModule = (name: unknown): boolean =>
  name === "timers/promises" || name === "node:timers/promises";

/**
 * Whether what a call gives is the promise of the next message, or all that come: `once` and `on` of `node:events`, and a promise
 * whose executor listens for one and sends nothing that it could be the answer to.
 */
export function isOfMessage(node: SyntaxNode): boolean {
  if (!isCall(node)) return false;
  const given: SyntaxNode[] = node["arguments"];
  const name = lastName(node["callee"]);
  if (node.type !== "NewExpression")
    return (name === "once" || name === "on") && isMessage(given[1]);
  const [executor] = given;
  if (name !== "Promise" || executor === undefined) return false;
  return contains(executor, listensForMessage) && !contains(executor, posts);
}

const isMessage = (node: SyntaxNode | undefined): boolean =>
  node?.type === "StringLiteral" && node["value"] === "message";

function listensForMessage(node: SyntaxNode): boolean {
  if (node.type === "AssignmentExpression") return lastName(node["left"]) === "onmessage";
  if (!isCall(node)) return false;
  return isListening(lastName(node["callee"])) && isMessage(node["arguments"][0]);
}

const posts = (node: SyntaxNode): boolean =>
  isCall(node) && lastName(node["callee"]) === "postMessage";

function contains(node: SyntaxNode, is: (node: SyntaxNode) => boolean): boolean {
  return is(node) || childrenOf(node).some((child) => contains(child, is));
}
