/** `tandem check <files or folders>` */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkExpectations } from "../../analysis/expectations.ts";
import { readOutcome } from "../../analysis/outcome.ts";
import { RealRun } from "../../drivers/real/real.ts";
import { runVirtually } from "../../drivers/virtual/virtual.ts";
import type { EventLog } from "../../events/log.ts";
import { type CheckedDocument, toJunit } from "../../export/junit.ts";
import type { RunPlan } from "../../program/run.ts";
import { callProblems } from "../../scenario/calls.ts";
import type { Scenario } from "../../scenario/model.ts";
import { parseScenario } from "../../scenario/parse.ts";
import { DocumentError, printable } from "../../scenario/problem.ts";
import { readSource } from "../../scenario/source.ts";
import { nearest } from "../../scenario/suggest.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { UsageError } from "../errors.ts";
import { writeOut } from "../output.ts";

const reporters = ["text", "junit", "github", "json"];

/** A scenario to be checked under one strategy. */
interface Case {
  plan: RunPlan;
  scenario: Scenario;
  folder: string;
  result: CheckedDocument;
}

export async function run(argv: string[]): Promise<number> {
  const { operands, options } = readArguments(
    "check",
    argv,
    {
      reporter: { type: "string" },
      driver: { type: "string", short: "d" },
      compare: { type: "boolean" },
    } as const,
    { least: 1, most: Infinity, what: "a file, a folder or a scenario" },
  );
  const reporter = oneOf("reporter", options.reporter ?? "text", reporters);
  const driver = oneOf("driver", options.driver ?? "virtual", ["virtual", "real"]);
  const real = driver === "real";
  const documents: CheckedDocument[] = [];
  const cases: Case[] = [];
  for (const word of operands.flatMap(filesOf)) {
    const before = documents.length;
    try {
      const source = readSource(word);
      const scenario = parseScenario(source.text, source.file);
      const problems = callProblems(scenario, source.folder, real ? null : new Set());
      if (problems.length > 0) throw new DocumentError(source.file, problems);
      const strategies = (options.compare === true && scenario.compare) || [scenario.strategy];
      for (const strategy of strategies) {
        const { file } = source;
        const result = { file, strategy: strategy.name, checks: [], problems: [] };
        documents.push(result);
        const plan = { scenario, strategy, runtime: `Bun ${Bun.version}` };
        if (scenario.expect !== null) cases.push({ plan, scenario, folder: source.folder, result });
      }
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      documents.length = before;
      const problems = error.message.split("\n");
      documents.push({ file: error.file, strategy: null, checks: [], problems });
    }
  }
  const interrupted = await performAll(cases, real);
  if (interrupted) return signalStatus.SIGINT;
  writeOut(report(reporter, documents));
  if (documents.some(({ problems }) => problems.length > 0)) return exitStatus.wrong;
  const fellShort = documents.some(({ checks }) => checks.some(({ met }) => !met));
  return fellShort ? exitStatus.fellShort : exitStatus.done;
}

function oneOf(option: string, value: string | boolean, words: string[]): string {
  const word = String(value);
  if (words.includes(word)) return word;
  const near = nearest(word, words);
  throw new UsageError(
    `--${option} is one of ${words.join(", ")}, not "${word}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
    "check",
  );
}

/** The documents that a word means: those of a folder, and of the folders in it. */
function filesOf(word: string): string[] {
  if (!statSync(word, { throwIfNoEntry: false })?.isDirectory()) return [word];
  const files = readdirSync(word, { recursive: true, encoding: "utf8" })
    .filter(
      (file) => /\.ya?ml$/i.test(file) && !/(^|[\\/])(node_modules|\.[^\\/]+)[\\/]/.test(file),
    )
    .toSorted()
    .map((file) => join(word, file));
  if (files.length === 0)
    throw new UsageError(`${word}: there is no .yaml or .yml file in this folder`, "check");
  return files;
}

/**
 * Performs the cases. Real runs go side by side on half of the cores: they mostly sleep, and each
 * has a few threads that must not be late.
 *
 * @returns whether the user ended it.
 */
async function performAll(cases: Case[], real: boolean): Promise<boolean> {
  const controller = new AbortController();
  const onSignal = (): void => controller.abort();
  process.on("SIGINT", onSignal);
  const waiting = [...cases];
  const work = async (): Promise<void> => {
    for (let next; (next = waiting.shift()) !== undefined && !controller.signal.aborted;)
      await performOne(next, real, controller.signal);
  };
  const lanes = real ? Math.max(1, Math.floor(navigator.hardwareConcurrency / 2)) : 1;
  await Promise.all(Array.from({ length: lanes }, work));
  process.off("SIGINT", onSignal);
  return controller.signal.aborted;
}

async function performOne(
  { plan, scenario, folder, result }: Case,
  real: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { strategy } = plan;
  let log: EventLog;
  if (real) {
    using one = new RealRun();
    const onPrint = (): void => undefined;
    ({ log } = await one.perform(plan, { speed: 1, folder, timeout: null, signal, onPrint }));
  } else {
    log = runVirtually(plan);
  }
  const driver = real ? "real" : "virtual";
  const outcome = readOutcome({ scenario, strategy, driver, speed: 1 }, log);
  result.checks = checkExpectations(outcome, scenario.expect!);
}

function report(reporter: string, documents: CheckedDocument[]): string {
  switch (reporter) {
    case "junit":
      return toJunit(documents);
    case "json":
      return `${JSON.stringify({ documents }, null, 2)}\n`;
    case "github":
      return documents.map(annotations).join("");
    default:
      return asText(documents);
  }
}

function asText(documents: CheckedDocument[]): string {
  const lines = documents.flatMap(({ file, strategy, checks, problems }) => {
    if (problems.length > 0) return problems.map((problem) => `✗ ${problem}`);
    const name = `${file} (${strategy})`;
    if (checks.length === 0) return [`- ${name}: nothing is expected`];
    const failed = checks.filter(({ met }) => !met);
    if (failed.length === 0) return [`✓ ${name}: ${checks.length} as expected`];
    return failed.map(
      ({ of, expected, found }) =>
        `✗ ${name}: ${of}: expected ${printable(expected)}, found ${printable(found)}`,
    );
  });
  const wrong = documents.filter(({ problems }) => problems.length > 0).length;
  const short = documents.filter(({ checks }) => checks.some(({ met }) => !met)).length;
  const good = documents.length - wrong - short;
  const tail = wrong === 0 ? "" : `, ${wrong} cannot be read`;
  return `${lines.join("\n")}\n\n${good} good, ${short} fell short${tail}\n`;
}

/** GitHub's workflow commands: each shows at the file it is about. */
function annotations({ file, strategy, checks, problems }: CheckedDocument): string {
  const say = (at: string, message: string): string =>
    `::error file=${at}::${message.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")}\n`;
  return [
    ...problems.map((problem) => {
      const place = /^(.*?):(\d+):(\d+): /.exec(problem);
      return say(place === null ? file : `${place[1]},line=${place[2]},col=${place[3]}`, problem);
    }),
    ...checks
      .filter(({ met }) => !met)
      .map(({ of, expected, found }) =>
        say(file, `${strategy}: ${of}: expected ${expected}, found ${found}`),
      ),
  ].join("");
}
