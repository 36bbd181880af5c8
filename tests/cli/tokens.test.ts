/** The words of a command line. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { parseArgs } from "node:util";
import { tokensOf } from "../../src/cli/tokens.ts";
import { rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

const specs = {
  strategy: { type: "string", short: "s" },
  force: { type: "boolean", short: "f" },
  json: { type: "boolean" },
} as const;

/** Words that are, or nearly are, options. */
const word = fc.oneof(
  fc.constantFrom("--strategy", "--strategy=", "--json", "-s", "-f", "-fs", "-sx", "--", "-", ""),
  fc.string({ unit: fc.constantFrom("-", "=", "s", "f", "x"), maxLength: 6 }),
);

test("law: words are told apart as by Node's parseArgs", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (argv) => {
      const { tokens } = parseArgs({
        args: argv,
        options: specs,
        allowPositionals: true,
        strict: false,
        tokens: true,
      });
      const theirs = tokens.flatMap<unknown>((token) => {
        if (token.kind === "option-terminator") return [];
        if (token.kind === "positional") return [{ kind: "operand", value: token.value }];
        const { name, rawName, value } = token;
        return [{ kind: "option", name, rawName, value, inlineValue: token.inlineValue ?? false }];
      });
      expect<unknown[]>([...tokensOf(argv, specs)]).toEqual(theirs);
    }),
    { numRuns: rounds(2000, 100_000) },
  );
});
