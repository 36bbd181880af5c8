/** Documents whose steps call functions of a module, run for real on the command line. */
import type { RunResult } from "./simulate.ts";
import { tandem, type TemporaryFolder } from "./tandem.ts";

export interface RunOfCode {
  status: number;
  stderr: string;
  result: RunResult;
}

/** Runs a document beside the module that its steps call. */
export function runCode(
  folder: TemporaryFolder,
  document: object,
  strategy: string,
  ...args: string[]
): RunOfCode {
  const file = folder.file("scenario.json", JSON.stringify({ name: "user-code", ...document }));
  const words = ["run", file, "--strategy", strategy, "--json", ...args];
  const { status, stdout, stderr } = tandem(words, { cwd: "/" });
  return { status, stderr, result: JSON.parse(stdout) as RunResult };
}

/** The same in the words for people. */
export function verdictOf(
  folder: TemporaryFolder,
  document: object,
  strategy: string,
  ...args: string[]
): string {
  const file = folder.file("scenario.json", JSON.stringify({ name: "user-code", ...document }));
  const { stderr } = tandem(["run", file, "--strategy", strategy, ...args], { cwd: "/" });
  return stderr.replaceAll(/\s+/g, " ");
}
