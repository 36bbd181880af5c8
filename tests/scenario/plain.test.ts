/** Plain documents: whatever is read by the quick way is read as by the `yaml` package. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { DocumentError } from "../../src/scenario/problem.ts";
import { parseAnyYaml, parseYaml, type LocatedData } from "../../src/scenario/yaml.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** Data and every place of it, or the errors that are told instead. */
function readings(read: (text: string, file: string) => LocatedData, text: string): unknown {
  let located: LocatedData;
  try {
    located = read(text, "sample.yaml");
  } catch (error) {
    if (error instanceof DocumentError) return error.message;
    throw error;
  }
  const places: unknown[] = [];
  const visit = (value: unknown, path: PropertyKey[]): void => {
    places.push([path, located.locate(path, "value"), located.locate(path, "key")]);
    places.push(located.isBare(path), located.locate([...path, "missing"], "key"));
    if (typeof value === "object" && value !== null)
      for (const key of Object.keys(value))
        visit((value as Record<string, unknown>)[key], [
          ...path,
          Array.isArray(value) ? Number(key) : key,
        ]);
  };
  visit(located.data, []);
  return { data: located.data, places };
}

function expectSame(text: string): void {
  expect([text, readings(parseYaml, text)]).toStrictEqual([text, readings(parseAnyYaml, text)]);
}

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    "true",
    "~",
    "10ms",
    "1e3",
    "0x1f",
    "-1",
    "a: b",
    "a #b",
    "",
  ),
  fc.constantFrom(
    "it's",
    'say "no"',
    "- a",
    "{i} of {{x}}",
    "two\nlines",
    "  indented\n\nand on\n",
  ),
  fc.integer({ min: -9, max: 99_999 }),
  fc.double({ min: -9, max: 9, noNaN: true }),
  fc.string({ maxLength: 8 }),
);
const key = fc.oneof(
  fc.constantFrom("main", "print", "sleep", "task-1", "lateness.p99", "null", "1", "a b"),
  fc.string({ unit: "grapheme-ascii", maxLength: 4 }),
);
const { data: anyData } = fc.letrec((tie) => ({
  data: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    scalar,
    fc.array(tie("data"), { maxLength: 4 }),
    fc.dictionary(key, tie("data"), { maxKeys: 4 }),
  ),
}));

/** The same data as different people write it. */
const written = fc
  .tuple(fc.dictionary(key, anyData, { minKeys: 1, maxKeys: 4 }), fc.nat(6), fc.nat(3))
  .map(([data, form, indent]) => {
    if (form === 0) return JSON.stringify(data);
    if (form === 1) return JSON.stringify(data, null, indent);
    return stringify(data, {
      indent: indent + 1,
      indentSeq: form % 2 === 0,
      collectionStyle: form === 2 ? "flow" : "any",
      lineWidth: form === 3 ? 20 : 0,
      defaultStringType: form === 4 ? "QUOTE_SINGLE" : "PLAIN",
    });
  });

/** What a slip of the pen puts in, or takes the place of. */
const slip = fc.record({
  at: fc.nat(1000),
  remove: fc.nat(2),
  insert: fc.constantFrom(
    ..."\n#:-,[]{}'\"|>&*!?%@` ab19.~".split(""),
    ..."\n\n|\n  |: |- | #c|#c\n|: |\n\n|: >-\n  a\n|---|...|null|\\u0041|''|__proto__: 1\n|a: 1\n".split(
      "|",
    ),
  ),
});

describe("a document that is plain", () => {
  test.each(catalogue.map(({ name, text }) => [name, text]))("as %s is", (_, text) => {
    expectSame(text);
  });

  test("law: is read as by the yaml package, with every place, however it is written", () => {
    fc.assert(fc.property(written, expectSame), { numRuns: rounds(400, 30_000) });
  });

  test("law: with slips of the pen is read, or refused, as by the yaml package", () => {
    const slipped = fc
      .tuple(
        fc.oneof(written, fc.constantFrom(...catalogue.map(({ text }) => text.slice(0, 700)))),
        fc.array(slip, { minLength: 1, maxLength: 4 }),
      )
      .map(([text, slips]) =>
        slips.reduce((before, { at, remove, insert }) => {
          const k = at % (before.length + 1);
          return before.slice(0, k) + insert + before.slice(k + remove);
        }, text),
      );
    fc.assert(fc.property(slipped, expectSame), { numRuns: rounds(400, 30_000) });
  });
});
