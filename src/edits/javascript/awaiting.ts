/** Awaiting what a module does not await: promises that are dropped, kept, or taken for an answer. */
import {
  bare,
  isCall,
  isFunction,
  isMember,
  type SyntaxNode,
} from "../../observe/javascript/syntax.ts";
import { lastName } from "../../observe/javascript/naming.ts";
import { Refusal } from "../pattern.ts";
import type { Asked, At, DroppedCall } from "./asked.ts";
import { becomeAsync, droppedCallsOf } from "./asynchrony.ts";
import {
  awaited,
  awaitIn,
  droppedCall,
  givenTo,
  isCondition,
  nameOf,
  notThere,
  outermost,
  voided,
  whyNotAwaited,
} from "./awaitable.ts";
import { putBefore, putBehind } from "./statements.ts";
import type { Change, Changes, UserModule } from "./user-module.ts";

const loops: ReadonlySet<string> = new Set([
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
]);

/** The loop that a node stands in, within its own function; the innermost. */
function loopAround(module: UserModule, node: SyntaxNode): SyntaxNode | null {
  for (const at of module.above(node)) {
    if (isFunction(at)) return null;
    if (loops.has(at.type)) return at;
  }
  return null;
}

/** A call is awaited where it was dropped, and so are those above it that were dropped as well. */
function awaitEach(
  module: UserModule,
  { dropped, callers }: Asked["await"],
  whyNot: (call: SyntaxNode) => Refusal | "other" | null,
): Changes {
  const call = droppedCall(module, dropped)?.call;
  if (call === undefined) return notThere(module, dropped);
  const why = whyNotAwaited(module, call) ?? whyNot(call);
  if (why !== null) return why === "other" ? null : why;
  const above = awaitAbove(module, call, callers);
  if (above instanceof Refusal) return above;
  return [...awaitIn(module, outermost(module, call)), ...above];
}

/** Those of the calls above one that drop their promises are awaited as well. */
function awaitAbove(
  module: UserModule,
  call: SyntaxNode,
  callers: DroppedCall["callers"],
): Change[] | Refusal {
  const above = callers === null ? callsAbove(module, call) : droppedAt(module, callers);
  if (above instanceof Refusal) return above;
  for (const one of above) {
    const why = whyNotAwaited(module, one);
    if (why !== null) return why;
  }
  return above.flatMap((one) => awaitIn(module, outermost(module, one)));
}

function droppedAt(module: UserModule, places: readonly At[]): SyntaxNode[] | Refusal {
  const calls = new Set<SyntaxNode>();
  for (const at of places) {
    if (voided(module, at) !== null)
      return new Refusal(`whoever makes it is dropped by void at line ${at.line}`);
    const call = droppedCall(module, at)?.call;
    if (call !== undefined) calls.add(call);
  }
  return [...calls];
}

/** What the text says of the calls above one: those of the function that it stands in, and so on, that drop it. */
function callsAbove(module: UserModule, call: SyntaxNode): SyntaxNode[] | Refusal {
  const found = new Set<SyntaxNode>();
  const open = [call];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const of = module.functionAround(at);
    if (of === null) continue;
    const calls = droppedCallsOf(module, of);
    if (calls === null)
      return new Refusal(
        `what calls ${nameOf(module, of)} waits for nothing, so it is not enough to await it there`,
      );
    for (const one of calls)
      if (!found.has(one)) {
        found.add(one);
        open.push(one);
      }
  }
  return [...found];
}

export function awaitDropped(module: UserModule, asked: Asked["await"]): Changes {
  return awaitEach(module, asked, (call) => (loopAround(module, call) === null ? null : "other"));
}

export function awaitAndCatch(module: UserModule, asked: Asked["await-and-catch"]): Changes {
  return awaitEach(module, asked, (call) => {
    if (loopAround(module, call) !== null) return "other";
    const isCaught = [...module.above(call)].some(
      (at) => at.type === "TryStatement" && at["handler"] && contains(at["block"], call),
    );
    return module.functionAround(call) === null && !isCaught
      ? new Refusal(`nothing would catch its error at line ${call.loc.start.line} either`)
      : null;
  });
}

const contains = (outer: SyntaxNode, inner: SyntaxNode): boolean =>
  outer.start <= inner.start && inner.end <= outer.end;

export function awaitInTurn(module: UserModule, asked: Asked["await-in-turn"]): Changes {
  return awaitEach(module, asked, (call) => (loopAround(module, call) === null ? "other" : null));
}

