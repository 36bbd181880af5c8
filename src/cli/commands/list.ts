/** `tandem list` */
import { joined, terminal, type TerminalText } from "../../base/texts.ts";
import { catalogue } from "../../scenario/catalogue.ts";
import { loadScenario } from "../../scenario/load.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  readArguments(commands.list, argv);
  const width = Math.max(...catalogue.map(({ name }) => name.length));
  const lines: TerminalText[] = [];
  for (const entry of catalogue) {
    const { title, strategy } = await loadScenario(entry);
    lines.push(terminal`${entry.name.padEnd(width)}   ${title!} (${strategy.name})\n`);
  }
  // At once: each write wakes whoever reads, who may take the core.
  writeOut(joined(lines, ""));
  return exitStatus.done;
}
