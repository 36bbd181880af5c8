/**
 * The size of a scenario: what it takes to perform it once in virtual time and to tell of it, estimated
 * from the document alone, so that it can be told before.
 *
 * The costs were measured on a machine of two cores, with a million of each; what they add up to is
 * right within a factor of two.
 */
import type { LeafStep, Scenario, Step, TaskSpec } from "./model.ts";
import type { Position } from "../base/position.ts";

/** What a step, a task or all of a scenario takes. */
export interface Size {
  /** The steps that are performed, those of clean-ups as well. */
  steps: number;
  ms: number;
  bytes: number;
}

/** The size of a scenario, and its largest part. */
export interface ScenarioSize extends Size {
  largest: { path: string; position: Position | null };
}

/** The costs of a step, in microseconds and bytes. */
function costOf(step: LeafStep, longestValue: number): Omit<Size, "steps"> {
  switch (step.kind) {
    case "sleep":
      return { ms: 0.6e-3, bytes: 100 };
    case "print": {
      const filled = step.text.includes("{value}") ? longestValue : 0;
      return { ms: 1.5e-3, bytes: 400 + textBytes * (step.text.length + filled) };
    }
    case "send":
      return { ms: 2e-3, bytes: 300 + textBytes * lengthOf(step.value) };
    default:
      return { ms: 2e-3, bytes: 200 };
  }
}

/** What a character takes that a program prints or sends: it is kept, filled in and written. */
const textBytes = 3;

/** What a task takes beside its steps, and one that may wait for what never comes. */
const task: Size = { steps: 0, ms: 12e-3, bytes: 1500 };
const waitingTask: Size = { steps: 0, ms: 36e-3, bytes: 6500 };

export function sizeOf({ main, launch, tasks }: Scenario): ScenarioSize {
  const all = [...main, ...launch, ...tasks.flatMap((one) => [...one.steps, ...one.finally])];
  const longest = longestValueOf(all);
  const parts = [
    ...partsOf(main, "main", longest),
    ...partsOf(launch, "launch", longest),
    ...tasks.map((one) => ({
      path: `tasks.${one.name}`,
      position: firstPositionOf(one),
      size: times(one.copies ?? 1, taskSize(one, longest)),
    })),
  ];
  const none = { path: "", position: null, size: { steps: 0, ms: 0, bytes: 0 } };
  const { path, position } = parts.reduce(
    (most, part) => (part.size.bytes > most.size.bytes ? part : most),
    none,
  );
  return { ...sum(parts.map(({ size }) => size)), largest: { path, position } };
}

function partsOf(steps: readonly Step[], name: string, longestValue: number) {
  return steps.map((step, index) => ({
    path: `${name}[${index}]`,
    position: step.position,
    size: sizeOfSteps([step], longestValue),
  }));
}

function taskSize(spec: TaskSpec, longestValue: number): Size {
  const steps = [...spec.steps, ...spec.finally];
  return sum([waits(steps) ? waitingTask : task, sizeOfSteps(steps, longestValue)]);
}

function sizeOfSteps(steps: readonly Step[], longestValue: number): Size {
  return sum(
    steps.map((step) =>
      step.kind === "repeat"
        ? times(step.times, sizeOfSteps(step.steps, longestValue))
        : { steps: 1, ...costOf(step, longestValue) },
    ),
  );
}

function waits(steps: readonly Step[]): boolean {
  return steps.some((step) =>
    step.kind === "repeat" ? waits(step.steps) : step.kind === "receive" || step.kind === "send",
  );
}

/** The length of the longest value that is sent: what `{value}` may come to. */
function longestValueOf(steps: readonly Step[]): number {
  return steps.reduce((longest, step) => {
    if (step.kind === "repeat") return Math.max(longest, longestValueOf(step.steps));
    return step.kind === "send" ? Math.max(longest, lengthOf(step.value)) : longest;
  }, 0);
}

function lengthOf(value: unknown): number {
  return typeof value === "string" ? value.length : (JSON.stringify(value)?.length ?? 0);
}

function firstPositionOf({ steps, finally: cleanUp }: TaskSpec): Position | null {
  return (steps[0] ?? cleanUp[0])?.position ?? null;
}

function times(count: number, size: Size): Size {
  return { steps: count * size.steps, ms: count * size.ms, bytes: count * size.bytes };
}

function sum(sizes: readonly Size[]): Size {
  const total = { steps: 0, ms: 0, bytes: 0 };
  for (const { steps, ms, bytes } of sizes) {
    total.steps += steps;
    total.ms += ms;
    total.bytes += bytes;
  }
  return total;
}