/** The promises of a loop are kept in a list, which is awaited behind the loop. */
export function awaitTogether(module: UserModule, { dropped }: Asked["await-together"]): Changes {
  const found = droppedCall(module, dropped);
  if (found === null) return notThere(module, dropped);
  const { call } = found;
  let loop = loopAround(module, call);
  if (loop === null) return null;
  for (let outer = loop as SyntaxNode | null; outer !== null; outer = loopAround(module, outer)) {
    if (isEndless(outer)) return new Refusal(`the loop at line ${outer.loc.start.line} has no end`);
    loop = outer;
  }
  const why = whyNotAwaited(module, loop);
  if (why !== null) return why;
  const statement = module.statement(loop);
  if (statement !== loop || !module.isInList(loop) || leaves(module, loop))
    return new Refusal(`the loop at line ${loop.loc.start.line} may be left before its end`);
  const list = module.freeName("underWay");
  const typed = module.isTyped ? `const ${list}: Promise<unknown>[] = []` : `const ${list} = []`;
  return [
    putBefore(module, loop, [typed]),
    { from: call.start, to: call.start, text: `${list}.push(` },
    { from: call.end, to: call.end, text: ")" },
    putBehind(module, loop, [`await Promise.all(${list})`]),
  ];
}

function isEndless({ type, test }: SyntaxNode): boolean {
  if (type === "ForStatement") return test === null || test === undefined;
  return /While/.test(type) && (test.type === "BooleanLiteral" || test.type === "NumericLiteral");
}

/** Whether a loop can be left by what passes by the statement behind it. */
const leaves = (module: UserModule, loop: SyntaxNode): boolean =>
  module
    .nodes(({ type }) => type === "ReturnStatement" || type === "ThrowStatement", loop)
    .some((node) => module.functionAround(node) === module.functionAround(loop));

/** `void f()` comes to be `await f()`. */
export function awaitVoid(module: UserModule, { dropped, callers }: Asked["await-void"]): Changes {
  const operator = voided(module, dropped);
  if (operator === null) return notThere(module, dropped);
  const why = whyNotAwaited(module, operator);
  if (why !== null) return why;
  const above = awaitAbove(module, operator, callers);
  if (above instanceof Refusal) return above;
  return [{ from: operator.start, to: operator.start + "void".length, text: "await" }, ...above];
}

export function awaitCondition(module: UserModule, { taken }: Asked["await-condition"]): Changes {
  const call = module.callsAt(taken).find((one) => isCondition(module, outermost(module, one)));
  if (call === undefined) return notThere(module, taken);
  return whyNotAwaited(module, call) ?? awaitIn(module, call);
}

/** What a call is asked for, or drops, is awaited in a function that comes to be async by that. */
export function makeAsync(module: UserModule, { at, how, exit }: Asked["make-async"]): Changes {
  const call =
    how === "statement"
      ? droppedCall(module, at)?.call
      : module.callsAt(at).find((one) => isCondition(module, outermost(module, one)));
  if (call === undefined) return notThere(module, at);
  const around = module.surroundings(call);
  if (around.is !== "sync") return whyNotAwaited(module, call);
  const made = becomeAsync(module, around.function);
  if (made instanceof Refusal) return made;
  const isEnded =
    exit !== null &&
    module.callsAt(exit).some((one) => module.functionAround(one) === around.function);
  if (made.isIgnored && !isEnded)
    return new Refusal(`${nameOf(module, around.function)} is called by what waits for nothing`);
  return [...made.changes, ...awaitIn(module, call)];
}

/** A promise that was kept in a variable is awaited before `process.exit`. */
export function awaitKept(module: UserModule, { made, exit }: Asked["await-kept"]): Changes {
  const kept = module
    .callsAt(made)
    .map((call) => keeperOf(module, call))
    .find((one) => one !== null);
  if (kept === undefined) return new Refusal("its promise is kept in no variable of its own");
  const ending = module.callsAt(exit)[0];
  if (ending === undefined) return notThere(module, exit);
  const why = whyNotAwaited(module, ending);
  if (why !== null) return why;
  const statement = module.statement(ending);
  if (!module.isInList(statement)) return new Refusal(`process.exit shares its statement`);
  const { name, declaration, isMany } = kept;
  if (declaration.end > statement.start || module.declarationOf(name, statement) !== declaration)
    return new Refusal(`${name} cannot be seen where process.exit is called`);
  return [putBefore(module, statement, [isMany ? `await Promise.all(${name})` : `await ${name}`])];
}

/** The variable that a promise is kept in, by itself or among others. */
interface Keeper {
  name: string;
  declaration: SyntaxNode;
  isMany: boolean;
}

