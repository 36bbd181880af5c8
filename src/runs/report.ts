/** A run read back from the file of events that was written of it (`record.ts`). */
import { conventionOf } from "../program/definitions.ts";
import { parseScenario } from "../scenario/parse.ts";
import { parseStrategy, type Strategy, StrategyError } from "../scenario/strategy.ts";
import type { TraceHeader } from "../trace/header.ts";
import { EventsError, readTrace, type RecordedTrace } from "../trace/read.ts";
import { type Driver, type Plan, planOf } from "./plan.ts";
import { Run } from "./run.ts";

/** A run, and the trace that its record is. */
export interface Recording {
  run: Run;
  trace: RecordedTrace;
}

/**
 * Reads the record of a scenario's run.
 *
 * @param pieces the text of a file of events, cut anywhere.
 * @throws EventsError where the file is none of tandem's.
 */
export function readRecording(pieces: Iterable<string>, file: string): Recording {
  let plan: Plan | undefined;
  const trace = readTrace(pieces, file, ({ source }) => {
    if (source.kind !== "scenario")
      throw new EventsError(
        `${file}:1:1: it is the record of a program (${source.command}), and not of a scenario`,
      );
    plan = planIn(source, file);
    return conventionOf(plan, source.file);
  });
  return { run: new Run(plan!, trace.log, undefined, trace.header.epoch), trace };
}

function planIn(source: Extract<TraceHeader["source"], { kind: "scenario" }>, file: string): Plan {
  const { speed, jitter } = source;
  const driver: Driver =
    source.driver === "real" ? { kind: "real", speed } : { kind: "virtual", jitter };
  return planOf(parseScenario(source.document, source.file), {
    strategy: readStrategy(source.strategy, file),
    driver,
  });
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
