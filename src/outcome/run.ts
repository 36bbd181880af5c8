/** A run of a scenario: its plan, its trace, and what the trace says when it is read. */
import { definitionsOf } from "../program/definitions.ts";
import type { Reading } from "../reading/reading.ts";
import type { EventLog } from "../trace/log.ts";
import { newTrace, type Trace } from "../trace/trace.ts";
import { type Outcome, readOutcome } from "./outcome.ts";
import { type Plan, sourceOf } from "./plan.ts";

/** How a run ended, where that is no part of its trace. */
export interface Ending {
  /** Whether something else than its program's end ended a real run. */
  endedEarly: boolean;
  /** The signal of a terminal that ended its process, when it was none of tandem's own sending. */
  signal: "SIGINT" | "SIGTERM" | null;
  /** What the process wrote to stderr, if it ended unexpectedly. */
  complaint: string;
}

/** What is known of a run beside its trace; what is left out is as it is in virtual time. */
export interface Beside {
  ending?: Ending;
  /** When main started, in ms since 1970; null in virtual time, and where main did not start. */
  epoch?: number | null;
}

/** A run that is over. */
export class Run implements Required<Beside> {
  readonly plan: Plan;
  readonly trace: Trace;
  readonly ending: Ending;
  readonly epoch: number | null;
  #outcome: Outcome | undefined;

  constructor(plan: Plan, trace: Trace, { ending, epoch = null }: Beside = {}) {
    this.plan = plan;
    this.trace = trace;
    this.ending = ending ?? { endedEarly: false, signal: null, complaint: "" };
    this.epoch = epoch;
  }

  /** What its trace says; it is read when it or the outcome is first asked for. */
  get reading(): Reading {
    return this.outcome.reading;
  }

  /** What the reading comes to beside the document and the strategy. */
  get outcome(): Outcome {
    return (this.#outcome ??= readOutcome(this.plan, this.trace));
  }
}

/** The run of a plan whose events have just been recorded. @param log in the order of time. */
export function runOf(plan: Plan, log: EventLog, beside: Beside = {}): Run {
  return new Run(plan, newTrace(sourceOf(plan), definitionsOf(plan, plan.file), log), beside);
}
