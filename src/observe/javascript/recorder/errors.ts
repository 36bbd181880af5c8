/** What an error says, and where in the program it was made. */
import type { Call } from "./model.ts";
import { functionAt, inSource, isTransformed, otherPlace, sites } from "./sites.ts";

export const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

const longestText = 500;

/** What an error says: its message, or what was thrown in its place. */
export function messageOf(error: unknown): string {
  let text = "";
  try {
    if (!isObject(error)) text = String(error);
    else {
      const { name, message } = error as { name?: unknown; message?: unknown };
      if (typeof message === "string" && message !== "") text = message;
      else if (typeof name === "string") text = name;
    }
  } catch {
    // A getter of the program's own.
  }
  return text.slice(0, longestText);
}

/**
 * The id of the place in the program's source where an error was made; null where that is not known.
 *
 * @param lines so many lines of its stack are looked at.
 */
export function thrownAt(error: unknown, call: Call | null, lines = 30): number | null {
  let stack: unknown;
  try {
    stack = isObject(error) ? (error as { stack?: unknown }).stack : undefined;
  } catch {
    return null;
  }
  if (typeof stack !== "string") return null;
  for (const line of stack.split("\n", lines)) {
    const found = /^\s+at (?:(.*?) \()?(?:file:\/\/)?(\/[^()]*?):(\d+):(\d+)\)?$/.exec(line);
    if (found === null) continue;
    const [, name, path, row, column] = found;
    const position = { line: Number(row), column: Number(column) };
    const { file, line: at } = inSource(decoded(line, path!), position);
    if (!isTransformed(file)) continue;
    const said = name?.replace(/^(?:async|new) /, "");
    const own = call === null ? null : sites[call.site]!.function;
    const around = functionAt(file, at);
    return otherPlace(file, at, null, around === undefined ? (said ?? own) : around);
  }
  return null;
}

function decoded(line: string, path: string): string {
  if (!line.includes("file://")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** How far up a stack is looked for a line of the program's, as a library may have called what it calls. */
const deepest = 100;

/** The id of the place in the program's source whose call is under way now; null where that is not known. */
export function standsAt(call: Call | null): number | null {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = deepest;
  const error = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return thrownAt(error, call, deepest);
}
