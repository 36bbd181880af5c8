/** `tandem help [command|findings]` */
import { printableLines } from "../../base/texts.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commandNamed } from "../command-named.ts";
import { commands, findingsTopic } from "../commands.ts";
import { overview, renderHelp } from "../help.ts";
import { textWidth, writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands } = readArguments(commands.help, argv);
  const [word] = operands;
  if (word === undefined) writeOut(printableLines(overview()));
  else if (word === findingsTopic)
    writeOut((await import("../../report/terminal/rules.ts")).renderRules(textWidth()));
  else writeOut(printableLines(renderHelp(commands[await commandNamed(word, [findingsTopic])])));
  return exitStatus.done;
}
