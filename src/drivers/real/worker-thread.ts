/** The body of a Worker: the thread of an event loop beside main, or one of the pool. */
import { systemRefused } from "../../base/system-error.ts";
import { LOOP_THREAD, MAIN_THREAD } from "../../scenario/numbers.ts";
import { loopProgram } from "../../program/main.ts";
import { poolProgram } from "../../program/pool.ts";
import { noteWaiter } from "./core-wait.ts";
import type { RealThread } from "./real-thread.ts";
import { stages } from "./board.ts";
import type { ThreadStart, WorkerInput } from "./protocol.ts";
import { callsOn, PreparedThread } from "./threads.ts";

/** Tells main that it is there, waits to be started, and runs its program to its end. */
export async function runWorkerThread(input: WorkerInput): Promise<void> {
  // A thread's environment is the one that its process was started with.
  delete process.env["BUN_OPTIONS"];
  const prepared = new PreparedThread(input.thread, input, input.ports, input.board);
  const { run, board } = prepared;
  let isLoading = true;
  // It would leave main waiting for a thread that never comes.
  process.on("exit", (code) => {
    if (isLoading) postMessage({ exited: code, refused: null } satisfies ThreadStart);
  });
  try {
    await prepared.load();
  } catch (error) {
    const refused = systemRefused(error);
    if (refused === null) throw error;
    postMessage({ exited: null, refused: refused.message } satisfies ThreadStart);
    return;
  }
  isLoading = false;
  noteWaiter(board, input.thread);
  // performance.now() counts from each thread's own start; this is what main's shows at our zero.
  const behind = performance.timeOrigin - input.mainTimeOrigin;
  postMessage({ exited: null, refused: null } satisfies ThreadStart);
  board.awaitStage(input.thread, stages.askedForTime);
  board.correction(input.thread)[0] = performance.now() + behind;
  board.reach(input.thread, stages.toldTime);
  board.awaitStage(input.thread, stages.toldToStart);
  const correction = board.correction(input.thread)[0]!;
  let over = false;
  const thread: RealThread = prepared.open(board.origin[0]! - behind + correction, {
    startLoop: () => undefined,
    keepThreads: () => undefined,
    onStray: () => {
      over = true;
      thread.post(MAIN_THREAD, { kind: "closed", leaves: false });
      prepared.close();
      process.exit(1);
    },
  });
  board.reach(input.thread, stages.started);
  // In a Worker process.exit ends the thread alone. It must not leave others waiting for it.
  process.on("exit", (code) => {
    if (over) return thread.flush();
    thread.breakOff(code);
    prepared.close();
  });
  if (input.thread === LOOP_THREAD) await thread.perform(loopProgram(run, thread));
  else await thread.perform(poolProgram(run, thread));
  over = true;
  if (callsOn(input.thread, run).length > 0) thread.lingerOn();
  prepared.close();
}
