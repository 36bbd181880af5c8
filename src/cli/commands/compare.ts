/** `tandem compare <scenario>` */
import { cpus, loadavg } from "node:os";
import type { Advice } from "../../strategies/advice.ts";
import { type Class, classesOf, classOf } from "../../strategies/comparison.ts";
import { askedFor } from "../../strategies/demands.ts";
import { findDivergences, tooMuchToDo } from "../../strategies/divergence.ts";
import { findFindings } from "../../remedies/findings.ts";
import { toJson } from "../../report/json.ts";
import {
  adviceToMarkdown,
  className,
  columnToSort,
  comparisonToMarkdown,
  renderAdvice,
  renderComparison,
  sortable,
  sortBy,
} from "../../report/terminal/comparison.ts";
import { isUnexplained, renderVerification } from "../../report/terminal/divergence.ts";
import { demandsOf } from "../../strategies/wishes.ts";
import { renderMiniatures } from "../../report/terminal/timeline.ts";
import { callProblems } from "../../scenario/calls.ts";
import { TICKS_PER_MS } from "../../base/duration.ts";
import { loadScenario } from "../../scenario/load.ts";
import { DocumentError } from "../../scenario/problem.ts";
import { readSource } from "../../scenario/source.ts";
import { parseStrategy, type Strategy, StrategyError } from "../../scenario/strategy.ts";
import { suggestion } from "../../base/suggest.ts";
import { joined, type MarkdownText } from "../../base/texts.ts";
import { adviseOn } from "../advise.ts";
import { readArguments, readDriver, readSpeed } from "../arguments.ts";
import { readDemands } from "../demands.ts";
import { exitStatus, signalStatus } from "../command.ts";
import {
  type Compared,
  judge,
  performUnder,
  simulateVaried,
  strategiesToCompare,
} from "../compare.ts";
import { UsageError } from "../errors.ts";
import { type Manner, type Performed, type Piece, simulate, tryOut } from "../perform-all.ts";
import type { EndingSignal } from "../signals.ts";
import { terminal, textWidth, writeErr, writeOut } from "../output.ts";
import { lookOf, lookOptions } from "../terminal.ts";

const optionSpecs = {
  strategies: { type: "string" },
  all: { type: "boolean" },
  driver: { type: "string", short: "d" },
  speed: { type: "string" },
  sort: { type: "string" },
  must: { type: "string" },
  "counter-example": { type: "boolean" },
  verify: { type: "boolean" },
  json: { type: "boolean" },
  markdown: { type: "boolean" },
  ...lookOptions,
} as const;

type Words = { [name in keyof typeof optionSpecs]?: string | boolean };

/** What is written to stdout. */
type Output = "text" | "json" | "markdown" | "counter-example";

interface CompareOptions {
  strategies: readonly Strategy[] | null;
  all: boolean;
  driver: "virtual" | "real";
  speed: number;
  sort: string | null;
  /** What must hold, as it is written. */
  must: string | null;
  output: Output;
  /** Whether both drivers perform it, to be held against each other. */
  verify: boolean;
}

export async function run(argv: string[]): Promise<number> {
  const { operands, options: words } = readArguments("compare", argv, optionSpecs, {
    least: 1,
    most: 1,
    what: "a scenario",
  });
  const options = readOptions(words);
  const { driver, speed, all, sort, output } = options;
  const source = readSource(operands[0]!);
  const scenario = await loadScenario(source);
  const problems = [
    ...(driver === "real" || options.verify ? callProblems(scenario, source.folder, null) : []),
    ...(driver === "virtual" ? callProblems(scenario, source.folder, new Set()) : []),
  ];
  if (problems.length > 0) throw new DocumentError(source.file, problems);
  const strategies = strategiesToCompare(scenario, { all, named: options.strategies });
  const names = scenario.tasks.map(({ name }) => name);
  const must =
    options.must === null
      ? demandsOf(scenario)
      : askedFor(readDemands("compare", options.must, names));

  const own = scenario.strategy;
  const { folder } = source;
  const manner: Manner = { driver: options.verify ? "real" : driver, speed };
  const piece = { scenario, folder };
  if (options.verify) return verify(piece, strategies, manner, output);
  // A result object is large, and wanted in one kind of output only.
  const keep = (run: Performed) => ({
    ...classOf(judge(run, must.all), own),
    result: output === "json" ? toJson(run.outcome, findFindings(run.outcome, tryOut)) : null,
  });
  const { kept: runs, done, signal } = await performUnder(piece, strategies, manner, keep);
  if (signal !== null) return interrupted(signal, done, strategies);
  const advice = adviseOn(source, scenario, runs, must);
  switch (output) {
    case "json": {
      const results = runs.map(({ result, own: isOwn }) => ({ ...result, own: isOwn }));
      const classes = all
        ? classesOf(runs, own).map(({ strategy, members, own: isOwn }) => ({
            strategy: strategy.name,
            members: members.map(({ name }) => name),
            own: isOwn,
          }))
        : undefined;
      const result = { scenario: scenario.name, driver, runs: results, classes, advice };
      writeOut(`${JSON.stringify(result, null, 2)}\n`);
      return exitStatus.done;
    }
    case "counter-example":
      return writeCounterExample(advice);
    default: {
      const classes = all ? classesOf(runs, own) : runs;
      const sorted = sort === null ? classes : sortBy(classes, sort);
      writeOut(output === "markdown" ? asMarkdown(sorted, advice) : asText(sorted, advice, words));
      return exitStatus.done;
    }
  }
}

