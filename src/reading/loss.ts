/**
 * Loss: which tasks did not come to their end although nobody had decided so.
 *
 * The cancellation that came first decides. A loop that closes and a process that ends cut off
 * whatever is there, so nobody decided about the task itself; a timeout and a failing group are
 * about their very tasks, which are given up.
 */
import type { Ticks } from "../base/duration.ts";
import { cancelReasons } from "../trace/event.ts";
import type { ActorOutcome, GivenUpBy } from "./entities.ts";
import type { MainWait } from "./standstill.ts";

/** What its loss depends on beside. */
export interface Surroundings {
  /** Whose results were waited for in its process, from when on and for how long. */
  results: readonly Pick<MainWait, "of" | "whom" | "at" | "ticks">[];
  /** Whether the program came to its own end. */
  endedItself: boolean;
  /** Whether it is a thread or a task that serves others, as a daemon does, and had nothing to do. */
  isIdle: boolean;
}

const givers: readonly GivenUpBy[] = ["group-failed", "timed-out"];

/** Who gave a task up, and when; null when nobody did. */
export function givenUpOf({
  status,
  cancelled,
}: Pick<ActorOutcome, "status" | "cancelled">): { by: GivenUpBy; at: Ticks } | null {
  if (status === "finished" || status === "failed" || cancelled === null) return null;
  const { reason, at } = cancelled;
  const by = givers.find((giver) => giver === reason);
  return by === undefined ? null : { by, at };
}

/** Whether nobody decided that a task should not come to its end, or somebody still counted on it. */
export function isLostWork(fate: ActorOutcome, surroundings: Surroundings): boolean {
  const { results, endedItself, isIdle } = surroundings;
  const { status, until, startedAt, endedAt, destroyed, cancelled } = fate;
  // What a durable queue keeps is there to be performed, by whoever looks into it next.
  if (fate.queuedAt !== null && fate.acknowledgedAt === null) return false;
  if (status === "finished" || status === "failed" || status === "ended") return false;
  if (status === "abandoned" && isIdle) return false;
  if (status === "unstarted") return true;
  const isPromised = results.some((wait) => isFor(wait, fate) && wait.at + wait.ticks >= endedAt!);
  if (isPromised || destroyed) return true;
  if (isIdle && cancelled?.reason === "loop-closed") return false;
  if (givenUpOf(fate) !== null) return false;
  if (isDecided(fate)) return false;
  return until !== "shutdown" || startedAt === null || !endedItself;
}

/** Whether a line of the program cancelled it, or somebody for a reason that this version does not know. */
function isDecided({ cancelled, status }: ActorOutcome): boolean {
  if (cancelled === null) return false;
  if (cancelled.reason === "program") return true;
  return status === "cancelled" && !cancelReasons.some((reason) => reason === cancelled.reason);
}

/** Whether a wait is for this actor: by its number where that is known, else by its name. */
export function isFor(
  { whom, of }: Pick<MainWait, "whom" | "of">,
  { number, name }: Pick<ActorOutcome, "number" | "name">,
): boolean {
  return whom === null ? of === name : whom === number;
}
