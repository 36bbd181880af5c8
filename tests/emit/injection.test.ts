/** Nothing of a document is code in the program that is made of it, and whatever it holds, that program parses. */
import { parse } from "@babel/parser";
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { emitProgram } from "../../src/emit/emit.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { hostileText } from "../support/hostile.ts";
import { allRounds, rounds } from "../support/laws.ts";
import { patience } from "../support/patience.ts";
import { holds } from "../support/property.ts";
import { findPython, whyNoPython } from "../support/python.ts";
import { call, temporaryFolder } from "../support/tandem.ts";

setDefaultTimeout(patience);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** What would be code if it came out of its quotes, its comment or its name. */
const breaking = [
  'default as z } from "./job.ts"; INJECTED(); import { default',
  '"; INJECTED(); "',
  "'; INJECTED(); '",
  "`; INJECTED(); `",
  "${INJECTED()}",
  "{INJECTED()}",
  "{{INJECTED()}}",
  "\nINJECTED()\n",
  "\rINJECTED()",
  "\u2028INJECTED()",
  "\\\nINJECTED()",
  '\\"; INJECTED() //',
  "*/ INJECTED() /*",
  '"""\nINJECTED()\n"""',
  "\0INJECTED()",
  "class",
  "await",
  "1a",
  "a b",
  "x-y",
  "$",
  "ünï",
  "__proto__",
  "constructor",
  "arguments",
];

const text = fc
  .oneof(
    fc.constantFrom(...breaking),
    fc
      .array(fc.oneof(fc.constantFrom(...breaking), hostileText), { maxLength: 3 })
      .map((parts) => parts.join("")),
  )
  .map((one) => one.toWellFormed());

/** The same with its braces doubled, so that none is a placeholder: they are single in the program. */
const filledIn = text.map((one) => one.replaceAll(/[{}]/g, "$&$&"));

const texts = fc.record({
  title: text,
  print: filledIn,
  fail: filledIn,
  value: filledIn,
  key: filledIn,
  exported: text.filter((one) => one !== ""),
  module: text.map((one) => `./${one.replaceAll("\0", "")}job.ts`),
  strategy: fc.constantFrom("await", "detach", "thread", "float"),
  calls: fc.boolean(),
});

type Texts = typeof texts extends fc.Arbitrary<infer Value> ? Value : never;

function programOf(
  { title, print, fail, value, key, exported, module, strategy, calls }: Texts,
  language: "typescript" | "python",
): string {
  const document = {
    name: "hostile",
    title,
    strategy,
    main: [{ print }, "launch"],
    channels: { box: {} },
    tasks: {
      one: [
        { send: { channel: "box", value: { [key]: value } } },
        ...(calls && language === "typescript"
          ? [{ call: { module, export: exported, args: { [key]: [value] }, takes: 1 } }]
          : []),
        { fail },
      ],
      two: [{ receive: "box" }, { print: "{value}" }],
    },
  };
  const scenario = parseScenario(JSON.stringify(document), "hostile.json");
  return emitProgram(scenario, scenario.strategy, language);
}

const law = allRounds ? "law: " : "";

test(`${law}a program in TypeScript parses, and has no code of its document's`, () => {
  holds(
    fc.property(texts, (one) => {
      const program = programOf(one, "typescript");
      const { tokens, program: parsed } = parse(program, {
        sourceType: "module",
        plugins: ["typescript"],
        tokens: true,
      });
      const imports = parsed.body.filter((statement) => statement.type === "ImportDeclaration");
      const modules = imports.map(({ source }) => source.value);
      expect(modules.filter((module) => module === one.module).length).toBe(one.calls ? 1 : 0);
      // A function of the user's may be called so here, after its export or its file.
      const locals = imports.flatMap(({ specifiers }) => specifiers.map(({ local }) => local.name));
      if (locals.includes("INJECTED")) return;
      const names = (tokens as { value?: unknown; type: { label: string } }[]).filter(
        ({ type }) => type.label === "name",
      );
      expect(names.map(({ value }) => value)).not.toContain("INJECTED");
    }),
    { numRuns: rounds(150, 3000) },
  );
});

test.skipIf(findPython() === null)(
  `${law}a program in Python parses, and has no code of its document's${whyNoPython()}`,
  () => {
    const programs = fc
      .sample(texts, { numRuns: rounds(150, 3000), seed: 22 })
      // asyncio has no loop that floats.
      .filter(({ strategy }) => strategy !== "float")
      .map((one) => programOf(one, "python"));
    const file = folder.file("programs.json", JSON.stringify(programs));
    const check = folder.file(
      "check.py",
      `import ast, json, sys
for program in json.load(open(sys.argv[1], encoding="utf-8")):
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Name) and node.id == "INJECTED":
            sys.exit("injected into:\\n" + ascii(program))
print("none")
`,
    );
    const { stdout, stderr } = call([findPython()!.path, check, file]);
    expect(stderr).toBe("");
    expect(stdout).toBe("none\n");
  },
);

test("an export's name that no module can have is refused where the document is read", () => {
  for (const exported of ["", "\ud800"]) {
    const document = {
      name: "x",
      main: ["launch"],
      tasks: { one: [{ call: { module: "./job.ts", export: exported } }] },
    };
    expect(() => parseScenario(JSON.stringify(document), "x.json")).toThrow(
      "write the name of an export",
    );
  }
});
