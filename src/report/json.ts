/**
 * The result object of `--json`.
 *
 * All times are milliseconds of scenario time from the start of main; shares are 0 to 1.
 */
import { TICKS_PER_MS, type Ticks } from "../base/duration.ts";
import type { ToldFinding } from "../remedies/findings.ts";
import { actorName, documentName, type Outcome } from "../outcome/outcome.ts";
import { threads } from "../trace/event.ts";

export type RunResult = ReturnType<typeof toJson>;

export function toJson(outcome: Outcome, findings: ToldFinding[]) {
  const { strategy, main, launch } = outcome;
  return {
    scenario: outcome.scenario.name,
    strategy: {
      ...strategy,
      timeout: orNull(strategy.timeout),
      grace: orNull(strategy.grace),
    },
    driver: outcome.driver,
    speed: outcome.speed,
    ...(outcome.jitter === undefined ? {} : { jitter: outcome.jitter }),
    wall: ms(outcome.wall),
    exitCode: outcome.exitCode,
    interruptedBy: outcome.interruptedBy,
    interruption: outcome.interruption,
    main: {
      status: main.status,
      endedAt: orNull(main.endedAt),
      blocked: ms(main.blocked),
      error: main.error,
    },
    launch: {
      status: launch.status,
      startedAt: orNull(launch.startedAt),
      endedAt: orNull(launch.endedAt),
      error: launch.error,
      heard: launch.heard?.by ?? null,
      heardAt: orNull(launch.heard?.at ?? null),
    },
    tasks: outcome.tasks.map((task) => ({
      name: task.name,
      status: task.status,
      startedAt: orNull(task.startedAt),
      endedAt: orNull(task.endedAt),
      progress:
        task.steps === 0 ? (task.status === "finished" ? 1 : 0) : task.stepsDone / task.steps,
      error: task.error,
      heard: task.heard?.by ?? null,
      heardAt: orNull(task.heard?.at ?? null),
      lost: task.lost,
      givenUp: task.givenUp === null ? null : { by: task.givenUp.by, at: ms(task.givenUp.at) },
      cleanup: task.cleanup,
      destroyed: task.destroyed,
      cleanupCut:
        task.cleanupCut === null ? null : { by: task.cleanupCut.by, at: ms(task.cleanupCut.at) },
      steps: task.steps,
      stepsDone: task.stepsDone,
      stoodAt:
        task.stoodAt === null
          ? null
          : {
              line: task.stoodAt.step.position.line,
              column: task.stoodAt.step.position.column,
              step: task.stoodAt.step.kind,
              iteration: task.stoodAt.iteration,
            },
      cancelled:
        task.cancelled === null
          ? null
          : { reason: task.cancelled.reason, at: ms(task.cancelled.at) },
    })),
    prints: outcome.lines.map((print) => ({
      at: ms(print.at),
      thread: threads[print.thread]!,
      task: print.actor >= 0 ? actorName(outcome, print.actor) : null,
      text: print.text,
      // Stdout is not said: it is where a program prints.
      ...(print.stream === "stderr" ? { stream: "stderr" as const } : {}),
    })),
    metrics: {
      overlap: outcome.overlap,
      longestBlock:
        outcome.longestBlock === null
          ? null
          : {
              at: ms(outcome.longestBlock.at),
              duration: ms(outcome.longestBlock.ticks),
              by: actorName(outcome, outcome.longestBlock.actor),
              source: outcome.longestBlock.source,
            },
      lateness: {
        count: outcome.lateness.count,
        p50: ms(outcome.lateness.p50),
        p99: ms(outcome.lateness.p99),
        max: ms(outcome.lateness.max),
      },
    },
    blocks: outcome.blame.holds.map(({ hold, victims }) => ({
      at: ms(hold.at),
      duration: ms(hold.ticks),
      by: actorName(outcome, hold.actor),
      source: hold.source,
      shares: hold.parts.map(({ actor, ticks }) => ({
        by: actorName(outcome, actor),
        duration: ms(ticks),
      })),
      late: victims.map(({ actor, tasks, by }) => ({
        task: documentName(outcome, actor),
        tasks,
        by: ms(by),
      })),
    })),
    races: outcome.races.map((race) => ({
      at: ms(race.at),
      gap: ms(race.gap),
      between: race.between.map((racer) => ({
        type: racer.type,
        thread: threads[racer.thread]!,
        actor: actorName(outcome, racer.actor),
        text: racer.text,
      })),
    })),
    failures: outcome.failures.map((failure) => ({
      of: actorName(outcome, failure.actor),
      error: failure.error,
      at: ms(failure.at),
      heard: failure.heard.map(({ by, where, at }) => ({ by, where, at: ms(at) })),
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

function ms(ticks: Ticks): number {
  return ticks / TICKS_PER_MS;
}

function orNull(ticks: Ticks | null): number | null {
  return ticks === null ? null : ms(ticks);
}
