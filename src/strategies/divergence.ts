/**
 * Model against reality: where a real run differs from the same run in virtual time, and why.
 *
 * Invariant: what luck, the machine or user code may change is told with that cause; a divergence
 * without a cause is a mistake of tandem's.
 */
import { MAIN_THREAD, threads } from "../scenario/numbers.ts";
import { typeNumber } from "../trace/event.ts";
import type { EventLog } from "../trace/log.ts";
import { callsAny } from "../scenario/calls.ts";
import { formatTime, TICKS_PER_MS, type Ticks } from "../base/duration.ts";
import { disturbedWords } from "../outcome/disturbed.ts";
import type { Outcome } from "../outcome/outcome.ts";
import { speedOf } from "../outcome/plan.ts";
import type { Run } from "../outcome/run.ts";
import { isWithinProcess } from "../scenario/strategy.ts";
import { findRaces } from "../reading/races.ts";
import { followSpans, type Span } from "../reading/spans.ts";
import { raceWindow } from "../reading/precision.ts";

/** A divergence: one difference between a real run and its model. */
export interface Divergence {
  /** What it is about, as `task's status` or `the end of main`. */
  of: string;
  virtual: string;
  real: string;
}

/** The verification of a real run against its model. */
export interface Verification {
  divergences: Divergence[];
  /** The measured cause of the divergences; null where there is none, or none is known. */
  cause: string | null;
  /** The most that anything happened later than in virtual time; null where times say nothing. */
  late: Ticks | null;
  /** The cause that makes lateness above the tolerance no divergence; null where it is within it, or is one. */
  lateBecause: string | null;
  /** The lateness that is no difference: what an idle machine takes. */
  tolerance: Ticks;
  /** Whether all that differs is that things happened later: a machine that hesitates does that. */
  onlyLate: boolean;
}

/** The verification of a strategy, by its name. */
export interface Verified extends Verification {
  strategy: string;
}

/**
 * The tolerated lateness, in ms of real time. Waking a thread, sending a message and starting a process
 * take no time only in virtual time.
 */
export const toleranceMs = 20;

/** The least delay, in ms of real time, that is given as a cause where nothing else was measured. */
const slowMs = 2;

/**
 * Compares a real run with the same run in virtual time.
 *
 * @param variants outcomes of the model with durations a little longer or shorter: what one of them
 *   came to as well, luck decides.
 */
export function findDivergences(
  model: Run,
  real: Run,
  variants: () => Iterable<Outcome>,
): Verification {
  const speed = speedOf(real.plan.driver);
  const delayed = Math.max(0, delayOf(real.trace.log) - delayOf(model.trace.log));
  const calls = callsAny(model.plan.scenario);
  const others = differences(model.outcome, real.outcome);
  const tolerance = toleranceMs * TICKS_PER_MS * speed;
  const words = disturbedWords(real.outcome);
  const slow = `sleeps and blocks ended ${formatTime(delayed)} late in all`;
  const disturbed = words === null ? slow : `${words}, and ${slow}`;
  const timeless = { cause: null, late: null, lateBecause: null, tolerance, onlyLate: false };
  const cause = (): string | null => {
    if (endsWithMain(model, others, raceWindow(speed)))
      return "luck: it ends at the same instant as main, and neither waits for the other";
    for (const variant of variants())
      if (differences(variant, real.outcome).length === 0)
        return "luck: with durations a hundredth longer or shorter, virtual time comes to the same";
    if (calls) return "your own functions do what they do, and take what they take";
    const { scenario, strategy } = model.plan;
    if (!isWithinProcess(strategy) && others.every(({ of }) => of.startsWith("line ")))
      return "luck: which worker process has a task, and when, hangs on when each looks into the queue";
    const late = scenario.kills.length > 0 ? lateWhenKilled(model, real) : 0;
    if (late > tolerance) return `when it was killed, the real run was ${formatTime(late)} late`;
    return words !== null || delayed > slowMs * TICKS_PER_MS * speed ? disturbed : null;
  };
  // Where the runs differ in more than time, their times differ because of that, and are not told apart.
  if (others.length > 0)
    return {
      ...timeless,
      divergences: others.map(({ of, virtual, real }) => ({ of, virtual, real })),
      cause: cause(),
    };
  if (calls) return { ...timeless, divergences: [] };
  const times = instants(model.outcome, real.outcome);
  // A delay is passed on to whatever waits for it, and a busy machine adds its own each time.
  const most = tolerance + 3 * delayed;
  const divergences = times
    .filter(({ virtual, at }) => at < virtual || at > virtual + most)
    .map(({ of, virtual, at }) => ({
      of,
      virtual: formatTime(virtual),
      real: formatTime(at),
    }));
  const late = times.reduce((sum, one) => Math.max(sum, one.at - one.virtual), 0);
  return {
    ...timeless,
    divergences,
    cause: divergences.length === 0 ? null : words,
    late,
    lateBecause: divergences.length === 0 && late > tolerance ? disturbed : null,
    onlyLate: divergences.length > 0 && times.every(({ virtual, at }) => at >= virtual),
  };
}

