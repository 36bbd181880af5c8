/**
 * What user code has thrown, read with care: it may be anything at all, and its parts may throw when they
 * are looked at.
 *
 * Invariant: nothing here throws, and every text is bounded in length.
 */
import { formatCount } from "../../../base/count.ts";

/** The place that an error of Bun's own compiler names. */
export interface BuildPosition {
  file: string;
  /** From 1, as `column` is. */
  line: number;
  column: number;
}

/** A thrown value, as far as it lets itself be read. */
export interface Thrown {
  /** The kind of error, where that says more than "Error", and its message; or the value in words. */
  text: string;
  /** Whether it is an error, and not any other value. */
  isError: boolean;
  /** The end of its stack, which is where the frames stand; undefined where there is none. */
  stack: string | undefined;
  /** The place that Bun's compiler names. */
  position: BuildPosition | undefined;
}

/** The most characters of a message that are told. */
const longestText = 4000;

/** The same of an error's name. */
const longestName = 200;

/** The number of a stack's last characters that are searched for a place: ten frames with long paths. */
const longestFrames = 100_000;

/** The number of causes that are followed. A chain of them may lead back to its beginning. */
const mostCauses = 20;

export function readThrown(value: unknown): Thrown {
  const nothing = { stack: undefined, position: undefined };
  if (!isError(value)) return { text: textOf(value), isError: false, ...nothing };
  const compiled = compilerError(value);
  if (compiled !== undefined) return compiled;
  const named = read(value, "name");
  const name = typeof named === "string" && named !== "Error" ? cut(named, longestName) : "";
  const told = read(value, "message");
  const message = typeof told === "string" ? cut(told) : textOf(told);
  const stack = read(value, "stack");
  return {
    text: name === "" ? message : `${name}: ${message}`,
    isError: true,
    stack: typeof stack === "string" ? stack.slice(-longestFrames) : undefined,
    position: undefined,
  };
}

/** Whether an error is the reason of a signal that is aborted, or an AbortError, or caused by one. */
export function isOf(error: unknown, { aborted, reason }: AbortSignal): boolean {
  if (!aborted) return false;
  for (let one = error, causes = 0; causes <= mostCauses; one = read(one, "cause"), causes++) {
    if (one === undefined || one === null) return false;
    if (one === reason || read(one, "name") === "AbortError") return true;
  }
  return false;
}

/** Bun's own errors of a module that cannot be compiled; where it has several, they stand in `errors`. */
function compilerError(error: Error): Thrown | undefined {
  const several = read(error, "errors");
  const one = isOfCompiler(error) ? error : Array.isArray(several) ? several[0] : undefined;
  if (!isOfCompiler(one)) return undefined;
  const { message, position } = one;
  return { text: cut(message), isError: true, stack: undefined, position: position ?? undefined };
}

/** Not every error with a `position` is the compiler's: those of databases have one as well. */
function isOfCompiler(error: unknown): error is BuildMessage | ResolveMessage {
  return isA(error, BuildMessage) || isA(error, ResolveMessage);
}

function isError(value: unknown): value is Error {
  return isA(value, Error) || isOfCompiler(value);
}

/** The same as `instanceof`, which in a Proxy asks code of the user's. */
export function isA<Class extends abstract new (...of: never) => unknown>(
  value: unknown,
  one: Class,
): value is InstanceType<Class> {
  return attempt(() => value instanceof one) === true;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return cut(value);
  const text =
    attempt(() => JSON.stringify(value)) ??
    attempt(() => String(value)) ??
    "something that cannot be told as a text";
  return cut(text);
}

/** A property's value; undefined where it cannot be read. */
function read(from: unknown, property: string): unknown {
  return attempt(() => (from as Record<string, unknown>)[property]);
}

/** What a function returns; undefined where it throws. */
function attempt<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function cut(text: string, longest = longestText): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest).toWellFormed()}… (${formatCount(text.length)} characters)`;
}
