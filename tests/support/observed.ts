/** Traces of a program that tandem did not write, made by hand. */
import type { Definitions } from "../../src/trace/definitions.ts";
import type { EventLog } from "../../src/trace/log.ts";
import { newTrace, type ObservedSource, type Trace } from "../../src/trace/trace.ts";

export const observedSource: ObservedSource = {
  kind: "observed",
  language: "python",
  runtime: "CPython 3.13.1",
  command: "python app.py",
  pid: 1,
  blocks: null,
};

/** @param log in the order of time. */
export function observedTrace(definitions: Definitions, log: EventLog): Trace {
  return newTrace(observedSource, definitions, log);
}
