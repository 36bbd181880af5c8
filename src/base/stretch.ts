/** Computing that lets other things have their turn now and then: signals, timers, what comes from a process. */

/** For how long, in ms, computing goes on by itself. */
const stretchMs = 50;

/** A stretch of computing: whoever computes for long ends it where it has lasted long enough. */
export class Stretch {
  #since = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#since >= stretchMs;
  }

  /** Lets the event loop turn, and begins the next stretch. */
  async rest(): Promise<void> {
    await Bun.sleep(0);
    this.#since = performance.now();
  }
}
