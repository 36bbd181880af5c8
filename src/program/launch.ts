/** The asynchronous part of a run: launch as a coroutine, and `asyncio.run` or a portal around it. */
import { endings, typeNumber } from "../trace/event.ts";
import { LAUNCH, MAIN_THREAD } from "../scenario/numbers.ts";
import { Background } from "./background.ts";
import { Cancelled, endingOf, failures } from "./failure.ts";
import type { EventLoop } from "./loop.ts";
import type { Thread, ThreadProgram } from "./operation.ts";
import { does, isBeside } from "../scenario/strategy.ts";
import type { LeafStep, StepPosition } from "../scenario/model.ts";
import type { NumberedSpec } from "./spec.ts";
import { handOver, resultsOf } from "./handover.ts";
import { Deadline, gathered, TaskGroup } from "./settle.ts";
import { caught, type Coroutine, Future, type Task } from "./task.ts";
import { placeholderValues, Stepper } from "./stepper.ts";

/** The state of an event loop that has closed. */
interface Closed {
  loop: EventLoop;
  /** What launch raised, or undefined. */
  raised: Error | undefined;
}

/**
 * Runs launch in a loop of its own and closes the loop (asyncio.run). A portal's loop stays open until
 * main asks it to finish.
 */
export function* runAsync(run: NumberedSpec, thread: Thread): ThreadProgram<Closed> {
  const background = new Background(run, thread, { eager: false, consumer: null });
  const { loop, pool } = background;
  const launch = loop.createTask(LAUNCH, launchCoroutine(background));
  const awaited = does(run.strategy, "staysOpen") ? portalEnd(background, launch) : launch;
  yield* loop.runUntilDone(awaited);
  const cut = launch.state === "pending" || (launch.state === "finished" && !awaited.done);
  yield* loop.shutDown(cut ? "main-ended" : "loop-closed", () => pool?.shutDown());
  if (pool === null) loop.recordClosed();
  else
    yield* pool.close(() => {
      loop.recordClosed();
      if (isBeside(run.strategy)) thread.post(MAIN_THREAD, { kind: "loop-closed" });
    });
  return { loop, raised: launch.state === "cancelled" ? new Cancelled() : launch.error };
}

/** The future that a portal runs until: launch has failed, or main has asked to finish and every task has ended. */
function portalEnd(background: Background, launch: Future): Future {
  const { loop } = background;
  const end = new Future(loop);
  const finish = (): void => {
    if (!end.done) end.finish();
  };
  // An error of launch ends the loop in this very turn, as in a coroutine that awaits launch first.
  launch.observe(() => {
    if (launch.state !== "finished") loop.stop();
  });
  background.onFinish = function awaitAll(): void {
    const open = loop.tasks.filter((task) => !task.done);
    let left = open.length;
    if (left === 0) finish();
    // When these have ended there may be others: launch, for one, may have started some.
    for (const task of open)
      task.observe(() => {
        if (--left === 0) awaitAll();
      });
  };
  return end;
}

/** Launch's steps up to the completion point, the completion point, and the steps behind it. */
export function* launchCoroutine(background: Background): Coroutine {
  const { run, loop } = background;
  const { launch } = run.scenario;
  const settle = launch.findIndex(({ kind }) => kind === "settle");
  const values = placeholderValues(run.runtime);
  const isDurable = does(run.strategy, "outlives");
  const started: Task[] = [];
  const handedOver: number[] = [];
  const stepsOf = (from: number, to: number, group?: TaskGroup): Coroutine =>
    new Stepper(loop.thread, LAUNCH, launch.slice(from, to), values, (step) => {
      if (step.kind !== "start") return background.special(step, LAUNCH, values);
      if (isDurable) return handOver(background, step, handedOver);
      return start(background, step, (task) => {
        started.push(task);
        group?.add(task);
      });
    });
  loop.holdsReferences = does(run.strategy, "awaits");
  if (isDurable)
    yield* settleAfter(background, stepsOf(0, settle), () => resultsOf(background, handedOver));
  else if (does(run.strategy, "groups"))
    yield* settleAsGroup(background, (group) => stepsOf(0, settle, group));
  else {
    const launch = loop.current!;
    const { timeout } = run.strategy;
    const collectErrors = does(run.strategy, "collects");
    yield* settleAfter(background, stepsOf(0, settle), () =>
      gathered(loop, launch, started, { collectErrors, timeout }),
    );
  }
  loop.dropReferences();
  yield* stepsOf(settle + 1, launch.length);
}

function* start(
  { run, loop }: Background,
  step: Extract<LeafStep, { kind: "start" }>,
  onStart: (task: Task) => void,
): Coroutine {
  for (const name of step.tasks)
    for (const task of run.indicesOf.get(name)!) {
      const started = loop.startSoon(task, step.position);
      if (started === undefined) yield { kind: "create", task, madeAt: step.position };
      onStart(started ?? loop.tasks.at(-1)!);
    }
}

/**
 * Up to the completion point and through it: none, gather and settled look at what was started by then.
 *
 * @param wait waits for that.
 */
function* settleAfter(
  { run, loop }: Background,
  steps: Coroutine,
  wait: () => Coroutine,
): Coroutine {
  yield* steps;
  loop.thread.record(typeNumber["settle-began"], LAUNCH, 0, settlePosition(run));
  let raised: Error | undefined;
  if (does(run.strategy, "awaits")) raised = yield* caught(wait());
  endSettle(loop, raised);
}

/** The same with a group, which is there from the start: all before the completion point is its body. */
function* settleAsGroup(
  { run, loop }: Background,
  stepsIn: (group: TaskGroup) => Coroutine,
): Coroutine {
  const { timeout } = run.strategy;
  const launch = loop.current!;
  const deadline = new Deadline(loop, launch, failures.settleTimedOut);
  const group = new TaskGroup(loop, launch);
  let raised = yield* caught(stepsIn(group));
  loop.thread.record(typeNumber["settle-began"], LAUNCH, 0, settlePosition(run));
  if (timeout !== null && raised === undefined)
    deadline.start(timeout, () => {
      group.reason = "timed-out";
    });
  raised = deadline.end(yield* caught(group.exit(raised)));
  endSettle(loop, raised);
}

function settlePosition({ scenario }: NumberedSpec): StepPosition {
  return scenario.launch.find(({ kind }) => kind === "settle")!.position;
}

function endSettle(loop: EventLoop, raised: Error | undefined): void {
  loop.thread.record(typeNumber["settle-ended"], LAUNCH, endings.indexOf(endingOf(raised)));
  if (raised !== undefined) throw raised;
}
