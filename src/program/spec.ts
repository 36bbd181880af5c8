/** The specification of a run's thread programs: a scenario under a strategy, and the numbers they share. */
import { LOOP_THREAD, MAIN_THREAD } from "../scenario/numbers.ts";
import type { EngineAddress } from "../scenario/engine.ts";
import type { CallTimes } from "../scenario/calls.ts";
import { TaskInstances } from "../scenario/instances.ts";
import type { Scenario } from "../scenario/model.ts";
import { isBeside, type Strategy } from "../scenario/strategy.ts";
import { type Engine, engines } from "./engine.ts";

/** A scenario under a strategy. Plain data: it travels to the child process of a real run. */
export interface ProgramSpec {
  scenario: Scenario;
  strategy: Strategy;
  /** The value of the placeholder `{runtime}`. */
  runtime: string;
  /** The durations of calls in virtual time. Without them the user's functions are really called. */
  takes?: CallTimes;
  /** Where the tasks of a durable queue are kept; left out or null: where nobody need name it. */
  queue?: EngineAddress | null;
}

/** The same with its tasks and channels numbered. */
export interface NumberedSpec extends ProgramSpec {
  instances: TaskInstances;
  /** Indices of the tasks that a name in the document means. */
  indicesOf: ReadonlyMap<string, number[]>;
  channelNames: string[];
  /** The pool's number among the resources; a channel's is its index. */
  poolResource: number;
  /** The thread that the event loop runs on. */
  loopThread: number;
  engine: Engine;
}

export function numbered(spec: ProgramSpec): NumberedSpec {
  const indicesOf = new Map<string, number[]>();
  let index = 0;
  for (const { name, copies } of spec.scenario.tasks)
    indicesOf.set(
      name,
      Array.from({ length: copies ?? 1 }, () => index++),
    );
  return {
    ...spec,
    instances: new TaskInstances(spec.scenario),
    indicesOf,
    channelNames: spec.scenario.channels.map(({ name }) => name),
    poolResource: spec.scenario.channels.length,
    loopThread: isBeside(spec.strategy) ? LOOP_THREAD : MAIN_THREAD,
    engine: engines[spec.strategy.engine ?? "sqlite"],
  };
}
