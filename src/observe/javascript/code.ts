/** The transformed text of a module, put together from its source and its insertions. */
import type { Transformed, TypeRange } from "./inserted.ts";

/**
 * The transformed text.
 *
 * @param first the number of the module's first site; the next module's is `first + sites.length`.
 */
export function codeOf(source: string, { at, texts, types }: Transformed, first: number): string {
  const text = types === undefined ? source : withoutTypes(source, types);
  const pieces: string[] = [];
  let from = 0;
  for (const [index, offset] of at.entries()) {
    pieces.push(text.slice(from, offset), numbered(texts[index]!, first));
    from = offset;
  }
  pieces.push(text.slice(from));
  return pieces.join("");
}

/** An insertion's text with the numbers of its sites. */
export function numbered(text: string, first: number): string {
  if (!text.includes("@")) return text;
  return text.replaceAll(/@(\d+)/g, (_, site: string) => `${first + Number(site)}`);
}

/** A text with blanks in the place of its types. */
export function withoutTypes(source: string, ranges: readonly TypeRange[]): string {
  const pieces: string[] = [];
  let from = 0;
  for (const [start, end] of ranges.toSorted((a, b) => a[0] - b[0])) {
    if (end <= from) continue;
    const begin = Math.max(from, start);
    pieces.push(source.slice(from, begin));
    // Whatever comes next must not go on with the statement before.
    const rest = source.slice(begin, end).replaceAll(/[^\r\n\u2028\u2029]/g, " ");
    pieces.push(isStatement.test(source.slice(begin, end)) ? `;${rest.slice(1)}` : rest);
    from = end;
  }
  return pieces.join("") + source.slice(from);
}

const isStatement =
  /^(?:(?:export|import)\s+type|interface|declare|abstract\s+\w+|(?:async\s+)?function)\b(?!\s*\()|^type\s+[\w$]+\s*[<=]/;
