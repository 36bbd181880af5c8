/** A run of a scenario: its plan, its trace, and what the trace says when it is read. */
import { definitionsOf } from "../program/definitions.ts";
import type { Reading } from "../reading/reading.ts";
import type { Place } from "../trace/definitions.ts";
import type { EventLog } from "../trace/log.ts";
import { type Disturbance, newTrace, type Trace, withPlaces } from "../trace/trace.ts";
import { type Outcome, readOutcome } from "./outcome.ts";
import { type Plan, sourceOf } from "./plan.ts";

/** How a run ended, where that is no part of its trace. */
export interface Ending {
  /** Whether something else than its program's end ended a real run. */
  endedEarly: boolean;
  /** The signal that ended its process, where it came from a terminal and not from tandem. */
  signal: "SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGTERM" | null;
  /** The text that the process wrote to stderr, if it ended unexpectedly. */
  complaint: string;
}

/** The facts of a run that are not in its trace. A field left out has the value of virtual time. */
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

  /** The reading of its trace, made when it or the outcome is first asked for. */
  get reading(): Reading {
    return this.outcome.reading;
  }

  /** The reading joined to the document and the strategy. */
  get outcome(): Outcome {
    return (this.#outcome ??= readOutcome(this.plan, this.trace));
  }
}

/** What has just been recorded beside the events of a run. */
export interface Recorded extends Beside {
  /** The places in user code that the run came upon; the document's steps are known. */
  places?: ReadonlyMap<number, Place>;
  /** What kept it from going on; null in virtual time. */
  disturbed?: Disturbance | null;
}

/** The run of a plan whose events have just been recorded. @param log in the order of time. */
export function runOf(
  plan: Plan,
  log: EventLog,
  { places = new Map(), disturbed = null, ...beside }: Recorded = {},
): Run {
  const definitions = withPlaces(definitionsOf(plan, plan.file), places);
  return new Run(plan, newTrace(sourceOf(plan, disturbed), definitions, log), beside);
}
