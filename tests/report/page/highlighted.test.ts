/** Sources as the page of a report shows them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { highlighted } from "../../../src/report/html/highlighted.ts";
import { hostileText } from "../../support/hostile.ts";
import { patience } from "../../support/patience.ts";

setDefaultTimeout(patience);

const pieces = fc.oneof(
  hostileText,
  fc.constantFrom(
    "def f(x):\n",
    '"""',
    "# note\n",
    "`${a}`",
    "/* b\n",
    "*/",
    "name: [a, 'b']\n",
    "\n",
    " = 3\n",
  ),
);

test("each line of a source stands by itself, its elements closed, and says what the source says", () => {
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
      fc.constantFrom("a.py", "a.ts", "a.mjs", "a.yaml", "a.json", "a.txt", "noend"),
      (text, file) => {
        const plain = highlighted(text, "plain.txt");
        const lines = highlighted(text, file);
        expect(lines).toHaveLength(text.split(/\r\n|\n/).length);
        for (const [index, line] of lines.entries()) {
          expect(line.match(/<span class="[\w -]+">/g) ?? []).toHaveLength(
            line.match(/<\/span>/g)?.length ?? 0,
          );
          expect(line.replaceAll(/<\/?span[^>]*>/g, "")).toBe(plain[index]!);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("what runs over several lines is told as that in each of them", () => {
  const [first, second] = highlighted('x = """one\ntwo"""', "a.py");
  expect([first, second] as string[]).toEqual([
    'x = <span class="hljs-string">&quot;&quot;&quot;one</span>',
    '<span class="hljs-string">two&quot;&quot;&quot;</span>',
  ]);
});
