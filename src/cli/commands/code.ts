/** `tandem code <scenario>` */
import { EmitError } from "../../emit/error.ts";
import { emitProgram, type Language, languages } from "../../emit/emit.ts";
import { loadScenario } from "../../scenario/load.ts";
import { readSource } from "../../scenario/source.ts";
import { parseStrategy, type Strategy, StrategyError } from "../../scenario/strategy.ts";
import { suggestion } from "../../base/suggest.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { UsageError } from "../errors.ts";
import { writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands, options } = readArguments(
    "code",
    argv,
    { lang: { type: "string", short: "l" }, strategy: { type: "string", short: "s" } } as const,
    { least: 1, most: 1, what: "a scenario" },
  );
  const language = readLanguage(String(options.lang ?? "typescript"));
  const chosen = options.strategy === undefined ? null : readStrategy(String(options.strategy));
  const scenario = await loadScenario(readSource(operands[0]!));
  try {
    writeOut(emitProgram(scenario, chosen ?? scenario.strategy, language));
  } catch (error) {
    if (error instanceof EmitError) throw new UsageError(error.message, "code");
    throw error;
  }
  return exitStatus.done;
}

function readLanguage(word: string): Language {
  const language = languages.find((one) => one === word);
  if (language !== undefined) return language;
  throw new UsageError(
    `--lang ${word}: there is no such language; ${suggestion(word, languages, "languages")}`,
    "code",
  );
}

function readStrategy(word: string): Strategy {
  try {
    return parseStrategy(word);
  } catch (error) {
    if (!(error instanceof StrategyError)) throw error;
    throw new UsageError(`--strategy ${word}: ${error.message}`, "code");
  }
}
