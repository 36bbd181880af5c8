/**
 * The body of the child process: the main thread of a real run.
 *
 * It is a process of its own, since a run is to show what the end of a process destroys. It ends as the
 * program does: by process.exit, whatever else is still going on.
 */
import { readFileSync, writeSync } from "node:fs";
import { SystemRefused, systemRefused } from "../../base/system-error.ts";
import { UserError } from "../../base/user-error.ts";
import { interruptions, typeNumber } from "../../trace/event.ts";
import { LOOP_THREAD, MAIN, MAIN_THREAD } from "../../scenario/numbers.ts";
import { openWorker } from "../../open-worker.ts";
import { mainProgram } from "../../program/main.ts";
import { numbered } from "../../program/spec.ts";
import { type Board, Deadlock, stages } from "./board.ts";
import { beginWaits, longestWait, noteWaiter } from "./core-wait.ts";
import type { RealThread } from "./real-thread.ts";
import {
  type ChildInput,
  otherThreads,
  talks,
  type ThreadStart,
  type WorkerInput,
} from "./protocol.ts";
import { callsOn, PreparedThread } from "./threads.ts";

/** Begins a run, and does not wait for it: below a top-level await Bun's process never ends by itself. */
export function startChild(): void {
  performRun().catch((error: unknown) => {
    const refused = error instanceof UserError ? error : systemRefused(error);
    const told = refused?.told.join("\n");
    writeSync(2, `${told ?? (error instanceof Error ? error.stack : String(error))}\n`);
    process.exit(1);
  });
}

/** The whole life of the child: it prepares its threads, performs the run, and ends the process as the run ends. */
async function performRun(): Promise<never> {
  // Ctrl-C reaches every process of the terminal. Tandem itself hears it and ends this one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
    process.on(signal, () => undefined);
  // The option that the parent has set for this process (self.ts) must not reach its descendants.
  delete process.env["BUN_OPTIONS"];
  const input = JSON.parse(readFileSync(0, "utf8")) as ChildInput;
  const run = numbered(input.plan);
  const ports = portsOf(run);
  const prepared = new PreparedThread(MAIN_THREAD, input, ports.get(MAIN_THREAD) ?? []);
  const { board } = prepared;
  const others = otherThreads(run);
  const [, ...workers] = await Promise.all([
    prepared.load(),
    ...others.map((thread) => prepareWorker(input, thread, ports.get(thread)!, board)),
  ]);
  // A thread that has not been started, or only waits, must not keep the process alive.
  for (const worker of workers) worker.unref();

  noteWaiter(board, MAIN_THREAD);
  beginWaits(board);
  const origin = performance.now();
  board.origin[0] = origin;
  prepared.writer.ready(performance.timeOrigin + origin);
  // The pool of a loop that floats is never told to end.
  const started = new Set(
    run.strategy.loop === "float" ? [] : others.filter((other) => other !== LOOP_THREAD),
  );
  let over = false;
  const thread: RealThread = prepared.open(origin, {
    startLoop: () => {
      started.add(LOOP_THREAD);
      board.runs(LOOP_THREAD);
      // Like Python's Thread.start, this returns when the thread runs, however busy the machine is.
      board.takeTo(LOOP_THREAD, stages.toldToStart);
    },
    keepThreads: () => {
      for (const [index, other] of others.entries())
        if (started.has(other) && callsOn(other, run).length > 0) workers[index]!.ref();
    },
    onStray: () => end(1),
  });
  const end = (code: number): never => {
    over = true;
    thread.record(typeNumber["process-ended"], MAIN, code);
    process.exit(code);
  };
  process.on("exit", (code) => {
    // User code may have ended the process, which the record then says as well.
    if (!over) {
      thread.record(typeNumber["exit-called"], MAIN, code);
      thread.record(typeNumber["process-ended"], MAIN, code);
    }
    // Events of other threads may still be unflushed.
    board.awaitDebts(MAIN_THREAD);
    thread.flush();
    prepared.writer.waited(longestWait(board));
    endPool(board, others);
  });
  startPool(board, others);
  try {
    const code = await thread.perform(mainProgram(run, thread));
    over = true;
    process.exit(code);
  } catch (error) {
    // What keeps it from going on, as a queue that is gone, is told by whoever has started this process.
    over = error instanceof Deadlock || error instanceof UserError;
    if (!(error instanceof Deadlock)) throw error;
    thread.record(typeNumber.interrupted, MAIN, interruptions.indexOf("deadlock"));
    process.exit(1);
  }
}

/** By thread: the threads that it speaks with, each with the port to it. */
function portsOf(run: ReturnType<typeof numbered>): Map<number, [number, MessagePort][]> {
  const ports = new Map<number, [number, MessagePort][]>();
  const add = (thread: number, other: number, port: MessagePort): void => {
    const own = ports.get(thread);
    if (own === undefined) ports.set(thread, [[other, port]]);
    else own.push([other, port]);
  };
  for (const [a, b] of talks(run)) {
    const { port1, port2 } = new MessageChannel();
    add(a, b, port1);
    add(b, a, port2);
  }
  return ports;
}

/** Starts the threads of the pool; main has no need to wait until they run. */
function startPool(board: Board, threads: readonly number[]): void {
  for (const thread of threads) {
    if (thread === LOOP_THREAD) continue;
    board.runs(thread);
    board.reach(thread, stages.toldToStart);
  }
}

/** Ends the processes that do the jobs of the pool's threads. */
function endPool(board: Board, threads: readonly number[]): void {
  for (const thread of threads) {
    const pid = Atomics.load(board.process(thread), 0);
    if (pid === 0) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It was gone already.
    }
  }
}

/**
 * Loads a thread before the run begins, so that starting it takes no time that a scenario would
 * have to account for.
 */
async function prepareWorker(
  input: ChildInput,
  thread: number,
  ports: [number, MessagePort][],
  board: Board,
): Promise<Worker> {
  const worker = openWorker();
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = ({ data: { exited, refused } }: MessageEvent<ThreadStart>) => {
      if (refused !== null) return reject(new SystemRefused(refused));
      if (exited === null) return resolve();
      writeSync(
        2,
        `tandem: process.exit(${exited}) in user code ended a thread while its modules were loaded\n`,
      );
      process.exit(exited);
    };
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  const workerInput: WorkerInput = {
    ...input,
    thread,
    ports,
    board: board.memory,
    mainTimeOrigin: performance.timeOrigin,
  };
  worker.postMessage(
    workerInput,
    ports.map(([, port]) => port),
  );
  await ready;
  // A thread's time origin is read off the wall clock when it starts. If that was set in between, the
  // thread reckons an instant of main's clock at which it had not been asked yet, or had answered.
  const correction = board.correction(thread);
  const asked = performance.now();
  board.takeTo(thread, stages.askedForTime);
  const answered = performance.now();
  const reckoned = correction[0]!;
  correction[0] = reckoned - Math.min(Math.max(reckoned, asked), answered);
  return worker;
}
