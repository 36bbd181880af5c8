/** The plan of a run: the scenario, its strategy and the driver. Every use case is given one. */
import type { ProgramSpec } from "../program/spec.ts";
import type { Jitter } from "../scenario/jitter.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Disturbance, ScenarioSource } from "../trace/trace.ts";

/** The driver that takes a program through its operations; `speed`: every duration is divided by it. */
export type Driver = { kind: "virtual"; jitter: Jitter | null } | { kind: "real"; speed: number };

export interface Plan extends ProgramSpec {
  driver: Driver;
  /** The name of its document in messages. */
  file: string;
  /** The folder that the modules of its calls are relative to. */
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
    file: scenario.name,
    folder: ".",
    driver: virtual,
    ...otherwise,
  };
}

/** How many times faster than its own time a driver goes. */
export function speedOf(driver: Driver): number {
  return driver.kind === "real" ? driver.speed : 1;
}

/** How a driver varies durations; null where they are what the document says. */
export function jitterOf(driver: Driver): Jitter | null {
  return driver.kind === "virtual" ? driver.jitter : null;
}

/** Where the trace of a plan's run comes from. */
export function sourceOf(
  { strategy, driver }: Pick<Plan, "strategy" | "driver">,
  disturbed: Disturbance | null,
): ScenarioSource {
  return {
    kind: "scenario",
    strategy: strategy.name,
    driver: driver.kind,
    speed: speedOf(driver),
    jitter: jitterOf(driver),
    disturbed,
  };
}
