/** The demands on a command line: what `--must` says. */
import { DemandError, parseDemands } from "../strategies/demand-words.ts";
import type { Demand } from "../strategies/demands.ts";
import { UsageError } from "./errors.ts";

/**
 * What must hold, as an option says.
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
