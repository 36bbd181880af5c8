/**
 * The time for which a run stood still since its processes were stopped: by SIGSTOP or Ctrl-Z, or with all of
 * their machine, as one that is virtual may be. The clock goes on meanwhile, and no thread waits for a core.
 *
 * It is measured by a heartbeat of tandem's own process: what a beat is late by and its thread has neither
 * computed nor waited for a core, the process was stopped for. Of the run's process the system says whether it is.
 */
import { readFileSync } from "node:fs";

/** The interval of the heartbeat, in ms. */
const beatMs = 50;

/** The least time, in ms, that a stop takes: a thread may be kept from its turn by its own collector of garbage. */
const leastMs = 100;

export class StopWatch implements Disposable {
  /** How long they were stopped so far, in ms. */
  stopped = 0;
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #beatAt = performance.now();
  #busy = busyMs();

  /** @param pid that of the run's process. */
  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#beat(), beatMs).unref();
  }

  #beat(): void {
    const now = performance.now();
    const busy = busyMs();
    const since = now - this.#beatAt;
    const own = since - beatMs - (busy - this.#busy);
    if (own > leastMs) this.stopped += own;
    else if (isStopped(this.#pid)) this.stopped += since;
    this.#beatAt = now;
    this.#busy = busy;
  }

  /** A second time it does nothing. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** For how long the main thread has computed, or waited for a core, in ms. Where nobody says it, no stop is known either. */
function busyMs(): number {
  try {
    const [computed, waited] = readFileSync("/proc/self/schedstat", "latin1").split(" ");
    return (Number(computed) + Number(waited)) / 1e6;
  } catch {
    return Infinity;
  }
}

/** Whether a process is stopped, by a signal or a debugger. */
function isStopped(pid: number): boolean {
  try {
    return /\) [Tt] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
