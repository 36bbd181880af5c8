/** `tandem help [command]` */
import { suggestion } from "../../scenario/suggest.ts";
import { readArguments } from "../arguments.ts";
import { commands, overview } from "../commands.ts";
import { UsageError } from "../errors.ts";
import { writeOut } from "../output.ts";

export function run(argv: string[]): number {
  const { operands } = readArguments("help", argv, {}, { least: 0, most: 1, what: "a command" });
  const [word] = operands;
  if (word === undefined) {
    writeOut(overview());
    return 0;
  }
  const command = commands.find(({ name }) => name === word);
  if (command === undefined) {
    const names = commands.map(({ name }) => name);
    throw new UsageError(`there is no command "${word}"; ${suggestion(word, names, "commands")}`);
  }
  writeOut(command.help);
  return 0;
}
