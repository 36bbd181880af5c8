/**
 * Walking a list of steps in the order in which they are performed, repeats unrolled.
 *
 * Every program (main, launch, each task) and everybody who asks "where did it stand?" walks with
 * the same cursor, so the k-th step performed and the k-th step reported are the same step.
 */
import type { LeafStep, Scenario, Step, TaskSpec } from "./model.ts";

/** A list that the cursor is in: the end of a repeat leads back to it. */
interface Frame {
  steps: Step[];
  next: number;
  iteration: number;
  times: number;
  outer: Frame | undefined;
}

/** Yields the leaf steps of a list one at a time. Allocates only when it enters a repeat. */
export class Cursor {
  /** Index of the innermost repeat around the step last returned; 0 outside of any. */
  iteration = 0;
  #steps: Step[];
  #next = 0;
  #times = 1;
  #outer: Frame | undefined;

  constructor(steps: Step[]) {
    this.#steps = steps;
  }

  /** The next step to perform, or undefined when the list is done. */
  next(): LeafStep | undefined {
    for (;;) {
      if (this.#next < this.#steps.length) {
        const step = this.#steps[this.#next++]!;
        if (step.kind !== "repeat") return step;
        if (step.times > 0 && step.steps.length > 0) this.#enter(step);
      } else if (this.iteration + 1 < this.#times) {
        this.iteration++;
        this.#next = 0;
      } else if (this.#outer === undefined) {
        return undefined;
      } else {
        this.#leave(this.#outer);
      }
    }
  }

  #enter({ steps, times }: Extract<Step, { kind: "repeat" }>): void {
    this.#outer = {
      steps: this.#steps,
      next: this.#next,
      iteration: this.iteration,
      times: this.#times,
      outer: this.#outer,
    };
    this.#steps = steps;
    this.#next = 0;
    this.iteration = 0;
    this.#times = times;
  }

  #leave(outer: Frame): void {
    this.#steps = outer.steps;
    this.#next = outer.next;
    this.iteration = outer.iteration;
    this.#times = outer.times;
    this.#outer = outer.outer;
  }
}

/** Every step of a list once, in order, those inside repeats included. */
export function leaves(steps: readonly Step[]): LeafStep[] {
  return steps.flatMap((step) => (step.kind === "repeat" ? leaves(step.steps) : [step]));
}

/** All steps of a task once, clean-up last. */
export function leavesOf({ steps, finally: cleanUp }: TaskSpec): LeafStep[] {
  return leaves([...steps, ...cleanUp]);
}

/** Whether a step of this kind stands in the list, or in a repeat in it. */
export function hasStep(steps: readonly Step[], kind: LeafStep["kind"]): boolean {
  return steps.some(
    (step) => step.kind === kind || (step.kind === "repeat" && hasStep(step.steps, kind)),
  );
}

/** The first step that sends to a channel or receives from one. */
export function channelStep({ main, launch, tasks }: Scenario): LeafStep | undefined {
  return [...leaves(main), ...leaves(launch), ...tasks.flatMap(leavesOf)].find(
    ({ kind }) => kind === "send" || kind === "receive",
  );
}

/** Whether the tasks of a scenario can be performed by other processes: they have no memory in common. */
export function canOutlive(scenario: Scenario): boolean {
  return scenario.channels.length === 0;
}

/** A step that holds the thread which performs it, and may be handed to a pool. */
export type PoolStep = Extract<LeafStep, { kind: "block" | "compute" | "call" }>;

/** The steps that tasks have done by a pool, if there is one, in the order of the document. */
export function poolSteps({ tasks }: Scenario): PoolStep[] {
  return tasks.flatMap((task) => leavesOf(task).filter(isPoolStep));
}

export function isPoolStep(step: LeafStep): step is PoolStep {
  return step.kind === "block" || step.kind === "compute" || step.kind === "call";
}

/**
 * How many leaf steps performing the list takes, repeats multiplied out.
 *
 * @param counts which of them count; all when left out.
 */
export function countSteps(
  steps: Step[],
  counts: (step: LeafStep) => boolean = () => true,
): number {
  let count = 0;
  for (const step of steps)
    if (step.kind === "repeat") count += step.times * countSteps(step.steps, counts);
    else if (counts(step)) count++;
  return count;
}

/** How many leaf steps main and all copies of the tasks take together. */
export function countAllSteps({ main, tasks }: Scenario): number {
  return tasks.reduce(
    (sum, task) => sum + (task.copies ?? 1) * countSteps(task.steps),
    countSteps(main),
  );
}

/** A step of a list, found by how many were done before it. */
export interface Standpoint {
  step: LeafStep;
  /** Path within the list, as `[0].steps[1]`. */
  path: string;
  /** Index of the innermost repeat around it; 0 outside of any. */
  iteration: number;
}

/** The step that stands next when `done` leaf steps are done, or undefined at the end. */
export function standpoint(steps: Step[], done: number): Standpoint | undefined {
  return find(steps, done, "", 0);
}

function find(
  steps: Step[],
  done: number,
  prefix: string,
  iteration: number,
): Standpoint | undefined {
  for (const [index, step] of steps.entries()) {
    const path = `${prefix}[${index}]`;
    if (step.kind !== "repeat") {
      if (done === 0) return { step, path, iteration };
      done--;
      continue;
    }
    const each = countSteps(step.steps);
    if (done >= each * step.times) {
      done -= each * step.times;
      continue;
    }
    return find(step.steps, done % each, `${path}.steps`, Math.floor(done / each));
  }
  return undefined;
}
