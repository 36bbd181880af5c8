/** `tandem list` */
import { joined, json, terminal, type TerminalText } from "../../base/texts.ts";
import { catalogue } from "../../scenario/catalogue.ts";
import { loadScenario } from "../../scenario/load.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  const { options } = readArguments(commands.list, argv);
  if (options.json) {
    const all = await Promise.all(
      catalogue.map(async (entry) => {
        const { title, description, strategy, compare, tasks } = await loadScenario(entry);
        return {
          name: entry.name,
          title,
          description,
          strategy: strategy.name,
          compare: (compare ?? []).map(({ name }) => name),
          tasks: tasks.map(({ name, copies }) => ({ name, copies })),
        };
      }),
    );
    writeOut(json({ scenarios: all }, 2));
    return exitStatus.done;
  }
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
