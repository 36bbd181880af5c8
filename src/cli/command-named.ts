/** The command that a word means, and what its user may have meant where it is none. */
import { lookAt } from "../base/paths.ts";
import { nearest, suggestion } from "../base/suggest.ts";
import { type CommandName, commands, tandem } from "./commands.ts";
import { UsageError } from "./errors.ts";

/**
 * The command of a name.
 *
 * @param others words that would have been right as well.
 * @throws UsageError where there is none.
 */
export async function commandNamed(word: string, others: string[] = []): Promise<CommandName> {
  if (Object.hasOwn(commands, word)) return word as CommandName;
  if (word.startsWith("-")) {
    const near = nearest(word, [
      "--version",
      "--help",
      ...Object.keys(tandem.options).map((name) => `--${name}`),
    ]);
    const instead = near === undefined ? "" : `; did you mean "${near}"?`;
    throw new UsageError(`there is no option ${word} before a command${instead}`);
  }
  const names = [...Object.keys(commands), ...others];
  // A scenario's name comes before similar commands: "lost" is near to "list", but means `run lost`.
  const instead = (await isScenario(word))
    ? `did you mean "tandem run ${word}"?`
    : suggestion(word, names, "commands");
  throw new UsageError(`there is no command "${word}"; ${instead}`);
}

async function isScenario(word: string): Promise<boolean> {
  if (lookAt(word).kind === "file") return true;
  const { catalogue } = await import("../scenario/catalogue.ts");
  return catalogue.some(({ name }) => name === word);
}