function keeperOf(module: UserModule, call: SyntaxNode): Keeper | null {
  const outer = outermost(module, call);
  const parent = module.parent(outer);
  if (parent === null) return null;
  if (parent.type === "VariableDeclarator") return keeperIn(parent, false);
  const callee: SyntaxNode | null = parent["arguments"]?.[0] === outer ? parent["callee"] : null;
  if (callee !== null && isMember(callee) && ["push", "add"].includes(lastName(callee))) {
    const name: unknown = callee["object"].name;
    const declaration = typeof name === "string" ? module.declarationOf(name, callee) : null;
    return declaration === null ? null : { name: name as string, declaration, isMany: true };
  }
  const map = givenTo(module, call);
  const declarator = map === null ? null : module.parent(map);
  return map !== null &&
    lastName(map["callee"]) === "map" &&
    declarator?.type === "VariableDeclarator"
    ? keeperIn(declarator, true)
    : null;
}

function keeperIn(declarator: SyntaxNode, isMany: boolean): Keeper | null {
  const { id } = declarator;
  return id.type === "Identifier" ? { name: id.name, declaration: declarator, isMany } : null;
}

/** The promises that a function was to wait for, by keeping the thread from them, are awaited in place of its calls. */
export function awaitBlocked(module: UserModule, { blocked }: Asked["await-blocked"]): Changes {
  const wait = module.callsAt(blocked)[0];
  if (wait === undefined) return notThere(module, blocked);
  const waiting = module.functionAround(wait);
  const name = waiting === null ? null : functionName(module, waiting);
  if (waiting === null || name === null || !isWaitingForOne(module, waiting))
    return new Refusal(
      `what waits at line ${blocked.line} is no function that does nothing but to wait for the one promise that it is given`,
    );
  const calls = module.nodes((node) => isCall(node) && lastName(node["callee"]) === name);
  const changes: Change[] = [];
  for (const call of calls) {
    const [promise, ...others] = call["arguments"] as readonly SyntaxNode[];
    if (promise === undefined || others.length > 0 || promise.type === "SpreadElement")
      return new Refusal(`${name} is called otherwise at line ${call.loc.start.line}`);
    const why = whyNotAwaited(module, call);
    if (why !== null) return why;
    const [before, after] = awaited(module, call);
    const [open, close] = isUnary(promise) ? ["", ""] : ["(", ")"];
    changes.push(
      { from: call.start, to: promise.start, text: before + open },
      { from: promise.end, to: call.end, text: close + after },
    );
  }
  if (changes.length === 0) return new Refusal(`${name} is called from another file`);
  return changes;
}

/** Whether an operator before an expression takes all of it. */
const isUnary = (node: SyntaxNode): boolean =>
  isCall(node) || isMember(node) || ["Identifier", "ParenthesizedExpression"].includes(node.type);

/** Whether a function has one promise given to it, hears of its end, and gives back nothing but its value. */
function isWaitingForOne(module: UserModule, waiting: SyntaxNode): boolean {
  const [promise, ...others] = waiting["params"] as readonly SyntaxNode[];
  if (promise?.type !== "Identifier" || others.length > 0) return false;
  const hearing = module.nodes(
    (node) =>
      isMember(node) &&
      node["object"].name === promise["name"] &&
      ["then", "finally"].includes(node["property"].name),
    waiting,
  );
  const given = module.nodes(
    (node) =>
      node.type === "ReturnStatement" &&
      Boolean(node["argument"]) &&
      module.functionAround(node) === waiting,
    waiting,
  );
  return hearing.length > 0 && given.every((node) => isValueOf(module, node["argument"], waiting));
}

/** Whether a variable has what a callback in a function was given. */
function isValueOf(module: UserModule, variable: SyntaxNode, waiting: SyntaxNode): boolean {
  const set = module.nodes(
    (node) => node.type === "AssignmentExpression" && node["left"].name === variable["name"],
    waiting,
  );
  return (
    variable.type === "Identifier" &&
    set.length > 0 &&
    set.every((node) => {
      const { right } = node;
      const callback = module.functionAround(node);
      return (
        right.type === "Identifier" &&
        module.declarationOf(right.name, node)?.start === callback?.start
      );
    })
  );
}

/** The name that a function is called by; null where it has none. */
function functionName(module: UserModule, of: SyntaxNode): string | null {
  const parent = module.parent(of);
  if (of["id"]) return of["id"].name;
  if (of["key"]) return lastName(of["key"]);
  return parent?.type === "VariableDeclarator" ? (bare(parent["id"])["name"] ?? null) : null;
}
