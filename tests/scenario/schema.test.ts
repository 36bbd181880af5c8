/** The schema of scenarios as an editor uses it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import { catalogue } from "../../src/scenario/catalogue.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { jsonSchema } from "../../src/scenario/schema.ts";
import { describeKeys } from "../../src/scenario/schema-words.ts";
import { strategyWords } from "../../src/scenario/strategy.ts";
import { patience } from "../support/patience.ts";
import { tandemHere } from "../support/tandem.ts";

setDefaultTimeout(patience);

const schema = jsonSchema() as Record<string, unknown>;

test("every key has a description and an example, and the example is right there", () => {
  expect(describeKeys(jsonSchema())).toEqual([]);
  const { $defs } = schema as { $defs: object };
  const wrong: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties } = node as { properties?: Record<string, { examples?: unknown[] }> };
    if (properties !== undefined && !Array.isArray(properties))
      for (const [key, value] of Object.entries(properties)) {
        const validator = z.fromJSONSchema({ ...value, $defs } as never);
        if (value.examples?.length !== 1) wrong.push(`${key}: no example`);
        else if (!validator.safeParse(value.examples[0]).success)
          wrong.push(`${key}: a wrong example`);
      }
    Object.values(node).forEach(visit);
  };
  visit(schema);
  expect(wrong).toEqual([]);
});

test("it has an id with a version, and the strategies by name with what each does", () => {
  expect(schema["$id"]).toBe("urn:tandem:scenario:1");
  const text = JSON.stringify(schema);
  for (const [name, says] of Object.entries(strategyWords)) {
    expect(text).toContain(`"const":${JSON.stringify(name)}`);
    expect(text).toContain(JSON.stringify(says));
  }
  const { properties } = schema as { properties: { strategy: object } };
  expect(z.fromJSONSchema(properties.strategy as never).safeParse("thraed").success).toBe(false);
});

test("a document may name its schema, which changes nothing", () => {
  const text = "main: [launch]\ntasks: { a: [sleep: 1ms] }\n";
  const plain = parseScenario(`name: x\n${text}`, "x.yaml");
  const named = parseScenario(`name: x\n${text}$schema: ./scenario.schema.json\n`, "x.yaml");
  expect(named).toEqual(plain);
});

test("what show prints of the catalogue ends with the line by which an editor finds the schema", async () => {
  const { stdout } = await tandemHere(["show", "lost"]);
  const { text } = catalogue.find(({ name }) => name === "lost")!;
  expect(stdout).toBe(`${text}\n# yaml-language-server: $schema=./scenario.schema.json\n`);
  const own = "name: mine\nmain: [launch]\n";
  expect((await tandemHere(["show", "-"], { stdin: own })).stdout).toBe(own);
});

test("list --json has each scenario with its strategies and tasks", async () => {
  const { stdout } = await tandemHere(["list", "--json"]);
  const { scenarios } = JSON.parse(stdout) as {
    scenarios: { name: string; strategy: string; tasks: object[] }[];
  };
  expect(scenarios.map(({ name }) => name)).toEqual(catalogue.map(({ name }) => name));
  expect(scenarios.find(({ name }) => name === "lost")).toMatchObject({
    strategy: "detach",
    tasks: [{ name: "task", copies: null }],
  });
});
