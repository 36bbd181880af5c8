/** `tandem check <files or folders>` */
import { type CheckedDocument, checkExpectations } from "../../analysis/expectations.ts";
import { readOutcome } from "../../analysis/outcome.ts";
import { runVirtually } from "../../drivers/virtual/virtual.ts";
import type { EventLog } from "../../events/log.ts";
import { toAnnotations } from "../../export/github.ts";
import { toJunit } from "../../export/junit.ts";
import type { RunPlan } from "../../program/run.ts";
import { renderChecks } from "../../render/checks.ts";
import { callProblems, callSteps } from "../../scenario/calls.ts";
import type { Scenario, Step } from "../../scenario/model.ts";
import { parseScenario } from "../../scenario/parse.ts";
import { DocumentError } from "../../scenario/problem.ts";
import { readSource } from "../../scenario/source.ts";
import { nearest } from "../../scenario/suggest.ts";
import type { Strategy } from "../../scenario/strategy.ts";
import { readArguments, readSpeed } from "../arguments.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { UsageError } from "../errors.ts";
import { writeErr, writeOut } from "../output.ts";
import { ProgressLine } from "../progress.ts";
import { type Found, findScenarios } from "../scenario-files.ts";
import { type EndingSignal, SignalWatch } from "../signals.ts";
import { lookOf } from "../terminal.ts";

const reporters = ["text", "junit", "github", "json"];

/** A scenario to be checked under one strategy, and where the result goes. */
interface Case {
  scenario: Scenario;
  strategy: Strategy;
  folder: string;
  result: CheckedDocument;
}

/** How the cases are performed. */
interface Manner {
  driver: "virtual" | "real";
  speed: number;
}

export async function run(argv: string[]): Promise<number> {
  const { operands, options } = readArguments(
    "check",
    argv,
    {
      reporter: { type: "string" },
      driver: { type: "string", short: "d" },
      speed: { type: "string" },
      compare: { type: "boolean" },
      ascii: { type: "boolean" },
    } as const,
    { least: 1, most: Infinity, what: "a file, a folder or a scenario" },
  );
  const reporter = oneOf("reporter", options.reporter ?? "text", reporters);
  const real = oneOf("driver", options.driver ?? "virtual", ["virtual", "real"]) === "real";
  const speed = readSpeed("check", options.speed);
  // Virtual time takes no time, at whatever speed.
  const manner: Manner = real ? { driver: "real", speed } : { driver: "virtual", speed: 1 };
  const cases = findScenarios(operands).map((found) =>
    readCases(found, manner, options.compare === true),
  );
  const documents = cases.flatMap(({ results }) => results);
  const all = cases.flatMap((one) => one.cases);
  const { done, signal } = await performAll(all, manner);
  if (signal !== null) {
    writeErr(`tandem: interrupted when ${done} of ${all.length} were checked\n`);
    return signalStatus[signal];
  }
  const { unicode } = lookOf(process.stdout, options);
  writeOut(report(reporter, documents, unicode));
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

/** Reads a document. What is wrong with it is a result as well, and keeps no other from being checked. */
function readCases(
  found: Found,
  { driver }: Manner,
  compare: boolean,
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
      cases: scenario.expect === null ? [] : cases,
    };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const { file, problems } = error;
    return { results: [{ file, strategy: null, checks: [], problems, seconds: 0 }], cases: [] };
  }
}

/** How often, in ms, a signal is looked for and the line is drawn that says how far the checks are. */
const tickMs = 100;

/**
 * Performs the cases.
 *
 * Real runs go side by side, one for each core. They mostly sleep; what takes a core from others is a
 * child's start. Measured on 2 cores with the catalogue at speed 5, runs ended later than in virtual
 * time by (median, worst) 6 and 10 ms one at a time, 7 and 11 ms with one a core, 7 and 23 ms with two,
 * and 7 and 33 ms with four. Those that compute, or call what may, come last, one at a time.
 *
 * @returns how many are done, and the signal by which the user ended it.
 */
async function performAll(
  cases: readonly Case[],
  manner: Manner,
): Promise<{ done: number; signal: EndingSignal | null }> {
  const controller = new AbortController();
  using watch = new SignalWatch(() => controller.abort());
  using progress = new ProgressLine();
  let done = 0;
  let latest = "";
  const tell = (): void =>
    progress.show(`${done} of ${cases.length} checked${latest === "" ? "" : `; ${latest}`}`);
  const ticker = setInterval(tell, tickMs);
  const work = async (waiting: Case[]): Promise<void> => {
    let rested = performance.now();
    for (let next; watch.heard === null && (next = waiting.shift()) !== undefined; done++) {
      latest = `${next.result.file} (${next.strategy.name})`;
      await performOne(next, manner, controller.signal);
      if (performance.now() - rested < tickMs) continue;
      // Virtual time leaves this thread no moment in which it could hear a signal.
      tell();
      await Bun.sleep(0);
      rested = performance.now();
    }
  };
  const { quiet = [], loud = [] } = Object.groupBy(cases, ({ scenario }) =>
    manner.driver === "real" && usesCores(scenario) ? "loud" : "quiet",
  );
  const lanes = manner.driver === "real" ? navigator.hardwareConcurrency : 1;
  await Promise.all(Array.from({ length: lanes }, () => work(quiet)));
  await work(loud);
  clearInterval(ticker);
  return { done, signal: watch.heard };
}

/** Whether a scenario does more than wait: it computes, or calls functions that nobody knows. */
function usesCores(scenario: Scenario): boolean {
  const computes = (steps: Step[]): boolean =>
    steps.some(
      (step) => step.kind === "compute" || (step.kind === "repeat" && computes(step.steps)),
    );
  const { main, launch, tasks } = scenario;
  const programs = [main, launch, ...tasks.flatMap((task) => [task.steps, task.finally])];
  return programs.some(computes) || Object.values(callSteps(scenario)).flat().length > 0;
}

/** Performs one case; that its run breaks is a result of its own, and none of the others'. */
async function performOne(one: Case, manner: Manner, signal: AbortSignal): Promise<void> {
  const { scenario, strategy, folder, result } = one;
  const plan: RunPlan = { scenario, strategy, runtime: `Bun ${Bun.version}` };
  const startedAt = performance.now();
  try {
    const log =
      manner.driver === "virtual"
        ? runVirtually(plan)
        : await performForReal(plan, folder, manner.speed, signal);
    const outcome = readOutcome({ scenario, strategy, ...manner }, log);
    result.checks = checkExpectations(outcome, scenario.expect!);
  } catch (error) {
    const found = `it broke: ${(error as Error).message}`;
    const expected = "a run that comes to its end";
    result.checks = [{ of: "run", met: false, expected, found, position: null }];
  }
  result.seconds = (performance.now() - startedAt) / 1000;
}

async function performForReal(
  plan: RunPlan,
  folder: string,
  speed: number,
  signal: AbortSignal,
): Promise<EventLog> {
  const { RealRun } = await import("../../drivers/real/real.ts");
  using real = new RealRun();
  const onPrint = (): void => undefined;
  const { log } = await real.perform(plan, { speed, folder, timeout: null, signal, onPrint });
  return log;
}

function report(reporter: string, documents: CheckedDocument[], unicode: boolean): string {
  switch (reporter) {
    case "junit":
      return toJunit(documents);
    case "json":
      return `${JSON.stringify({ documents }, null, 2)}\n`;
    case "github":
      // The lines are for those who read the log; GitHub itself reads the commands.
      return renderChecks(documents, unicode) + toAnnotations(documents);
    default:
      return renderChecks(documents, unicode);
  }
}
