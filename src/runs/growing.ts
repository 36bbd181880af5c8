/** A real run while it goes on: what has come of its events, as a run that is over so far. */
import type { Plan } from "../outcome/plan.ts";
import { type Run, runOf } from "../outcome/run.ts";
import { type Columns, EventLog } from "../trace/log.ts";

export class GrowingRun {
  readonly #plan: Plan;
  readonly #log = new EventLog();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Takes in events of a thread, which stand in the order of time. */
  hear(thread: number, columns: Columns): void {
    this.#log.recordAll(thread, columns);
  }

  /** How many events have come. */
  get heard(): number {
    return this.#log.length;
  }

  /** The run as far as it is known. Its record has no end, so of what has none in it nothing is known yet. */
  known(): Run {
    return runOf(this.#plan, this.#log.inTimeOrder());
  }
}
