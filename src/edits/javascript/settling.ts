/** Promises that settle too early or too late for whoever waits for them. */
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
import { notThere, whyNotAwaited } from "./awaitable.ts";
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
  const call = module
    .callsAt(made)
    .find((one) => module.parent(one)?.type === "VariableDeclarator");
  if (call === undefined) return new Refusal("its promise is kept in no variable of its own");
  const { id } = module.parent(call)!;
  const statement = module.statement(call);
  if (id.type !== "Identifier" || !module.isInList(statement))
    return new Refusal("its promise is kept in no variable of its own");
  const name: string = id.name;
  if (!isAwaitedBehind(module, name, module.parent(call)!))
    return new Refusal(`${name} is awaited nowhere behind where it is made`);
  return [putBehind(module, statement, [`${name}.catch(() => {})`])];
}

/** Whether the function that keeps a promise awaits it: by itself, or with others. */
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
    return parent?.type === "AwaitExpression" || isInput(module, use);
  });
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
