/** The event loop of a run with all that its tasks do in it: their steps, channels, jobs and calls. */
import { typeNumber } from "../trace/event.ts";
import { MAIN_THREAD, taskOfActor } from "../scenario/numbers.ts";
import { NOWHERE } from "../trace/log.ts";
import type { LeafStep, TaskSpec, Scenario } from "../scenario/model.ts";
import { does } from "../scenario/strategy.ts";
import { placeholdersOf, type PlaceholderValues } from "../scenario/placeholders.ts";
import { leavesOf } from "../scenario/walk.ts";
import { CallClock, LoopCalls } from "./call.ts";
import { LoopChannels } from "./channel.ts";
import { endingOf, failures } from "./failure.ts";
import { EventLoop, type LoopOptions } from "./loop.ts";
import type { Message, Thread, ThreadProgram } from "./operation.ts";
import { LoopPool } from "./pool.ts";
import type { NumberedSpec } from "./spec.ts";
import type { Ticks } from "../base/duration.ts";
import { type Coroutine, type Task, UNTOLD, type Wanted } from "./task.ts";
import { placeholderValues, placeOf, type Special, valueText, Stepper } from "./stepper.ts";

export class Background {
  readonly run: NumberedSpec;
  readonly loop: EventLoop;
  readonly channels: LoopChannels;
  /** Null where tasks perform their blocking steps themselves. */
  readonly pool: LoopPool | null;
  readonly #calls: LoopCalls;
  readonly #times: CallClock;
  /** The tasks without placeholders. They share one set of values, since none of them uses any. */
  readonly #silent: ReadonlySet<TaskSpec>;
  readonly #silence: PlaceholderValues;
  /** The callback for main's `finish`: from then on the loop is to end when its tasks have. */
  onFinish: () => void = () => undefined;
  /** The callback for a durable queue that has a task from an instant on. */
  onDue: (from: Ticks) => void = () => undefined;

  constructor(run: NumberedSpec, thread: Thread, rules: Pick<LoopOptions, "eager" | "consumer">) {
    this.run = run;
    this.loop = new EventLoop(thread, {
      ...rules,
      coroutineOf: (index) => this.coroutineOf(index),
      onMessage: (message) => this.hear(message),
    });
    this.channels = new LoopChannels(this.loop, run.channelNames);
    this.pool = run.strategy.workers === null ? null : new LoopPool(this.loop, run);
    this.#times = new CallClock(run, thread);
    this.#silent = silentTasks.getOrInsertComputed(run.scenario, silentTasksOf);
    this.#silence = placeholderValues(run.runtime);
    this.#calls = new LoopCalls(this.loop, this.#times);
  }

  /** Takes in what another thread says; as with call_soon_threadsafe, what follows comes behind what is ready. */
  hear(message: Message): void {
    this.loop.callSoon(() => this.#heed(message));
  }

  /** Runs a task's first step here and now, for main, on whose thread the loop floats. */
  *callEagerly(index: number): ThreadProgram<void> {
    yield* this.loop.callEagerly(index, this.coroutineOf(index));
  }

  /** The result of a task that floats; undefined while it has not ended. Asking for it counts as handling a failure. */
  resultOf(
    index: number,
  ): { status: "finished" | "failed" | "cancelled"; error: string } | undefined {
    const task = this.loop.tasks.find((one) => one.index === index);
    if (task === undefined || task.state === "pending") return undefined;
    task.watched = true;
    return { status: task.state, error: task.error?.message ?? "" };
  }

  /** Whether every task has ended. */
  get isOver(): boolean {
    return this.loop.tasks.every((task) => task.done);
  }

  /** The coroutine of a step that needs more than its thread; undefined for any other step. */
  readonly special: Special<Wanted> = (step, actor, values) => {
    if (this.loop.isOver && this.#needsLoop(step)) throw failures.noRunningLoop();
    if ((step.kind === "send" || step.kind === "receive") && does(this.run.strategy, "outlives"))
      throw failures.channelElsewhere(step.channel);
    switch (step.kind) {
      case "send":
        return this.channels.send(
          { actor, place: placeOf(step) },
          this.#channel(step.channel),
          step.value,
        );
      case "receive":
        return this.#receive(actor, step, values);
      case "block":
      case "compute":
        if (this.pool === null || actor < 0) return undefined;
        return this.pool.perform(actor, step, { ticks: step.ticks });
      case "call": {
        if (this.pool === null || actor < 0) return this.#calls.perform(actor, step);
        const { total: ticks, error } = this.#times.next(actor, step) ?? { total: 0 };
        return this.pool.perform(actor, step, error === undefined ? { ticks } : { ticks, error });
      }
      default:
        return undefined;
    }
  };

  /** Whether a step asks for the running loop before it waits, even if it need not wait. */
  #needsLoop(step: LeafStep): boolean {
    if (step.kind === "receive") return step.timeout !== undefined;
    return this.pool !== null && ["block", "compute", "call"].includes(step.kind);
  }

  #heed(message: Message): void {
    switch (message.kind) {
      case "stop":
        this.loop.stop();
        break;
      case "finish":
        this.onFinish();
        break;
      case "due":
        this.onDue(message.from);
        break;
      case "submit":
        this.#submit(message.task);
        break;
      case "filled":
        this.channels.filled(message.channel);
        break;
      case "drained":
        this.channels.drained(message.channel);
        break;
      case "job-ended":
        this.pool!.ended(message.job, message.error, message.broken);
        break;
      case "call-settled":
        this.#calls.settled(message);
        break;
      case "ask":
        this.loop.createTask(UNTOLD, this.#answer(message));
        break;
    }
  }

  /** Runs a task for main, and lets main know of its end (run_coroutine_threadsafe). */
  #submit(index: number): void {
    const { loop } = this;
    const task: Task = loop.createTask(index, this.coroutineOf(index));
    task.whenDone(() => {
      const status = task.state as "finished" | "failed" | "cancelled";
      const error = task.error?.message ?? "";
      loop.thread.post(MAIN_THREAD, { kind: "task-ended", task: index, status, error });
    });
  }

