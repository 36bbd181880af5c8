/** What is to be run, and how: the one thing that every use case is given. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { callSteps, functionName } from "../scenario/calls.ts";
import type { Jitter } from "../scenario/jitter.ts";
import type { Scenario } from "../scenario/model.ts";
import { DocumentError, type Problem } from "../scenario/problem.ts";
import type { Source } from "../scenario/source.ts";
import type { ProgramSpec } from "../program/spec.ts";

/** What takes a program through its operations; `speed`: every duration is divided by it. */
export type Driver = { kind: "virtual"; jitter: Jitter | null } | { kind: "real"; speed: number };

export interface Plan extends ProgramSpec {
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
  const problems = plans.flatMap(callProblems);
  if (problems.length > 0) throw new DocumentError(file, problems);
}

/** What keeps the calls of a plan from being performed, each where its step stands. */
function callProblems({ scenario, folder, driver, takes }: Plan): Problem[] {
  const { main, launch, tasks } = callSteps(scenario);
  return [...main, ...launch, ...tasks].flatMap((step) => {
    const message =
      driver.kind === "real"
        ? problemOfModule(resolve(folder, step.module))
        : step.takes === undefined && takes?.byFunction[functionName(step)] === undefined
          ? `in virtual time nothing is called, so tandem must know how long it takes; add "takes: 250ms", or take it from a recorded run (--takes-from EVENTS)`
          : null;
    return message === null ? [] : [{ position: step.position, path: "call", message }];
  });
}

function problemOfModule(file: string): string | null {
  // By itself, statSync throws where a folder on the way is a file.
  const stat = existsSync(file) ? statSync(file) : undefined;
  if (stat === undefined)
    return `there is no file ${file}; "module" is a path, relative to the scenario's own file`;
  return stat.isDirectory() ? `${file} is a folder; name a file in it` : null;
}
