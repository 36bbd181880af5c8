/** `tandem completion bash|zsh|fish` */
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { renderCompletion } from "../completion.ts";
import { writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands } = readArguments(commands.completion, argv);
  writeOut(await renderCompletion(operands[0]!));
  return exitStatus.done;
}
