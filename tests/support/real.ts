/** A plan performed for real within the test's own process (its child is a real one), and what must not depend on the driver. */
import { planOf } from "../../src/outcome/plan.ts";
import { runOf } from "../../src/outcome/run.ts";
import { RealRun, traitsOf } from "../../src/drivers/real/real.ts";
import { startRunsWith } from "../../src/drivers/real/self.ts";
import { runVirtually } from "../../src/drivers/virtual/virtual.ts";
import { eventTypes } from "../../src/trace/event.ts";
import { LOOP_THREAD, MAIN_THREAD } from "../../src/scenario/numbers.ts";
import type { EventLog } from "../../src/trace/log.ts";
import { type RunResult, toJson } from "../../src/report/json.ts";
import type { ProgramSpec } from "../../src/program/spec.ts";
import type { Scenario } from "../../src/scenario/model.ts";
import { command } from "./tandem.ts";

startRunsWith(command);

/** Performs a plan for real. @returns its events in the order of time. */
export async function performForReal(plan: ProgramSpec, speed: number): Promise<EventLog> {
  using run = new RealRun(traitsOf(plan));
  const { log } = await run.perform(plan, {
    speed,
    folder: process.cwd(),
    timeout: null,
    signal: new AbortController().signal,
  });
  return log;
}

/** The result of both drivers, and the log of each. */
export interface Twice {
  model: RunResult;
  modelLog: EventLog;
  real: RunResult;
  realLog: EventLog;
}

export async function performTwice(plan: ProgramSpec, speed: number): Promise<Twice> {
  const modelLog = runVirtually(plan);
  const realLog = await performForReal(plan, speed);
  const read = (log: EventLog): RunResult =>
    toJson(
      runOf(planOf(plan.scenario, { ...plan, driver: { kind: "real", speed } }), log).outcome,
      [],
    );
  return { model: read(modelLog), modelLog, real: read(realLog), realLog };
}

/** How late a machine may be, in ms of real time, before a run that ended otherwise is made again. */
const slack = 20;

/** How often it is made at most. */
const mostTries = 8;

/**
 * The same, again where both do not end alike and the machine was late.
 *
 * @param check is given each run, for what is wrong however late the machine was.
 */
export async function performUndisturbed(
  plan: ProgramSpec,
  speed: number,
  check: (twice: Twice) => void = () => {},
): Promise<Twice> {
  for (let tries = 1; ; tries++) {
    const twice = await performTwice(plan, speed);
    check(twice);
    const isAlike = Bun.deepEquals(essence(twice.real), essence(twice.model));
    if (isAlike || tries === mostTries || lateness(twice) <= slack * speed) return twice;
  }
}

/** What must not depend on the driver. */
export function essence({ main, launch, tasks, prints, exitCode, interruptedBy }: RunResult) {
  const lines = (thread: string): string[] =>
    prints.filter((print) => print.thread === thread).map((print) => print.text);
  return {
    exitCode,
    interruptedBy,
    main: [main.status, main.error],
    launch: [launch.status, launch.error],
    tasks: tasks.map(({ name, status, error, heard, cleanup, progress }) => ({
      name,
      status,
      error,
      heard,
      cleanup,
      progress,
    })),
    main_lines: lines("main"),
    loop_lines: lines("loop"),
  };
}

/** What happened for real before it could, by virtual time: nothing, if all is well. */
export function tooEarly(model: RunResult, real: RunResult): string[] {
  const early: string[] = [];
  if (real.wall < model.wall) early.push(`the end, at ${real.wall} instead of ${model.wall}`);
  for (const thread of ["main", "loop"]) {
    const lines = (result: RunResult) => result.prints.filter((print) => print.thread === thread);
    const soonest = lines(model);
    for (const [index, { at, text }] of lines(real).entries())
      if (at < (soonest[index]?.at ?? 0))
        early.push(`${JSON.stringify(text)}, at ${at} instead of ${soonest[index]!.at}`);
  }
  return early;
}

