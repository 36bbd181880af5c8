/** TypeScript's syntax for what is the same in every program: blocks, times, lists of copies. */
import { TICKS_PER_MS, type Ticks } from "../../base/duration.ts";
import { indented } from "../source-text.ts";

/** Words of the language, what a program uses of its surroundings, and names it gives itself. */
export const reserved =
  `arguments await break case catch class const continue debugger default delete do else enum eval export
  extends false finally for function if implements import in instanceof interface let new null package
  private protected public return static super switch this throw true try typeof undefined var void
  while with yield async of type any unknown never string number boolean object symbol
  Array Atomics AbortController AsyncLocalStorage Bun Cancelled Channel Error Float64Array Group Infinity
  Int32Array Map Math MessageChannel Promise Set SharedArrayBuffer String Task Value Wake Worker
  JSON console performance process self setTimeout clearTimeout setInterval clearInterval setImmediate
  clearImmediate queueMicrotask delay workerData encodeURIComponent
  launch mainEnded open start submit sleep compute inPool openPool after call cancel closing current exitAfter gather
  group nextTurn run signal stop stopped tasks turnOver wait wake within worker shared
  value copy error ended finish finished submitted data what until pool poolThread jobs times works
  running handed i j k l main`.split(/\s+/);

/** The longest time that setTimeout takes. Given more, it fires at once. */
export const longestTimer: Ticks = (2 ** 31 - 1) * TICKS_PER_MS;

/** The indented lines of a block. */
export function inside(lines: readonly string[]): string[] {
  return indented(lines, "  ");
}

/** A duration as a number of milliseconds. */
export function milliseconds(ticks: Ticks): string {
  return String(ticks / TICKS_PER_MS);
}

/** The list of what an expression is for each `copy` of a task. */
export function everyCopy(copies: number, expression: string): string {
  return `Array.from({ length: ${copies} }, (_, copy) => ${expression})`;
}

/** A statement, performed for each `copy` of a task. */
export function forEveryCopy(copies: number, statement: string): string {
  return `for (let copy = 0; copy < ${copies}; copy++) ${statement}`;
}
