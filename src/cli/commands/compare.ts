/** `tandem compare <scenario>` */
import type { Advice } from "../../strategies/advice.ts";
import { type Class, classesOf } from "../../strategies/comparison.ts";
import { askedFor } from "../../strategies/demands.ts";
import { findFindings } from "../../remedies/findings.ts";
import { comparisonToJson, verificationToJson } from "../../report/comparison-json.ts";
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
import { type Compared, strategiesToCompare } from "../../strategies/judge.ts";
import { demandsOf } from "../../strategies/wishes.ts";
import { renderMiniatures } from "../../report/terminal/timeline.ts";
import { compare } from "../../runs/compare.ts";
import { type Plan, planOf, virtual } from "../../outcome/plan.ts";
import { checkBudget } from "../../runs/budget.ts";
import { checkStrategies, checkPlans } from "../../runs/plan.ts";
import { tryOut } from "../../runs/simulate.ts";
import { verify } from "../../runs/verify.ts";
import type { Verified } from "../../strategies/divergence.ts";
import { loadScenario } from "../../scenario/load.ts";
import { readSource } from "../../scenario/source.ts";
import { suggestion } from "../../base/suggest.ts";
import { joined, json, type MarkdownText, type TerminalText } from "../../base/texts.ts";
import { type Arguments, readArguments } from "../arguments.ts";
import { visibleDocument } from "../../scenario/visible.ts";
import { exitStatus, type OptionsOf, signalStatus } from "../command.ts";
import { commands } from "../commands.ts";
import { readDemands } from "../demands.ts";
import { placed } from "../engine.ts";
import { UsageError } from "../errors.ts";
import { announce, terminal, textWidth, writeErrLine, writeOut } from "../output.ts";
import { checkReport, sourceOrDocument, writeReport } from "../report-file.ts";
import { lookOf } from "../terminal.ts";
import { type Watched, watched } from "../watched.ts";

type Options = OptionsOf<typeof commands.compare>;

/** What is written to stdout. */
type Output = "text" | "json" | "markdown" | "counter-example";

export async function run(argv: string[]): Promise<number> {
  const words = readArguments(commands.compare, argv);
  const { operands, options } = words;
  checkTogether(words);
  checkReport(options, commands.compare.name);
  const { driver, all } = options;
  const output = outputOf(options);
  const sort = options.sort === null ? null : readColumn(options.sort);
  const source = await readSource(operands[0]!);
  const scenario = await loadScenario(source);
  const isReal = driver === "real" || options.verify;
  const plan = planOf(scenario, {
    file: source.file,
    folder: source.folder,
    driver: isReal ? { kind: "real", speed: options.speed } : virtual,
    queue: options.engine,
  });
  // To be verified, its model is run in virtual time as well.
  checkPlans(options.verify ? [plan, { ...plan, driver: virtual }] : [plan], source);
  const strategies = await placed(
    { command: commands.compare.name, engine: options.engine, driver: plan.driver.kind, all },
    strategiesToCompare(scenario, { all, named: options.strategies }),
  );
  checkStrategies(scenario, strategies, source);
  const isVirtual = driver === "virtual" || options.verify;
  const performing = { under: strategies, isVirtual, isReal, large: options.large };
  const before = checkBudget(scenario, performing, source);
  const names = scenario.tasks.map(({ name }) => name);
  const must =
    options.must === null
      ? demandsOf(scenario)
      : askedFor(readDemands("compare", options.must, names));

  if (before !== null) await announce(before);
  const own = scenario.strategy;
  if (options.verify) {
    const verified = await watched((watcher) => verify(plan, strategies, watcher));
    return tellVerified(verified, plan, options);
  }
  const { report } = options;
  const timelines = report === null ? null : await import("../../report/model/of-run.ts");
  const compared = await watched((watcher) =>
    compare({ source, plan, strategies, must }, watcher, (run) => ({
      // A result object is large, and wanted in one kind of output only; so is a timeline.
      json: output === "json" ? toJson(run.outcome, findFindings(run.outcome, tryOut)) : null,
      timeline: timelines?.runTimeline(run) ?? null,
    })),
  );
  if (compared.result === null) return interrupted(compared);
  const { runs, advice } = compared.result;
  if (output === "counter-example") return writeCounterExample(advice);
  const classes = all ? classesOf(runs, own) : null;
  if (report !== null) {
    const { comparisonReport } = await import("../../report/model/of-comparison.ts");
    const told = (classes ?? runs).map((one) => ({ ...one, timeline: one.kept.timeline! }));
    const page = comparisonReport(scenario.name, told, {
      advice,
      driver: plan.driver,
      document: source.file,
      find: sourceOrDocument(source),
    });
    await writeReport(report, page, { fullPaths: options["full-paths"] });
  }
  if (output === "json") {
    const told = runs.map((one) => ({ ...one, kept: one.kept.json }));
    const result = { scenario: scenario.name, driver, runs: told, classes, advice };
    writeOut(json(comparisonToJson(result), 2));
    return exitStatus.done;
  }
  const rows = classes ?? runs;
  const sorted = sort === null ? rows : sortBy(rows, sort);
  writeOut(output === "markdown" ? asMarkdown(sorted, advice) : asText(sorted, advice, options));
  return exitStatus.done;
}

