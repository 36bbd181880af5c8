/** `tandem compare <scenario>` */
import {
  allStrategies,
  type Class,
  classesOf,
  complexity,
  type Demand,
  figuresOf,
  shortfalls,
} from "../../analysis/comparison.ts";
import { findFindings } from "../../analysis/findings.ts";
import { type Outcome, readOutcome } from "../../analysis/outcome.ts";
import { RealRun } from "../../drivers/real/real.ts";
import { runVirtually } from "../../drivers/virtual/virtual.ts";
import { toJson } from "../../export/json.ts";
import {
  comparisonToMarkdown,
  renderComparison,
  sortable,
  sortBy,
} from "../../render/comparison.ts";
import { wrap } from "../../render/text.ts";
import { callProblems } from "../../scenario/calls.ts";
import { toBound } from "../../scenario/expectation.ts";
import type { Scenario } from "../../scenario/model.ts";
import { parseScenario } from "../../scenario/parse.ts";
import { DocumentError } from "../../scenario/problem.ts";
import { readSource } from "../../scenario/source.ts";
import {
  namedStrategies,
  parseStrategy,
  type Strategy,
  StrategyError,
} from "../../scenario/strategy.ts";
import { suggestion } from "../../scenario/suggest.ts";
import { readArguments } from "../arguments.ts";
import { exitStatus, signalStatus } from "../command.ts";
import { UsageError } from "../errors.ts";
import { textWidth, writeErr, writeOut } from "../output.ts";

export async function run(argv: string[]): Promise<number> {
  const { operands, options } = readArguments(
    "compare",
    argv,
    {
      strategies: { type: "string" },
      all: { type: "boolean" },
      driver: { type: "string", short: "d" },
      speed: { type: "string" },
      sort: { type: "string" },
      must: { type: "string" },
      json: { type: "boolean" },
      markdown: { type: "boolean" },
    } as const,
    { least: 1, most: 1, what: "a scenario" },
  );
  const refuse = (message: string): never => {
    throw new UsageError(message, "compare");
  };
  const driver = String(options.driver ?? "virtual");
  if (driver !== "real" && driver !== "virtual")
    return refuse(`--driver is "virtual" or "real", not "${driver}"`);
  const speed = driver === "real" ? Number(options.speed ?? 1) : 1;
  if (!(speed >= 0.001 && speed <= 10_000))
    refuse(`--speed is a number from 0.001 to 10000, not "${options.speed}"`);
  if (options.all === true && options.strategies !== undefined)
    refuse("--all and --strategies exclude each other; leave one out");
  const sort = options.sort === undefined ? null : String(options.sort);
  if (sort !== null && !sortable.includes(sort))
    refuse(`--sort ${sort}: ${suggestion(sort, sortable, "columns")}`);
  const demands = options.must === undefined ? [] : readDemands(String(options.must));
  const chosen =
    options.strategies === undefined ? null : readStrategies(String(options.strategies));

  const source = readSource(operands[0]!);
  const scenario = parseScenario(source.text, source.file);
  const problems = callProblems(scenario, source.folder, driver === "real" ? null : new Set());
  if (problems.length > 0) throw new DocumentError(source.file, problems);
  const strategies =
    options.all === true
      ? allStrategies()
      : (chosen ?? scenario.compare ?? Object.keys(namedStrategies).map(parseStrategy));
  const outcomes =
    driver === "virtual"
      ? strategies.map((strategy) => simulate(scenario, strategy))
      : await performAll(scenario, strategies, speed, source.folder);
  if (outcomes === null) return signalStatus.SIGINT;
  const all = outcomes.map((outcome) => ({
    strategy: outcome.strategy,
    figures: figuresOf(outcome),
  }));
  const advice = demands.length === 0 ? null : advise(all, demands);
  if (options.json === true) {
    const runs = outcomes.map((outcome) => toJson(outcome, findFindings(outcome)));
    const result = { scenario: scenario.name, driver, runs, advice };
    writeOut(`${JSON.stringify(result, null, 2)}\n`);
    return exitStatus.done;
  }
  const classes: Class[] =
    options.all === true
      ? classesOf(all)
      : all.map((one) => ({ figures: one.figures, members: [one.strategy] }));
  const sorted = sort === null ? classes : sortBy(classes, sort);
  writeOut(
    options.markdown === true
      ? comparisonToMarkdown(sorted)
      : `${renderComparison(sorted, textWidth()).join("\n")}\n`,
  );
  if (advice !== null)
    writeOut(`\n${advice.because.map((sentence) => `${wrap(sentence, textWidth())}\n`).join("")}`);
  return exitStatus.done;
}

