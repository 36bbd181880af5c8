/** Parts of sentences put together. */
import { formatCount } from "./count.ts";

/** `a`, `a and b`, `a, b and c` */
export function list(parts: readonly string[]): string {
  return joined(parts, "and");
}

/** `a`, `a or b`, `a, b or c` */
export function either(parts: readonly string[]): string {
  return joined(parts, "or");
}

/** A number of things: `1 line`, `2 lines`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function joined(parts: readonly string[], word: string): string {
  if (parts.length <= 1) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} ${word} ${parts.at(-1)!}`;
}
