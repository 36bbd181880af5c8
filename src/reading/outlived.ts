/**
 * Work that went on although whoever waited for it had given up: a job of a pool whose task was cancelled
 * meanwhile, whatever was waited for with a limit that ran out, or a call that was waited for together with
 * others until one of these failed, or a limit won.
 */
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import { byActor, inputsWith, type SettledWithout, type Use, waitingUses } from "./calls.ts";
import { actorsByNumber, type ActorOutcome } from "./entities.ts";
import type { GivenUpWait } from "./observations.ts";
import type { Standstill, Stretch } from "./standstill.ts";
import { noticeable } from "./victims.ts";

export interface OutlivedWork {
  actor: number;
  /** Whoever waited for it, where that is known, and when that gave up. */
  waiter: number | null;
  at: Ticks;
  /** How that came: it was cancelled itself, its wait had a limit, or what it waited with settled without this. */
  by: "cancelled" | "timed-out" | "all" | "race" | "new Promise";
  /** Where that settled which settled without it. */
  place?: number | null;
  /** Null where it had not ended by the end of the record. */
  endedAt: Ticks | null;
}

/** Why somebody gives up waiting, and not all that it does. */
const givers: ReadonlySet<string> = new Set(["timed-out", "group-failed", "program"]);

/** For as long as this work may take to come to its end when nobody wants it any more. */
const shortEnd: Ticks = 100 * TICKS_PER_MS;

/** What may be known of waits. */
interface Waits {
  standstills: readonly Standstill[];
  givenUpWaits: readonly GivenUpWait[];
  settledWithout: readonly SettledWithout[];
  uses: readonly Use[];
}

/** What of all work outlived whoever waited for it. */
export function outlivedWork(
  actors: readonly ActorOutcome[],
  { standstills, givenUpWaits, settledWithout, uses }: Waits,
): OutlivedWork[] {
  const byNumber = actorsByNumber(actors);
  const waitsOf = byActor(givenUpWaits);
  const jobs = actors.flatMap((job): OutlivedWork[] => {
    if (job.kind !== "job" || job.startedAt === null || job.parent === null) return [];
    // Whoever gives up what it waits for asks that to stop as well; what it waits for beside that it may still want.
    const askedAt = job.cancelled?.at ?? -Infinity;
    const cancelled = byNumber.get(job.parent)?.cancelled ?? null;
    const ends = [...(waitsOf.get(job.parent) ?? []), ...(cancelled === null ? [] : [cancelled])];
    const end = ends.findLast(({ reason, at }) => givers.has(reason) && at <= askedAt);
    if (end === undefined || end.at < job.startedAt || !outlasts(job, end.at)) return [];
    const { at, reason } = end;
    const by = reason === "timed-out" ? "timed-out" : "cancelled";
    return [{ actor: job.number, waiter: job.parent, at, by, endedAt: endOf(job) }];
  });
  const limited = standstills.flatMap(({ actor: waiter, waits, stretches }) =>
    waits.flatMap((wait, index): OutlivedWork[] => {
      const work = wait.whom === null ? undefined : byNumber.get(wait.whom);
      const at = wait.at + wait.ticks;
      if (work === undefined || (wait.for !== "result" && wait.for !== "join")) return [];
      // Who only looked has not waited, and who looks again and again has not given up yet, nor has who waits for a
      // whole pool then.
      if (wait.ticks < noticeable) return [];
      const again = [...waits.slice(index + 1), ...stretches.filter(({ goesOn }) => goesOn)];
      const isForIt = ({ whom, of }: Pick<Stretch, "whom" | "of">): boolean =>
        whom === wait.whom || (of?.startsWith("Executor.") ?? false);
      if (again.some(isForIt)) return [];
      if (work.kind === "main" || work.kind === "launch" || !outlasts(work, at)) return [];
      return [{ actor: work.number, waiter, at, by: "timed-out", endedAt: endOf(work) }];
    }),
  );
  const calls = new Set<number>();
  const without = settledWithout.flatMap((settled): OutlivedWork[] => {
    const { actor, at, by, place } = settled;
    const call = byNumber.get(actor);
    if (call === undefined || calls.has(actor) || !isCombinator(by)) return [];
    const endedAt = stoppedAt(call);
    // What its process cut off is lost.
    if (call.status === "abandoned" || (endedAt ?? Infinity) - at < noticeable) return [];
    // Whoever waits for it by itself, or together with others, has not given up.
    const own = byActor(uses).get(actor) ?? [];
    const isWanted = own.some((use) => waitingUses.has(use.how) && use.place !== place);
    if (isWanted) return [];
    // Of several of a kind the first to come to its end was wanted, and the others are no longer.
    if (by === "race" && isWonByLike(settled, { byNumber, uses })) return [];
    calls.add(actor);
    const waiter = own.findLast((use) => use.how === by)?.by ?? null;
    return [{ actor, waiter, at, by, place, endedAt }];
  });
  return [...jobs, ...limited, ...without];
}

/** Whether that may settle without what it waits for, and give up what it waits for then. */
function isCombinator(by: string): by is "all" | "race" | "new Promise" {
  return by === "all" || by === "race" || by === "new Promise";
}

/** Whether one of the same function had come to its end when a race settled that both were in. */
function isWonByLike(
  settled: SettledWithout,
  { byNumber, uses }: { byNumber: ReadonlyMap<number, ActorOutcome>; uses: readonly Use[] },
): boolean {
  const inputs = inputsWith(uses, settled);
  const ends = firstEnds.get(inputs) ?? firstEndsOf(inputs, byNumber);
  firstEnds.set(inputs, ends);
  return (ends.get(byNumber.get(settled.actor)!.function) ?? Infinity) <= settled.at;
}

const firstEnds = new WeakMap<readonly Use[], ReadonlyMap<string | null, Ticks>>();

/** By function: when the first of some calls had finished. */
function firstEndsOf(
  inputs: readonly Use[],
  byNumber: ReadonlyMap<number, ActorOutcome>,
): ReadonlyMap<string | null, Ticks> {
  const ends = new Map<string | null, Ticks>();
  for (const { actor } of inputs) {
    const { function: of, status, endedAt } = byNumber.get(actor)!;
    if (status === "finished" && endedAt !== null)
      ends.set(of, Math.min(endedAt, ends.get(of) ?? Infinity));
  }
  return ends;
}

/** Whether work went on for long after an instant. */
function outlasts(work: ActorOutcome, at: Ticks): boolean {
  return (work.endedAt ?? Infinity) - at >= shortEnd;
}

/** When work ended, or heeded that it was to: what it does from there on is its clean-up. */
function stoppedAt(work: ActorOutcome): Ticks | null {
  const { status, cancelled } = work;
  return status === "cancelled" && cancelled !== null ? cancelled.at : endOf(work);
}

function endOf({ status, endedAt }: ActorOutcome): Ticks | null {
  return status === "abandoned" ? null : endedAt;
}
