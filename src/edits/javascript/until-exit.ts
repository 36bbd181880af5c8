/** Promises that nobody can wait for are kept, and awaited before the call for the exit. */
import { bare, isFunction, type SyntaxNode } from "../../observe/javascript/syntax.ts";
import { lastName } from "../../observe/javascript/naming.ts";
import { Refusal } from "../pattern.ts";
import type { Asked, At } from "./asked.ts";
import { isCalledBack } from "./asynchrony.ts";
import { droppedCall, givenTo, notThere, voided, whyNotAwaited } from "./awaitable.ts";
import { blockBehindImports, put, putBefore } from "./statements.ts";
import type { Change, Changes, UserModule } from "./user-module.ts";

export function keepUntilExit(
  module: UserModule,
  { dropped, exit, how }: Asked["keep-until-exit"],
): Changes {
  const names = { set: module.freeName("underWay"), keep: module.freeName("keep") };
  const kept = keptAt(module, { dropped, exit, how }, names.keep);
  if (kept === null || kept instanceof Refusal) return kept;
  const ending = module.callsAt(exit)[0];
  if (ending === undefined) return notThere(module, exit);
  const awaited = awaitedBefore(module, ending, `await Promise.all(${names.set})`);
  if (awaited instanceof Refusal) return awaited;
  return [blockBehindImports(module, keeper(module, names)), ...kept, ...awaited];
}

/** What keeps promises until they have come to their end; one that has failed is kept for whoever waits. */
function keeper(module: UserModule, { set, keep }: { set: string; keep: string }): string[] {
  const { indent, semicolon } = module.style;
  const [ofPromises, promise] = module.isTyped
    ? ["<Promise<unknown>>", "promise: Promise<unknown>"]
    : ["", "promise"];
  const returns = module.isTyped ? ": void" : "";
  return [
    `const ${set} = new Set${ofPromises}()${semicolon}`,
    "",
    `function ${keep}(${promise})${returns} {`,
    `${indent}${set}.add(promise)${semicolon}`,
    // What is dropped may be a promise on some of its ways only.
    `${indent}Promise.resolve(promise).then(() => ${set}.delete(promise), () => {})${semicolon}`,
    "}",
  ];
}

/** The promise is handed to what keeps it, where it was dropped. */
function keptAt(
  module: UserModule,
  { dropped, exit, how }: Asked["keep-until-exit"],
  keep: string,
): Changes {
  if (how === "statement" || how === "void") {
    const operator = how === "void" ? voided(module, dropped) : null;
    const call = operator === null ? droppedCall(module, dropped)?.call : operator["argument"];
    if (call == null) return notThere(module, dropped);
    if (how === "statement" && isAwaitable(module, call, exit)) return null;
    const from = operator?.start ?? call.start;
    return [
      { from, to: call.start, text: `${keep}(` },
      { from: call.end, to: call.end, text: ")" },
    ];
  }
  const given = module.callsAt(dropped).find((call) => {
    const taker = givenTo(module, call);
    return taker !== null && lastName(taker["callee"]) === how;
  });
  if (given !== undefined)
    return [put(given.start, given.start, `${keep}(`), put(given.end, given.end, ")")];
  const callback = module
    .callsAt(dropped)
    .filter((call) => lastName(call["callee"]) === how)
    .flatMap((call) => call["arguments"] as SyntaxNode[])
    .map(bare)
    .find((each) => isFunction(each) && each["async"] && isCalledBack(module, each));
  if (callback === undefined || callback.type !== "ArrowFunctionExpression")
    return new Refusal(`what ${how} calls back is no async function that is written there`);
  const { start, body } = callback;
  const [word] = /^async\s*/.exec(module.source(callback)) as unknown as [string];
  return [
    { from: start, to: start + word.length, text: "" },
    { from: body.start, to: body.start, text: `${keep}((async () => ` },
    { from: body.end, to: body.end, text: ")())" },
  ];
}

/** Whether another pattern has a call awaited where it stands: there, in a loop of callbacks, or before the exit. */
function isAwaitable(module: UserModule, call: SyntaxNode, exit: At): boolean {
  const callback = module.functionAround(call);
  const isEnded = module.callsAt(exit).some((one) => module.functionAround(one) === callback);
  if (whyNotAwaited(module, call) === null || (callback !== null && isEnded)) return true;
  const given = callback === null ? null : module.parent(callback);
  return (
    given?.["arguments"]?.[0] === callback &&
    lastName(given!["callee"]) === "forEach" &&
    whyNotAwaited(module, given!) === null
  );
}

/** What is awaited before a call for the exit, in a callback that comes to be async where need be. */
function awaitedBefore(
  module: UserModule,
  ending: SyntaxNode,
  awaiting: string,
): Change[] | Refusal {
  const around = module.surroundings(ending);
  const callback = around.is === "sync" ? around.function : null;
  if (callback === null || !isCalledBack(module, callback)) {
    const why = whyNotAwaited(module, ending);
    if (why !== null) return why;
  }
  const isArrow = callback !== null || module.functionAround(ending)?.["body"] === ending;
  const made =
    callback === null ? [] : [{ from: callback.start, to: callback.start, text: "async " }];
  const body = callback?.["body"] ?? module.functionAround(ending)?.["body"];
  if (isArrow && body === ending)
    return [
      ...made,
      { from: body.start, to: body.start, text: `{ ${awaiting}; ` },
      { from: body.end, to: body.end, text: "; }" },
    ];
  const statement = module.statement(ending);
  if (!module.isInList(statement)) return new Refusal("process.exit shares its statement");
  return [...made, putBefore(module, statement, [awaiting])];
}
