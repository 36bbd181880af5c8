/** Documents held against what they expect, and what must hold beside that. */
import { QueueError } from "../drivers/real/durable/queue.ts";
import { systemRefused } from "../base/system-error.ts";
import { checkDemands, type Demand } from "../strategies/demands.ts";
import {
  type Checked,
  type CheckedDocument,
  checkExpectations,
} from "../strategies/expectations.ts";
import { mayBeTheMachine } from "../strategies/undecided.ts";
import { disturbedWords } from "../outcome/disturbed.ts";
import type { Outcome } from "../outcome/outcome.ts";
import type { EngineAddress } from "../scenario/engine.ts";
import { areCallsTimed } from "../scenario/calls.ts";
import { noExpectations } from "../scenario/expectation.ts";
import { parseScenario } from "../scenario/parse.ts";
import { DocumentError } from "../scenario/problem.ts";
import { readSource } from "../scenario/source.ts";
import { countAllSteps } from "../scenario/walk.ts";
import { type NamedPlan, type Progress, runEach, type Watcher } from "./many.ts";
import { type Driver, type Plan, planOf } from "../outcome/plan.ts";
import { checkBudget } from "./budget.ts";
import { strategiesAt } from "./engine.ts";
import { checkStrategies, checkPlans } from "./plan.ts";
import type { Run } from "../outcome/run.ts";
import type { Found } from "./scenario-files.ts";
import { simulate } from "./simulate.ts";

/** How documents are checked. */
export interface Checking {
  driver: Driver;
  /** Where a durable queue keeps tasks; null: each run has its own. */
  queue: EngineAddress | null;
  /** Whether under each strategy of its `compare` instead of its own. */
  compare: boolean;
  /** What must hold beside what the document expects. */
  must: readonly Demand[];
  /** Whether also those that take more than a budget. */
  large: boolean;
  /** Is told beforehand what will take a while, and waited for. */
  tell(sentence: string): Promise<void>;
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

/** For how long, in ms, documents are read one after the other before signals are heard and progress is told. */
const stretchMs = 50;

/** Reads documents. What is wrong with one is a result as well, and keeps no other from being checked. */
export async function readChecks(
  documents: readonly Found[],
  how: Checking,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Checks> {
  const all: Checks = { results: [], checks: [], must: how.must };
  let rested = performance.now();
  for (const [done, found] of documents.entries()) {
    const { results, checks } = await checksOf(found, how);
    all.results.push(...results);
    all.checks.push(...checks);
    if (performance.now() - rested < stretchMs) continue;
    onProgress({ done, of: documents.length, latest: "" });
    await Bun.sleep(0);
    rested = performance.now();
  }
  return all;
}

/** How often a real run is tried that falls short while its machine keeps it from going on. */
const mostTries = 3;

/**
 * Checks documents that have been read. A real run that may have fallen short for its machine's sake is tried
 * again, and then undecided.
 *
 * @param hear is told each run that has been checked.
 * @returns their results; null when it was aborted.
 */
export async function check(
  { results, checks, must }: Checks,
  watcher: Watcher,
  hear: (document: CheckedDocument, run: Run) => void = () => undefined,
): Promise<CheckedDocument[] | null> {
  const take = ({ plan, result }: Check, run: Run | Error, seconds: number): void => {
    result.seconds = seconds;
    result.undecided = null;
    // That the place cannot be used which the command names for all of them is no document's doing.
    if (run instanceof QueueError) throw run;
    if (run instanceof Error) {
      result.checks = [broken(run)];
      return;
    }
    result.checks = checked(plan, run.outcome, must);
    if (!areMet(result.checks) && isMachines(plan, run.outcome, must))
      result.undecided = disturbedWords(run.outcome);
    hear(result, run);
  };
  await runEach(checks, watcher, take);
  const { signal } = watcher;
  for (let tries = 1; tries < mostTries; tries++)
    // One at a time, and so with less to do for the machine.
    for (const one of checks)
      if (one.result.undecided !== null) await runEach([one], { signal }, take);
  return signal.aborted ? null : results;
}

/** The most steps that are performed in virtual time to know what the machine has changed. */
const mostModelled = 200_000;

function isMachines(plan: Plan, outcome: Outcome, must: readonly Demand[]): boolean {
  const { scenario } = plan;
  const isKnown = areCallsTimed(scenario) && countAllSteps(scenario) <= mostModelled;
  const model = isKnown ? simulate(plan).outcome : null;
  return mayBeTheMachine(outcome, model, (one) => areMet(checked(plan, one, must)));
}

async function checksOf(
  found: Found,
  { driver, queue, compare, must, large, tell }: Checking,
): Promise<Pick<Checks, "results" | "checks">> {
  try {
    if ("error" in found) throw found.error;
    const source = await readSource(found.word);
    const { file, folder } = source;
    const scenario = parseScenario(source.text, file);
    const plan = planOf(scenario, { driver, queue, file, folder });
    checkPlans([plan], source);
    const own = (compare && scenario.compare) || [scenario.strategy];
    const strategies = strategiesAt(own, { queue, driver: driver.kind });
    checkStrategies(scenario, strategies, source);
    const isRun = scenario.expect !== null || must.length > 0;
    const isReal = driver.kind === "real";
    const performing = { under: strategies, isVirtual: !isReal, isReal, large };
    const before = isRun ? checkBudget(scenario, performing, source) : null;
    if (before !== null) await tell(before);
    const checks = strategies.map((strategy): Check => {
      const result = {
        file,
        strategy: strategy.name,
        checks: [],
        problems: [],
        undecided: null,
        seconds: 0,
      };
      return { plan: { ...plan, strategy }, name: `${file} (${strategy.name})`, result };
    });
    return {
      results: checks.map(({ result }) => result),
      checks: isRun ? checks : [],
    };
  } catch (error) {
    const nothing = { strategy: null, checks: [], problems: [], undecided: null, seconds: 0 };
    if (error instanceof DocumentError) {
      const { file, problems } = error;
      return { results: [{ ...nothing, file, problems }], checks: [] };
    }
    // Whatever went wrong with one document, the others are checked.
    const file = "error" in found ? "" : found.word;
    return { results: [{ ...nothing, file, checks: [broken(error as Error)] }], checks: [] };
  }
}

function areMet(checks: readonly Checked[]): boolean {
  return checks.every(({ met }) => met);
}

function checked({ scenario }: Plan, outcome: Outcome, must: readonly Demand[]): Checked[] {
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
