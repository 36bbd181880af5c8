/**
 * The virtual driver: a plan performed in virtual time, by a small discrete-event scheduler.
 *
 * Invariant: only one thread program runs at a time, the one whose instant comes first (equal
 * instants: the one scheduled first), so the log comes out in the order of time and the same plan
 * always gives the same log.
 */
import {
  type Interruption,
  interruptions,
  LOOP_THREAD,
  MAIN,
  MAIN_THREAD,
  typeNumber,
} from "../../events/event.ts";
import { EventLog } from "../../events/log.ts";
import { loopProgram, mainProgram } from "../../program/main.ts";
import type { Message, Operation, Thread, ThreadProgram } from "../../program/operation.ts";
import { type RunPlan, toRun } from "../../program/run.ts";
import type { Ticks } from "../../scenario/duration.ts";

/** A thread is a sequential resource: what it does next happens at `wakesAt` or, on a message, before. */
class VirtualThread implements Thread {
  readonly number: number;
  readonly messages: Message[] = [];
  program: ThreadProgram<number | void> | undefined;
  wakesAt: Ticks = 0;
  scheduled = 0;
  /** Whether a message wakes it: it parks or waits, and is not in the middle of a blocking step. */
  resting = false;
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler, number: number) {
    this.#scheduler = scheduler;
    this.number = number;
  }

  now(): Ticks {
    return this.#scheduler.now;
  }

  record(type: number, actor: number, value: number, text?: string): void {
    this.#scheduler.log.record(this.#scheduler.now, type, this.number, actor, value, text);
  }

  startLoop(): void {
    this.#scheduler.startLoop();
  }

  post(message: Message): void {
    this.#scheduler.post(this.number === MAIN_THREAD ? LOOP_THREAD : MAIN_THREAD, message);
  }

  receive(): Message | undefined {
    // Asked in every turn, and nearly always in vain: shift() of an empty array is a slow call.
    return this.messages.length === 0 ? undefined : this.messages.shift();
  }
}

class Scheduler {
  now: Ticks = 0;
  readonly log = new EventLog();
  readonly #plan: RunPlan;
  readonly #threads: VirtualThread[] = [];
  #scheduled = 0;

  constructor(plan: RunPlan) {
    this.#plan = plan;
  }

  run(timeout: Ticks | null): EventLog {
    const run = toRun(this.#plan);
    const main = new VirtualThread(this, MAIN_THREAD);
    main.program = mainProgram(run, main);
    const loop = new VirtualThread(this, LOOP_THREAD);
    loop.program = loopProgram(run, loop);
    loop.wakesAt = Infinity;
    this.#threads.push(main, loop);
    for (;;) {
      const thread = this.#first();
      if (thread.wakesAt === Infinity) return this.#interrupt("deadlock");
      if (timeout !== null && thread.wakesAt > timeout) {
        this.now = timeout;
        return this.#interrupt("timeout");
      }
      this.now = thread.wakesAt;
      const { done, value } = thread.program!.next();
      if (!done) this.#perform(thread, value as Operation);
      else if (thread === main) return this.log;
      else thread.wakesAt = Infinity;
    }
  }

  startLoop(): void {
    this.#schedule(this.#threads[LOOP_THREAD]!, this.now, false);
  }

  post(to: number, message: Message): void {
    const thread = this.#threads[to]!;
    thread.messages.push(message);
    if (thread.resting) this.#schedule(thread, this.now, false);
  }

  #first(): VirtualThread {
    let first = this.#threads[0]!;
    for (const thread of this.#threads)
      if (
        thread.wakesAt < first.wakesAt ||
        (thread.wakesAt === first.wakesAt && thread.scheduled < first.scheduled)
      )
        first = thread;
    return first;
  }

  #perform(thread: VirtualThread, operation: Operation): void {
    if (operation.kind === "block" || operation.kind === "compute")
      this.#schedule(thread, this.now + operation.ticks, false);
    else {
      const due = thread.messages.length > 0 ? this.now : Math.max(this.now, operation.until);
      this.#schedule(thread, due, true);
    }
  }

  #schedule(thread: VirtualThread, at: Ticks, resting: boolean): void {
    thread.wakesAt = at;
    thread.scheduled = ++this.#scheduled;
    thread.resting = resting;
  }

  #interrupt(by: Interruption): EventLog {
    this.log.record(this.now, typeNumber.interrupted, MAIN_THREAD, MAIN, interruptions.indexOf(by));
    return this.log;
  }
}

/**
 * Performs a plan in virtual time, at once.
 *
 * @param timeout ends the run at this instant.
 * @returns the events in the order in which they happen.
 */
export function runVirtually(plan: RunPlan, timeout: Ticks | null = null): EventLog {
  return new Scheduler(plan).run(timeout);
}