function simulate(scenario: Scenario, strategy: Strategy): Outcome {
  const log = runVirtually({ scenario, strategy, runtime: `Bun ${Bun.version}` });
  return readOutcome({ scenario, strategy, driver: "virtual", speed: 1 }, log);
}

/** One after the other, so that none makes another late. @returns null when the user ended it. */
async function performAll(
  scenario: Scenario,
  strategies: readonly Strategy[],
  speed: number,
  folder: string,
): Promise<Outcome[] | null> {
  const controller = new AbortController();
  const { signal } = controller;
  const onSignal = (): void => controller.abort();
  process.on("SIGINT", onSignal);
  const outcomes: Outcome[] = [];
  for (const [index, strategy] of strategies.entries()) {
    const progress = `${index + 1} of ${strategies.length}: ${strategy.name}`;
    if (process.stderr.isTTY) writeErr(`\r${progress.padEnd(60).slice(0, 60)}`);
    using real = new RealRun();
    const plan = { scenario, strategy, runtime: `Bun ${Bun.version}` };
    const onPrint = (): void => undefined;
    const { log } = await real.perform(plan, { speed, folder, timeout: null, signal, onPrint });
    if (signal.aborted) break;
    outcomes.push(readOutcome({ scenario, strategy, driver: "real", speed }, log));
  }
  if (process.stderr.isTTY) writeErr(`\r${" ".repeat(60)}\r`);
  process.off("SIGINT", onSignal);
  return signal.aborted ? null : outcomes;
}

/** Strategies between commas; a word with a = refines the one before it. */
function readStrategies(text: string): Strategy[] {
  const words: string[] = [];
  for (const word of text.split(",").map((one) => one.trim()))
    if (word.includes("=") && words.length > 0) words.push(`${words.pop()},${word}`);
    else words.push(word);
  return words.map((word) => {
    try {
      return parseStrategy(word);
    } catch (error) {
      if (!(error instanceof StrategyError)) throw error;
      throw new UsageError(`--strategies ${word}: ${error.message}`, "compare");
    }
  });
}

const bounded = ["main", "wall", "block"] as const;

/** What must hold, between commas: `finish`, `cleanup`, and bounds of figures. */
function readDemands(text: string): Demand[] {
  return text.split(",").map((part) => {
    const written = part.trim();
    if (written === "finish" || written === "cleanup") return { of: written };
    const [, name, rest] = /^(\w+)\s*((?:<=|>=|==|<|>).+)$/.exec(written) ?? [];
    const of = bounded.find((one) => one === name);
    const bound = of === undefined ? undefined : toBound(rest!);
    if (of === undefined || bound === undefined || bound.limit === undefined)
      throw new UsageError(
        `--must ${written}: ${suggestion(name ?? written, ["finish", "cleanup", ...bounded], "rules")}; a bound is written as main<=10s`,
        "compare",
      );
    return { of, bound, written: rest! };
  });
}

/** The simplest strategy that keeps all demands, or the one that comes nearest. */
function advise(
  all: readonly { strategy: Strategy; figures: ReturnType<typeof figuresOf> }[],
  demands: readonly Demand[],
) {
  const simplest = all.toSorted((a, b) => complexity(a.strategy) - complexity(b.strategy));
  const judged = simplest.map(({ strategy, figures }) => ({
    strategy,
    figures,
    short: shortfalls(figures, demands),
  }));
  const keeping = judged.filter(({ short }) => short.length === 0);
  const choice = keeping[0];
  if (choice === undefined) {
    const nearest = judged.toSorted((a, b) => a.short.length - b.short.length)[0]!;
    return {
      choose: null,
      because: [
        `None of ${all.length} strategies keeps all of it.`,
        `The nearest is ${nearest.strategy.name}, but ${nearest.short.join(", and ")}.`,
      ],
    };
  }
  const { name } = choice.strategy;
  // Of the named ones that would be simpler, the nearest is what a reader would ask about.
  const simpler = judged
    .slice(0, judged.indexOf(choice))
    .filter(({ strategy }) => Object.hasOwn(namedStrategies, strategy.name))
    .toReversed()
    .toSorted((a, b) => a.short.length - b.short.length)[0];
  return {
    choose: name,
    because: [
      `Choose ${name}: of ${all.length} strategies ${keeping.length} keep all of it, and it is the simplest.`,
      ...(simpler === undefined
        ? []
        : [`${simpler.strategy.name} is simpler, but ${simpler.short.join(", and ")}.`]),
    ],
  };
}
