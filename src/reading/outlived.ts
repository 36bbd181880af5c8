/**
 * Work that went on although whoever waited for it had given up: a job of a pool whose task was cancelled
 * meanwhile, or whatever was waited for with a limit that ran out.
 */
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import { actorsByNumber, type ActorOutcome } from "./entities.ts";
import type { Standstill } from "./standstill.ts";

export interface OutlivedWork {
  actor: number;
  /** Whoever waited for it, and when that gave up. */
  waiter: number;
  at: Ticks;
  /** How that came: it was cancelled itself, or its wait had a limit. */
  by: "cancelled" | "timed-out";
  /** Null where it had not ended by the end of the record. */
  endedAt: Ticks | null;
}

/** Why somebody gives up waiting, and not all that it does. */
const givers: ReadonlySet<string> = new Set(["timed-out", "group-failed", "program"]);

/** For as long as this work may take to come to its end when nobody wants it any more. */
const shortEnd: Ticks = 100 * TICKS_PER_MS;

/** What of all work outlived whoever waited for it. */
export function outlivedWork(
  actors: readonly ActorOutcome[],
  standstills: readonly Standstill[],
): OutlivedWork[] {
  const byNumber = actorsByNumber(actors);
  const jobs = actors.flatMap((job): OutlivedWork[] => {
    if (job.kind !== "job" || job.startedAt === null || job.parent === null) return [];
    const cancelled = byNumber.get(job.parent)?.cancelled ?? null;
    if (cancelled === null || !givers.has(cancelled.reason)) return [];
    if (cancelled.at < job.startedAt || !outlasts(job, cancelled.at)) return [];
    const { at, reason } = cancelled;
    const by = reason === "timed-out" ? "timed-out" : "cancelled";
    return [{ actor: job.number, waiter: job.parent, at, by, endedAt: endOf(job) }];
  });
  const limited = standstills.flatMap(({ actor: waiter, waits, stretches }) =>
    waits.flatMap((wait, index): OutlivedWork[] => {
      const work = wait.whom === null ? undefined : byNumber.get(wait.whom);
      const at = wait.at + wait.ticks;
      if (work === undefined || (wait.for !== "result" && wait.for !== "join")) return [];
      // Who looks again and again has not given up yet.
      const again = [...waits.slice(index + 1), ...stretches.filter(({ goesOn }) => goesOn)];
      if (again.some((one) => one.whom === wait.whom && one.for === wait.for)) return [];
      if (work.kind === "main" || work.kind === "launch" || !outlasts(work, at)) return [];
      return [{ actor: work.number, waiter, at, by: "timed-out", endedAt: endOf(work) }];
    }),
  );
  return [...jobs, ...limited];
}

/** Whether work went on for long after an instant. */
function outlasts(work: ActorOutcome, at: Ticks): boolean {
  return (work.endedAt ?? Infinity) - at >= shortEnd;
}

function endOf({ status, endedAt }: ActorOutcome): Ticks | null {
  return status === "abandoned" ? null : endedAt;
}
