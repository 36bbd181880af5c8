/**
 * The wait of a run's threads for a core of the machine, as the system counts it for each (Linux): in a run
 * queue, ready to go on, while others had all cores.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import type { Board } from "./board.ts";

const nsPerMs = 1e6;

/**
 * The wait of a thread, or of a process's main thread, since it began, in ms; null where nobody counts it, or
 * there is no such thread any more.
 */
export function coreWait(id: number | "self"): number | null {
  try {
    const [, waited] = readFileSync(`/proc/${id}/schedstat`, "latin1").split(" ");
    return Number(waited) / nsPerMs;
  } catch {
    return null;
  }
}

/** Notes who performs a thread of the run: the thread itself, or the process that does its jobs. */
export function noteWaiter(board: Board, thread: number): void {
  board.waiter(thread)[0] = Atomics.load(board.process(thread), 0) || ownId();
}

/** The number of the thread that asks, as the system has it; 0 where it says none. */
function ownId(): number {
  try {
    return Number(basename(readlinkSync("/proc/thread-self")));
  } catch {
    return 0;
  }
}

/** Notes on main what the threads have waited before the run begins. */
export function beginWaits(board: Board): void {
  for (const thread of board.waits.keys())
    board.waits[thread] = -(coreWait(board.waiter(thread)[0]!) ?? 0);
}

/** Notes what a thread that ends has waited. */
export function endWait(board: Board, thread: number): void {
  const cell = board.waiter(thread);
  board.waits[thread]! += coreWait(Atomics.exchange(cell, 0, 0)) ?? 0;
}

/** The most that one of the threads has waited since the run began, in ms; null where nobody counts it. */
export function longestWait(board: Board): number | null {
  if (coreWait("self") === null) return null;
  const waits = board.waits.map((waited, thread) => {
    const id = board.waiter(thread)[0]!;
    return id === 0 ? waited : waited + (coreWait(id) ?? -waited);
  });
  return Math.max(0, ...waits);
}
