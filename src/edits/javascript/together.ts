/** Waiting for all of what callbacks give: `forEach`, `map` and those that ask them for an answer. */
import { lastName } from "../../observe/javascript/naming.ts";
import {
  bare,
  isCall,
  isFunction,
  isMember,
  isWrapper,
  keyName,
  type SyntaxNode,
} from "../../observe/javascript/syntax.ts";
import { Refusal } from "../pattern.ts";
import type { Asked, At } from "./asked.ts";
import { becomeAsync } from "./asynchrony.ts";
import { awaited, awaitIn, givenTo, notThere, whyNotAwaited } from "./awaitable.ts";
import { put } from "./statements.ts";
import { type Change, type Changes, leadOf, type UserModule } from "./user-module.ts";

/**
 * The call of a method that a place is known of: its own, that of the await right before it, or that of the call whose
 * value a callback gives to it. Null where there is none.
 */
function methodCall(module: UserModule, at: At, method: string): SyntaxNode | null {
  const isOfIt = (call: SyntaxNode | null): boolean =>
    call !== null &&
    isCall(call) &&
    lastName(call["callee"]) === method &&
    isMember(bare(call["callee"]));
  const awaited = module
    .nodesAt(at, "AwaitExpression")
    .map((node): SyntaxNode => bare(node["argument"]));
  const calls = module.callsAt(at);
  const given = calls.map((call) => givenTo(module, call));
  return [...calls, ...awaited, ...given].find(isOfIt) ?? null;
}

const around = (
  { start, end }: SyntaxNode,
  [before, after]: readonly [string, string],
): Change[] => [
  { from: start, to: start, text: before },
  { from: end, to: end, text: after },
];

export function allOfMap(module: UserModule, { dropped }: Asked["all-of-map"]): Changes {
  const call = methodCall(module, dropped, "forEach");
  if (call === null) return notThere(module, dropped);
  return mapped(module, call);
}

/** A dropped call of `forEach` that comes to wait for all that its callback gives. */
function mapped(module: UserModule, call: SyntaxNode): Change[] | Refusal {
  const why = whyNotAwaited(module, call);
  return why ?? mappedIn(module, call);
}

/** The same where something can be awaited there, or will be. */
function mappedIn(module: UserModule, call: SyntaxNode): Change[] | Refusal {
  const { line } = call.loc.start;
  const outer = awaitedAround(module, call);
  const parent = module.parent(outer);
  // An arrow without braces would give its caller the values.
  const isBody = parent?.type === "ArrowFunctionExpression" && parent["body"] === outer;
  if (parent?.type !== "ExpressionStatement" && !isBody)
    return new Refusal(`forEach is no statement of its own at line ${line}`);
  const member: SyntaxNode = bare(call["callee"]);
  const { property, object } = member;
  const how = iterated(module, object);
  if (how instanceof Refusal) return how;
  const isOptional = call.type.startsWith("Optional");
  if (isOptional && (how !== "array" || !member["optional"] || call["optional"]))
    return new Refusal(`forEach at line ${line} stands in a chain that may end before it`);
  return [
    ...(isBody ? [put(outer.start, outer.start, "{ ")] : []),
    put(call.start, call.start, `${outer === call ? "await " : ""}Promise.all(`),
    ...(how === "array" ? [] : around(object, how)),
    put(property.start, property.end, "map"),
    put(call.end, call.end, `${isOptional ? " ?? [])" : ")"}${isBody ? "; }" : ""}`),
  ];
}

/** A node with the `await` right before it, where there is one. */
function awaitedAround(module: UserModule, node: SyntaxNode): SyntaxNode {
  const parent = module.parent(node);
  return parent?.type === "AwaitExpression" ? parent : node;
}

/** The same in a function that comes to be async by that. */
export function allOfMapInAsync(module: UserModule, { dropped }: Asked["all-of-map"]): Changes {
  const call = methodCall(module, dropped, "forEach");
  if (call === null) return notThere(module, dropped);
  const around = module.surroundings(call);
  if (around.is !== "sync") return null;
  const made = becomeAsync(module, around.function);
  if (made instanceof Refusal) return made;
  if (made.isIgnored) return null;
  const changes = mappedIn(module, call);
  return changes instanceof Refusal ? changes : [...made.changes, ...changes];
}

