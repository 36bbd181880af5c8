/** `tandem show <scenario>` */
import { loadScenario } from "../../scenario/load.ts";
import { readSource } from "../../scenario/source.ts";
import { visibleDocument } from "../../scenario/visible.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands } = readArguments(commands.show, argv);
  const source = readSource(operands[0]!);
  await loadScenario(source);
  const { text } = source;
  writeOut(await visibleDocument(text.endsWith("\n") ? text : `${text}\n`));
  return exitStatus.done;
}
