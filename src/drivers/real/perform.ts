/**
 * Performing a thread program on a real thread: real blocking, real computing, native timers.
 *
 * Invariant: a thread's events are in the pipe before it stands still, and before it says anything
 * to another thread.
 */
import type { Message, Thread, ThreadProgram } from "../../program/operation.ts";
import { type Ticks, TICKS_PER_MS } from "../../scenario/duration.ts";
import type { Mailbox } from "./mailbox.ts";
import { longestTimer } from "./protocol.ts";
import type { EventWriter } from "./wire.ts";

export interface RealThreadOptions {
  number: number;
  /** Every duration is divided by it, and every time reported multiplied. */
  speed: number;
  /** When main started, by this thread's `performance.now()`, in milliseconds. */
  origin: number;
  writer: EventWriter;
  /** Null where the run has one thread only. */
  mailbox: Mailbox | null;
  startLoop: () => void;
}

export class RealThread implements Thread {
  readonly number: number;
  readonly #options: RealThreadOptions;
  /** Nobody ever writes here: a cell to wait at for less than a timer's millisecond. */
  readonly #never = new Int32Array(new SharedArrayBuffer(4));

  constructor(options: RealThreadOptions) {
    this.number = options.number;
    this.#options = options;
  }

  now(): Ticks {
    const { origin, speed } = this.#options;
    return Math.floor((performance.now() - origin) * TICKS_PER_MS * speed);
  }

  record(type: number, actor: number, value: number, text?: string): void {
    this.#options.writer.record(this.now(), type, this.number, actor, value, text);
  }

  startLoop(): void {
    this.#options.startLoop();
  }

  post(message: Message): void {
    // What another thread hears of may make it end the process.
    this.#options.writer.flush();
    this.#options.mailbox!.post(message);
  }

  receive(): Message | undefined {
    return this.#options.mailbox?.receive();
  }

  /** Takes a program from operation to operation to its end. */
  async perform<Result>(program: ThreadProgram<Result>): Promise<Result> {
    const { writer, speed } = this.#options;
    for (;;) {
      const { done, value } = program.next();
      writer.flush();
      if (done) return value;
      switch (value.kind) {
        case "block":
          this.#block(performance.now() + value.ticks / TICKS_PER_MS / speed);
          break;
        case "compute":
          compute(value.ticks / speed);
          break;
        case "park":
          await this.#park(value.until);
          break;
        case "wait":
          this.#options.mailbox!.block(this.#msUntil(value.until));
          break;
      }
    }
  }

  /** Milliseconds of real time until an instant of scenario time. */
  #msUntil(until: Ticks): number {
    const { origin, speed } = this.#options;
    return origin + until / TICKS_PER_MS / speed - performance.now();
  }

  /** Stands still until `deadline` (by performance.now()). */
  #block(deadline: number): void {
    // Bun.sleepSync cuts off fractions of a millisecond; Atomics.wait honours them.
    const whole = Math.floor(deadline - performance.now());
    if (whole > 0) Bun.sleepSync(whole);
    this.#waitFraction(deadline - performance.now());
  }

  /** Leaves the thread to its native event loop until the instant, or until a message comes. */
  async #park(until: Ticks): Promise<void> {
    const { mailbox } = this.#options;
    const whole = Math.floor(this.#msUntil(until));
    if (whole > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(whole, longestTimer));
        mailbox?.onArrival(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    // Timers cut off fractions too. For less than a millisecond, standing still does no harm.
    const rest = this.#msUntil(until);
    if (rest < 1) this.#waitFraction(rest);
  }

  #waitFraction(ms: number): void {
    if (ms > 0) Atomics.wait(this.#never, 0, 0, ms);
  }
}

/** Burns this many microseconds of the thread's own CPU time: a busy machine makes it last longer. */
function compute(microseconds: number): void {
  const end = cpuTime() + microseconds;
  // Reading the CPU time is a system call of half a microsecond, so it is worth some work in between.
  for (let sink = 1; cpuTime() < end;) for (let k = 0; k < 1000; k++) sink = Math.sqrt(sink + k);
}

function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
