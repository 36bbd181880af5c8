/** The help, topic by topic, with its examples. */
import { commands } from "../../src/cli/commands.ts";
import { overview, renderHelp } from "../../src/cli/help.ts";

export const topics = [
  ...Object.values(commands).map((one) => topicOf(`tandem help ${one.name}`, renderHelp(one))),
  topicOf("tandem help", overview()),
];

function topicOf(name: string, help: string): { name: string; help: string; examples: string[] } {
  return { name, help, examples: examplesOf(help) };
}

/** The lines below "Example" or "Examples", without what is said beside them. */
function examplesOf(help: string): string[] {
  const [, below = ""] = help.split(/^Examples?\n/m);
  return below
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/ {3,}/)[0]!);
}
