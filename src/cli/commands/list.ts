/** `tandem list` */
import { catalogue } from "../../scenario/catalogue.ts";
import { loadScenario } from "../../scenario/load.ts";
import { readArguments } from "../arguments.ts";
import { writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  readArguments("list", argv, {}, { least: 0, most: 0, what: "nothing" });
  const width = Math.max(...catalogue.map(({ name }) => name.length));
  for (const entry of catalogue) {
    const { title, strategy } = await loadScenario(entry);
    writeOut(`${entry.name.padEnd(width)}   ${title} (${strategy.name})\n`);
  }
  return 0;
}
