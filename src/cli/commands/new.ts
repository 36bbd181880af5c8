/** `tandem new [file]` */
import { readArguments } from "../arguments.ts";
import { commands } from "../commands.ts";
import { UsageError } from "../errors.ts";
import { canAsk, prepareForQuestions } from "../terminal.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands, options } = readArguments(commands.new, argv);
  const [file = null] = operands;
  const asks = canAsk();
  prepareForQuestions(options);
  const { fileProblem } = await import("../questions/save.ts");
  const problem = file === null ? undefined : fileProblem(file);
  if (problem !== undefined) throw new UsageError(`${file}: ${problem}`, "new");
  if (!asks)
    throw new UsageError(
      `new asks questions, and this is no terminal; start from "tandem show lost > mine.yaml"`,
      "new",
    );
  const { runMaking } = await import("../questions/make.ts");
  return runMaking(file);
}
