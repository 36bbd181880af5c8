/** Findings: what went wrong in a run, in a sentence with figures, and what to do about it. */
import type { CancelReason } from "../trace/event.ts";
import { formatTime } from "../base/duration.ts";
import {
  launchFailedWith,
  launchUnheard,
  nobodyHeard,
  onlyLogged,
  promisesNotAwaited,
  strays,
} from "./findings/errors.ts";
import { byTask, type Finding, type Found, quote } from "./findings/finding.ts";
import { loopBlocked, starved } from "./findings/held.ts";
import { abandonedAtExit, destroyedPending, lostAtClose, neverStarted } from "./findings/losses.ts";
import { cancelledAtExit, cleanupCut, isGivenUp } from "./findings/stopped.ts";
import { userCodeGoesOn } from "./findings/user-code.ts";
import { deadlock, joinedTooLong, resultsTimedOut } from "./findings/waits.ts";
import {
  actorName,
  type Heard,
  isLost,
  type Outcome,
  type TaskOutcome,
} from "../reading/outcome.ts";
import { withFixes } from "./remedies.ts";
import type { Simulate } from "./simulate.ts";

export { type Finding, type Rule, rules } from "./findings/finding.ts";

/**
 * Everything in an outcome that a user should know of, the gravest first, and what to do about it.
 *
 * @param simulate tries what could be done; null: nothing is tried, and no strategy is named.
 */
export function findFindings(outcome: Outcome, simulate: Simulate | null): Finding[] {
  return withFixes(outcome, detect(outcome), detect, simulate);
}

/** The same without what to do about it: as quick as reading what the outcome says. */
export function detect(outcome: Outcome): Found[] {
  const cancelledBy = (reason: CancelReason) => (task: TaskOutcome) =>
    isLost(task) && task.status === "cancelled" && task.cancelled?.reason === reason;
  const lost = byTask(outcome, cancelledBy("loop-closed"));
  const isAbandoned = (task: TaskOutcome) => isLost(task) && task.status === "abandoned";
  const abandoned = byTask(outcome, (task) => isAbandoned(task) && !task.destroyed);
  const destroyed = byTask(outcome, (task) => task.destroyed);
  const atExit = byTask(outcome, cancelledBy("main-ended"));
  const givenUp = byTask(
    outcome,
    ({ givenUp, stoodAt, spec }) => givenUp !== null && stoodAt !== null && spec.until === null,
  );
  // Of a task that is lost, this is told with its loss.
  const cut = byTask(outcome, (task) => task.cleanupCut !== null && !isLost(task));
  const unstarted = byTask(outcome, (task) => task.status === "unstarted");
  // What launch has failed with is told of with launch.
  const withLaunch = launchFailedWith(outcome);
  const heardBy = (by: Heard) =>
    byTask(outcome, (task) => task.heard?.by === by && !withLaunch.includes(task));
  // What an interrupted run left undone is nobody's fault.
  const ownEnd = outcome.interruptedBy === null;
  return [
    ...deadlock(outcome),
    ...lost.map((tasks) => lostAtClose(outcome, tasks)),
    ...(ownEnd ? abandoned.map((tasks) => abandonedAtExit(outcome, tasks)) : []),
    ...destroyed.map((tasks) => destroyedPending(outcome, tasks)),
    ...atExit.map(cancelledAtExit),
    ...(ownEnd ? unstarted.map((tasks) => neverStarted(outcome, tasks)) : []),
    ...givenUp.map((tasks) => isGivenUp(outcome, tasks)),
    ...(ownEnd ? cut.map(cleanupCut) : []),
    ...(ownEnd ? heardBy("nobody").map((tasks) => nobodyHeard(outcome, tasks)) : []),
    ...(ownEnd ? launchUnheard(outcome) : []),
    ...(ownEnd ? strays(outcome) : []),
    ...heardBy("logged").map((tasks) => onlyLogged(outcome, tasks)),
    ...resultsTimedOut(outcome),
    ...promisesNotAwaited(outcome),
    ...userCodeGoesOn(outcome),
    ...loopBlocked(outcome),
    ...starved(outcome),
    ...joinedTooLong(outcome),
    ...race(outcome),
  ];
}

function race(outcome: Outcome): Found[] {
  const [first] = outcome.races;
  if (first === undefined) return [];
  const [a, b] = first.between.map((racer) =>
    racer.text !== null && racer.type === "printed"
      ? quote(racer.text)
      : `the end of ${actorName(outcome, racer.actor)}`,
  );
  const others = outcome.races.length === 1 ? "" : ` (and ${outcome.races.length - 1} more such)`;
  const apart =
    first.gap === 0
      ? "fell on the same instant"
      : `came within ${formatTime(first.gap)} of each other`;
  return [
    {
      rule: "race",
      task: null,
      at: first.at,
      message: `${a} and ${b} ${apart} on two threads, so their order is luck${others}`,
      remedies: [],
      otherwise: "put them in order: a join, a result or a channel makes one wait for the other",
    },
  ];
}
