/** The stacks of errors: without the frames of what loads the user's modules, and with the columns of their sources. */
import { types } from "node:util";
import type { KnownModules } from "./known-modules.ts";
import { disguise } from "./natives.ts";

type Prepare = (error: Error, frames: NodeJS.CallSite[]) => unknown;

/**
 * What the runtime makes of a stack goes through here, as long as the program has not put a function of its own in the
 * place, and does not ask for source maps.
 *
 * @param isOurs whether a line of a stack is a frame of the recorder's.
 */
export function cureStacks(modules: KnownModules, isOurs: (line: string) => boolean): void {
  const errors = Error as unknown as { prepareStackTrace?: Prepare };
  const { prepareStackTrace: original } = errors;
  if (original === undefined) return;
  const isBun = process.versions["bun"] !== undefined;
  // Bun's own function takes errors only, though Error.captureStackTrace takes any object, and calls all of them by this.
  const unnamed = withoutFrames();
  const own = disguise(function (this: unknown, error: Error, frames: NodeJS.CallSite[]): unknown {
    const of = isBun && !types.isNativeError(error) ? unnamed : error;
    const stack: unknown = Reflect.apply(original, this, [of, frames]);
    return typeof stack === "string" ? cured(stack, frames, modules, isOurs) : stack;
  }, original);
  // Bun looks at a property with a value only.
  if (isBun) {
    errors.prepareStackTrace = own as Prepare;
    return;
  }
  let current: unknown = own;
  Object.defineProperty(Error, "prepareStackTrace", {
    configurable: true,
    enumerable: false,
    get: () =>
      current === own && (process as { sourceMapsEnabled?: boolean }).sourceMapsEnabled
        ? original
        : current,
    set: (value: unknown) => {
      current = value === original ? own : value;
    },
  });
}

/** An error without a stack: Bun prints a note about the file of any frame that it has looked at. */
function withoutFrames(): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

function cured(
  stack: string,
  frames: readonly NodeJS.CallSite[],
  modules: KnownModules,
  isOurs: (line: string) => boolean,
): string {
  const lines = stack.split("\n");
  // The message may have lines of its own.
  const first = lines.length - frames.length;
  return lines
    .map((line, at) => {
      if (at < first || !line.startsWith("    at ")) return line;
      const isAsync = (frames[at - first] as { isAsync?(): boolean }).isAsync?.() === true;
      // Bun leaves that out where a function makes the text.
      return moved(isAsync ? line.replace(/^ {4}at (?!async )/, "    at async ") : line, modules);
    })
    .filter((line, at) => at < first || !(isOurs(line) || isBehind(line, modules)))
    .join("\n");
}

/** Whether a frame stands behind a module's text: where Bun is told to call the function that it is put into. */
function isBehind(line: string, modules: KnownModules): boolean {
  const place = modules.placeIn(line);
  if (place === null || place.module.indent === undefined) return false;
  return place.line > place.module.source.split("\n").length;
}

function moved(line: string, modules: KnownModules): string {
  const place = modules.placeIn(line);
  if (place === null) return line;
  return place.text(modules.positionsIn(place.module).columnOf(place.line, place.column));
}
