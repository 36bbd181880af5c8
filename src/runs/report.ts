/** What a file of events tells: a scenario's run (`record.ts`), or a program that no scenario describes. */
import { brief } from "../base/sentences.ts";
import { conventionOf } from "../program/definitions.ts";
import { type Driver, type Plan, planOf } from "../outcome/plan.ts";
import { Run } from "../outcome/run.ts";
import { parseScenario } from "../scenario/parse.ts";
import { parseStrategy, type Strategy, StrategyError } from "../scenario/strategy.ts";
import { read, type Reading } from "../reading/reading.ts";
import type { TraceHeader } from "../trace/header.ts";
import { EventsError, readTrace, type RecordedTrace } from "../trace/read.ts";
import type { ObservedSource } from "../trace/trace.ts";

/** A scenario's run, whose trace is the record itself. */
export interface RunRecording {
  of: "scenario";
  run: Run;
  /** The text of its document. */
  document: string;
}

/** A program that no scenario describes: its trace, read. */
export interface ProgramRecording {
  of: "program";
  source: ObservedSource;
  trace: RecordedTrace;
  reading: Reading;
}

/**
 * Reads a file of events.
 *
 * @param pieces its text, cut anywhere.
 * @throws EventsError where the file is none of tandem's.
 */
export function readRecording(
  pieces: Iterable<string>,
  file: string,
): RunRecording | ProgramRecording {
  let plan: Plan | undefined;
  const trace = readTrace(pieces, file, ({ source }) => {
    if (source.kind !== "scenario") return undefined;
    plan = planIn(source, file);
    return conventionOf(plan, plan.file);
  });
  const { source, epoch } = trace.header;
  if (source.kind === "observed") return { of: "program", source, trace, reading: read(trace) };
  return { of: "scenario", run: new Run(plan!, trace, { epoch }), document: source.document };
}

function planIn(source: Extract<TraceHeader["source"], { kind: "scenario" }>, file: string): Plan {
  const { speed, jitter } = source;
  const driver: Driver =
    source.driver === "real" ? { kind: "real", speed } : { kind: "virtual", jitter };
  return planOf(parseScenario(source.document, source.file), {
    strategy: readStrategy(source.strategy, file),
    driver,
    file: source.file,
  });
}

function readStrategy(text: string, file: string): Strategy {
  try {
    return parseStrategy(text);
  } catch (error) {
    if (error instanceof StrategyError)
      throw new EventsError(`${file}:1:1: the header's strategy: ${brief(error.message)}`);
    throw error;
  }
}
