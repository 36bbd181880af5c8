/** The transformed text of a module, put together from its source and its insertions. */
import type { Transformed } from "./inserted.ts";

/**
 * The transformed text.
 *
 * @param first the number of the module's first site; the next module's is `first + sites.length`.
 */
export function codeOf(source: string, { at, texts }: Transformed, first: number): string {
  const pieces: string[] = [];
  let from = 0;
  for (const [index, offset] of at.entries()) {
    pieces.push(source.slice(from, offset), numbered(texts[index]!, first));
    from = offset;
  }
  pieces.push(source.slice(from));
  return pieces.join("");
}

/** An insertion's text with the numbers of its sites. */
export function numbered(text: string, first: number): string {
  if (!text.includes("@")) return text;
  return text.replaceAll(/@(\d+)/g, (_, site: string) => `${first + Number(site)}`);
}
