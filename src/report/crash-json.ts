/** The result object of what crashes cost. Times are ms of scenario time. */
import { TICKS_PER_MS, type Ticks } from "../base/duration.ts";
import type { Outcome } from "../outcome/outcome.ts";
import type { Remains } from "../reading/kills.ts";
import { standpoint } from "../scenario/walk.ts";
import type { Crash, CrashClass, CrashMoment } from "../strategies/crash.ts";
import type { Verified } from "../strategies/divergence.ts";
import { standpointToJson, strategyToJson } from "./json.ts";
import { verifiedToJson } from "./comparison-json.ts";

/** What a kill leaves of tasks under a strategy, by name, from which instant on. */
export type TaskRemains = ReadonlyMap<string, readonly (Remains & { from: Ticks })[]>;

/** What the killed run comes to. */
export type Left = ReturnType<typeof leftToJson>;

/** The worst moment, and the scenario with that kill. */
interface WorstToTell {
  moment: CrashMoment;
  at: Ticks;
  left: Left;
  document: () => string;
}

export interface ToldCrash extends Crash, CrashClass {
  /** Of kills of the whole process; null of a worker's. */
  remains: TaskRemains | null;
  worst: WorstToTell | null;
  /** How a kill at the worst moment that can be hit for real went there; null where it was not tried. */
  real: (Verified & { at: Ticks }) | null;
}

export function crashToJson(scenario: string, crashes: readonly ToldCrash[]): object {
  return {
    scenario,
    crashes: crashes.map((crash) => ({
      strategy: strategyToJson(crash.strategy),
      members: crash.members.map(({ name }) => name),
      own: crash.own,
      killed: crash.killed,
      wall: crash.wall === null ? null : ms(crash.wall),
      tasks: crash.tasks,
      lostAnyway: crash.lostAnyway,
      moments: crash.moments.map(momentToJson),
      passedOver: crash.passedOver,
      remains:
        crash.remains === null
          ? null
          : [...crash.remains].map(([task, all]) => ({
              task,
              remains: all.map(({ from, lost, isHandedOver, done }) => ({
                from: ms(from),
                lost,
                handedOver: isHandedOver,
                stepsDone: done,
              })),
            })),
      worst: crash.worst === null ? null : worstToJson(crash.worst),
      real: crash.real === null ? null : { ...verifiedToJson(crash.real), at: ms(crash.real.at) },
    })),
  };
}

function momentToJson({
  from,
  to,
  lost,
  handedOverLost,
  halfDone,
  failed,
  twice,
  unnoticed,
}: CrashMoment) {
  return {
    from: ms(from),
    to: ms(to),
    lost,
    handedOverLost,
    halfDone,
    failed,
    twice,
    unnoticed: unnoticed === null ? null : ms(unnoticed),
  };
}

function worstToJson({ moment, at, left, document }: WorstToTell) {
  return { at: ms(at), moment: momentToJson(moment), ...left, document: document() };
}

export function leftToJson({ exitCode, tasks }: Outcome) {
  return {
    exitCode,
    tasks: tasks.map(({ name, status, lost, stepsDone, steps, spec }) => {
      const last = stepsDone === 0 ? undefined : standpoint(spec.steps, stepsDone - 1);
      return {
        name,
        status,
        lost,
        stepsDone,
        steps,
        lastDone: last === undefined ? null : standpointToJson(last),
      };
    }),
  };
}

function ms(ticks: Ticks): number {
  return ticks / TICKS_PER_MS;
}
