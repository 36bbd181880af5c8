/** A run as a trace in lines of JSON: what was run, whom and what it is about, and what happened. */
import type { JsonText } from "../base/texts.ts";
import type { Performed } from "../outcome/outcome.ts";
import { definitionsOf } from "../program/definitions.ts";
import type { TraceHeader } from "../trace/header.ts";
import type { EventLog } from "../trace/log.ts";
import { encodeTrace } from "../trace/ndjson.ts";
import { newTrace, type ScenarioSource } from "../trace/trace.ts";
import type { Source } from "../scenario/source.ts";

/** The record's text, in pieces. `readRecording` (`report.ts`) makes the same run of it. */
export function encodeRecord(
  performed: Performed,
  { file, text }: Pick<Source, "file" | "text">,
  log: EventLog,
  origin: Pick<TraceHeader, "tandem" | "epoch">,
): Iterable<JsonText> {
  const { strategy, driver, speed, jitter = null } = performed;
  const source: ScenarioSource = {
    kind: "scenario",
    strategy: strategy.name,
    driver,
    speed,
    jitter,
  };
  return encodeTrace(newTrace(source, definitionsOf(performed, file), log), {
    ...origin,
    source: { ...source, file, document: text },
  });
}