/** A divergence, and when in virtual time it can be seen; null for what never ended there. */
interface Difference extends Divergence {
  at: Ticks | null;
}

/** Whether all of it falls on main's end, on another thread, so that luck says what comes first. */
function endsWithMain({ trace }: Run, differences: readonly Difference[], window: Ticks): boolean {
  const race = findRaces(trace, window).find(({ between }) =>
    between.some(({ type }) => type === "main-ended"),
  );
  return (
    race !== undefined &&
    differences.every(({ at }) => at !== null && Math.abs(at - race.at) < window)
  );
}

/** The differences of the two runs, apart from times. */
function differences(model: Outcome, real: Outcome): Difference[] {
  const expected = facts(model);
  return [
    ...[...facts(real)].flatMap(([of, { found }]) => {
      const { found: virtual, at } = expected.get(of)!;
      return virtual === found ? [] : [{ of, virtual, real: found, at }];
    }),
    ...lines(model, real),
  ];
}

/** The facts of a run apart from times, and when each can be seen. */
function facts({
  main,
  launch,
  tasks,
  exitCode,
  interruptedBy,
  wall,
}: Outcome): Map<string, { found: string; at: Ticks | null }> {
  const ended = ({ status, error }: { status: string; error: string | null }): string =>
    error === null ? status : `${status} (${JSON.stringify(error)})`;
  const seen = (of: string, found: string, at: Ticks | null) => [of, { found, at }] as const;
  return new Map([
    seen("how the run ended", interruptedBy ?? `exit status ${exitCode}`, wall),
    seen("main", ended(main), main.endedAt),
    seen("launch", ended(launch), launch.endedAt),
    seen("who heard of launch", launch.heard?.by ?? "nobody had to", launch.endedAt),
    ...tasks.flatMap((task) => [
      seen(task.name, ended(task), task.endedAt),
      seen(`who heard of ${task.name}`, task.heard?.by ?? "nobody had to", task.endedAt),
      seen(`the clean-up of ${task.name}`, task.cleanup, task.endedAt),
      seen(`the steps of ${task.name}`, `${task.stepsDone} done`, task.endedAt),
    ]),
  ]);
}

/** Where the lines of a thread differ, the first of them. */
function lines(model: Outcome, real: Outcome): Difference[] {
  return threadsOf(model, real).flatMap((thread) => {
    const [expected, found] = [linesOf(model, thread), linesOf(real, thread)];
    const count = Math.max(expected.length, found.length);
    for (let k = 0; k < count; k++) {
      const [virtual, line] = [expected[k]?.text, found[k]?.text];
      if (virtual !== line)
        return [
          {
            of: `line ${k + 1} of thread ${threads[thread]!}`,
            virtual: virtual === undefined ? "none" : JSON.stringify(virtual),
            real: line === undefined ? "none" : JSON.stringify(line),
            at: expected[k]?.at ?? null,
          },
        ];
    }
    return [];
  });
}

function threadsOf(...outcomes: Outcome[]): number[] {
  return [
    ...new Set(outcomes.flatMap(({ prints }) => prints.map(({ thread }) => thread))),
  ].toSorted((a, b) => a - b);
}

