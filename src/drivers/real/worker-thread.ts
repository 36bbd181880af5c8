/** The body of a Worker: the thread of an event loop beside main, or one of the pool. */
import { LOOP_THREAD, MAIN_THREAD } from "../../events/event.ts";
import { loopProgram } from "../../program/main.ts";
import { poolProgram } from "../../program/pool.ts";
import type { WorkerInput, WorkerReady } from "./protocol.ts";
import { PreparedThread } from "./threads.ts";

/** Tells main that it is there, waits to be started, and runs its program to its end. */
export async function runWorkerThread(input: WorkerInput): Promise<void> {
  const prepared = new PreparedThread(input.thread, input, input.ports, input.board);
  const { run, board } = prepared;
  await prepared.load();
  // performance.now() counts from each thread's own start; this is what main's shows at our zero.
  const behind = performance.timeOrigin - input.mainTimeOrigin;
  postMessage({ sentAt: performance.now() + behind } satisfies WorkerReady);
  const started = board.started(input.thread);
  Atomics.wait(started, 0, 0);
  const correction = board.correction(input.thread)[0]!;
  const thread = prepared.open(board.origin[0]! - behind + correction, {
    startLoop: () => undefined,
    onStray: () => {
      end();
      process.exit(1);
    },
  });
  Atomics.store(started, 0, 2);
  Atomics.notify(started, 0);
  let over = false;
  /** A thread that user code ends must not leave main waiting for it. */
  const end = (): void => {
    if (over) return;
    over = true;
    if (input.thread === LOOP_THREAD) thread.post(MAIN_THREAD, { kind: "closed" });
    thread.flush();
    prepared.close();
  };
  process.on("exit", end);
  if (input.thread === LOOP_THREAD) await thread.perform(loopProgram(run, thread));
  else await thread.perform(poolProgram(run, thread));
  over = true;
  prepared.close();
}
