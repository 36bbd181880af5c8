/** Promises that settle too early or too late for whoever waits for them. */
import { lastName } from "../../observe/javascript/naming.ts";
import { rootName } from "../../observe/javascript/known.ts";
import {
  bare,
  isFunction,
  isMember,
  keyName,
  type SyntaxNode,
} from "../../observe/javascript/syntax.ts";
import { Refusal } from "../pattern.ts";
import type { Asked, At } from "./asked.ts";
import { givenTo, notThere, whyNotAwaited } from "./awaitable.ts";
import { putBefore, putBehind } from "./statements.ts";
import type { Changes, UserModule } from "./user-module.ts";

/** A call of a method of Promise at a place; null where there is none of that name. */
function promiseCall(module: UserModule, at: At, method: string): SyntaxNode | null {
  return (
    module.callsAt(at).find((call) => {
      const callee = bare(call["callee"]);
      return (
        isMember(callee) &&
        keyName(callee["property"], callee["computed"]) === method &&
        rootName(callee) === "Promise"
      );
    }) ?? null
  );
}

/** `await Promise.all(…)` comes to wait for all of them, and then throws what has failed. */
export function allSettled(module: UserModule, { combined }: Asked["all-settled"]): Changes {
  const call = promiseCall(module, combined, "all");
  if (call === null) return notThere(module, combined);
  const { line } = call.loc.start;
  const statement = module.statement(call);
  if (!module.isInList(statement))
    return new Refusal(`Promise.all at line ${line} shares its statement`);
  const parent = module.parent(call);
  const isReturned = parent?.type === "ReturnStatement";
  const taker = parent?.type === "AwaitExpression" ? module.parent(parent) : null;
  const taking = isReturned ? "ReturnStatement" : taker?.type;
  const why = whyNotAwaited(module, call);
  if (why !== null) return why;
  const results = module.freeName("results");
  const failed = module.freeName("failed");
  const throwing = throwingOf(module, results, failed);
  if (taking === "ExpressionStatement") {
    const { property } = bare(call["callee"]);
    return [
      { from: statement.start, to: statement.start, text: `const ${results} = ` },
      { from: property.start, to: property.end, text: "allSettled" },
      putBehind(module, statement, throwing),
    ];
  }
  const isOnlyOne =
    taker?.type !== "VariableDeclarator" || module.parent(taker)?.["declarations"].length === 1;
  if ((taking !== "ReturnStatement" && taking !== "VariableDeclarator") || !isOnlyOne)
    return new Refusal(`what Promise.all gives at line ${line} goes elsewhere`);
  const [inputs] = call["arguments"] as [SyntaxNode];
  const pending = module.freeName("pending");
  // Else the types of a list would be those of each of its parts.
  const fixed = module.isTyped && inputs.type === "ArrayExpression" ? " as const" : "";
  return [
    putBefore(module, statement, [
      `const ${pending} = ${module.source(inputs)}${fixed}`,
      `const ${results} = await Promise.allSettled(${pending})`,
      ...throwing,
    ]),
    { from: inputs.start, to: inputs.end, text: pending },
  ];
}

/** What throws the failures among results: the one that there is, or all of them together. */
function throwingOf({ style }: UserModule, results: string, failed: string): string[] {
  const text = (words: string): string => `${style.quote}${words}${style.quote}`;
  return [
    `const ${failed} = ${results}.flatMap((one) => (one.status === ${text("rejected")} ? [one.reason] : []))`,
    `if (${failed}.length === 1) throw ${failed}[0]`,
    `if (${failed}.length > 1) throw new AggregateError(${failed}, ${failed}.map(String).join(${text("; ")}))`,
  ];
}

/** A promise that is awaited later is marked as handled where it is made. */
export function handleAtOnce(module: UserModule, { made }: Asked["handle-at-once"]): Changes {
  const kept = module
    .callsAt(made)
    .map((call) => keptAt(module, call))
    .find((one) => one !== null);
  if (kept === undefined) return new Refusal("its promise is kept in no variable of its own");
  const { name, isAwaited, isMany, statement } = kept;
  if (!isAwaited)
    return new Refusal(`${name} is awaited nowhere behind where it is made, or only at times`);
  const marking = isMany
    ? `for (const ${module.freeName("one")} of ${name}) ${module.freeName("one")}.catch(() => {})`
    : `${name}.catch(() => {})`;
  return [putBehind(module, statement, [marking])];
}

/** Where a promise is kept: what that is called in code, and the statement that puts it there. */
interface KeptAt {
  name: string;
  isAwaited: boolean;
  /** Whether that holds others as well, made by `map`. */
  isMany: boolean;
  statement: SyntaxNode;
}

function keptAt(module: UserModule, call: SyntaxNode): KeptAt | null {
  const taker = givenTo(module, call);
  const list = taker !== null && lastName(taker["callee"]) === "map" ? taker : null;
  const value = list ?? call;
  const parent = module.parent(value);
  const statement = module.statement(value);
  if (!module.isInList(statement)) return null;
  const isMany = list !== null;
  if (parent?.type === "VariableDeclarator" && parent["id"].type === "Identifier") {
    const name: string = parent["id"].name;
    return { name, isAwaited: isAwaitedBehind(module, name, parent), isMany, statement };
  }
  const isPut =
    parent?.type === "AssignmentExpression" &&
    parent["operator"] === "=" &&
    module.parent(parent) === statement &&
    isMember(parent["left"]) &&
    !parent["left"]["computed"] &&
    parent["left"]["object"].type === "ThisExpression";
  if (!isPut || isMany) return null;
  const name = module.source(parent["left"]);
  // Another method may await it, whenever that is called.
  const isAwaited = module
    .nodes(({ type }) => type === "AwaitExpression")
    .some((node) => module.source(bare(node["argument"])) === name);
  return { name, isAwaited, isMany, statement };
}

