/** `tandem completion bash|zsh|fish|powershell` */
import { printableLines } from "../../base/texts.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { renderCompletion } from "../completion.ts";
import { writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands } = readArguments(commands.completion, argv);
  writeOut(printableLines(await renderCompletion(operands[0]!)));
  return exitStatus.done;
}
