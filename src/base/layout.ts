/** Text laid out for a terminal or a file: wrapped lines and columns. ASCII wherever tandem speaks itself. */
import { joined, printable, terminal, type TerminalText } from "./texts.ts";

/**
 * Wraps a paragraph, made safe, so that no line holds more than `width` columns, as terminals count them.
 *
 * Lines after the first get `indent` before them, which is not counted.
 */
export function wrap(text: string, width: number, indent = ""): TerminalText {
  const safe = printable(text);
  const wrapped = Bun.wrapAnsi(safe, width, { hard: true });
  const lines = wrapped.split("\n");
  const [first, ...others] = lines.some(isCommand)
    ? Bun.wrapAnsi(safe.replaceAll("::", "\\u003a:"), width, { hard: true }).split("\n")
    : lines;
  return joined([printable(first!), ...others.map((line) => terminal`${indent}${line}`)], "\n");
}

/** Whether GitHub, where the line stands in the log of a job, would take it for a command: `::error::message`. */
function isCommand(line: string): boolean {
  return /^\s*::[a-z-]+(?: [^:]*)?::/i.test(line);
}

/** Fills a text, made safe, with spaces up to a width. */
export function pad(text: string, width: number): TerminalText {
  const safe = printable(text);
  return terminal`${[safe]}${" ".repeat(Math.max(0, width - Bun.stringWidth(safe)))}`;
}

/**
 * Texts, those that are wider than they may be cut: at their end, or, where other texts begin alike, in
 * the middle, so that it is seen in what they differ.
 */
export function cutApart(texts: readonly string[], width: number): string[] {
  const cut = (text: string): string => `${Bun.sliceAnsi(text, 0, width - gap.length)}${gap}`;
  const wide = texts.filter((text) => Bun.stringWidth(text) > width);
  const alike = Map.groupBy(new Set(wide), cut);
  return texts.map((text) => {
    if (Bun.stringWidth(text) <= width) return text;
    const others = alike.get(cut(text))!;
    return others.length === 1 ? cut(text) : cutInMiddle(text, sharedBy(others), width);
  });
}

/** What stands where something is left out. */
const gap = "...";

/** A beginning of a text, and its end, or, if that does not fit, what follows from the column `shared` on. */
function cutInMiddle(text: string, shared: number, width: number): string {
  const head = Math.floor((width - gap.length) / 2);
  const tail = width - gap.length - head;
  const end = Bun.stringWidth(text);
  const from = Math.min(shared, end - tail);
  const rest = Bun.sliceAnsi(text, from, from + tail);
  const middle = `${Bun.sliceAnsi(text, 0, head)}${gap}${rest}`;
  return from + tail < end ? `${Bun.sliceAnsi(middle, 0, width - gap.length)}${gap}` : middle;
}

/** How many columns of all texts are the same, from the first on. */
function sharedBy([first, ...others]: readonly string[]): number {
  let shared = first!;
  for (const other of others)
    while (!other.startsWith(shared))
      shared = shared.slice(0, Math.max(0, lengthShared(shared, other)));
  return Bun.stringWidth(shared);
}

function lengthShared(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** The escape sequence that shows a terminal's cursor (DECTCEM). */
export const cursorShown = terminal`\u001b[?25h`;