/**
 * How a list is gone through: as the array that it is, or is taken for, or with what goes around a set or the
 * like to make one of it.
 */
function iterated(
  module: UserModule,
  object: SyntaxNode,
): "array" | readonly [string, string] | Refusal {
  const made = originOf(module, bare(object));
  const name = made?.type === "NewExpression" ? lastName(made["callee"]) : "";
  const type = made?.type === "TSTypeReference" ? made["typeName"].name : name;
  if (type === "Set" || type === "ReadonlySet") return ["[...", "]"];
  if (
    /^(?:Readonly|Weak)?Map$|^URLSearchParams$|^FormData$|^Headers$|^NodeList$|Array$/.test(
      type ?? "",
    )
  )
    return type === "Array" || type === "ReadonlyArray"
      ? "array"
      : new Refusal(`forEach at line ${object.loc.start.line} goes through no array`);
  return "array";
}

/** What a name was initialised with, or the type that it was given; the expression itself where it is no name. */
function originOf(module: UserModule, expression: SyntaxNode): SyntaxNode | null {
  if (expression.type !== "Identifier") return expression;
  const name: string = expression["name"];
  const declaration = module.declarationOf(name, expression);
  if (declaration === null) return null;
  const parameters: readonly SyntaxNode[] = declaration["params"] ?? [];
  const pattern: SyntaxNode | null =
    declaration.type === "VariableDeclarator"
      ? declaration["id"]
      : (parameters
          .map((each): SyntaxNode => (each.type === "AssignmentPattern" ? each["left"] : each))
          .find((each) => each["name"] === name) ?? null);
  const type: SyntaxNode | undefined = pattern?.["typeAnnotation"]?.typeAnnotation;
  return type ?? (declaration.type === "VariableDeclarator" ? declaration["init"] : null);
}

/** A call that a callback of `forEach` drops: the callback comes to wait for it, and all are waited for. */
export function allOfCalledBack(
  module: UserModule,
  { dropped }: Asked["all-of-called-back"],
): Changes {
  const call = module.callsAt(dropped).find((one) => {
    const outer = [...module.above(one)].find((at) => !isWrapper(at));
    return outer?.type === "ExpressionStatement";
  });
  if (call === undefined) return notThere(module, dropped);
  const callback = module.functionAround(call);
  const isWritten = callback !== null && !callback["async"] && !callback["generator"];
  const forEach = isWritten ? module.parent(callback) : null;
  if (
    forEach?.["arguments"]?.[0] !== callback ||
    lastName(forEach!["callee"]) !== "forEach" ||
    callback!.type === "ObjectMethod"
  )
    return null;
  const changes = mapped(module, forEach!);
  if (changes instanceof Refusal) return changes;
  return [
    ...changes,
    { from: callback!.start, to: callback!.start, text: "async " },
    ...awaitIn(module, call),
  ];
}

/** The promises that `map` gives are awaited where they are taken for values. */
export function awaitMap(module: UserModule, { made }: Asked["await-map"]): Changes {
  const call = methodCall(module, made, "map");
  if (call === null) return notThere(module, made);
  const why = whyNotAwaited(module, call);
  if (why !== null) return why;
  const outer = awaitedAround(module, call);
  const parent = module.parent(outer);
  const declared =
    parent?.type === "VariableDeclarator" && parent["id"].type === "Identifier" ? parent : null;
  if (parent?.type !== "ExpressionStatement" && declared === null)
    return new Refusal("the promises that map gives go elsewhere than to a variable");
  if (call.type.startsWith("Optional"))
    return new Refusal("map stands in a chain that may end before it");
  if (declared !== null) {
    const type = declared["id"].typeAnnotation;
    if (type) return new Refusal(`${declared["id"].name} is declared to hold promises`);
    const use = usedAsPromises(module, declared["id"].name, declared);
    if (use !== null)
      return new Refusal(
        `${declared["id"].name} is used as promises at line ${use.loc.start.line}, and may be awaited there`,
      );
  }
  const [before, after] = outer === call ? awaited(module, call) : ["", ""];
  return around(call, [`${before}Promise.all(`, `)${after}`]);
}

