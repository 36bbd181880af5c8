/** `tandem new [file]` */
import { cancel, intro, outro } from "@clack/prompts";
import { readArguments } from "../arguments.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { UsageError } from "../errors.ts";
import { makeScenario } from "../session/make.ts";
import { fileProblem, Left } from "../session/prompt.ts";
import { canAsk } from "../terminal.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands } = readArguments("new", argv, {}, { least: 0, most: 1, what: "a file" });
  const [file = null] = operands;
  const problem = file === null ? undefined : fileProblem(file);
  if (problem !== undefined) throw new UsageError(`${file}: ${problem}`, "new");
  if (!canAsk())
    throw new UsageError(
      `new asks questions, and this is no terminal; start from "tandem show lost > mine.yaml"`,
      "new",
    );
  intro("A scenario of your own");
  try {
    const written = await makeScenario(file);
    if (written === null) return exitStatus.fellShort;
    outro(`Run it: tandem run ${written}`);
    return exitStatus.done;
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    cancel("Left. Nothing was written.");
    return signalStatus.SIGINT;
  }
}
