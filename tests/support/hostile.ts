/** Texts that a program or a document may hold, and that no output may let through. */
import fc from "fast-check";

/**
 * What is dangerous wherever it stands, told by properties of Unicode instead of by the list that tandem
 * has: controls but for tab and the end of a line, what turns the direction of writing, what ends lines,
 * what cannot be seen (soft hyphens, joiners, fillers, tags), and halves of pairs.
 */
const dangerous =
  /[\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}\u00ad\u034f\u115f\u1160\u180b-\u180f\u200b-\u200d\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e01ef}]|(?![\t\n]|\r\n)\p{Cc}/gu;

/** The dangerous code points of a text, as a reader of a failure wants them: U+202E. */
export function dangersIn(text: string): string[] {
  return [...text.matchAll(dangerous)].map(
    ([one]) => `U+${one.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`,
  );
}

/** Each dangerous code point that can stand in text of UTF-8, hence no half of a pair. */
export const allDangers: readonly string[] = Array.from({ length: 0xe0200 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((one) => dangersIn(one).length > 0);

/** What steers, hides, turns, or breaks out of the format it stands in. */
export const hostilePieces: readonly string[] = [
  ..."\u0000\u0001\u0007\b\t\n\v\f\r\u001b\u007f\u0085\u009b\u009d\u061c\u200b\u200d\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\ufffe\u00ad\u180e\u2060\u3164\u{e0001}\u{e0041}\u{e0100}",
  "\ud800",
  "\udc00",
  "\u001b[2J",
  "\u001b]0;title\u0007",
  "\r\n::error::no",
  "\n::warning::no",
  "]]>",
  "<script>",
  "&amp;",
  "*/",
  '"""',
  "'",
  '"',
  "\\",
  "\\u",
  "`",
  "${x}",
  "$(id)",
  "%0A",
  "|",
  "#",
  "👩‍💻",
  "e\u0301",
];

/** A text with ordinary words and hostile pieces. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...hostilePieces), fc.constantFrom(..."abc é漢 ")), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(""));
