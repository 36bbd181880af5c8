/**
 * The kills of a scenario: processes that are ended from outside, at an instant, without any word of their own
 * (SIGKILL, the out-of-memory killer, a power cut).
 */
import type { Ticks } from "../base/duration.ts";
import type { Position } from "../base/position.ts";
import type { Strategy } from "./strategy.ts";

/** What a kill is of, and what that means. */
export const killWords = {
  main: "the process that runs main, with its event loop and its threads; worker processes of a pool go with it",
  worker:
    "the first worker process of the pool (offload=processes); the pool is broken from then on, as in Python: its jobs fail, and so do those that come later; the first one of a durable queue (loop=durable) is started again at once",
  process:
    "everything at once: main and all worker processes, as a power cut does; where the only others are workers of a pool, the same as main; those of a durable queue are started again at once",
} as const;

export type KillTarget = keyof typeof killWords;

export const killTargets = Object.keys(killWords) as KillTarget[];

export interface Kill {
  what: KillTarget;
  /** What happens at this very instant has happened; nothing comes after it. */
  at: Ticks;
  position: Position;
}

/** The exit status of a process that SIGKILL has ended, as a shell tells it. */
export const killedStatus = 137;

/** Whether a strategy has worker processes: those of a pool, or of a durable queue. */
export function hasWorkerProcesses({ offload, consumers }: Strategy): boolean {
  return offload === "processes" || consumers !== null;
}

/** How many worker processes of a durable queue there are in a run, those included that take the place of killed ones. */
export function consumersOf({ consumers }: Strategy, kills: readonly Pick<Kill, "what">[]): number {
  if (consumers === null) return 0;
  return kills.reduce(
    (sum, { what }) => sum + (what === "worker" ? 1 : what === "process" ? consumers : 0),
    consumers,
  );
}

/** Why a kill means nothing under a strategy, with the way out; null where it means something. */
export function whyNoKill({ what }: Pick<Kill, "what">, strategy: Strategy): string | null {
  if (what !== "worker" || hasWorkerProcesses(strategy)) return null;
  return `strategy ${strategy.name} has no worker process that could be killed; kill main, or use one that has: --strategy ${strategy.name.split(",")[0]},offload=processes`;
}

/** What can be killed under a strategy, each with another result. */
export function targetsUnder(strategy: Strategy): readonly KillTarget[] {
  // Where nothing outlives main, its end is that of everything.
  if (strategy.consumers !== null) return ["main", "worker", "process"];
  return hasWorkerProcesses(strategy) ? ["process", "worker"] : ["process"];
}

/** Whether nothing goes on after a kill, so that what it leaves is what there was. */
export function endsAll(what: KillTarget, { consumers }: Strategy): boolean {
  return what !== "worker" && consumers === null;
}

/** Whether a kill ends the process that runs main. */
export function endsMain({ what }: Pick<Kill, "what">): boolean {
  return what !== "worker";
}
