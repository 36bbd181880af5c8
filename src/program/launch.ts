/** The asynchronous part of a run as coroutines, and `asyncio.run` around it. */
import { endings, LAUNCH, typeNumber } from "../events/event.ts";
import type { LeafStep } from "../scenario/model.ts";
import { Cancelled, endingOf } from "./failure.ts";
import { EventLoop } from "./loop.ts";
import type { Thread, ThreadProgram } from "./operation.ts";
import type { Run } from "./run.ts";
import { Deadline, gathered, TaskGroup } from "./settle.ts";
import { caught, type Coroutine, type Task } from "./task.ts";
import { walk } from "./walk.ts";

/** Launch's steps, in the middle of being performed. */
type Steps = Generator<LeafStep, void, void>;

/** The event loop of a run, which knows how to make the run's tasks. */
export function openLoop(run: Run, thread: Thread, eager: boolean): EventLoop {
  return new EventLoop(thread, {
    eager,
    coroutineOf: (index) => taskCoroutine(run, thread, index),
  });
}

/**
 * Runs launch in a loop of its own and closes the loop (asyncio.run).
 *
 * @returns what launch raised, or undefined.
 */
export function* runAsync(run: Run, thread: Thread): ThreadProgram<Error | undefined> {
  const loop = openLoop(run, thread, false);
  const launch = loop.createTask(
    LAUNCH,
    launchCoroutine(run, loop, () => launch),
  );
  yield* loop.runUntilDone(launch);
  yield* loop.close(launch.done ? "loop-closed" : "main-ended");
  return launch.state === "cancelled" ? new Cancelled() : launch.error;
}

function taskCoroutine(run: Run, thread: Thread, index: number): Coroutine {
  const { name, spec, copy } = run.instances[index]!;
  const names = { task: name, copy, runtime: run.runtime };
  const body = walk(thread, index, spec.steps, names);
  if (spec.finally.length === 0) return body;
  return withCleanup(thread, index, body, walk(thread, index, spec.finally, names));
}

function* withCleanup(
  thread: Thread,
  index: number,
  body: Coroutine,
  cleanup: Coroutine,
): Coroutine {
  try {
    yield* body;
  } finally {
    thread.record(typeNumber["cleanup-began"], index, 0);
    yield* cleanup;
    thread.record(typeNumber["cleanup-ended"], index, 0);
  }
}

/** @param self the task that runs this coroutine; there only once it has been made. */
export function* launchCoroutine(run: Run, loop: EventLoop, self: () => Task): Coroutine {
  const steps = walk(loop.thread, LAUNCH, run.scenario.launch, {
    task: "",
    copy: 0,
    runtime: run.runtime,
  });
  loop.holdsReferences = run.strategy.settle !== "none";
  if (run.strategy.settle === "group") yield* settleAsGroup(run, loop, self(), steps);
  else yield* settleStarted(run, loop, self(), steps);
  loop.dropReferences();
  yield* untilSettle(run, loop, steps, undefined);
}

/** Up to the completion point and through it: none, gather and settled look at what was started by then. */
function* settleStarted(run: Run, loop: EventLoop, launch: Task, steps: Steps): Coroutine {
  const { settle, timeout } = run.strategy;
  yield* untilSettle(run, loop, steps, undefined);
  const started = loop.tasks.filter((task) => !task.isLaunch);
  loop.thread.record(typeNumber["settle-began"], LAUNCH, 0);
  let raised: Error | undefined;
  if (settle !== "none")
    raised = yield* caught(gathered(loop, launch, started, settle === "settled", timeout));
  endSettle(loop, raised);
}

/** The same with a group, which is there from the start: all before the completion point is its body. */
function* settleAsGroup(run: Run, loop: EventLoop, launch: Task, steps: Steps): Coroutine {
  const { timeout } = run.strategy;
  const deadline = new Deadline(loop, launch);
  const group = new TaskGroup(loop, launch);
  let raised = yield* caught(untilSettle(run, loop, steps, group));
  loop.thread.record(typeNumber["settle-began"], LAUNCH, 0);
  if (timeout !== null && raised === undefined)
    deadline.start(timeout, () => {
      group.reason = "timed-out";
    });
  raised = deadline.end(yield* caught(group.exit(raised)));
  endSettle(loop, raised);
}

function endSettle(loop: EventLoop, raised: Error | undefined): void {
  loop.thread.record(typeNumber["settle-ended"], LAUNCH, endings.indexOf(endingOf(raised)));
  if (raised !== undefined) throw raised;
}

/** Performs launch's steps up to the completion point, or to the end. */
function* untilSettle(
  run: Run,
  loop: EventLoop,
  steps: Steps,
  group: TaskGroup | undefined,
): Coroutine {
  for (let next = steps.next(); !next.done; next = steps.next()) {
    const step = next.value;
    if (step.kind === "settle") return;
    if (step.kind !== "start") {
      yield step;
      continue;
    }
    for (const name of step.tasks)
      for (const task of run.indicesOf.get(name)!) {
        yield { kind: "create", task };
        group?.add(loop.tasks.at(-1)!);
      }
  }
}
