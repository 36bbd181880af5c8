/** `tandem code <scenario>` */
import { EmitError } from "../../emit/error.ts";
import { emitProgram } from "../../emit/emit.ts";
import { loadScenario } from "../../scenario/load.ts";
import { readSource } from "../../scenario/source.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { UsageError } from "../errors.ts";
import { writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands, options } = readArguments(commands.code, argv);
  const { lang, strategy } = options;
  const scenario = await loadScenario(await readSource(operands[0]!));
  try {
    writeOut(emitProgram(scenario, strategy ?? scenario.strategy, lang));
  } catch (error) {
    if (error instanceof EmitError) throw new UsageError(error.message, "code");
    throw error;
  }
  return exitStatus.done;
}
