/** The steps of a scenario that call the user's own functions. */
import type { Ticks } from "../base/duration.ts";
import type { LeafStep, Scenario } from "./model.ts";
import { leaves, leavesOf } from "./walk.ts";

export type CallStep = Extract<LeafStep, { kind: "call" }>;

/** The duration of a call, the part of it for which it first holds its thread, and its error. */
export interface CallTime {
  total: Ticks;
  held: Ticks;
  /** The error that it fails with at its end; left out where it succeeds. */
  error?: string;
}

/** The durations of the user's functions: each actor's calls in order, and that of a call beyond these. */
export interface CallTimes {
  /** Null for a call of which nothing is known. */
  byActor: Record<number, (CallTime | null)[]>;
  /** By `functionName`. */
  byFunction: Record<string, CallTime>;
}

/** The name of a function in events and sentences: `./job.ts#default`. */
export function functionName({ module, export: name }: CallStep): string {
  return `${module}#${name}`;
}

/** The calls of a scenario, by the program they stand in; those of all tasks together. */
export function callSteps({ main, launch, tasks }: Scenario) {
  return {
    main: leaves(main).filter(isCall),
    launch: leaves(launch).filter(isCall),
    tasks: tasks.flatMap((task) => leavesOf(task).filter(isCall)),
  };
}

/** Whether a scenario calls any function of the user's. */
export function callsAny(scenario: Scenario): boolean {
  const { main, launch, tasks } = callSteps(scenario);
  return main.length + launch.length + tasks.length > 0;
}

/** Whether the document says of every call how long it takes. */
export function areCallsTimed(scenario: Scenario): boolean {
  const { main, launch, tasks } = callSteps(scenario);
  return [...main, ...launch, ...tasks].every(({ takes }) => takes !== undefined);
}

function isCall(step: LeafStep): step is CallStep {
  return step.kind === "call";
}