/** Whether the function that keeps a promise awaits it: by itself, with others, or one after the other. */
function isAwaitedBehind(module: UserModule, name: string, declarator: SyntaxNode): boolean {
  const own = module.functionAround(declarator);
  const uses = module.nodes(
    (node) =>
      node.type === "Identifier" &&
      node["name"] === name &&
      node.start > declarator.end &&
      module.functionAround(node) === own &&
      module.declarationOf(name, node) === declarator,
  );
  return uses.some((use) => {
    const parent = module.parent(use);
    const isAwaited =
      parent?.type === "AwaitExpression" ||
      isChained(module, use) ||
      isInput(module, use) ||
      (parent?.type === "ForOfStatement" && isEachAwaited(module, parent));
    return isAwaited && isReached(module, use, module.statement(declarator));
  });
}

/** Whether a statement that is run to its end comes to a use behind it, however a condition is answered. */
function isReached(module: UserModule, use: SyntaxNode, from: SyntaxNode): boolean {
  const block = module.parent(from);
  let below = use;
  for (const at of module.above(use)) {
    if (at === block) break;
    const isFirst =
      at["test"] === below ||
      at["discriminant"] === below ||
      (at["right"] === below && at.type === "ForOfStatement") ||
      (at["left"] === below && at.type === "LogicalExpression");
    if (maybe.has(at.type) && !isFirst) return false;
    below = at;
  }
  return !module
    .nodes(({ type }) => leaving.has(type))
    .some(
      (node) =>
        node.start > from.end &&
        node.end < below.start &&
        module.functionAround(node) === module.functionAround(use),
    );
}

/** What comes to its parts at times only. */
const maybe: ReadonlySet<string> = new Set([
  "IfStatement",
  "ConditionalExpression",
  "LogicalExpression",
  "SwitchStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "CatchClause",
]);

const leaving: ReadonlySet<string> = new Set([
  "ReturnStatement",
  "ThrowStatement",
  "BreakStatement",
  "ContinueStatement",
]);

/** Whether what a promise is followed by (`then`, `catch` or `finally`) is awaited. */
function isChained(module: UserModule, use: SyntaxNode): boolean {
  const member = module.parent(use);
  const call = member === null ? null : module.parent(member);
  return (
    member?.type === "MemberExpression" &&
    member["object"] === use &&
    ["then", "catch", "finally"].includes(member["property"].name) &&
    call?.type === "CallExpression" &&
    call["callee"] === member &&
    module.parent(call)?.type === "AwaitExpression"
  );
}

/** Whether a loop awaits each that it goes through. */
function isEachAwaited(module: UserModule, loop: SyntaxNode): boolean {
  const each: unknown = loop["left"].declarations?.[0]?.id.name;
  return (
    loop["await"] === true ||
    module
      .nodes(({ type }) => type === "AwaitExpression", loop["body"])
      .some((node) => bare(node["argument"])["name"] === each)
  );
}

/** Whether a promise is one of those in a list that a method of Promise is given, which is awaited. */
function isInput(module: UserModule, use: SyntaxNode): boolean {
  const list = module.parent(use);
  const call = list === null ? null : module.parent(list);
  return (
    list?.type === "ArrayExpression" &&
    call?.type === "CallExpression" &&
    rootName(call["callee"]) === "Promise" &&
    module.parent(call)?.type === "AwaitExpression"
  );
}

/** An await of what is settled already gives way to the loop itself. */
export function turnOfTheLoop(module: UserModule, { awaited }: Asked["turn-of-the-loop"]): Changes {
  const [node] = module.nodesAt(awaited, "AwaitExpression");
  if (node === undefined) return notThere(module, awaited);
  if (module.declarationOf("setImmediate", node) !== null)
    return new Refusal(`setImmediate is another function in ${module.file}`);
  const turn = "new Promise(setImmediate)";
  const argument: SyntaxNode = node["argument"];
  const statement = module.parent(node)!;
  if (statement.type === "ExpressionStatement" && isSettled(bare(argument)))
    return [{ from: argument.start, to: argument.end, text: turn }];
  const own = module.statement(node);
  const isLooping = [...module.above(own)].some(
    (at) => /^(?:For|While|DoWhile)/.test(at.type) && !isFunction(at),
  );
  if (!isLooping || !module.isInList(own) || own.type === "ReturnStatement")
    return new Refusal(
      `the await at line ${awaited.line} is no statement in a loop that another could stand behind`,
    );
  return [putBehind(module, own, [`await ${turn}`])];
}

/** Whether awaiting an expression waits for nothing, whatever runs. */
function isSettled(expression: SyntaxNode): boolean {
  if (/Literal$/.test(expression.type)) return true;
  if (expression.type === "Identifier") return expression["name"] === "undefined";
  if (expression.type === "UnaryExpression") return isSettled(bare(expression["argument"]));
  return (
    expression.type === "CallExpression" &&
    rootName(expression["callee"]) === "Promise" &&
    expression["callee"].property?.name === "resolve" &&
    expression["arguments"].every((each: SyntaxNode) => isSettled(bare(each)))
  );
}
