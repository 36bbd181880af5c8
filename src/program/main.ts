/**
 * The two thread programs of a run: the main thread, and the thread of an event loop.
 *
 * The main program ends when its process ends; what a strategy does at exit happens inside it.
 */
import {
  endings,
  LAUNCH,
  logReasons,
  MAIN,
  raisedInto,
  typeNumber,
  waits,
} from "../events/event.ts";
import { Cancelled } from "./failure.ts";
import { launchCoroutine, openLoop, runAsync } from "./launch.ts";
import type { EventLoop } from "./loop.ts";
import type { Thread, ThreadProgram } from "./operation.ts";
import type { Run } from "./run.ts";
import { walk } from "./walk.ts";

/** The program of the main thread. Its result is the exit code of the process. */
export function mainProgram(run: Run, thread: Thread): ThreadProgram<number> {
  return new MainThread(run, thread).program();
}

/** The program of a thread that holds an event loop of its own. */
export function* loopProgram(run: Run, thread: Thread): ThreadProgram<void> {
  const raised = yield* runAsync(run, thread);
  // Python's threading.excepthook: told on stderr, and nobody else hears.
  if (raised !== undefined && !(raised instanceof Cancelled))
    thread.record(typeNumber["error-logged"], LAUNCH, logReasons.indexOf("thread-failed"));
  thread.post("closed");
}

class MainThread {
  readonly #run: Run;
  readonly #thread: Thread;
  /** The loop that floats on this thread. */
  #floating: EventLoop | undefined;
  /** A loop has a thread of its own, and that thread has been started. */
  #beside = false;

  constructor(run: Run, thread: Thread) {
    this.#run = run;
    this.#thread = thread;
  }

  *program(): ThreadProgram<number> {
    this.#thread.record(typeNumber["main-started"], MAIN, 0);
    let failure: Error | undefined;
    try {
      yield* this.#steps();
    } catch (error) {
      failure = error as Error;
    }
    const ending = endings.indexOf(failure === undefined ? "finished" : "failed");
    this.#thread.record(typeNumber["main-ended"], MAIN, ending, failure?.message);
    if (failure !== undefined)
      this.#thread.record(typeNumber["error-logged"], MAIN, logReasons.indexOf("main-failed"));
    let code = failure === undefined ? 0 : 1;
    if (this.#beside) yield* this.#leaveThread();
    // In JavaScript an exception nobody catches ends the process at once; what floats is abandoned.
    else if (this.#floating !== undefined && failure === undefined)
      code = yield* this.#leaveFloating(this.#floating);
    this.#thread.record(typeNumber["process-ended"], MAIN, code);
    return code;
  }

  *#steps(): ThreadProgram<void> {
    const thread = this.#thread;
    const names = { task: "", copy: 0, runtime: this.#run.runtime };
    for (const step of walk(thread, MAIN, this.#run.scenario.main, names)) {
      if (step.kind === "launch") {
        yield* this.#launch();
      } else if (step.kind === "block" || step.kind === "compute") {
        thread.record(typeNumber[`${step.kind}-began`], MAIN, step.ticks);
        yield step;
        thread.record(typeNumber[`${step.kind}-ended`], MAIN, 0);
      } else {
        throw new Error(`main came to "${step.kind}", which this version cannot perform`);
      }
    }
  }

  *#launch(): ThreadProgram<void> {
    const thread = this.#thread;
    switch (this.#run.strategy.loop) {
      case "inline": {
        thread.record(typeNumber["wait-began"], MAIN, waits.indexOf("launch"));
        const raised = yield* runAsync(this.#run, thread);
        thread.record(typeNumber["wait-ended"], MAIN, waits.indexOf("launch"));
        if (raised === undefined) return;
        thread.record(typeNumber["error-raised"], LAUNCH, raisedInto.indexOf("main"));
        throw raised;
      }
      case "thread":
        this.#beside = true;
        thread.record(typeNumber["thread-started"], MAIN, 0);
        thread.startLoop();
        return;
      case "portal":
        throw new Error("this version cannot perform a portal, and nobody lets one come here");
      case "float": {
        const loop = (this.#floating = openLoop(this.#run, thread, true));
        yield* loop.callEagerly(
          LAUNCH,
          launchCoroutine(this.#run, loop, () => loop.tasks[0]!),
        );
        return;
      }
    }
  }

  /** At exit, with a loop in a thread of its own. */
  *#leaveThread(): ThreadProgram<void> {
    const { atExit, grace } = this.#run.strategy;
    const thread = this.#thread;
    if (atExit === "abandon") return;
    if (atExit === "cancel") thread.post("stop");
    const until = grace === null ? Infinity : thread.now() + grace;
    thread.record(typeNumber["wait-began"], MAIN, waits.indexOf("join"));
    while (thread.receive() !== "closed" && thread.now() < until) yield { kind: "wait", until };
    thread.record(typeNumber["wait-ended"], MAIN, waits.indexOf("join"));
  }

  /** At exit, with a loop that floats on this thread, which is free now. */
  *#leaveFloating(loop: EventLoop): ThreadProgram<number> {
    const { atExit, grace } = this.#run.strategy;
    const thread = this.#thread;
    if (atExit === "abandon") return 0;
    if (atExit === "cancel") loop.cancelAll(loop.tasks, "main-ended");
    thread.record(typeNumber["wait-began"], MAIN, waits.indexOf("join"));
    yield* loop.runToRest(grace === null ? Infinity : thread.now() + grace);
    thread.record(typeNumber["wait-ended"], MAIN, waits.indexOf("join"));
    return loop.rejected ? 1 : 0;
  }
}
