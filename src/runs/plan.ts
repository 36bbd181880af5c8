/** What is to be run, and how: the one thing that every use case is given. */
import { callProblems } from "../scenario/calls.ts";
import type { Jitter } from "../scenario/jitter.ts";
import type { Scenario } from "../scenario/model.ts";
import { DocumentError } from "../scenario/problem.ts";
import type { Source } from "../scenario/source.ts";
import type { RunPlan } from "../program/run.ts";

/** What takes a program through its operations; `speed`: every duration is divided by it. */
export type Driver = { kind: "virtual"; jitter: Jitter | null } | { kind: "real"; speed: number };

export interface Plan extends RunPlan {
  driver: Driver;
  /** What the modules of its calls are relative to. */
  folder: string;
}

/** Virtual time in which everything takes what the document says. */
export const virtual: Driver = { kind: "virtual", jitter: null };

/** The plan of a scenario: under its own strategy and in virtual time, but for what is said otherwise. */
export function planOf(scenario: Scenario, otherwise: Partial<Omit<Plan, "scenario">> = {}): Plan {
  return {
    scenario,
    strategy: scenario.strategy,
    runtime: `Bun ${Bun.version}`,
    folder: ".",
    driver: virtual,
    ...otherwise,
  };
}

/**
 * Passes plans of one document that can be run.
 *
 * @throws DocumentError where calls cannot be performed by the driver of a plan.
 */
export function checkPlans(plans: readonly Plan[], { file }: Pick<Source, "file">): void {
  const problems = plans.flatMap(({ scenario, folder, driver, takes }) => {
    const known = driver.kind === "real" ? null : new Set(Object.keys(takes?.byFunction ?? {}));
    return callProblems(scenario, folder, known);
  });
  if (problems.length > 0) throw new DocumentError(file, problems);
}
