/** Texts laid out for a terminal. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cutApart, wrap } from "../../src/base/layout.ts";
import { randomFrom } from "../drivers/arbitrary.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** Words as a document may have them: wide, combining and steering characters, and ends of lines. */
function drawWords(random: (below: number) => number): string[] {
  const letters = ["a", "b", "ü", "日", "e\u0301", ".", "\n", "\u001b"];
  const word = (): string =>
    Array.from({ length: 1 + random(6) }, () => letters[random(letters.length)]!).join("");
  return Array.from({ length: 1 + random(12) }, word);
}

/** The words on as few lines as hold them, taken one by one. */
function linesOf(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && Bun.stringWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

test("law: a wrapped text breaks no line before it is full, whatever its words hold", () => {
  for (let round = 0; round < rounds(2000, 100_000); round++) {
    const draw = randomFrom(round);
    const random = (below: number): number => Math.floor(draw() * below);
    const words = drawWords(random);
    const width = 40 + random(20);
    const shown = words.map((word) =>
      word.replaceAll("\n", String.raw`\n`).replaceAll("\u001b", String.raw`\u001b`),
    );
    expect(wrap(words.join(" "), width)).toBe(linesOf(shown, width).join("\n") as never);
  }
});

test.each([
  [["short", "a line that is long"], 10, ["short", "a line ..."]],
  [["the same beginning, one", "the same beginning, two"], 13, ["the s..., one", "the s..., two"]],
  [
    ["aaaaaaaaaaaaaX and much that is the same", "aaaaaaaaaaaaaY and much that is the same"],
    14,
    ["aaaaa...X a...", "aaaaa...Y a..."],
  ],
  [["日本語の長い行です一", "日本語の長い行です二"], 13, ["日本語...す一", "日本語...す二"]],
  [["one long line, twice", "one long line, twice"], 10, ["one lon...", "one lon..."]],
])("%j in %d columns: %j", (texts, width, expected) => {
  const cut = cutApart(texts, width);
  expect(cut).toEqual(expected);
  for (const text of cut) expect(Bun.stringWidth(text)).toBeLessThanOrEqual(width);
});

test("law: no line of a wrapped text is a command of GitHub's workflows, wherever it breaks", () => {
  const text = `xxxxx ${"::error::boom ".repeat(7)}::warning file=a::b`;
  for (let width = 8; width <= 120; width++)
    for (const one of [text, text.slice(6)])
      for (const line of wrap(one, width, "  ").split("\n")) {
        expect(line).not.toMatch(/^\s*::[a-z]+( .*)?::/);
        expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width + 2);
      }
});
