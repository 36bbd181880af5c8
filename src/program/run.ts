/** What a driver is asked to perform, and the numbers that everybody in the run goes by. */
import { LOOP_THREAD, MAIN_THREAD } from "../trace/event.ts";
import type { CallTimes } from "../scenario/calls.ts";
import { type Scenario, type TaskInstance, taskInstances } from "../scenario/model.ts";
import { isBeside, type Strategy } from "../scenario/strategy.ts";

/** A scenario under a strategy. Plain data: it travels to the child process of a real run. */
export interface RunPlan {
  scenario: Scenario;
  strategy: Strategy;
  /** What `{runtime}` prints. */
  runtime: string;
  /** Left out: the user's functions are really called, where there is a driver that can. */
  takes?: CallTimes;
}

/** A plan with its tasks and channels numbered. */
export interface Run extends RunPlan {
  instances: TaskInstance[];
  /** Indices of the tasks that a name in the document means. */
  indicesOf: ReadonlyMap<string, number[]>;
  channelNames: string[];
  /** The pool's number among the resources; a channel's is its index. */
  poolResource: number;
  /** The thread that the event loop runs on. */
  loopThread: number;
}

export function toRun(plan: RunPlan): Run {
  const instances = taskInstances(plan.scenario);
  const indicesOf = new Map<string, number[]>(plan.scenario.tasks.map((task) => [task.name, []]));
  for (const [index, { spec }] of instances.entries()) indicesOf.get(spec.name)!.push(index);
  return {
    ...plan,
    instances,
    indicesOf,
    channelNames: plan.scenario.channels.map(({ name }) => name),
    poolResource: plan.scenario.channels.length,
    loopThread: isBeside(plan.strategy) ? LOOP_THREAD : MAIN_THREAD,
  };
}
