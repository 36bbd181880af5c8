/**
 * Calls of the user's own functions: in main, and in a loop that awaits what they return.
 *
 * In virtual time nothing is called: a call takes as long as the plan says it does.
 */
import { completions, typeNumber } from "../trace/event.ts";
import { MAIN } from "../scenario/numbers.ts";
import { type CallStep, type CallTime, functionName } from "../scenario/calls.ts";
import { detailsOf, endingOf, StepFailure } from "./failure.ts";
import type { EventLoop } from "./loop.ts";
import {
  type CallOperation,
  type Message,
  noResult,
  type OperationResult,
  type Thread,
  type ThreadProgram,
} from "./operation.ts";
import type { NumberedSpec } from "./spec.ts";
import type { Details } from "../trace/log.ts";
import { type Coroutine, Future, wait } from "./task.ts";
import { placeOf } from "./stepper.ts";

/** The details of a call in its events: the function, and the place of the step. */
function called(step: CallStep): Details {
  return { text: functionName(step), place: placeOf(step) };
}

/** The durations of calls in virtual time. It counts each actor's calls, since a record has one for each. */
export class CallClock {
  readonly #run: NumberedSpec;
  readonly #vary: Thread["vary"];
  readonly #made = new Map<number, number>();

  constructor(run: NumberedSpec, { vary }: Thread) {
    this.#run = run;
    this.#vary = vary;
  }

  /** The duration of the actor's next call; undefined where the function is really called. */
  next(actor: number, step: CallStep): CallTime | undefined {
    const { takes } = this.#run;
    if (takes === undefined) return undefined;
    const made = this.#made.get(actor) ?? 0;
    this.#made.set(actor, made + 1);
    const time = takes.byActor[actor]?.[made] ??
      takes.byFunction[functionName(step)] ?? { total: step.takes!, held: 0 };
    const { total, held } = time;
    if (this.#vary === null || total === 0) return time;
    const varied = this.#vary(total);
    return { ...time, total: varied, held: Math.round((held / total) * varied) };
  }
}

/** The calls that are under way in a loop. */
export class LoopCalls {
  readonly #loop: EventLoop;
  readonly #times: CallClock;
  readonly #pending = new Map<number, CallFuture>();
  #made = 0;

  constructor(loop: EventLoop, times: CallClock) {
    this.#loop = loop;
    this.#times = times;
  }

  /** Calls as an actor, and awaits what the function returns. @throws what it throws, or rejects with. */
  *perform(actor: number, step: CallStep): Coroutine {
    const { thread } = this.#loop;
    const time = this.#times.next(actor, step);
    // The hold is recorded when it is over, so the step that contains it begins before the call does.
    if (time === undefined || time.held > 0) this.#loop.beginStep(actor);
    thread.record(typeNumber["call-began"], actor, 0, called(step));
    let how: (typeof completions)[number] = "completed";
    let details: Details | undefined;
    try {
      yield* time === undefined ? this.#forReal(actor, step) : this.#pretend(actor, time);
    } catch (error) {
      how = endingOf(error as Error) === "cancelled" ? "cancelled" : "failed";
      if (how === "failed") details = detailsOf(error as Error);
      throw error;
    } finally {
      thread.record(typeNumber["call-ended"], actor, completions.indexOf(how), details);
    }
  }

  /** Takes in that the promise of a call has settled. */
  settled({ call, error, heeded }: Extract<Message, { kind: "call-settled" }>): void {
    this.#loop.outstanding--;
    this.#loop.callsPending--;
    this.#pending.get(call)!.settle(error, heeded);
    this.#pending.delete(call);
  }

  *#forReal(actor: number, step: CallStep): Coroutine {
    const call = this.#made++;
    const operation: CallOperation = { kind: "call", call, actor, step };
    const { error, promised } = (yield operation) ?? noResult;
    if (error !== undefined) throw new StepFailure(error);
    if (promised !== true) return;
    const future = new CallFuture(this.#loop, () => this.#loop.thread.abort(call));
    this.#pending.set(call, future);
    this.#loop.outstanding++;
    this.#loop.callsPending++;
    yield* wait(future);
    // The function finished although its signal was aborted: the task stops at its next wait, as in JavaScript.
    if (future.aborted) this.#loop.current!.mustCancel = true;
  }

  *#pretend(actor: number, { total, held, error }: CallTime): Coroutine {
    const loop = this.#loop;
    if (held > 0) {
      yield { kind: "hold", ticks: held };
      loop.thread.record(typeNumber["call-held"], actor, held);
    }
    const slept = new Future(loop);
    const timer = loop.callAt(loop.thread.now() + total - held, () => slept.finish());
    try {
      yield* wait(slept);
    } finally {
      timer.cancelled = true;
    }
    if (error !== undefined) throw new StepFailure(error);
  }
}

/**
 * The future of a call. Cancelling it only aborts the function's signal: JavaScript cannot be stopped from
 * outside. The future therefore stays pending until the function's promise settles, and ends as that does.
 */
class CallFuture extends Future {
  readonly #abort: () => void;
  aborted = false;

  constructor(loop: EventLoop, abort: () => void) {
    super(loop);
    this.#abort = abort;
  }

  override cancel(): boolean {
    if (this.done) return false;
    this.aborted = true;
    this.#abort();
    return true;
  }

  settle(error: string | null, heeded: boolean): void {
    if (error === null) this.finish();
    else if (heeded) this.endCancelled();
    else this.fail(new StepFailure(error));
  }
}

/** Main's call: synchronous, so that a promise it returns is dropped. @throws what the function throws. */
export function* callInMain(thread: Thread, times: CallClock, step: CallStep): ThreadProgram<void> {
  thread.record(typeNumber["call-began"], MAIN, 0, called(step));
  const time = times.next(MAIN, step);
  let result: OperationResult | undefined;
  if (time === undefined) result = yield { kind: "call", call: -1, actor: MAIN, step };
  else {
    yield { kind: "block", ticks: time.total };
    thread.record(typeNumber["call-held"], MAIN, time.total);
    result = { error: time.error };
  }
  const { error, promised } = result ?? noResult;
  const how = error === undefined ? "completed" : "failed";
  thread.record(typeNumber["call-ended"], MAIN, completions.indexOf(how), { text: error });
  if (promised === true) thread.record(typeNumber["promise-dropped"], MAIN, 0, called(step));
  if (error !== undefined) throw new StepFailure(error, placeOf(step));
}
