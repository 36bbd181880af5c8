/** The programs made after public reports, and the observation of one of them, held against the truth about it. */
import { expect } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { allRounds } from "../support/laws.ts";
import { callBeside, type Called, command, temporaryFolder } from "../support/tandem.ts";
import { discrepancies, type Result, type Truth } from "./truth.ts";

const folder = join(import.meta.dir, "cases");

/** The one case that is tried, where `TANDEM_CASE` names the beginning of its name. */
export const onlyCase = process.env["TANDEM_CASE"];

export interface ObservedCase {
  name: string;
  /** The folder that its program stands in. */
  folder: string;
  /** The program's file. */
  file: string;
  truth: Truth;
}

/** The cases whose program has a file of one of these names, in their order. */
export function casesWith(files: readonly string[]): ObservedCase[] {
  return readdirSync(folder)
    .sort()
    .filter((name) => onlyCase === undefined || name.startsWith(onlyCase))
    .flatMap((name) => {
      const own = join(folder, name);
      const file = files.find((one) => existsSync(join(own, one)));
      if (file === undefined) return [];
      const truth = JSON.parse(readFileSync(join(own, "truth.json"), "utf8")) as Truth;
      return [{ name, folder: own, file, truth }];
    });
}

/**
 * Whether the suite tries a case, and not the laws alone: those made after public reports, and of the others one of five.
 *
 * @param turn its place among them.
 */
export function isUsual({ name }: ObservedCase, turn: number): boolean {
  return allRounds || onlyCase !== undefined || /^[0-3]\d-/.test(name) || turn % 5 === 3;
}

/** How a program is observed. */
export interface Observation {
  truth: Truth;
  /** The folder it is started in. */
  cwd: string;
  options: readonly string[];
  /** The program, or `--` and a command. */
  words: readonly string[];
  env?: Record<string, string>;
}

/** Observes a program and holds what is told against the truth. */
export async function observeCase(observation: Observation): Promise<Called> {
  const { truth, cwd, options, words, env = {} } = observation;
  using home = temporaryFolder();
  const file = home.file("result.json");
  const result = ["--all", "--json", file];
  const called = await callBeside(
    [...command(), "observe", ...options, ...limitOf(truth), ...result, ...words],
    { cwd, env },
  );
  const { status, stdout, stderr } = called;
  expect(status, stderr).toBe(truth.exit ?? 124);
  if (truth.stdout?.length) expect(stdout.trimEnd().split("\n")).toEqual([...truth.stdout]);
  for (const part of truth.stderr ?? []) expect(stderr).toContain(part);
  const told = JSON.parse(readFileSync(file, "utf8")) as Result;
  expect(discrepancies(truth, told), stderr).toEqual([]);
  return called;
}

/** How a program that does not end by itself is ended. */
function limitOf({ exit, hang }: Truth): string[] {
  if (hang) return ["--hang", "1.5s"];
  return ["--timeout", exit === null ? "5s" : "60s"];
}
