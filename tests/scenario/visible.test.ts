/** Documents that are shown: they mean what they meant, and hide nothing. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { visibleDocument } from "../../src/scenario/visible.ts";
import { dangersIn, hostileText } from "../support/hostile.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

describe("a document that is shown", () => {
  test("stays as it is where nothing in it hides", async () => {
    const text = "name: a # with a tab\there\r\nmain:\n  - print: 'é'\n";
    expect<string>(await visibleDocument(text)).toBe(text);
  });

  test("shows what hides, in a value and in a comment", async () => {
    const text =
      "title: a\u202eb # \u202e comment\nmain:\n  - print: |\n      x\u200by\n      z\n  - launch\n";
    expect<string>(await visibleDocument(text)).toBe(
      String.raw`title: "a\u202eb" # \u202e comment
main:
  - print: "x\u200by\nz\n"
  - launch
`,
    );
  });

  test("shows what hides in what is no document at all", async () => {
    expect<string>(await visibleDocument("{ a: \u202e: [")).toBe(String.raw`{ a: \u202e: [`);
  });

  test("law: means the same, and has no dangerous code point", async () => {
    const styles = [
      "PLAIN",
      "QUOTE_SINGLE",
      "QUOTE_DOUBLE",
      "BLOCK_LITERAL",
      "BLOCK_FOLDED",
    ] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(hostileText),
        hostileText,
        fc.constantFrom(...styles),
        async (texts, key, style) => {
          const value = { steps: texts.map((print) => ({ print })), [key]: texts };
          for (const text of [
            JSON.stringify(value),
            stringify(value, { defaultStringType: style, lineWidth: 0 }),
          ]) {
            let meant: unknown;
            try {
              meant = parse(text);
            } catch {
              continue; // YAML cannot hold it in this style.
            }
            const shown = await visibleDocument(text);
            expect(dangersIn(shown)).toEqual([]);
            expect(parse(shown)).toEqual(meant);
          }
        },
      ),
      { numRuns: rounds(200, 20_000) },
    );
  });
});
