/** Python's syntax for what is the same in every program: blocks and times. */
import { TICKS_PER_MS, type Ticks } from "../../base/duration.ts";
import { indented } from "../source-text.ts";

/** Words of the language, built-ins that the program uses, modules, and names it gives itself. */
export const reserved =
  `False None True and as assert async await break class continue def del elif else except finally
  for from global if import in is lambda nonlocal not or pass raise return try while with yield
  print range len str RuntimeError BaseException TimeoutError asyncio contextlib json multiprocessing os queue sys
  threading time traceback collections ThreadPoolExecutor ProcessPoolExecutor Channel main serve portal stop
  finish loop thread pool process status runner group limit launch compute others value copy future match
  case type i j k l`.split(/\s+/);

/** The indented lines of a block; `pass` for an empty one. */
export function inside(lines: readonly string[]): string[] {
  const isEmpty = lines.every((line) => line.startsWith("#"));
  return indented(isEmpty ? [...lines, "pass"] : lines, "    ");
}

/** A duration as a number of seconds. */
export function seconds(ticks: Ticks): string {
  return String(ticks / (1000 * TICKS_PER_MS));
}