/** Says that there will be no comparison, as half of one would mislead. @returns the exit status. */
function interrupted({ signal, progress }: Watched<unknown>): number {
  const { done, of } = progress!;
  writeErrLine(`tandem: interrupted when ${done} of ${of} strategies had been run`);
  return signalStatus[signal!];
}

/** Tells where the drivers differ. @returns the exit status. */
function tellVerified(
  ran: Watched<Verified[] | null>,
  { scenario }: Plan,
  options: Options,
): number {
  const { result: verified } = ran;
  if (verified === null) return interrupted(ran);
  if (options.json) writeOut(json(verificationToJson(scenario.name, options.speed, verified), 2));
  else writeOut(renderVerification(verified, textWidth()));
  return verified.some(isUnexplained) ? exitStatus.fellShort : exitStatus.done;
}

function asText(
  classes: readonly (Compared & Class)[],
  advice: Advice,
  options: Options,
): TerminalText {
  const look = lookOf(terminal.stdout, options);
  const to = classes.reduce((most, { wall }) => Math.max(most, wall), 0);
  const runs = classes.map((one) => ({ name: className(one), lanes: one.lanes }));
  return joined(
    [
      ...renderComparison(classes, textWidth()),
      "",
      ...renderMiniatures(runs, look, to),
      "",
      renderAdvice(advice, textWidth()),
    ],
    "\n",
  );
}

function asMarkdown(classes: readonly Class[], advice: Advice): MarkdownText {
  return joined([comparisonToMarkdown(classes), adviceToMarkdown(advice)], "\n");
}

/** The document alone, so that it can be saved, or run through a pipe. */
async function writeCounterExample({ unless, choose, notSought }: Advice): Promise<number> {
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
  writeOut(await visibleDocument(first.document));
  return exitStatus.done;
}

/** Refuses options of which one makes another mean nothing. */
function checkTogether({ options, given }: Arguments<typeof commands.compare>): void {
  if (options.all && given.has("strategies"))
    throw refusal("--all and --strategies exclude each other; leave one out");
  if (options.verify && given.has("driver"))
    throw refusal("--verify runs both drivers; leave --driver out");
  for (const other of ["must", "sort", "markdown", "counter-example", "report"] as const)
    if (options.verify && given.has(other))
      throw refusal(
        `--verify tells where the drivers differ, and nothing else; leave --${other} out`,
      );
}

function outputOf(options: Options): Output {
  const [output = "text", other] = (["json", "markdown", "counter-example"] as const).filter(
    (name) => options[name],
  );
  if (other !== undefined)
    throw refusal(`--${output} and --${other} exclude each other; leave one out`);
  return output;
}

function readColumn(word: string): string {
  const column = columnToSort(word);
  if (column !== undefined) return column;
  const hint = suggestion(word, sortable, "columns");
  throw refusal(`--sort ${word}: no such column to sort by; ${hint}`);
}

function refusal(message: string): UsageError {
  return new UsageError(message, commands.compare.name);
}
