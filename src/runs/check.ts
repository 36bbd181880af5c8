/** Documents held against what they expect, and what must hold beside that. */
import { systemRefused } from "../base/system-error.ts";
import { checkDemands, type Demand } from "../strategies/demands.ts";
import {
  type Checked,
  type CheckedDocument,
  checkExpectations,
} from "../strategies/expectations.ts";
import { noExpectations } from "../scenario/expectation.ts";
import { parseScenario } from "../scenario/parse.ts";
import { DocumentError } from "../scenario/problem.ts";
import { readSource } from "../scenario/source.ts";
import { type NamedPlan, runEach, type Watcher } from "./many.ts";
import { type Driver, type Plan, planOf } from "../outcome/plan.ts";
import { checkBudget } from "./budget.ts";
import { checkStrategies, checkPlans } from "./plan.ts";
import type { Run } from "../outcome/run.ts";
import type { Found } from "./scenario-files.ts";

/** How documents are checked. */
export interface Checking {
  driver: Driver;
  /** Whether under each strategy of its `compare` instead of its own. */
  compare: boolean;
  /** What must hold beside what the document expects. */
  must: readonly Demand[];
  /** Whether also those that take more than a budget. */
  large: boolean;
  /** Is told beforehand what will take a while. */
  tell(sentence: string): void;
}

/** A plan to be run, and where its result goes. */
interface Check extends NamedPlan {
  result: CheckedDocument;
}

/** Documents that have been read, and what is to be run of them. */
export interface Checks {
  /** A result for each document and strategy. */
  results: CheckedDocument[];
  checks: Check[];
  must: readonly Demand[];
}

/** Reads documents. What is wrong with one is a result as well, and keeps no other from being checked. */
export async function readChecks(documents: readonly Found[], how: Checking): Promise<Checks> {
  const all: Checks = { results: [], checks: [], must: how.must };
  for (const found of documents) {
    const { results, checks } = await checksOf(found, how);
    all.results.push(...results);
    all.checks.push(...checks);
  }
  return all;
}

/**
 * Checks documents that have been read.
 *
 * @param hear is told each run that has been checked.
 * @returns their results; null when it was aborted.
 */
export async function check(
  { results, checks, must }: Checks,
  watcher: Watcher,
  hear: (document: CheckedDocument, run: Run) => void = () => undefined,
): Promise<CheckedDocument[] | null> {
  await runEach(checks, watcher, ({ plan, result }, run, seconds) => {
    result.seconds = seconds;
    result.checks = run instanceof Error ? [broken(run)] : checked(plan, run, must);
    if (!(run instanceof Error)) hear(result, run);
  });
  return watcher.signal.aborted ? null : results;
}

async function checksOf(
  found: Found,
  { driver, compare, must, large, tell }: Checking,
): Promise<Pick<Checks, "results" | "checks">> {
  try {
    if ("error" in found) throw found.error;
    const source = await readSource(found.word);
    const { file, folder } = source;
    const scenario = parseScenario(source.text, file);
    const plan = planOf(scenario, { driver, file, folder });
    checkPlans([plan], source);
    const strategies = (compare && scenario.compare) || [scenario.strategy];
    checkStrategies(scenario, strategies, source);
    const isRun = scenario.expect !== null || must.length > 0;
    const times = driver.kind === "virtual" ? strategies.length : 0;
    const before = isRun ? checkBudget(scenario, { times, large }, source) : null;
    if (before !== null) tell(before);
    const checks = strategies.map((strategy): Check => {
      const result = { file, strategy: strategy.name, checks: [], problems: [], seconds: 0 };
      return { plan: { ...plan, strategy }, name: `${file} (${strategy.name})`, result };
    });
    return {
      results: checks.map(({ result }) => result),
      checks: isRun ? checks : [],
    };
  } catch (error) {
    const nothing = { strategy: null, checks: [], problems: [], seconds: 0 };
    if (error instanceof DocumentError) {
      const { file, problems } = error;
      return { results: [{ ...nothing, file, problems }], checks: [] };
    }
    // Whatever went wrong with one document, the others are checked.
    const file = "error" in found ? "" : found.word;
    return { results: [{ ...nothing, file, checks: [broken(error as Error)] }], checks: [] };
  }
}

function checked({ scenario }: Plan, { outcome }: Run, must: readonly Demand[]): Checked[] {
  return [
    ...checkExpectations(outcome, scenario.expect ?? noExpectations),
    ...checkDemands(outcome, must),
  ];
}

/** That a run breaks is a result of its own, and none of the others'. */
function broken(error: Error): Checked {
  const { message } = systemRefused(error) ?? error;
  const expected = "a run that comes to its end";
  return { of: "run", met: false, expected, found: `it broke: ${message}`, position: null };
}
