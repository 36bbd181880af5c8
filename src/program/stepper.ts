/** The part of performing steps that main, launch and tasks have in common. */
import { typeNumber } from "../trace/event.ts";
import { NOWHERE } from "../trace/log.ts";
import type { Ticks } from "../base/duration.ts";
import type { LeafStep, Step } from "../scenario/model.ts";
import { fillPlaceholders, fillValue, type PlaceholderValues } from "../scenario/placeholders.ts";
import { Cursor } from "../scenario/walk.ts";
import { StepFailure } from "./failure.ts";
import type { OperationResult, Program, Thread } from "./operation.ts";

/** The values of one program's placeholders before its first step. */
export function placeholderValues(runtime: string, task = "", copy = 0): PlaceholderValues {
  return { i: 0, task, copy, runtime, value: "" };
}

/** The actor of a step, and the place of that step. */
export interface Performer {
  actor: number;
  place: number;
}

/** The number of the place that a step stands in, for its events. */
export function placeOf({ position }: LeafStep): number {
  return position.place ?? NOWHERE;
}

/** A received value as it is printed: text as it is, anything else as JSON. */
export function valueText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
}

/** The way to perform a step that needs more than its thread; undefined for any other step. */
export type Special<Wanted> = (
  step: LeafStep,
  actor: number,
  values: PlaceholderValues,
) => Program<Wanted> | undefined;

/**
 * Performs a list of steps as far as that takes no time: prints and fails.
 *
 * Every other step is yielded in order to whoever can perform it, unless `special` knows how. It is a
 * generator written out by hand: each task of a crowd makes one, and a generator is several objects.
 */
export class Stepper<Other = never> implements Program<LeafStep | Other> {
  readonly #thread: Thread;
  readonly #actor: number;
  readonly #cursor: Cursor;
  readonly #values: PlaceholderValues;
  readonly #special: Special<Other> | undefined;
  /** The program that performs the present step, if that needs more than the thread. */
  #performing: Program<Other> | undefined;

  /** @param values what `{placeholders}` stand for; whoever receives a value sets it here. */
  constructor(
    thread: Thread,
    actor: number,
    steps: Step[],
    values: PlaceholderValues,
    special?: Special<Other>,
  ) {
    this.#thread = thread;
    this.#actor = actor;
    this.#cursor = new Cursor(steps);
    this.#values = values;
    this.#special = special;
  }

  [Symbol.iterator](): this {
    return this;
  }

  /**
   * @param result what came of the step that was yielded last.
   * @throws StepFailure at a `fail` step.
   */
  next(result?: OperationResult): IteratorResult<LeafStep | Other, void> {
    for (;;) {
      if (this.#performing !== undefined) {
        const performed = this.#performing.next(result);
        if (!performed.done) return performed;
        this.#performing = undefined;
      }
      const next = this.#cursor.next();
      if (next === undefined) return { done: true, value: undefined };
      const step = this.#prepared(next);
      if (step.kind === "print") {
        const text = fillPlaceholders(step.text, this.#values);
        const details = { text, place: placeOf(step) };
        this.#thread.record(typeNumber.printed, this.#actor, 0, details);
      } else if (step.kind === "fail") {
        throw new StepFailure(fillPlaceholders(step.message, this.#values), placeOf(step));
      } else {
        if (step.kind !== "sleep")
          this.#performing = this.#special?.(step, this.#actor, this.#values);
        if (this.#performing === undefined) return yielding(step);
      }
    }
  }

  /** A step as it is performed this time: its own durations, its texts filled in. */
  #prepared(step: LeafStep): LeafStep {
    const { vary } = this.#thread;
    if (vary !== null) step = varied(step, vary);
    const { kind } = step;
    if (kind === "print" || kind === "fail" || kind === "send" || kind === "call")
      this.#values.i = this.#cursor.iteration;
    if (step.kind === "send") return { ...step, value: fillValue(step.value, this.#values) };
    return step.kind === "call" && step.args !== undefined
      ? { ...step, args: fillValue(step.args, this.#values) }
      : step;
  }

  /** Raises an error where the program stands. */
  throw(error: Error): IteratorResult<LeafStep | Other, void> {
    if (this.#performing === undefined) throw error;
    const performed = this.#performing.throw(error);
    if (!performed.done) return performed;
    this.#performing = undefined;
    return this.next();
  }
}

/** The result of `next` for whichever step is yielded: a million sleeps allocate no results. */
const yielded: IteratorYieldResult<LeafStep | undefined> = { done: false, value: undefined };

/** @returns one object for all steps, to be read before the next step is asked for. */
function yielding(step: LeafStep): IteratorYieldResult<LeafStep> {
  yielded.value = step;
  return yielded as IteratorYieldResult<LeafStep>;
}

/** A step with its durations varied by jitter. A timeout, as that of a receive, is not varied. */
function varied(step: LeafStep, vary: (ticks: Ticks) => Ticks): LeafStep {
  switch (step.kind) {
    case "sleep":
    case "block":
    case "compute":
      return { ...step, ticks: vary(step.ticks) };
    default:
      return step;
  }
}
