/** Text laid out for a terminal or a file: wrapped lines and columns. ASCII wherever tandem speaks itself. */
import { joined, printable, terminal, type TerminalText } from "./texts.ts";

/**
 * Wraps a paragraph, made safe, so that no line holds more than `width` columns, as terminals count them.
 *
 * Lines after the first get `indent` before them, which is not counted.
 */
export function wrap(text: string, width: number, indent = ""): TerminalText {
  const wrapped = Bun.wrapAnsi(printable(text), width, { hard: true });
  const [first, ...others] = wrapped.split("\n");
  return joined([printable(first!), ...others.map((line) => terminal`${indent}${line}`)], "\n");
}

/** Fills a text, made safe, with spaces up to a width. */
export function pad(text: string, width: number): TerminalText {
  const safe = printable(text);
  return terminal`${[safe]}${" ".repeat(Math.max(0, width - Bun.stringWidth(safe)))}`;
}

/** The escape sequence that shows a terminal's cursor (DECTCEM). */
export const cursorShown = terminal`\u001b[?25h`;
