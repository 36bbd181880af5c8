/** The budget of a command: what a scenario may take before tandem asks for more than a usual machine likes to give. */
import { formatCount } from "../base/count.ts";
import { DocumentError } from "../scenario/problem.ts";
import type { Scenario } from "../scenario/model.ts";
import { type ScenarioSize, sizeOf } from "../scenario/size.ts";
import type { Source } from "../scenario/source.ts";
import type { Strategy } from "../scenario/strategy.ts";

/** The most that a command takes without being told to (`--large`): of time in virtual time, and of memory. */
const most = { seconds: 10, gigabytes: 1 };

/** From how long on one wants to know before what one is waiting for, in ms. */
const patienceMs = 1000;

/** How a scenario is to be performed. */
export interface Performing {
  /** The strategies under which it is performed. */
  under: readonly Strategy[];
  /** Whether in virtual time; only for real it takes as long as the document says. */
  isVirtual: boolean;
  /** Whether (also) for real, where texts take more memory. */
  isReal: boolean;
  /** How often the user wants it to run under each; once where it is left out. */
  runs?: number;
  /** How often it is performed under a strategy for each of these runs; once where it is left out. */
  each?: (strategy: Strategy) => number;
  /** How to ask for fewer strategies, as the beginning of a way out. */
  fewer?: string;
  /** Whether the user wants it whatever it takes. */
  large: boolean;
}

/**
 * Passes a scenario that can be performed within the budget.
 *
 * @returns what is to be told before it is performed, as it will take a while; null where it will not.
 * @throws DocumentError where it is larger.
 */
export function checkBudget(
  scenario: Scenario,
  { under, isVirtual, runs = 1, each = () => 1, isReal, large, fewer = fewerOf(runs) }: Performing,
  { file }: Pick<Source, "file">,
): string | null {
  const sizes = under.map((strategy) => sizeOf(scenario, isReal ? "real" : "virtual", strategy));
  const size = sizes.reduce((most, one) => (one.bytes > most.bytes ? one : most));
  const ms = sizes.reduce((sum, one, index) => sum + one.ms * each(under[index]!), 0);
  const seconds = isVirtual ? (ms * runs) / 1000 : 0;
  const gigabytes = size.bytes / 1e9;
  const times = isVirtual ? under.length : 0;
  const isTooLarge = gigabytes > most.gigabytes;
  const takes = isTooLarge
    ? `about ${formatCount(Math.ceil(gigabytes))} GB of memory`
    : seconds > most.seconds
      ? `about ${formatCount(Math.ceil(seconds))} s`
      : null;
  const steps = stepsOf(size, times, runs);
  if (takes !== null && !large) {
    const { path, position } = size.largest;
    const instead = times * runs > 1 && !isTooLarge ? `${fewer}, ` : "";
    const message = `${steps} would take tandem ${takes}, where ${most.seconds} s and ${most.gigabytes} GB are the most; ${instead}let it do less, most of which is done here, or add --large`;
    throw new DocumentError(file, [{ position, path, message }]);
  }
  // For real nothing is known but what it takes to tell of it.
  const told = isVirtual ? seconds : size.ms / 1000;
  const beside = isVirtual ? "" : " to tell of";
  return told * 1000 < patienceMs
    ? null
    : `${file}: ${steps}, which takes about ${formatCount(Math.ceil(told))} s${beside}; Ctrl-C ends it`;
}

function fewerOf(runs: number): string {
  return runs > 1 ? "ask for fewer runs (--runs)" : "compare fewer strategies (--strategies)";
}

/** The steps that are performed in all, in words. */
function stepsOf({ steps }: ScenarioSize, times: number, runs: number): string {
  const each = `${formatCount(steps)} steps`;
  if (times > 1) return `${each} under each of ${times} strategies`;
  return runs > 1 ? `${each} in each of ${formatCount(runs)} runs` : each;
}
