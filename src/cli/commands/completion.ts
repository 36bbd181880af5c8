/** `tandem completion bash|zsh|fish` */
import { suggestion } from "../../base/suggest.ts";
import { readArguments } from "../arguments.ts";
import { shells } from "../completion.ts";
import { UsageError } from "../errors.ts";
import { writeOut } from "../output.ts";

export function run(argv: string[]): number {
  const { operands } = readArguments(
    "completion",
    argv,
    {},
    { least: 1, most: 1, what: "a shell (bash, zsh or fish)" },
  );
  const shell = operands[0]!;
  if (!Object.hasOwn(shells, shell))
    throw new UsageError(
      `there is no completion for "${shell}"; ${suggestion(shell, Object.keys(shells), "shells")}`,
      "completion",
    );
  writeOut(shells[shell]!());
  return 0;
}
