/** A run read back from the file of events that was written of it (`encodeRun` in `event-file.ts`). */
import { type Outcome, readOutcome } from "../reading/outcome.ts";
import { taskInstances } from "../scenario/model.ts";
import { parseScenario } from "../scenario/parse.ts";
import { parseStrategy, type Strategy, StrategyError } from "../scenario/strategy.ts";
import type { EventLog } from "../trace/log.ts";
import { EventsError, readEvents } from "../trace/schema.ts";

/**
 * Reads a run from the text of a file of events.
 *
 * @throws EventsError where the file is none of tandem's.
 */
export function readRun(text: string, file: string): { outcome: Outcome; log: EventLog } {
  const { header, log } = readEvents(text, file);
  const scenario = parseScenario(header.document, header.file);
  const names = taskInstances(scenario).map(({ name }) => name);
  if (names.join() !== header.tasks.join())
    throw new EventsError(`${file}:1:1: the header's tasks are not those of its document`);
  const { driver, speed, jitter } = header;
  const performed = {
    scenario,
    strategy: readStrategy(header.strategy, file),
    driver,
    speed,
    ...(jitter === undefined ? {} : { jitter }),
  };
  return { outcome: readOutcome(performed, log), log };
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
