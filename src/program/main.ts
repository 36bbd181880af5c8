/**
 * The thread programs of a run: the main thread, and the thread of an event loop beside it.
 *
 * The main program ends when its process ends; what a strategy does at exit happens inside it.
 */
import { endings, logReasons, raisedInto, typeNumber, waits } from "../trace/event.ts";
import { LAUNCH, LOOP_THREAD, MAIN, MAIN_THREAD } from "../scenario/numbers.ts";
import type { Details } from "../trace/log.ts";
import type { Ticks } from "../base/duration.ts";
import { callsAny } from "../scenario/calls.ts";
import type { LeafStep } from "../scenario/model.ts";
import { Background } from "./background.ts";
import { callInMain, CallClock } from "./call.ts";
import { Cancelled, detailsOf, failures, StepFailure } from "./failure.ts";
import { launchCoroutine, runAsync } from "./launch.ts";
import type { Message, Thread, ThreadProgram } from "./operation.ts";
import { does, isBeside, mayAbandon } from "../scenario/strategy.ts";
import { stored } from "./handover.ts";
import type { NumberedSpec } from "./spec.ts";
import { placeholderValues, placeOf, valueText, Stepper } from "./stepper.ts";

/** The program of the main thread. Its result is the exit code of the process. */
export function mainProgram(run: NumberedSpec, thread: Thread): ThreadProgram<number> {
  return new MainThread(run, thread).program();
}

/** The program of a thread that holds an event loop of its own. */
export function* loopProgram(run: NumberedSpec, thread: Thread): ThreadProgram<void> {
  const { loop, raised } = yield* runAsync(run, thread);
  // Python's threading.excepthook: told on stderr, and nobody else hears.
  if (raised !== undefined && !(raised instanceof Cancelled))
    thread.record(typeNumber["error-logged"], LAUNCH, logReasons.indexOf("thread-failed"));
  const leaves = loop.leavesTasks;
  thread.post(MAIN_THREAD, { kind: "closed", leaves });
  if (!leaves) return;
  for (let ends = false; !ends;) {
    yield { kind: "wait", until: Infinity };
    for (let message; (message = thread.receive()) !== undefined;)
      ends ||= message.kind === "collect";
  }
  yield* loop.destroyTasks();
  thread.post(MAIN_THREAD, { kind: "collected" });
}

/** How a task ended that main submitted. */
type Result = Pick<Extract<Message, { kind: "task-ended" }>, "status" | "error">;

class MainThread {
  readonly #run: NumberedSpec;
  readonly #thread: Thread;
  readonly #times: CallClock;
  /** Whether main has come past its launch step. */
  #launched = false;
  /** Whether main has called user code. */
  #called = false;
  /** The background that floats on this thread. */
  #floating: Background | undefined;
  /** Whether the loop's own thread is over. */
  #closed = false;
  /** Whether the loop takes no more tasks. Its thread may still wait for a pool. */
  #loopClosed = false;
  /** Whether the loop has closed over tasks that have not ended, and which have not been collected. */
  #leftTasks = false;
  /** The results of the tasks that main submitted, by task. */
  readonly #results = new Map<number, Result>();
  /** What the pool has said to a loop that is to be opened on this thread. */
  readonly #early: Message[] = [];

  constructor(run: NumberedSpec, thread: Thread) {
    this.#run = run;
    this.#thread = thread;
    this.#times = new CallClock(run, thread);
  }

