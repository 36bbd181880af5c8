/** What a driver is asked to perform, and the numbers that everybody in the run goes by. */
import { type Scenario, type TaskInstance, taskInstances } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";

/** A scenario under a strategy. Plain data: it travels to the child process of a real run. */
export interface RunPlan {
  scenario: Scenario;
  strategy: Strategy;
  /** What `{runtime}` prints. */
  runtime: string;
}

/** A plan with its tasks numbered. */
export interface Run extends RunPlan {
  instances: TaskInstance[];
  /** Indices of the tasks that a name in the document means. */
  indicesOf: ReadonlyMap<string, number[]>;
}

export function toRun(plan: RunPlan): Run {
  const instances = taskInstances(plan.scenario);
  const indicesOf = new Map<string, number[]>(plan.scenario.tasks.map((task) => [task.name, []]));
  for (const [index, { spec }] of instances.entries()) indicesOf.get(spec.name)!.push(index);
  return { ...plan, instances, indicesOf };
}
