/** The demands on a command line: the value of `--must`. */
import { DemandError, parseDemands } from "../strategies/demand-words.ts";
import type { Demand } from "../strategies/demands.ts";
import { UsageError } from "./errors.ts";

/**
 * The demands of an option's value.
 *
 * @param tasks the names of the scenario's tasks; null where there is more than one scenario.
 * @throws UsageError for what is no demand.
 */
export function readDemands(
  command: string,
  written: string,
  tasks: readonly string[] | null,
): Demand[] {
  try {
    return parseDemands(written, tasks);
  } catch (error) {
    if (!(error instanceof DemandError)) throw error;
    throw new UsageError(`--must: ${error.message}`, command);
  }
}
