/**
 * Placeholders, the `{…}` in a step's texts: which there are, and their values in the program.
 *
 * A text that the program produces is filled in wherever it stands: what it prints, raises and sends,
 * and what a function of the user's gets as its `args`. The keys of an object are names, and stay as
 * they are.
 */
import type { LeafStep } from "./model.ts";
import { suggestion } from "../base/suggest.ts";

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

/** Part of a text: as it stands, or what a placeholder stands for. */
export type Piece = { literal: string } | { placeholder: keyof PlaceholderValues };

/** The pieces of texts that were filled in: programs fill the same few of their document again and again. */
const piecesOf = new Map<string, readonly Piece[]>();

/** The text with its placeholders filled in. */
export function fillPlaceholders(text: string, values: PlaceholderValues): string {
  if (!text.includes("{")) return text;
  let filled = "";
  for (const piece of piecesOf.getOrInsertComputed(text, splitPlaceholders))
    filled += "literal" in piece ? piece.literal : String(values[piece.placeholder]);
  return filled;
}

/** A value that is sent or handed over, with the placeholders of every text in it filled in. */
export function fillValue(value: unknown, values: PlaceholderValues): unknown {
  if (typeof value === "string") return fillPlaceholders(value, values);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => fillValue(item, values));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fillValue(item, values)]),
  );
}

/** Every text of a data value, with the path that leads to it. */
function textsIn(
  value: unknown,
  path: PropertyKey[] = [],
): { text: string; path: PropertyKey[] }[] {
  if (typeof value === "string") return [{ text: value, path }];
  return entriesOf(value).flatMap(([key, item]) => textsIn(item, [...path, key]));
}

/** The entries of a list or an object, by index or key; none for anything else. */
function entriesOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** The placeholders in the texts of a step. */
export function placeholdersOf(step: LeafStep): ReadonlySet<keyof PlaceholderValues> {
  const pieces = textsOf(step).flatMap(splitPlaceholders);
  return new Set(pieces.flatMap((piece) => ("placeholder" in piece ? [piece.placeholder] : [])));
}

/** Whether a step's texts change when it is performed: they have placeholders, or doubled braces. */
export function isFilledIn(step: LeafStep): boolean {
  return textsOf(step).some((text) => text.search(placeholder) >= 0);
}

function textsOf(step: LeafStep): string[] {
  switch (step.kind) {
    case "print":
      return [step.text];
    case "fail":
      return [step.message];
    case "send":
      return textsIn(step.value).map(({ text }) => text);
    case "call":
      return textsIn(step.args).map(({ text }) => text);
    default:
      return [];
  }
}

/** The surroundings of a text. */
interface Around {
  inTask: boolean;
  inRepeat: boolean;
}

/** The problems of a text's placeholders at the place where it stands. */
export function placeholderProblems(text: string, at: Around): string[] {
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

/**
 * The same for a value that is sent or handed over.
 *
 * @param isBare whether nothing at all is written behind the key at a path: `{i}` without quotes is an
 *   object to YAML, with the key i.
 */
export function valueProblems(
  value: unknown,
  at: Around,
  isBare: (path: PropertyKey[]) => boolean,
): { path: PropertyKey[]; message: string }[] {
  const problems = textsIn(value).flatMap(({ text, path }) =>
    placeholderProblems(text, at).map((message) => ({ path, message })),
  );
  for (const { key, path, isOnly } of keysIn(value)) {
    const quoted = `"{${key}}"`;
    if (isOnly && (known as readonly string[]).includes(key) && isBare([...path, key]))
      problems.push({
        path,
        message: `without quotes {${key}} is an object with the key "${key}"; write ${quoted}`,
      });
    const [, , name] = [...key.matchAll(placeholder)].find(([, , one]) => one !== undefined) ?? [];
    if (name !== undefined && (known as readonly string[]).includes(name))
      problems.push({
        path,
        message: `"{${name}}" stands in a key, and keys are not filled in; put it into a value`,
      });
  }
  return problems;
}

function keysIn(
  value: unknown,
  path: PropertyKey[] = [],
): { key: string; path: PropertyKey[]; isOnly: boolean }[] {
  const entries = entriesOf(value);
  const own = entries.flatMap(([key]) =>
    typeof key === "string" ? [{ key, path, isOnly: entries.length === 1 }] : [],
  );
  return [...own, ...entries.flatMap(([key, item]) => keysIn(item, [...path, key]))];
}

/** A text in pieces, in order: what is printed as it stands, and placeholders by their names. */
export function splitPlaceholders(text: string): Piece[] {
  const pieces: Piece[] = [];
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

/** A value as JSON, in the same pieces; what a placeholder stands for is part of a JSON string there. */
export function splitJson(value: unknown): Piece[] {
  if (typeof value === "string")
    return [
      { literal: '"' },
      ...splitPlaceholders(value).map((piece) =>
        "literal" in piece ? { literal: JSON.stringify(piece.literal).slice(1, -1) } : piece,
      ),
      { literal: '"' },
    ];
  if (typeof value !== "object" || value === null)
    return [{ literal: JSON.stringify(value) ?? "null" }];
  const isList = Array.isArray(value);
  const items = entriesOf(value).flatMap(([key, item], index): Piece[] => [
    { literal: (index === 0 ? "" : ",") + (isList ? "" : `${JSON.stringify(key)}:`) },
    ...splitJson(item),
  ]);
  return [{ literal: isList ? "[" : "{" }, ...items, { literal: isList ? "]" : "}" }];
}
