/** The `{…}` of a printed line: what may stand there, and what is printed in its place. */
import { suggestion } from "./suggest.ts";

/** `{name}` is filled in; `{{name}}` prints `{name}`; any other brace is just a brace. */
const placeholder = /\{\{([A-Za-z_]\w*)\}\}|\{([A-Za-z_]\w*)\}/g;

export interface PlaceholderValues {
  i: number;
  task: string;
  copy: number;
  runtime: string;
  value: string;
}

const known = [
  "i",
  "task",
  "copy",
  "runtime",
  "value",
] as const satisfies (keyof PlaceholderValues)[];

/** The text with its placeholders filled in. */
export function fillPlaceholders(text: string, values: PlaceholderValues): string {
  if (!text.includes("{")) return text;
  return text.replace(
    placeholder,
    (_, literal: string | undefined, name: keyof PlaceholderValues) =>
      literal === undefined ? String(values[name]) : `{${literal}}`,
  );
}

/** What is wrong with a text's placeholders, where it stands. */
export function placeholderProblems(
  text: string,
  at: { inTask: boolean; inRepeat: boolean },
): string[] {
  const problems: string[] = [];
  for (const [, , name] of text.matchAll(placeholder)) {
    if (name === undefined) continue;
    if (!(known as readonly string[]).includes(name))
      problems.push(
        `"{${name}}" is no placeholder; ${suggestion(name, known, "placeholders")} (write "{{${name}}}" to print the braces)`,
      );
    else if (name === "i" && !at.inRepeat)
      problems.push(
        `"{i}" is the index of the repeat around it, and there is none here; use "repeat"`,
      );
    else if ((name === "task" || name === "copy") && !at.inTask)
      problems.push(`"{${name}}" has a meaning only in a task; write the text out`);
  }
  return problems;
}

/** A text in pieces, in order: what is printed as it stands, and placeholders by their names. */
export function splitPlaceholders(
  text: string,
): ({ literal: string } | { placeholder: keyof PlaceholderValues })[] {
  const pieces: ReturnType<typeof splitPlaceholders> = [];
  let literal = "";
  let end = 0;
  for (const match of text.matchAll(placeholder)) {
    const [whole, quoted, name] = match;
    literal += text.slice(end, match.index);
    end = match.index + whole.length;
    if (quoted !== undefined) literal += `{${quoted}}`;
    else {
      pieces.push({ literal }, { placeholder: name as keyof PlaceholderValues });
      literal = "";
    }
  }
  pieces.push({ literal: literal + text.slice(end) });
  return pieces;
}
