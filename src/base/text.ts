/** Text laid out for a terminal or a file: wrapped lines and columns. ASCII wherever tandem speaks itself. */

/**
 * Wraps a text so that no line holds more than `width` columns, as terminals count them.
 *
 * Lines after the first get `indent` before them, which is not counted.
 */
export function wrap(text: string, width: number, indent = ""): string {
  return Bun.wrapAnsi(text, width, { hard: true }).replaceAll("\n", `\n${indent}`);
}

/** Fills a text with spaces up to a width. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
}

/** A count with its noun: `1 task`, `2 tasks`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** A text as one word of a command line, for a shell as of Unix. */
export function quotedForShell(text: string): string {
  // Between double quotes, a shell still reads these.
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", `'\\''`)}'` : `"${text}"`;
}

/** What has a terminal show its cursor (DECTCEM). */
export const cursorShown = "\u001b[?25h";
