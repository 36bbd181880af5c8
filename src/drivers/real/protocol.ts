/** The protocol of starting a real run: the plain data that its processes and threads are started with. */
import { LOOP_THREAD, MAIN_THREAD, POOL_THREAD } from "../../scenario/numbers.ts";
import type { NumberedSpec, ProgramSpec } from "../../program/spec.ts";
import { isBeside } from "../../scenario/strategy.ts";
import { countSteps, isPoolStep } from "../../scenario/walk.ts";
import type { Place } from "../../trace/definitions.ts";
import type { Details } from "../../trace/log.ts";
import type { BoardSize } from "./board.ts";
import type { QueuePlace } from "./durable/queue.ts";

/** From tandem to the child process, as JSON on its standard input. */
export interface ChildInput {
  plan: ProgramSpec;
  speed: number;
  /** The folder that paths of the user's modules are relative to. */
  folder: string;
  /** What the blocks of events begin with (wire.ts), so that user code cannot make any. */
  secret: string;
  /** Where a durable queue keeps its tasks; null where there is no such queue. */
  queuePlace: QueuePlace | null;
}

/** From tandem to a worker process of a durable queue, as JSON on its standard input. */
export interface ConsumerInput extends ChildInput {
  queuePlace: QueuePlace;
  /** The thread that it is in the run. */
  thread: number;
}

/** From the child's main thread to a Worker. */
export interface WorkerInput extends ChildInput {
  thread: number;
  /** To the threads it talks with. */
  ports: [thread: number, port: MessagePort][];
  board: SharedArrayBuffer;
  /** The main thread's performance.timeOrigin. */
  mainTimeOrigin: number;
}

/** From a Worker, when it has loaded what it needs. */
export interface ThreadStart {
  /** The status with which user code has ended the thread meanwhile; null where it is there. */
  exited: number | null;
  /** What the system has refused it, in a sentence; null where it is there. */
  refused: string | null;
}

/** The threads of a run beside main. */
export function otherThreads({ strategy }: ProgramSpec): number[] {
  const pool = Array.from({ length: strategy.workers ?? 0 }, (_, worker) => POOL_THREAD + worker);
  return isBeside(strategy) ? [LOOP_THREAD, ...pool] : pool;
}

/** Pairs of threads that speak with each other: main with every one, and the loop's with the pool's. */
export function talks(run: NumberedSpec): [number, number][] {
  const others = otherThreads(run);
  const pairs: [number, number][] = others.map((thread) => [MAIN_THREAD, thread]);
  if (run.loopThread !== MAIN_THREAD)
    for (const thread of others)
      if (thread !== run.loopThread) pairs.push([run.loopThread, thread]);
  return pairs;
}

/** The size of a run's shared memory, by what it has to hold. @param thread one that has a part in it. */
export function boardSize(run: NumberedSpec, thread: number): BoardSize {
  const { scenario, strategy } = run;
  const jobs =
    strategy.workers === null
      ? 0
      : scenario.tasks.reduce(
          (sum, task) =>
            sum + (task.copies ?? 1) * countSteps([...task.steps, ...task.finally], isPoolStep),
          0,
        );
  const threads = Math.max(MAIN_THREAD, thread, ...otherThreads(run)) + 1;
  return { threads, channels: scenario.channels.length, jobs };
}

/** The details of an event of user code. */
export interface RealDetails extends Details {
  /** Where in user code; tandem's process, which hears of it first there, gives it a number. */
  readonly userPlace?: Place;
}
