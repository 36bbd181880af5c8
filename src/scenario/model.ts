/**
 * A scenario as the rest of tandem sees it: plain data, checked, durations in ticks.
 *
 * Invariant: a `Scenario` is JSON (it travels to the child process as such), every name in it
 * resolves, and every step stands where it may stand; nobody downstream checks again.
 */
import type { Ticks } from "../base/duration.ts";
import type { Expectations } from "./expectation.ts";
import type { Kill } from "./kill.ts";
import type { Position } from "../base/position.ts";
import type { Strategy } from "./strategy.ts";

/** Where a step stands. */
export interface StepPosition extends Position {
  /** Its number among the places of the document; left out for a step that stands in none. */
  readonly place?: number;
}

/** A step that is not itself a list of steps. */
export type LeafStep = (
  | { kind: "print"; text: string }
  | { kind: "sleep"; ticks: Ticks }
  | { kind: "block"; ticks: Ticks }
  | { kind: "compute"; ticks: Ticks }
  | { kind: "fail"; message: string }
  | { kind: "launch" }
  | { kind: "start"; tasks: string[] }
  | { kind: "settle" }
  | { kind: "submit"; task: string }
  | { kind: "result"; task: string; timeout?: Ticks }
  | { kind: "join"; timeout?: Ticks }
  | { kind: "send"; channel: string; value: unknown }
  | { kind: "receive"; channel: string; timeout?: Ticks }
  | { kind: "call"; module: string; export: string; args?: unknown; takes?: Ticks }
) & { position: StepPosition };

export interface RepeatStep {
  kind: "repeat";
  times: number;
  steps: Step[];
  position: StepPosition;
}

export type Step = LeafStep | RepeatStep;

export interface TaskSpec {
  name: string;
  steps: Step[];
  /** The clean-up. It runs when the task ends in any way but by the end of the process. */
  finally: Step[];
  /** The number of copies; null means a single task with the bare name. */
  copies: number | null;
  /** The proper end of a task that is to be cancelled at the end; null where that is the end of its steps. */
  until: "shutdown" | null;
}

export interface Scenario {
  name: string;
  title: string | null;
  description: string | null;
  main: Step[];
  launch: Step[];
  tasks: TaskSpec[];
  channels: { name: string; capacity: number | null }[];
  strategy: Strategy;
  /** Where the document names its strategy; null where it leaves that to tandem. */
  strategyPosition: Position | null;
  compare: Strategy[] | null;
  /** The processes that are killed, and when, in the order of time. */
  kills: Kill[];
  /** What it is expected to come to under its own strategy, for `tandem check`. */
  expect: Expectations | null;
}

/** One task of a run: a specification and, with `copies`, which of them. */
export interface TaskInstance {
  name: string;
  spec: TaskSpec;
  copy: number;
}

/** Every task a run can have, in the order of the document; an index into it is a task's identity. */
export function taskInstances(scenario: Scenario): TaskInstance[] {
  return scenario.tasks.flatMap((spec) =>
    spec.copies === null
      ? [{ name: spec.name, spec, copy: 0 }]
      : Array.from({ length: spec.copies }, (_, copy) => ({
          name: `${spec.name}#${copy}`,
          spec,
          copy,
        })),
  );
}
