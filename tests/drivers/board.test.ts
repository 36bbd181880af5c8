/** The memory that the threads of a real run share. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { Board, stages, waitWhile } from "../../src/drivers/real/board.ts";
import type { LateNotifying } from "../support/late-notifier.ts";
import { patience } from "../support/patience.ts";

setDefaultTimeout(patience);

/** A board at a stage; a thread beside this one notifies of that for a while, and then reaches the next one. */
function notifiedLate(stage: number): { board: Board; worker: Worker } {
  const size = { threads: 2, channels: 0, jobs: 0 };
  const board = new Board(size);
  board.reach(1, stage);
  const worker = new Worker(new URL("../support/late-notifier.ts", import.meta.url));
  worker.postMessage({ size, memory: board.memory, stage } satisfies LateNotifying);
  return { board, worker };
}

test("a thread is started by being told to, not by whatever wakes it", () => {
  const { board, worker } = notifiedLate(stages.toldTime);
  board.awaitStage(1, stages.toldToStart);
  expect(board.origin[0]).toBe(1);
  worker.terminate();
});

test("main goes on when the thread it starts runs, not with whatever wakes it", () => {
  const { board, worker } = notifiedLate(stages.toldToStart);
  board.takeTo(1, stages.toldToStart);
  expect(board.origin[0]).toBe(1);
  worker.terminate();
});

test("a wait that is over before anybody has written says so, and not too early", () => {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const before = performance.now();
  expect(waitWhile(cell, 0, 45.5)).toBe(false);
  expect(performance.now() - before).toBeGreaterThanOrEqual(45.5);
  expect(waitWhile(cell, 1)).toBe(true);
});