  *#receive(
    actor: number,
    step: Extract<LeafStep, { kind: "receive" }>,
    values: PlaceholderValues,
  ): Coroutine {
    const { channel, timeout = null } = step;
    const performer = { actor, place: placeOf(step) };
    values.value = valueText(
      yield* this.channels.receive(performer, this.#channel(channel), timeout),
    );
  }

  *#answer({ from, ask, actor, request }: Extract<Message, { kind: "ask" }>): Coroutine {
    let value: unknown = null;
    let error: string | null = null;
    // The request comes from inside a function, and no place in the document stands for that.
    const performer = { actor, place: NOWHERE };
    const { channel } = request;
    try {
      if (request.kind === "send") yield* this.channels.send(performer, channel, request.value);
      else value = yield* this.channels.receive(performer, channel, request.timeout);
    } catch (raised) {
      error = (raised as Error).message;
      if (endingOf(raised as Error) === "cancelled") throw raised;
    } finally {
      this.loop.thread.post(from, { kind: "answer", ask, value, error });
    }
  }

  #channel(name: string): number {
    return this.run.channelNames.indexOf(name);
  }

  /** The body of a task, or of a further attempt at one. */
  coroutineOf(index: number): Coroutine {
    const { run, loop } = this;
    const task = taskOfActor(index, run.instances.size);
    const spec = run.instances.specOf(task);
    const values = this.#silent.has(spec) ? this.#silence : this.#valuesOf(task);
    const body = new Stepper(loop.thread, index, spec.steps, values, this.special);
    if (spec.finally.length === 0) return body;
    return this.#withCleanup(
      index,
      body,
      new Stepper(loop.thread, index, spec.finally, values, this.special),
    );
  }

  #valuesOf(index: number): PlaceholderValues {
    const { name, copy } = this.run.instances.at(index);
    return placeholderValues(this.run.runtime, name, copy);
  }

  *#withCleanup(index: number, body: Coroutine, cleanup: Coroutine): Coroutine {
    const { thread } = this.loop;
    try {
      yield* body;
    } finally {
      thread.record(typeNumber["cleanup-began"], index, 0);
      yield* cleanup;
      thread.record(typeNumber["cleanup-ended"], index, 0);
    }
  }
}

/** By scenario: its tasks without placeholders, read off once for all runs. */
const silentTasks = new WeakMap<Scenario, ReadonlySet<TaskSpec>>();

function silentTasksOf({ tasks }: Scenario): ReadonlySet<TaskSpec> {
  const asks = (step: LeafStep): boolean => placeholdersOf(step).size > 0;
  return new Set(tasks.filter((task) => !leavesOf(task).some(asks)));
}
