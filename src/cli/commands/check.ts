/** `tandem check <files or folders>` */
import { checkDemands } from "../../strategies/demands.ts";
import {
  type Checked,
  type CheckedDocument,
  checkExpectations,
} from "../../strategies/expectations.ts";
import { toAnnotations } from "../../report/github.ts";
import { toJunit } from "../../report/junit.ts";
import { renderChecks } from "../../report/terminal/checks.ts";
import { callProblems } from "../../scenario/calls.ts";
import { parseScenario } from "../../scenario/parse.ts";
import { DocumentError } from "../../scenario/problem.ts";
import { readSource } from "../../scenario/source.ts";
import { noExpectations } from "../../scenario/expectation.ts";
import { readArguments } from "../arguments.ts";
import { readDemands } from "../demands.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { commands } from "../commands.ts";
import type { Reporter } from "../options.ts";
import { terminal, writeErr, writeOut } from "../output.ts";
import { type Manner, performAll, type Piece } from "../perform-all.ts";
import { type Found, findScenarios } from "../scenario-files.ts";
import { lookOf } from "../terminal.ts";

/** A scenario to be checked under one strategy, and where the result goes. */
interface Case extends Piece {
  result: CheckedDocument;
}

export async function run(argv: string[]): Promise<number> {
  const { operands, options } = readArguments(commands.check, argv);
  const { driver, speed, reporter, compare } = options;
  // Virtual time takes no time, at whatever speed.
  const manner: Manner = { driver, speed: driver === "real" ? speed : 1 };
  const must = options.must === null ? [] : readDemands("check", options.must, null);
  const cases = findScenarios(operands).map((found) =>
    readCases(found, manner, { compare, isAsked: must.length > 0 }),
  );
  const documents = cases.flatMap(({ results }) => results);
  const all = cases.flatMap((one) => one.cases);
  const nameOf = ({ result, strategy }: Case): string => `${result.file} (${strategy.name})`;
  const { done, signal } = await performAll(all, manner, nameOf, (one, run, seconds) => {
    one.result.seconds = seconds;
    one.result.checks =
      run instanceof Error
        ? [broken(run)]
        : [
            ...checkExpectations(run.outcome, one.scenario.expect ?? noExpectations),
            ...checkDemands(run.outcome, must),
          ];
  });
  if (signal !== null) {
    writeErr(`tandem: interrupted when ${done} of ${all.length} were checked\n`);
    return signalStatus[signal];
  }
  const { unicode } = lookOf(terminal.stdout, options);
  writeOut(report(reporter, documents, unicode));
  if (documents.some(({ problems }) => problems.length > 0)) return exitStatus.wrong;
  const fellShort = documents.some(({ checks }) => checks.some(({ met }) => !met));
  return fellShort ? exitStatus.fellShort : exitStatus.done;
}

/**
 * Reads a document. What is wrong with it is a result as well, and keeps no other from being checked.
 *
 * @param isAsked whether something must hold beside what the document expects.
 */
function readCases(
  found: Found,
  { driver }: Manner,
  { compare, isAsked }: { compare: boolean; isAsked: boolean },
): { results: CheckedDocument[]; cases: Case[] } {
  try {
    if ("error" in found) throw found.error;
    const { text, file, folder } = readSource(found.word);
    const scenario = parseScenario(text, file);
    const problems = callProblems(scenario, folder, driver === "real" ? null : new Set());
    if (problems.length > 0) throw new DocumentError(file, problems);
    const strategies = (compare && scenario.compare) || [scenario.strategy];
    const cases = strategies.map((strategy) => {
      const result = { file, strategy: strategy.name, checks: [], problems: [], seconds: 0 };
      return { scenario, strategy, folder, result };
    });
    return {
      results: cases.map(({ result }) => result),
      cases: scenario.expect === null && !isAsked ? [] : cases,
    };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const { file, problems } = error;
    return { results: [{ file, strategy: null, checks: [], problems, seconds: 0 }], cases: [] };
  }
}

/** That a run breaks is a result of its own, and none of the others'. */
function broken({ message }: Error): Checked {
  const expected = "a run that comes to its end";
  return { of: "run", met: false, expected, found: `it broke: ${message}`, position: null };
}

function report(reporter: Reporter, documents: CheckedDocument[], unicode: boolean): string {
  switch (reporter) {
    case "junit":
      return toJunit(documents);
    case "json":
      return `${JSON.stringify({ documents }, null, 2)}\n`;
    case "github":
      // The lines are for those who read the log; GitHub itself reads the commands.
      return renderChecks(documents, unicode) + toAnnotations(documents);
    case "text":
      return renderChecks(documents, unicode);
  }
}
