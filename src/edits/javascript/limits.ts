/** Timers that bound a wait, and are still there when that is over. */
import { lastName } from "../../observe/javascript/naming.ts";
import { isFunction, keyName, type SyntaxNode } from "../../observe/javascript/syntax.ts";
import { Refusal } from "../pattern.ts";
import type { Asked } from "./asked.ts";
import { usesOf } from "./asynchrony.ts";
import { notThere, outermost } from "./awaitable.ts";
import { put, putBefore } from "./statements.ts";
import type { Changes, UserModule } from "./user-module.ts";

/** A timer that rejects in a race is cleared when the race is over. */
export function clearLimit(module: UserModule, { timer }: Asked["clear-limit"]): Changes {
  const call = module.callsAt(timer).find((one) => lastName(one["callee"]) === "setTimeout");
  if (call === undefined) return notThere(module, timer);
  const executor = module.functionAround(call);
  const promise = executor === null ? null : module.parent(executor);
  const parent = module.parent(call);
  const isAlone =
    parent === executor || (parent?.type === "ExpressionStatement" && module.isInList(parent));
  const { line } = call.loc.start;
  if (promise?.type !== "NewExpression" || lastName(promise["callee"]) !== "Promise" || !isAlone)
    return new Refusal(
      `when the timer at line ${line} is not needed any more is for you to decide`,
    );
  const race = raceOf(module, promise);
  if (race === null)
    return new Refusal(
      `the promise of the timer at line ${line} is in no race of its own function`,
    );
  const statement = module.statement(promise);
  if (!module.isInList(statement))
    return new Refusal(`the timer at line ${line} shares its statement`);
  const name = module.freeName("timer");
  const type = module.isTyped ? ": ReturnType<typeof setTimeout> | undefined" : "";
  // Of an arrow without braces the value would be another, and nobody has a use for it.
  return [
    putBefore(module, statement, [`let ${name}${type}`]),
    put(call.start, call.start, parent === executor ? `(${name} = ` : `${name} = `),
    put(call.end, call.end, parent === executor ? ")" : ""),
    put(race.end, race.end, `.finally(() => clearTimeout(${name}))`),
  ];
}

/** The race that a promise runs in, where that is called in the function which makes the promise. */
function raceOf(module: UserModule, promise: SyntaxNode): SyntaxNode | null {
  const list = module.parent(outermost(module, promise));
  if (list?.type === "ArrayExpression") return raceAround(module, list);
  if (list?.type !== "VariableDeclarator" || list["id"].type !== "Identifier") return null;
  const name: string = list["id"].name;
  const [use, ...others] = usesOf(module, name, list);
  if (use === undefined || others.length > 0) return null;
  const around = module.parent(use);
  const isHere = module.functionAround(use) === module.functionAround(list);
  return around?.type === "ArrayExpression" && isHere ? raceAround(module, around) : null;
}

function raceAround(module: UserModule, list: SyntaxNode): SyntaxNode | null {
  const call = module.parent(list);
  const callee: SyntaxNode | undefined = call?.["callee"];
  const isRace =
    call?.["arguments"][0] === list &&
    callee?.["object"]?.name === "Promise" &&
    ["race", "any"].includes(keyName(callee["property"], callee["computed"]) ?? "");
  const user = call == null ? null : module.parent(call);
  const isWaited =
    user?.type === "AwaitExpression" ||
    user?.type === "ReturnStatement" ||
    (user !== null && isFunction(user));
  return isRace && isWaited ? call! : null;
}
