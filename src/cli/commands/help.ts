/** `tandem help [command|findings|observing]` */
import { printableLines, type TerminalText } from "../../base/texts.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commandNamed } from "../command-named.ts";
import { commands, topics } from "../commands.ts";
import { overview, renderHelp } from "../help.ts";
import { textWidth, writeOut } from "../output.ts";

type Topic = (typeof topics)[number];

function isTopic(word: string): word is Topic {
  return (topics as readonly string[]).includes(word);
}

const pages: Readonly<Record<Topic, () => Promise<TerminalText>>> = {
  async findings() {
    return (await import("../../report/terminal/rules.ts")).renderRules(textWidth());
  },
  async observing() {
    return (await import("../../report/terminal/visible.ts")).renderVisible(textWidth());
  },
};

export async function run(argv: string[]): Promise<number> {
  const { operands } = readArguments(commands.help, argv);
  const [word] = operands;
  if (word === undefined) writeOut(printableLines(overview()));
  else if (isTopic(word)) writeOut(await pages[word]());
  else writeOut(printableLines(renderHelp(commands[await commandNamed(word, [...topics])])));
  return exitStatus.done;
}
