/** The steps of a scenario that call the user's own functions. */
import type { Ticks } from "../base/duration.ts";
import type { LeafStep, Scenario } from "./model.ts";
import { leaves, leavesOf } from "./walk.ts";

export type CallStep = Extract<LeafStep, { kind: "call" }>;

/** What a call takes: in all, and of that the time for which it holds its thread first; and what it comes to. */
export interface CallTime {
  total: Ticks;
  held: Ticks;
  /** What it fails with at its end; left out where it does not. */
  error?: string;
}

/** How the user's functions go: each actor's calls in order, and what an unforeseen one takes. */
export interface CallTimes {
  /** Null for a call of which nothing is known. */
  byActor: Record<number, (CallTime | null)[]>;
  /** By `functionName`. */
  byFunction: Record<string, CallTime>;
}

/** How a function is named in events and sentences: `./job.ts#default`. */
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
