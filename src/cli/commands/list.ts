/** `tandem list` */
import { catalogue } from "../../scenario/catalogue.ts";
import { parseScenario } from "../../scenario/parse.ts";
import { readArguments } from "../arguments.ts";
import { writeOut } from "../output.ts";

export function run(argv: string[]): number {
  readArguments("list", argv, {}, { least: 0, most: 0, what: "nothing" });
  const width = Math.max(...catalogue.map(({ name }) => name.length));
  for (const { name, file, text } of catalogue) {
    const { title, strategy } = parseScenario(text, file);
    writeOut(`${name.padEnd(width)}   ${title} (${strategy.name})\n`);
  }
  return 0;
}
