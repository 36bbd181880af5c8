/** A run read back from the file of events that was written of it (`encodeRun` in `event-file.ts`). */
import { taskInstances } from "../scenario/model.ts";
import { parseScenario } from "../scenario/parse.ts";
import { parseStrategy, type Strategy, StrategyError } from "../scenario/strategy.ts";
import { EventsError, readEvents } from "../trace/schema.ts";
import { type Driver, planOf } from "./plan.ts";
import { Run } from "./run.ts";

/**
 * Reads a run from the text of a file of events.
 *
 * @throws EventsError where the file is none of tandem's.
 */
export function readRun(text: string, file: string): Run {
  const { header, log } = readEvents(text, file);
  const scenario = parseScenario(header.document, header.file);
  const names = taskInstances(scenario).map(({ name }) => name);
  if (names.join() !== header.tasks.join())
    throw new EventsError(`${file}:1:1: the header's tasks are not those of its document`);
  const driver: Driver =
    header.driver === "real"
      ? { kind: "real", speed: header.speed }
      : { kind: "virtual", jitter: header.jitter ?? null };
  return new Run(planOf(scenario, { strategy: readStrategy(header.strategy, file), driver }), log);
}

function readStrategy(text: string, file: string): Strategy {
  try {
    return parseStrategy(text);
  } catch (error) {
    if (error instanceof StrategyError)
      throw new EventsError(`${file}:1:1: the header's strategy: ${error.message}`);
    throw error;
  }
}
