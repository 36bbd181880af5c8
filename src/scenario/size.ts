/**
 * The size of a scenario: what it takes to perform it once and to tell of it, estimated from the document
 * alone, so that it can be told before. The time is that of virtual time: for real, it takes what it says.
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

/** What texts take that a program prints or sends, in bytes: they are kept, filled in and written. */
interface TextCosts {
  line: number;
  character: number;
  /** The length of the longest value that is sent: what `{value}` may come to. */
  longestValue: number;
}

/** The costs of texts in virtual time, and where they come from a process, in its blocks, through queues. */
const textCosts = {
  virtual: { line: 400, character: 3 },
  real: { line: 2500, character: 25 },
};

/** The costs of a step. */
function costOf(step: LeafStep, { line, character, longestValue }: TextCosts): Omit<Size, "steps"> {
  switch (step.kind) {
    case "sleep":
      return { ms: 0.6e-3, bytes: 100 };
    case "print": {
      const filled = step.text.includes("{value}") ? longestValue : 0;
      return { ms: 1.5e-3, bytes: line + character * (step.text.length + filled) };
    }
    case "send":
      return { ms: 2e-3, bytes: 300 + character * lengthOf(step.value) };
    default:
      return { ms: 2e-3, bytes: 200 };
  }
}

/** What a task takes beside its steps, and one that may wait for what never comes. */
const task: Size = { steps: 0, ms: 12e-3, bytes: 1500 };
const waitingTask: Size = { steps: 0, ms: 36e-3, bytes: 6500 };

/** @param driver the one that performs it. */
export function sizeOf(
  { main, launch, tasks }: Scenario,
  driver: keyof typeof textCosts,
): ScenarioSize {
  const all = [...main, ...launch, ...tasks.flatMap((one) => [...one.steps, ...one.finally])];
  const texts: TextCosts = { ...textCosts[driver], longestValue: longestValueOf(all) };
  const parts = [
    ...partsOf(main, "main", texts),
    ...partsOf(launch, "launch", texts),
    ...tasks.map((one) => ({
      path: `tasks.${one.name}`,
      position: firstPositionOf(one),
      size: times(one.copies ?? 1, taskSize(one, texts)),
    })),
  ];
  const none = { path: "", position: null, size: { steps: 0, ms: 0, bytes: 0 } };
  const { path, position } = parts.reduce(
    (most, part) => (part.size.bytes > most.size.bytes ? part : most),
    none,
  );
  return { ...sum(parts.map(({ size }) => size)), largest: { path, position } };
}

function partsOf(steps: readonly Step[], name: string, texts: TextCosts) {
  return steps.map((step, index) => ({
    path: `${name}[${index}]`,
    position: step.position,
    size: sizeOfSteps([step], texts),
  }));
}

function taskSize(spec: TaskSpec, texts: TextCosts): Size {
  const steps = [...spec.steps, ...spec.finally];
  return sum([waits(steps) ? waitingTask : task, sizeOfSteps(steps, texts)]);
}

function sizeOfSteps(steps: readonly Step[], texts: TextCosts): Size {
  return sum(
    steps.map((step) =>
      step.kind === "repeat"
        ? times(step.times, sizeOfSteps(step.steps, texts))
        : { steps: 1, ...costOf(step, texts) },
    ),
  );
}

function waits(steps: readonly Step[]): boolean {
  return steps.some((step) =>
    step.kind === "repeat" ? waits(step.steps) : step.kind === "receive" || step.kind === "send",
  );
}

/** The length of the longest value that is sent. */
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
