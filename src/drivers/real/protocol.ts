/** What the processes and threads of a real run hand each other at the start. Plain data throughout. */
import type { RunPlan } from "../../program/run.ts";

/** setTimeout takes no more milliseconds than this. */
export const longestTimer = 2 ** 31 - 1;

/** From tandem to the child process, as JSON on its standard input. */
export interface ChildInput {
  plan: RunPlan;
  speed: number;
}

/** From the child's main thread to the Worker that holds the loop. */
export interface LoopInput extends ChildInput {
  port: MessagePort;
  control: SharedArrayBuffer;
  /** The main thread's performance.timeOrigin. */
  mainTimeOrigin: number;
}

/** From the Worker, when it is loaded and waits to be started. */
export interface LoopReady {
  /** Its time of sending, by the main thread's clock as it reckons it. */
  sentAt: number;
}

/** Cells of the memory that main and the loop's thread share. */
export class Control {
  readonly memory: SharedArrayBuffer;
  /** 1 when the thread is told to start, 2 when it has. */
  readonly started: Int32Array;
  readonly mainArrivals: Int32Array;
  readonly loopArrivals: Int32Array;
  /** Who writes to the event pipe holds this lock (1). */
  readonly pipe: Int32Array;
  /** [0] what the loop's clock is behind main's, in ms; [1] when main started, by main's clock. */
  readonly clock: Float64Array;

  constructor(memory = new SharedArrayBuffer(32)) {
    this.memory = memory;
    this.clock = new Float64Array(memory, 0, 2);
    this.started = new Int32Array(memory, 16, 1);
    this.mainArrivals = new Int32Array(memory, 20, 1);
    this.loopArrivals = new Int32Array(memory, 24, 1);
    this.pipe = new Int32Array(memory, 28, 1);
  }
}
