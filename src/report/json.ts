/**
 * The result object of `--json`.
 *
 * All times are milliseconds of scenario time from the start of main; shares are 0 to 1.
 */
import { TICKS_PER_MS, type Ticks } from "../base/duration.ts";
import type { ToldFinding } from "../remedies/findings.ts";
import {
  actorName,
  type AttemptOutcome,
  documentName,
  type Outcome,
  type TaskOutcome,
} from "../outcome/outcome.ts";
import { jitterOf, speedOf } from "../outcome/plan.ts";
import { threads } from "../scenario/numbers.ts";
import { axisNames, axisOf } from "../scenario/axes.ts";
import type { Strategy } from "../scenario/strategy.ts";
import type { Standpoint } from "../scenario/walk.ts";
import { blockToJson, holdToJson } from "./holds-json.ts";

export type RunResult = ReturnType<typeof toJson>;

/** @param findings as they are told, with what was tried to change them. */
export function toJson(outcome: Outcome, findings: ToldFinding[]) {
  const { scenario, strategy, driver, wall } = outcome;
  const jitter = jitterOf(driver);
  const { exitCode, interruptedBy, interruption } = outcome;
  return {
    scenario: scenario.name,
    strategy: strategyToJson(strategy),
    driver: driver.kind,
    speed: speedOf(driver),
    ...(jitter === null ? {} : { jitter }),
    ...disturbedToJson(outcome),
    wall: ms(wall),
    exitCode,
    interruptedBy,
    interruption,
    ...killedToJson(outcome),
    main: mainToJson(outcome.main),
    launch: launchToJson(outcome.launch),
    tasks: outcome.tasks.map(taskToJson),
    prints: printsToJson(outcome),
    metrics: metricsToJson(outcome),
    blocks: blocksToJson(outcome),
    races: racesToJson(outcome),
    failures: outcome.failures.map(({ actor, error, at, heard }) => ({
      of: actorName(outcome, actor),
      error,
      at: ms(at),
      heard: heard.map(({ by, where, at: when }) => ({ by, where, at: ms(when) })),
    })),
    waiting: outcome.waiting.map(({ actor, for: what, of, since }) => ({
      who: actorName(outcome, actor),
      for: what,
      of,
      since: ms(since),
    })),
    findings: findings.map((finding) => ({ ...finding, at: ms(finding.at) })),
  };
}

function disturbedToJson({ disturbed, driver }: Outcome) {
  if (disturbed === null) return {};
  const { waited, stopped } = disturbed;
  const speed = speedOf(driver);
  return {
    disturbed: { waited: waited === null ? null : waited * speed, stopped: stopped * speed },
  };
}

/** A strategy with its durations in ms, as all times of the JSON are. */
export function strategyToJson(strategy: Strategy): Strategy {
  const durations = axisNames
    .filter((name) => axisOf(name).kind === "duration")
    .map((name) => [name, orNull(strategy[name] as Ticks | null)]);
  return { ...strategy, ...(Object.fromEntries(durations) as Partial<Strategy>) };
}

/** The processes that were killed; nothing where none was. */
function killedToJson({ reading }: Outcome) {
  const killed = reading.processes.filter(({ interruptedBy }) => interruptedBy === "kill");
  if (killed.length === 0) return {};
  return { killed: killed.map(({ name, endedAt }) => ({ process: name, at: orNull(endedAt) })) };
}

function mainToJson({ status, endedAt, blocked, error }: Outcome["main"]) {
  return { status, endedAt: orNull(endedAt), blocked: ms(blocked), error };
}

function launchToJson({ status, startedAt, endedAt, error, heard }: Outcome["launch"]) {
  return {
    status,
    startedAt: orNull(startedAt),
    endedAt: orNull(endedAt),
    error,
    heard: heard?.by ?? null,
    heardAt: orNull(heard?.at ?? null),
  };
}

function taskToJson(task: TaskOutcome) {
  const { status, steps, stepsDone, givenUp, cleanupCut, stoodAt, cancelled } = task;
  return {
    name: task.name,
    status,
    startedAt: orNull(task.startedAt),
    endedAt: orNull(task.endedAt),
    progress: steps === 0 ? (status === "finished" ? 1 : 0) : stepsDone / steps,
    error: task.error,
    heard: task.heard?.by ?? null,
    heardAt: orNull(task.heard?.at ?? null),
    lost: task.lost,
    givenUp: givenUp === null ? null : { by: givenUp.by, at: ms(givenUp.at) },
    cleanup: task.cleanup,
    destroyed: task.destroyed,
    cleanupCut: cleanupCut === null ? null : { by: cleanupCut.by, at: ms(cleanupCut.at) },
    steps,
    stepsDone,
    stoodAt: stoodAt === null ? null : standpointToJson(stoodAt),
    cancelled: cancelled === null ? null : { reason: cancelled.reason, at: ms(cancelled.at) },
    ...(task.queuedAt === null && task.attempts.length === 0
      ? {}
      : { queuedAt: orNull(task.queuedAt), attempts: task.attempts.map(attemptToJson) }),
    ...(task.enqueueBeganAt === null ? {} : { enqueueBeganAt: ms(task.enqueueBeganAt) }),
    ...(task.acknowledgedAt === null ? {} : { acknowledgedAt: ms(task.acknowledgedAt) }),
  };
}

function attemptToJson({ thread, from, to, how, error, stepsDone }: AttemptOutcome) {
  return { worker: threads[thread]!, from: ms(from), to: orNull(to), how, error, stepsDone };
}

export function standpointToJson({ step, iteration }: Standpoint) {
  const { line, column } = step.position;
  return { line, column, step: step.kind, iteration };
}

function printsToJson(outcome: Outcome) {
  return outcome.lines.map(({ at, thread, actor, text, stream }) => ({
    at: ms(at),
    thread: threads[thread]!,
    task: actor >= 0 ? actorName(outcome, actor) : null,
    text,
    // Stdout is not said: it is where a program prints.
    ...(stream === "stderr" ? { stream: "stderr" as const } : {}),
  }));
}

function metricsToJson(outcome: Outcome) {
  const { overlap, longestBlock, lateness } = outcome;
  return {
    overlap,
    longestBlock: longestBlock === null ? null : holdToJson(longestBlock, holdNaming(outcome)),
    lateness: {
      count: lateness.count,
      p50: ms(lateness.p50),
      p99: ms(lateness.p99),
      max: ms(lateness.max),
    },
  };
}

function blocksToJson(outcome: Outcome) {
  return outcome.blame.holds.map((block) => blockToJson(block, holdNaming(outcome)));
}

function holdNaming(outcome: Outcome) {
  return {
    by: (actor: number) => ({ by: actorName(outcome, actor) }),
    task: (actor: number) => ({ task: documentName(outcome, actor) }),
    ofVictim: () => ({}),
  };
}

function racesToJson(outcome: Outcome) {
  return outcome.races.map(({ at, gap, between }) => ({
    at: ms(at),
    gap: ms(gap),
    between: between.map(({ type, thread, actor, text }) => ({
      type,
      thread: threads[thread]!,
      actor: actorName(outcome, actor),
      text,
    })),
  }));
}

function ms(ticks: Ticks): number {
  return ticks / TICKS_PER_MS;
}

function orNull(ticks: Ticks | null): number | null {
  return ticks === null ? null : ms(ticks);
}
