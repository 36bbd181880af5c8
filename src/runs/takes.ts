/** How calls went in a recorded run, for another run in which nothing is called. */
import { readCallTimes, uncaughtErrors } from "../strategies/call-times.ts";
import type { CallTimes } from "../scenario/calls.ts";
import { type Scenario, taskInstances } from "../scenario/model.ts";
import { LAUNCH, MAIN } from "../scenario/numbers.ts";
import { readTrace } from "../trace/read.ts";
import type { Trace } from "../trace/trace.ts";

/** What is taken from a record. */
export interface Taken {
  takes: CallTimes;
  /** Errors of the recorded run that nobody could catch: a run that takes its times goes on without them. */
  uncaught: readonly string[];
  /** Whether the record breaks off, and what of it was not understood. */
  record: Pick<Trace, "cutOff" | "unknown">;
}

/**
 * Reads how calls went, for the tasks of a scenario that have the same names.
 *
 * @param pieces the text of a file of events, cut anywhere.
 * @throws EventsError where the file is none of tandem's.
 */
export function readTakes(pieces: Iterable<string>, file: string, scenario: Scenario): Taken {
  const { definitions, log, cutOff, unknown } = readTrace(pieces, file);
  const { byActor, byFunction } = readCallTimes(log);
  const here = new Map<string, number>([
    ["main", MAIN],
    ["launch", LAUNCH],
    ...taskInstances(scenario).map(({ name }, index) => [name, index] as const),
  ]);
  const takes: CallTimes = { byActor: {}, byFunction };
  for (const [recorded, times] of Object.entries(byActor)) {
    const actor = here.get(definitions.actors.get(Number(recorded))?.name ?? "");
    if (actor !== undefined) takes.byActor[actor] = times;
  }
  return { takes, uncaught: uncaughtErrors(log), record: { cutOff, unknown } };
}
