/**
 * The messages of errors that quote what could not be evaluated, with the recorder's calls in it. They are mended where an error
 * comes to a `catch` of an async function or ends a call: to read `undefined is not an object (evaluating '(await job()).name')`.
 */
import type { Inserted } from "../inserted.ts";
import type { KnownModules } from "./known-modules.ts";
import { globalName } from "./modules.ts";

/** The recorder's functions, which mend the errors that they are told of. */
export function mending(t: Inserted, mended: (error: TypeError) => string): Inserted {
  const mend = (error: unknown): void => {
    if (!(error instanceof TypeError)) return;
    try {
      const { message } = error;
      if (!message.includes(globalName)) return;
      error.message = mended(error);
      const { stack } = error;
      if (stack?.includes(message)) error.stack = stack.replace(message, error.message);
    } catch {
      // It is frozen, or has a getter of the program's own.
    }
  };
  return {
    ...t,
    f(running, error) {
      mend(error);
      t.f(running, error);
    },
    c(running, site, error) {
      mend(error);
      t.c(running, site, error);
    },
  };
}

/** As V8 quotes: of a call it has the function's name, and of what is awaited nothing. */
export function asInNode(modules: KnownModules): (error: TypeError) => string {
  return (error) => {
    const awaited = "(intermediate value)";
    const callee = (): string => calleeAt(error.stack, modules) ?? "";
    return error.message
      .replace(/\$td_*\.[bz] is not a function or its return value is not/, `${awaited} is not`)
      .replace(/\$td_*\.[bz]\(\.\.\.\)/g, awaited)
      .replace(/\$td_*\.[a-z]\(\.\.\.\)/g, () => (callee() === "" ? awaited : `${callee()}(...)`))
      .replace(/\$td_*\.[a-z](?= is not a function or)/g, () => callee() || awaited);
  };
}

/** What is called on the line of a stack's first frame, where that is one call. */
function calleeAt(stack: string | undefined, modules: KnownModules): string | null {
  for (const line of stack?.split("\n") ?? []) {
    const place = modules.placeIn(line);
    if (place === null) continue;
    const { sites } = place.module.transformed;
    const called = sites.filter((site) => site.line === place.line && site.kind !== "await");
    const callees = new Set(called.flatMap(({ called: one }) => one?.callee || []));
    return callees.size === 1 ? [...callees][0]! : null;
  }
  return null;
}

const call = /\$td_*\.([a-z])\(/;

/** As Bun quotes, which is the text itself. */
export const asInBun = (error: TypeError): string => withoutInsertions(error.message);

/** A part of a transformed text as it stands in the source: each call of the recorder's gives way to its last argument. */
export function withoutInsertions(text: string): string {
  const found = call.exec(text);
  if (found === null) return text;
  const from = found.index + found[0].length;
  const { values, end } = argumentsIn(text, from);
  const value = withoutInsertions(values.at(-1)!.trim());
  const rest = text.slice(end);
  const isOperand =
    /^(?:await|yield)\b/.test(value) && /^(?:[.[(]|\?\.| is not a|' is )/.test(rest);
  return text.slice(0, found.index) + (isOperand ? `(${value})` : value) + withoutInsertions(rest);
}

/** The arguments of a call from behind its parenthesis, and where it ends. */
function argumentsIn(text: string, from: number): { values: string[]; end: number } {
  const values: string[] = [];
  let depth = 0;
  let begin = from;
  for (let at = from; at < text.length; at++) {
    const character = text[at]!;
    if (`"'\``.includes(character)) at = endOfText(text, at);
    else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character) && depth-- === 0)
      return { values: [...values, text.slice(begin, at)], end: at + 1 };
    else if (character === "," && depth === 0) {
      values.push(text.slice(begin, at));
      begin = at + 1;
    }
  }
  // Cut off by the engine.
  return { values: [...values, text.slice(begin)], end: text.length };
}

/** Where a text in quotes ends; where it has no end, it is none. */
function endOfText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === text[from]) return at;
  }
  return from;
}
