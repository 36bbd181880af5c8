/** The budget of a command: what a scenario may take before tandem asks for more than a usual machine likes to give. */
import { formatCount } from "../base/count.ts";
import { DocumentError } from "../scenario/problem.ts";
import type { Scenario } from "../scenario/model.ts";
import { type ScenarioSize, sizeOf } from "../scenario/size.ts";
import type { Source } from "../scenario/source.ts";

/** The most that a command takes without being told to (`--large`): of time in virtual time, and of memory. */
const most = { seconds: 10, gigabytes: 1 };

/** From how long on one wants to know before what one is waiting for, in ms. */
const patienceMs = 1000;

/** How a scenario is to be performed. */
export interface Performing {
  /** Under how many strategies in virtual time; 0 where only for real, which takes as long as the document says. */
  times: number;
  /** Whether (also) for real, where texts take more memory. */
  isReal: boolean;
  /** How often under each; once where it is left out. */
  each?: number;
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
  { times, isReal, large, each = 1, fewer = "compare fewer strategies (--strategies)" }: Performing,
  { file }: Pick<Source, "file">,
): string | null {
  const size = sizeOf(scenario, isReal ? "real" : "virtual");
  const seconds = (size.ms * times * each) / 1000;
  const gigabytes = size.bytes / 1e9;
  const isTooLarge = gigabytes > most.gigabytes;
  const takes = isTooLarge
    ? `about ${formatCount(Math.ceil(gigabytes))} GB of memory`
    : seconds > most.seconds
      ? `about ${formatCount(Math.ceil(seconds))} s`
      : null;
  const steps = stepsOf(size, times);
  if (takes !== null && !large) {
    const { path, position } = size.largest;
    const instead = times > 1 && !isTooLarge ? `${fewer}, ` : "";
    const message = `${steps} would take tandem ${takes}, where ${most.seconds} s and ${most.gigabytes} GB are the most; ${instead}let it do less, most of which is done here, or add --large`;
    throw new DocumentError(file, [{ position, path, message }]);
  }
  return seconds * 1000 < patienceMs
    ? null
    : `${file}: ${steps}, which takes about ${Math.ceil(seconds)} s; Ctrl-C ends it`;
}

/** The steps that are performed in all, in words. */
function stepsOf({ steps }: ScenarioSize, times: number): string {
  const each = formatCount(steps);
  return times > 1 ? `${each} steps under each of ${times} strategies` : `${each} steps`;
}
