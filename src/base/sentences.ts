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

/** The longest word and the longest sentence that are told whole, in characters: a file may have a megabyte in one. */
const longest = { word: 200, sentence: 1000 };

/**
 * A sentence that quotes what somebody else wrote, however long that is. Its beginning says what was found, its end
 * what would be right.
 */
export function brief(sentence: string): string {
  const words = sentence.replaceAll(/\S+/g, (word) =>
    word.length > longest.word ? ends(word, longest.word, "…") : word,
  );
  return words.length > longest.sentence ? ends(words, longest.sentence, "… …") : words;
}

function ends(text: string, length: number, between: string): string {
  return text.slice(0, length / 2) + between + text.slice(-length / 2);
}