/** Where what a name holds is handed to a method of Promise, awaited, or given a handler. */
function usedAsPromises(module: UserModule, name: string, declared: SyntaxNode): SyntaxNode | null {
  const uses = module.nodes(
    (node) => node.type === "Identifier" && node["name"] === name && node !== declared["id"],
  );
  const isPromises = (use: SyntaxNode): boolean =>
    [...module.above(use)].some(
      (at) =>
        at.type === "AwaitExpression" ||
        (at.type === "ForOfStatement" && at["await"] === true) ||
        (isMember(at) && handlers.has(keyName(at["property"], at["computed"]) ?? "")) ||
        (at.type === "CallExpression" && at["callee"].object?.name === "Promise"),
    );
  return (
    uses.find((use) => module.declarationOf(name, use) === declared && isPromises(use)) ?? null
  );
}

const handlers: ReadonlySet<string> = new Set(["then", "catch", "finally"]);

/** What asks its callback for an answer has the answers themselves, where it needs nothing else. */
export function awaitAnswers(
  module: UserModule,
  { taken, method }: Asked["await-answers"],
): Changes {
  const call = methodCall(module, taken, method);
  if (call === null) return notThere(module, taken);
  const why = whyNotAwaited(module, call);
  if (why !== null) return why;
  if (call.type.startsWith("Optional"))
    return new Refusal(`${method} stands in a chain that may end before it`);
  const { property } = bare(call["callee"]);
  // For these the answers are all that is asked for.
  if (["some", "every", "findIndex", "findLastIndex"].includes(method))
    return [
      { from: call.start, to: call.start, text: "(await Promise.all(" },
      { from: property.start, to: property.end, text: "map" },
      { from: call.end, to: call.end, text: `)).${method}(Boolean)` },
    ];
  return answeredBefore(module, call, method);
}

/** The answers are awaited in a statement of their own, before that which goes by them. */
function answeredBefore(module: UserModule, call: SyntaxNode, method: string): Change[] | Refusal {
  const statement = module.statement(call);
  const { line } = call.loc.start;
  if (!module.isInList(statement) || !isFirstIn(module, call, statement))
    return new Refusal(`${method} at line ${line} is not the first that its statement does`);
  if (call["arguments"].length !== 1)
    return new Refusal(`${method} at line ${line} is given more than a callback`);
  const { object, property } = bare(call["callee"]);
  const { text, style } = module;
  const { lead, isFirst } = leadOf(text, statement.start);
  const between = isFirst ? `${style.semicolon}${style.lineEnd}${lead}` : "; ";
  const isName = isLookUp(bare(object));
  const list = isName ? module.source(object) : module.freeName("all");
  const answers = module.freeName("answers");
  const opening = text.slice(statement.start, call.start);
  const dots = text.slice(object.end, property.start);
  const kept = isName ? "" : `const ${list} = ${module.source(object)}${between}`;
  return [
    {
      from: statement.start,
      to: property.end,
      text: `${kept}const ${answers} = await Promise.all(${list}${isName ? dots : "."}map`,
    },
    {
      from: call.end,
      to: call.end,
      text: `)${between}${opening}${list}.${method}((_, index) => ${answers}[index])`,
    },
  ];
}

/** Whether nothing of a statement that could matter is evaluated before an expression in it. */
function isFirstIn(module: UserModule, node: SyntaxNode, statement: SyntaxNode): boolean {
  let below = node;
  for (const at of module.above(node)) {
    if (isFunction(at) || !evaluatesFirst(at, below)) return false;
    if (at === statement) return true;
    below = at;
  }
  return false;
}

const beginnings = ["object", "callee", "init", "expression", "declaration", "argument"];

function evaluatesFirst(node: SyntaxNode, part: SyntaxNode): boolean {
  if (beginnings.some((field) => node[field] === part)) return true;
  if (node.type === "AssignmentExpression")
    return node["operator"] === "=" && node["left"].type === "Identifier";
  return (
    node["declarations"]?.[0] === part ||
    (node["arguments"]?.[0] === part && isLookUp(bare(node["callee"])))
  );
}

/** Whether an expression looks up a name, or members of what it stands for, and does nothing else. */
function isLookUp(expression: SyntaxNode): boolean {
  if (expression.type === "Identifier" || expression.type === "ThisExpression") return true;
  return (
    expression.type === "MemberExpression" &&
    !expression["computed"] &&
    isLookUp(bare(expression["object"]))
  );
}
