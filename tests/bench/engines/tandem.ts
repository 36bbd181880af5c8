/**
 * The virtual benchmark's load performed by tandem, from a parsed scenario to its outcome.
 *
 * Timed: `runVirtually`, which records every event, and the run's `outcome`. Not timed: reading the document.
 */
import { planOf } from "../../../src/outcome/plan.ts";
import { runOf } from "../../../src/outcome/run.ts";
import { runVirtually } from "../../../src/drivers/virtual/virtual.ts";
import { TICKS_PER_MS } from "../../../src/base/duration.ts";
import { parseScenario } from "../../../src/scenario/parse.ts";
import { resolveStrategy } from "../../../src/scenario/strategy.ts";
import { type Load, performLoad, sleepMs } from "./engine.ts";

await performLoad((load) => {
  const scenario = parseScenario(JSON.stringify(toDocument(load)), "load.json");
  const strategy = resolveStrategy({ use: "await" });
  return () => {
    const log = runVirtually({ scenario, strategy, runtime: "benchmark" });
    const outcome = runOf(planOf(scenario, { strategy }), log).outcome;
    const unfinished = outcome.tasks.filter((task) => task.status !== "finished");
    if (unfinished.length > 0) throw new Error(`${unfinished.length} tasks did not finish`);
    return { sleeps: outcome.lateness.count, end: outcome.wall / TICKS_PER_MS };
  };
});

function toDocument(load: Load): unknown {
  const steps = (task: number): unknown => [
    { repeat: load.sleeps, steps: [{ sleep: sleepMs(load, task) }] },
  ];
  const tasks =
    load.durations === "same"
      ? { task: { copies: load.tasks, steps: steps(0) } }
      : Object.fromEntries(Array.from({ length: load.tasks }, (_, k) => [`task-${k}`, steps(k)]));
  return { name: "load", main: ["launch"], tasks };
}
