/** `tandem show <scenario>` */
import { loadScenario } from "../../scenario/load.ts";
import { readSource, type Source } from "../../scenario/source.ts";
import { withSchemaLine } from "../../scenario/schema-line.ts";
import { catalogue } from "../../scenario/catalogue.ts";
import { visibleDocument } from "../../scenario/visible.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands } = readArguments(commands.show, argv);
  const source = await readSource(operands[0]!);
  await loadScenario(source);
  const { text } = source;
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  // A document of the user's own stays what it is.
  writeOut(await visibleDocument(isOfCatalogue(source) ? withSchemaLine(whole) : whole));
  return exitStatus.done;
}

function isOfCatalogue({ file, text }: Source): boolean {
  return catalogue.some((entry) => entry.file === file && entry.text === text);
}