/** Says that there will be no comparison, as half of one would mislead. @returns the exit status. */
function interrupted(signal: EndingSignal, done: number, strategies: readonly Strategy[]): number {
  writeErr(`tandem: interrupted when ${done} of ${strategies.length} strategies had been run\n`);
  return signalStatus[signal];
}

/** Performs each strategy on both drivers, and tells where they differ. */
async function verify(
  piece: Omit<Piece, "strategy">,
  strategies: readonly Strategy[],
  manner: Manner,
  output: Output,
): Promise<number> {
  const { scenario } = piece;
  const beside = (run: Performed) => {
    const { strategy } = run.outcome;
    const model = simulate({ scenario, strategy });
    const found = findDivergences(model, run, () => simulateVaried(scenario, strategy));
    return { strategy: strategy.name, ...found };
  };
  const { kept: verified, done, signal } = await performUnder(piece, strategies, manner, beside);
  if (signal !== null) return interrupted(signal, done, strategies);
  // A machine may hesitate anywhere, and nothing in a run says so; but not in the same place again.
  for (const [index, first] of verified.entries()) {
    if (!first.onlyLate) continue;
    const again = await performUnder(piece, [strategies[index]!], manner, beside);
    if (again.signal !== null) return interrupted(again.signal, index, strategies);
    first.cause =
      again.kept[0]!.divergences.length === 0
        ? "the machine hesitated: performed again, nothing differs"
        : // The load is that of the whole machine, so all its cores count, whichever tandem may use.
          tooMuchToDo(loadavg()[0]!, cpus().length);
  }
  if (output === "json") {
    const result = {
      scenario: scenario.name,
      speed: manner.speed,
      verified: verified.map(({ late, tolerance, onlyLate: _, ...one }) => ({
        ...one,
        late: late === null ? null : late / TICKS_PER_MS,
        tolerance: tolerance / TICKS_PER_MS,
      })),
    };
    writeOut(`${JSON.stringify(result, null, 2)}\n`);
  } else writeOut(renderVerification(verified, textWidth()));
  return verified.some(isUnexplained) ? exitStatus.fellShort : exitStatus.done;
}

function asText(classes: readonly (Compared & Class)[], advice: Advice, words: Words): string {
  const look = lookOf(terminal.stdout, words);
  const to = classes.reduce((most, { wall }) => Math.max(most, wall), 0);
  const runs = classes.map((one) => ({ name: className(one), lanes: one.lanes }));
  return [
    ...renderComparison(classes, textWidth()),
    "",
    ...renderMiniatures(runs, look, to),
    "",
    renderAdvice(advice, textWidth()),
  ].join("\n");
}

function asMarkdown(classes: readonly Class[], advice: Advice): MarkdownText {
  return joined([comparisonToMarkdown(classes), adviceToMarkdown(advice)], "\n");
}

/** The document alone, so that it can be saved, or run through a pipe. */
function writeCounterExample({ unless, choose, notSought }: Advice): number {
  const [first] = unless;
  if (first === undefined)
    throw new UsageError(
      choose === null
        ? "no strategy keeps what must hold, so there is no choice that a change could make wrong"
        : notSought === null
          ? `no small change was found under which ${choose} would be wrong`
          : `whether a small change would make ${choose} wrong was not looked for: ${notSought}`,
      "compare",
    );
  writeOut(first.document);
  return exitStatus.done;
}

function readOptions(words: Words): CompareOptions {
  const refuse = (message: string): never => {
    throw new UsageError(message, "compare");
  };
  const driver = readDriver("compare", words.driver ?? "virtual");
  const speed = readSpeed("compare", words.speed);
  if (words.all === true && words.strategies !== undefined)
    refuse("--all and --strategies exclude each other; leave one out");
  if (words.verify === true && words.driver !== undefined)
    refuse("--verify runs both drivers; leave --driver out");
  for (const other of ["must", "sort", "markdown", "counter-example"] as const)
    if (words.verify === true && words[other] !== undefined)
      refuse(`--verify tells where the drivers differ, and nothing else; leave --${other} out`);
  const outputs = (["json", "markdown", "counter-example"] as const).filter((name) => words[name]);
  if (outputs.length > 1)
    refuse(`--${outputs[0]} and --${outputs[1]} exclude each other; leave one out`);
  const sort = words.sort === undefined ? null : columnToSort(String(words.sort));
  if (sort === undefined) {
    const word = String(words.sort);
    return refuse(
      `--sort ${word}: no such column to sort by; ${suggestion(word, sortable, "columns")}`,
    );
  }
  return {
    strategies: words.strategies === undefined ? null : readStrategies(String(words.strategies)),
    all: words.all === true,
    driver,
    // Virtual time takes no time, at whatever speed.
    speed: driver === "real" || words.verify === true ? speed : 1,
    verify: words.verify === true,
    sort,
    must: words.must === undefined ? null : String(words.must),
    output: outputs[0] ?? "text",
  };
}

/** Strategies between commas, each once; a word with a = refines the one before it. */
function readStrategies(text: string): Strategy[] {
  const words: string[] = [];
  for (const word of text.split(",").map((one) => one.trim()))
    if (word.includes("=") && words.length > 0) words.push(`${words.pop()},${word}`);
    else words.push(word);
  const strategies = words.map((word) => {
    try {
      return parseStrategy(word);
    } catch (error) {
      if (!(error instanceof StrategyError)) throw error;
      throw new UsageError(`--strategies ${word}: ${error.message}`, "compare");
    }
  });
  return [...new Map(strategies.map((one) => [one.name, one])).values()];
}