/**
 * What must have happened before something else, and had not: for each such pair, the later event.
 *
 * @param log in the order of time.
 */
export function disordered(log: EventLog, { channels }: Scenario): string[] {
  const capacities = new Map(channels.map(({ name, capacity }) => [name, capacity ?? Infinity]));
  const seen = new Set<string>();
  const wrong: string[] = [];
  const after = (cause: string, effect: string): void => {
    if (!seen.has(cause)) wrong.push(`${effect} without ${cause}`);
  };
  const jobs = new Map<number, number>();
  const submitted = new Set<number>();
  for (const chunk of log.chunks)
    for (let k = 0; k < chunk.length; k++) {
      const actor = chunk.actor[k]!;
      const value = chunk.value[k]!;
      const text = chunk.texts.get(k) ?? "";
      switch (eventTypes[chunk.type[k]!]!) {
        case "thread-started":
          seen.add("thread started");
          break;
        case "loop-opened":
          if (chunk.thread[k] === 1) after("thread started", "loop opened");
          break;
        case "task-submitted":
          submitted.add(actor);
          seen.add(`submitted ${actor}`);
          break;
        case "task-created":
          if (submitted.has(actor)) after(`submitted ${actor}`, `created ${actor}`);
          break;
        case "sent": {
          const capacity = capacities.get(text)!;
          if (value >= capacity)
            after(`received ${value - capacity} ${text}`, `sent ${value} ${text}`);
          seen.add(`sent ${value} ${text}`);
          break;
        }
        case "received":
          after(`sent ${value} ${text}`, `received ${value} ${text}`);
          seen.add(`received ${value} ${text}`);
          break;
        case "offload-began":
          jobs.set(actor, value);
          seen.add(`offloaded ${value}`);
          break;
        case "job-began":
          after(`offloaded ${value}`, `job ${value}`);
          break;
        case "job-ended":
          seen.add(`done ${value}`);
          break;
        case "offload-ended":
          if (value === 0) after(`done ${jobs.get(actor)}`, `back from the pool ${actor}`);
          break;
        case "task-ended":
          seen.add(`ended ${actor}`);
          break;
        case "error-raised":
          if (actor >= 0) after(`ended ${actor}`, `raised ${actor}`);
          break;
        default:
          break;
      }
    }
  return wrong;
}

/**
 * By how much, in ms of scenario time, the machine kept main or the loop from doing for real what
 * they do in virtual time: how late they were as long as they did the same. Where one did something
 * else, or its process ended by itself, what should have come in that place was late by then.
 */
export function lateness({ modelLog, real, realLog }: Twice): number {
  // No machine keeps a run from its end.
  if (real.interruptedBy !== null && real.interruptedBy !== "deadlock") return 0;
  let most = 0;
  for (const thread of [MAIN_THREAD, LOOP_THREAD]) {
    const found = doneBy(thread, realLog);
    for (const [k, { at: due, what }] of doneBy(thread, modelLog).entries()) {
      // Who waits for ever has not been kept from anything.
      if (found[k] === undefined && real.interruptedBy !== null) break;
      most = Math.max(most, (found[k]?.at ?? real.wall) - due);
      if (found[k]?.what !== what) break;
    }
  }
  return most;
}

/** What a thread did, in its order: when, in ms, and what. */
function doneBy(one: number, log: EventLog): { at: number; what: string }[] {
  const done: { at: number; what: string }[] = [];
  for (const { length, at, type, thread, actor } of log.chunks)
    for (let k = 0; k < length; k++)
      if (thread[k] === one) done.push({ at: at[k]! / 1000, what: `${type[k]} ${actor[k]}` });
  return done;
}

/** So many jobs go on at once, whoever brings them; the others wait for their turn. */
export class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<Result>(job: () => Promise<Result>): Promise<Result> {
    if (this.#free === 0) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#free--;
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  /** Does something with each of many things. @throws what the first throws that does. */
  async each<One>(many: readonly One[], job: (one: One) => Promise<void>): Promise<void> {
    await Promise.all(many.map((one) => this.run(() => job(one))));
  }
}