  *program(): ThreadProgram<number> {
    this.#thread.record(typeNumber["main-started"], MAIN, 0);
    let failure: Error | undefined;
    try {
      yield* this.#steps();
      // The promises that main's calls have dropped get a turn of JavaScript's loop before main ends.
      if (this.#called) yield { kind: "park", until: this.#thread.now() };
    } catch (error) {
      failure = error as Error;
    }
    const ending = endings.indexOf(failure === undefined ? "finished" : "failed");
    this.#thread.record(typeNumber["main-ended"], MAIN, ending, failure && detailsOf(failure));
    if (failure !== undefined)
      this.#thread.record(typeNumber["error-logged"], MAIN, logReasons.indexOf("main-failed"));
    let code = failure === undefined ? 0 : 1;
    const { grace } = this.#run.strategy;
    const until = grace === null ? Infinity : this.#thread.now() + grace;
    if (this.#launched && isBeside(this.#run.strategy)) yield* this.#leaveThread(until);
    // In JavaScript an exception nobody catches ends the process at once; what floats is abandoned.
    else if (this.#floating !== undefined && failure === undefined)
      code = yield* this.#leaveFloating(this.#floating, until);
    this.#floating?.loop.endStep();
    if (code === 0) code = yield* this.#drain(until);
    this.#thread.record(typeNumber["process-ended"], MAIN, code);
    return code;
  }

  *#steps(): ThreadProgram<void> {
    const { scenario, runtime } = this.#run;
    const values = placeholderValues(runtime);
    for (const step of new Stepper(this.#thread, MAIN, scenario.main, values))
      switch (step.kind) {
        case "launch":
          yield* this.#launch(step);
          break;
        case "block":
        case "compute":
          this.#keepThread();
          this.#thread.record(typeNumber[`${step.kind}-began`], MAIN, step.ticks, step.position);
          yield step;
          this.#thread.record(typeNumber[`${step.kind}-ended`], MAIN, 0);
          break;
        case "submit":
          yield* this.#submit(step);
          break;
        case "result":
          for (const task of this.#run.indicesOf.get(step.task)!) yield* this.#result(task, step);
          break;
        case "join":
          yield* this.#join(step);
          break;
        case "send":
          this.#needChannel(step);
          yield* this.#send(step);
          break;
        case "receive":
          this.#needChannel(step);
          values.value = valueText(yield* this.#receive(step));
          break;
        case "call":
          this.#called = true;
          this.#keepThread();
          yield* callInMain(this.#thread, this.#times, step);
          break;
        default:
          throw new Error(`main came to "${step.kind}", which main cannot perform`);
      }
  }

  /** Begins a step of main's that holds the thread, where a loop floats on it as well. */
  #keepThread(): void {
    this.#floating?.loop.beginStep(MAIN);
  }

  *#launch(step: LeafStep): ThreadProgram<void> {
    const thread = this.#thread;
    this.#launched = true;
    for (const message of this.#early.splice(0)) thread.post(thread.number, message);
    switch (this.#run.strategy.loop) {
      case "inline":
      case "durable": {
        thread.record(
          typeNumber["wait-began"],
          MAIN,
          waits.indexOf("launch"),
          awaiting(LAUNCH, step),
        );
        const { raised } = yield* runAsync(this.#run, thread);
        thread.record(typeNumber["wait-ended"], MAIN, waits.indexOf("launch"));
        this.#closed = this.#loopClosed = true;
        if (raised === undefined) return;
        thread.record(typeNumber["error-raised"], LAUNCH, raisedInto.indexOf("main"));
        throw raised;
      }
      case "thread":
      case "portal":
        thread.record(typeNumber["thread-started"], MAIN, 0, step.position);
        thread.startLoop();
        return;
      case "float":
        this.#floating = new Background(this.#run, thread, { eager: true, consumer: null });
        yield* this.#floating.loop.callEagerly(LAUNCH, launchCoroutine(this.#floating));
        return;
    }
  }

  *#submit(step: Extract<LeafStep, { kind: "submit" }>): ThreadProgram<void> {
    if (does(this.#run.strategy, "outlives")) {
      for (const task of this.#run.indicesOf.get(step.task)!)
        yield* stored(this.#run.strategy, this.#thread, task, step.position);
      return;
    }
    this.#hear();
    if (!this.#launched) throw failures.loopNeverOpened();
    if (this.#loopClosed) throw failures.loopClosed();
    for (const task of this.#run.indicesOf.get(step.task)!) {
      this.#thread.record(typeNumber["task-submitted"], task, 0, step.position);
      if (this.#floating !== undefined) yield* this.#floating.callEagerly(task);
      else this.#thread.post(LOOP_THREAD, { kind: "submit", task });
    }
  }

  /** Waits for a task that was submitted, and takes its outcome over (Future.result). */
  *#result(task: number, step: Extract<LeafStep, { kind: "result" }>): ThreadProgram<void> {
    const { name } = this.#run.instances.at(task);
    const about = { ...awaiting(task, step), text: name };
    const known = (): boolean => this.#resultOf(task) !== undefined;
    const came = does(this.#run.strategy, "outlives")
      ? yield* this.#ask("result", about, step.timeout, function* (main, until) {
          const request = { kind: "results", tasks: [task], until } as const;
          const answer = yield { kind: "queue", request };
          const [result] = answer!.queue!.results!;
          if (result !== undefined) main.#results.set(task, result);
          return result !== undefined;
        })
      : yield* this.#until("result", about, step.timeout, known);
    if (!came) throw failures.resultTimedOut(name, step.timeout!);
    const { status, error } = this.#resultOf(task)!;
    if (status === "cancelled") throw failures.resultCancelled(name);
    if (status === "finished") return;
    this.#thread.record(typeNumber["error-raised"], task, raisedInto.indexOf("main"));
    throw new StepFailure(error);
  }

  #resultOf(task: number): Result | undefined {
    return this.#results.get(task) ?? this.#floating?.resultOf(task);
  }

  /** Waits for the background's end (Thread.join); when the time runs out main simply goes on. */
  *#join(step: Extract<LeafStep, { kind: "join" }>): ThreadProgram<void> {
    if (does(this.#run.strategy, "outlives")) {
      yield* this.#ask("join", step.position, step.timeout, function* () {
        const answer = yield { kind: "queue", request: { kind: "count" } };
        return answer!.queue!.count === 0;
      });
      return;
    }
    if (!this.#launched && !does(this.#run.strategy, "blocksMain")) throw failures.joinedTooEarly();
    // An inline loop is over by now. A floating one is on this very thread, and cannot end while main waits.
    const over = (): boolean =>
      does(this.#run.strategy, "blocksMain") || this.#closed || this.#floating?.isOver === true;
    // What a floating loop still does is nobody's in particular.
    const about = this.#floating === undefined ? awaiting(LAUNCH, step) : step.position;
    yield* this.#until("join", about, step.timeout, over);
  }

  #needChannel({ channel }: { channel: string }): void {
    if (does(this.#run.strategy, "outlives")) throw failures.channelElsewhere(channel);
  }

  *#send(step: Extract<LeafStep, { kind: "send" }>): ThreadProgram<void> {
    const index = this.#run.channelNames.indexOf(step.channel);
    const about = { text: step.channel, place: placeOf(step), resource: index };
    const end = this.#thread.channels[index]!;
    const told = (item: number): void => {
      this.#thread.record(typeNumber.sent, MAIN, item, about);
    };
    yield* this.#until("send", about, undefined, () => end.trySend(step.value, told));
    this.#floating?.channels.filled(index);
  }

  *#receive(step: Extract<LeafStep, { kind: "receive" }>): ThreadProgram<unknown> {
    const index = this.#run.channelNames.indexOf(step.channel);
    const about = { text: step.channel, place: placeOf(step), resource: index };
    const end = this.#thread.channels[index]!;
    const told = (item: number): void => {
      this.#thread.record(typeNumber.received, MAIN, item, about);
    };
    let got: ReturnType<typeof end.tryReceive>;
    const came = yield* this.#until(
      "receive",
      about,
      step.timeout,
      () => (got = end.tryReceive(told)) !== undefined,
    );
    if (!came) throw failures.receiveTimedOut(step.channel, step.timeout!);
    this.#floating?.channels.drained(index);
    return got!.value;
  }

  /**
   * Blocks the thread until a condition holds. The condition is checked again after each message.
   *
   * A join or a result is recorded as a wait even if the condition holds already: it orders two threads.
   *
   * @returns false when the time has run out before.
   */
  *#until(
    what: (typeof waits)[number],
    about: Details | undefined,
    timeout: Ticks | undefined,
    isSo: () => boolean,
  ): ThreadProgram<boolean> {
    this.#hear();
    let so = isSo();
    if (so && (what === "send" || what === "receive")) return true;
    const thread = this.#thread;
    const until = timeout === undefined ? Infinity : thread.now() + timeout;
    if (!so) this.#keepThread();
    thread.record(typeNumber["wait-began"], MAIN, waits.indexOf(what), about);
    while (!so && thread.now() < until) {
      yield { kind: "wait", until };
      this.#hear();
      so = isSo();
    }
    thread.record(typeNumber["wait-ended"], MAIN, waits.indexOf(what));
    return so;
  }

  /**
   * Asks a durable queue again and again until something is so. Meanwhile the thread's own loop turns, by which
   * writes go on that nobody has awaited.
   *
   * @returns false when the time has run out before.
   */
  *#ask(
    what: (typeof waits)[number],
    about: Details | undefined,
    timeout: Ticks | undefined,
    isSo: (main: MainThread, until: Ticks) => ThreadProgram<boolean>,
  ): ThreadProgram<boolean> {
    const thread = this.#thread;
    const until = timeout === undefined ? Infinity : thread.now() + timeout;
    thread.record(typeNumber["wait-began"], MAIN, waits.indexOf(what), about);
    let so = yield* isSo(this, until);
    while (!so && thread.now() < until) {
      const next = thread.now() + this.#run.engine.results;
      while (thread.now() < Math.min(next, until))
        yield { kind: "park", until: Math.min(next, until) };
      so = yield* isSo(this, until);
    }
    thread.record(typeNumber["wait-ended"], MAIN, waits.indexOf(what));
    return so;
  }

  /** Takes in what has been said to this thread while main was on it. */
  #hear(): void {
    for (let message; (message = this.#thread.receive()) !== undefined;)
      if (message.kind === "closed") {
        this.#closed = this.#loopClosed = true;
        this.#leftTasks = message.leaves;
      } else if (message.kind === "loop-closed") this.#loopClosed = true;
      else if (message.kind === "collected") this.#leftTasks = false;
      else if (message.kind === "task-ended") this.#results.set(message.task, message);
      else if (message.kind === "job-ended" && !this.#launched) this.#early.push(message);
      else this.#floating?.hear(message);
  }

  /** Main's exit beside a loop in a thread of its own. */
  *#leaveThread(until: Ticks): ThreadProgram<void> {
    const { strategy } = this.#run;
    if (!does(strategy, "abandons")) {
      if (does(strategy, "cancels")) this.#thread.post(LOOP_THREAD, { kind: "stop" });
      else if (does(strategy, "staysOpen")) this.#thread.post(LOOP_THREAD, { kind: "finish" });
      yield* this.#until("join", awaiting(LAUNCH), until - this.#thread.now(), () => this.#closed);
    }
    // A process that must not wait for its pool ends without its interpreter's own end (os._exit).
    if (strategy.workers === null || !mayAbandon(strategy)) yield* this.#collect();
  }

  /** The interpreter's last collection: coroutines that no loop will resume are closed. */
  *#collect(): ThreadProgram<void> {
    this.#hear();
    if (!this.#leftTasks) return;
    this.#thread.post(LOOP_THREAD, { kind: "collect" });
    while (this.#leftTasks) {
      yield { kind: "wait", until: Infinity };
      this.#hear();
    }
  }

  /** Main's exit under a loop that floats on this thread, which is free now. */
  *#leaveFloating({ loop }: Background, until: Ticks): ThreadProgram<number> {
    const { strategy } = this.#run;
    const thread = this.#thread;
    if (does(strategy, "abandons")) return 0;
    if (does(strategy, "cancels")) loop.cancelAll(loop.tasks, "main-ended");
    thread.record(typeNumber["wait-began"], MAIN, waits.indexOf("join"));
    yield* loop.runToRest(until);
    thread.record(typeNumber["wait-ended"], MAIN, waits.indexOf("join"));
    return loop.rejected ? 1 : 0;
  }

  /**
   * Waits for what user code has left alive, since a JavaScript process ends only when nothing is.
   *
   * @returns the exit status that user code asks for.
   */
  *#drain(until: Ticks): ThreadProgram<number> {
    const { scenario, strategy, takes } = this.#run;
    if (takes !== undefined || does(strategy, "abandons") || !callsAny(scenario)) return 0;
    const result = yield { kind: "drain", until };
    return result?.exitCode ?? 0;
  }
}

/** The details of a wait for an actor. */
function awaiting(actor: number, step?: LeafStep): Details {
  const numbers = { whom: actor };
  return step === undefined ? { numbers } : { ...step.position, numbers };
}