function linesOf({ prints }: Outcome, thread: number): Outcome["prints"] {
  return prints.filter((print) => print.thread === thread);
}

/**
 * By how much a killed run was late with its kill, or with what each thread had done by then: what a thread had not
 * come to was late by then. When a worker looks into a durable queue is chance, so beside one only main can be late.
 */
function lateWhenKilled(model: Run, real: Run): Ticks {
  const isAlone = isWithinProcess(model.plan.strategy);
  const [main] = real.outcome.reading.processes;
  const end = (isAlone ? null : main?.endedAt) ?? real.outcome.wall;
  const found = doneByThread(real.trace.log);
  let most = isAlone ? end - model.outcome.wall : 0;
  for (const [thread, due] of doneByThread(model.trace.log)) {
    if (!isAlone && thread !== MAIN_THREAD) continue;
    const done = found.get(thread) ?? [];
    for (const [k, { at, what }] of due.entries()) {
      const same = done[k] ?? { at: end, what };
      const isSame = same.what === what;
      if (isSame || same.what.startsWith(interrupted)) most = Math.max(most, same.at - at);
      if (!isSame) break;
    }
  }
  return most;
}

/** How what a kill is known by begins. */
const interrupted = `${typeNumber.interrupted} `;

/** By thread: what happened on it, and when. */
function doneByThread({ chunks }: EventLog): Map<number, { at: Ticks; what: string }[]> {
  const done = new Map<number, { at: Ticks; what: string }[]>();
  for (const { length, at, thread, type, actor } of chunks)
    for (let k = 0; k < length; k++)
      done
        .getOrInsertComputed(thread[k]!, () => [])
        .push({ at: at[k]!, what: `${type[k]} ${actor[k]}` });
  return done;
}

/** The instants that both runs have, side by side; what a kill has ended, the machine has when it sends the signal. */
function instants(model: Outcome, real: Outcome): { of: string; virtual: Ticks; at: Ticks }[] {
  const isByKill = (at: Ticks): boolean => model.interruptedBy === "kill" && at === model.wall;
  const end = (of: string, a: { endedAt: Ticks | null }, b: { endedAt: Ticks | null }) =>
    a.endedAt === null || b.endedAt === null || isByKill(a.endedAt)
      ? []
      : [{ of: `the end of ${of}`, virtual: a.endedAt, at: b.endedAt }];
  return [
    ...end("main", model.main, real.main),
    ...end("launch", model.launch, real.launch),
    ...model.tasks.flatMap((task, index) => end(task.name, task, real.tasks[index]!)),
    ...end("the process", { endedAt: model.wall }, { endedAt: real.wall }),
    ...threadsOf(model).flatMap((thread) => {
      const found = linesOf(real, thread);
      return linesOf(model, thread).map(({ at, text }, k) => ({
        of: `the line ${JSON.stringify(text)}`,
        virtual: at,
        at: found[k]!.at,
      }));
    }),
  ];
}

/**
 * The delay that the machine added to a run, once the same sum of its model is subtracted: the most that
 * one program's sleeps ended late, the most that the blocking and computing steps of one thread took too
 * long, and the time of all jobs of the pool.
 */
function delayOf(log: EventLog): Ticks {
  const sleeps = new Map<number, Ticks>();
  const blocks = new Map<number, Ticks>();
  let jobs = 0;
  const add = (late: Map<number, Ticks>, key: number, { from, to, value }: Span): void => {
    late.set(key, (late.get(key) ?? 0) + Math.max(0, to! - from - value));
  };
  followSpans(log, (_, span) => {
    if (span === null || span.to === null) return;
    switch (span.kind) {
      case "sleep":
        if (span.how === "completed") add(sleeps, span.actor, span);
        break;
      case "block":
      case "compute":
        add(blocks, span.thread, span);
        break;
      case "job":
        // A job's events do not hold its nominal time, so all of it counts, here and in the model.
        jobs += span.to - span.from;
        break;
    }
  });
  const most = (late: Map<number, Ticks>): Ticks =>
    late.values().reduce((most, ticks) => Math.max(most, ticks), 0);
  return most(sleeps) + most(blocks) + jobs;
}
