/** Documents whose steps call functions of a module, run for real on the command line. */
import type { RunResult } from "./simulate.ts";
import { tandemHere, type TemporaryFolder } from "./tandem.ts";

export interface RunOfCode {
  status: number;
  stderr: string;
  result: RunResult;
}

/** Runs a document beside the module that its steps call. */
export async function runCode(
  folder: TemporaryFolder,
  document: object,
  strategy: string,
  ...args: string[]
): Promise<RunOfCode> {
  const file = folder.file("scenario.json", JSON.stringify({ name: "user-code", ...document }));
  const words = ["run", file, "--strategy", strategy, "--json", ...args];
  const { status, stdout, stderr } = await tandemHere(words, { cwd: "/" });
  return { status, stderr, result: JSON.parse(stdout) as RunResult };
}

/** The same in the words for people. */
export async function verdictOf(
  folder: TemporaryFolder,
  document: object,
  strategy: string,
  ...args: string[]
): Promise<string> {
  const file = folder.file("scenario.json", JSON.stringify({ name: "user-code", ...document }));
  const { stderr } = await tandemHere(["run", file, "--strategy", strategy, ...args], { cwd: "/" });
  return stderr.replaceAll(/\s+/g, " ");
}
