/** `tandem show <scenario>` */
import { parseScenario } from "../../scenario/parse.ts";
import { readSource } from "../../scenario/source.ts";
import { readArguments } from "../arguments.ts";
import { writeOut } from "../output.ts";

export function run(argv: string[]): number {
  const { operands } = readArguments("show", argv, {}, { least: 1, most: 1, what: "a scenario" });
  const { text, file } = readSource(operands[0]!);
  parseScenario(text, file);
  writeOut(text.endsWith("\n") ? text : `${text}\n`);
  return 0;
}
