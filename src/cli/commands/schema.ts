/** `tandem schema [scenario|events|run|compare|crash|check|observe]` */
import { json } from "../../base/texts.ts";
import { eventJsonSchema } from "../../trace/schema.ts";
import { resultJsonSchema } from "../../report/result-schemas.ts";
import { jsonSchema } from "../../scenario/schema.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus, type OperandOf } from "../command.ts";
import { commands } from "../commands.ts";
import { writeOut } from "../output.ts";

const schemas: Record<OperandOf<typeof commands.schema>, () => object> = {
  scenario: jsonSchema,
  events: eventJsonSchema,
  run: () => resultJsonSchema("run"),
  compare: () => resultJsonSchema("compare"),
  crash: () => resultJsonSchema("crash"),
  check: () => resultJsonSchema("check"),
  observe: () => resultJsonSchema("observe"),
};

export function run(argv: string[]): number {
  const { operands } = readArguments(commands.schema, argv);
  const [word = "scenario"] = operands;
  writeOut(json(schemas[word](), 2));
  return exitStatus.done;
}
