/** `tandem schema [scenario|events]` */
import { eventJsonSchema } from "../../trace/schema.ts";
import { jsonSchema } from "../../scenario/schema.ts";
import { suggestion } from "../../base/suggest.ts";
import { readArguments } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import { writeOut } from "../output.ts";

const schemas: Record<string, () => object> = { scenario: jsonSchema, events: eventJsonSchema };

export function run(argv: string[]): number {
  const { operands } = readArguments(
    "schema",
    argv,
    {},
    { least: 0, most: 1, what: "scenario or events" },
  );
  const [word = "scenario"] = operands;
  const schema = Object.hasOwn(schemas, word) ? schemas[word] : undefined;
  if (schema === undefined)
    throw new UsageError(
      `there is no schema "${word}"; ${suggestion(word, Object.keys(schemas), "schemas")}`,
      "schema",
    );
  writeOut(`${JSON.stringify(schema(), null, 2)}\n`);
  return 0;
}
