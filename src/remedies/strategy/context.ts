/** The context of scenarios: findings in the words of documents, remedies in those of strategies. */
import { formatTime } from "../../base/duration.ts";
import type { FindingOf } from "../../reading/findings/finding.ts";
import { actorName, type Outcome } from "../../outcome/outcome.ts";
import type { Context, Words } from "../context.ts";
import { nobodyHeard, onlyLogged, promiseNotAwaited, threadFailed } from "./errors.ts";
import { loopBlocked, starved } from "./held.ts";
import { abandoned, destroyedPending, killed, lostAtClose, neverStarted } from "./losses.ts";
import { quote } from "../words.ts";
import {
  acknowledgedEarly,
  doneTwice,
  enqueueUnawaited,
  failedThoughDone,
  gaveUp,
  leaseLost,
  notRetried,
} from "./queues.ts";
import type { Remedy } from "./remedy.ts";
import { cancelledAtExit, cleanupCut, givenUp } from "./stopped.ts";
import { keptAlive, leftBehind, outlived, unsettled } from "./user-code.ts";
import { deadlock, joinedTooLong, resultTimedOut } from "./waits.ts";

/** What a run of a scenario says of its findings. */
export function strategyContext(outcome: Outcome): Context<Remedy> {
  return {
    deadlock: (finding) => deadlock(outcome, finding),
    killed: (finding) => killed(outcome, finding),
    "acknowledged-early": (finding) => acknowledgedEarly(outcome, finding),
    "enqueue-unawaited": (finding) => enqueueUnawaited(outcome, finding),
    "failed-though-done": (finding) => failedThoughDone(outcome, finding),
    "gave-up": (finding) => gaveUp(outcome, finding),
    "lost-at-close": (finding) => lostAtClose(outcome, finding),
    abandoned: (finding) => abandoned(outcome, finding),
    "destroyed-pending": (finding) => destroyedPending(outcome, finding),
    "cancelled-at-exit": (finding) => cancelledAtExit(outcome, finding),
    "never-started": (finding) => neverStarted(outcome, finding),
    "given-up": (finding) => givenUp(outcome, finding),
    "cleanup-cut": (finding) => cleanupCut(outcome, finding),
    "lease-lost": (finding) => leaseLost(outcome, finding),
    "done-twice": (finding) => doneTwice(outcome, finding),
    "no-retry": (finding) => notRetried(outcome, finding),
    "nobody-heard": (finding) => nobodyHeard(outcome, finding),
    "thread-failed": (finding) => threadFailed(outcome, finding),
    "only-logged": (finding) => onlyLogged(outcome, finding),
    "result-timed-out": (finding) => resultTimedOut(outcome, finding),
    "promise-not-awaited": promiseNotAwaited,
    outlived: (finding) => outlived(outcome, finding),
    "left-behind": (finding) => leftBehind(outcome, finding),
    "kept-alive": keptAlive,
    unsettled: (finding) => unsettled(outcome, finding),
    "loop-blocked": (finding) => loopBlocked(outcome, finding),
    starved: (finding) => starved(outcome, finding),
    "joined-too-long": joinedTooLong,
    race: (finding) => race(outcome, finding),
  };
}

function race(outcome: Outcome, { evidence }: FindingOf<"race">): Words<Remedy> {
  const { gap, between } = evidence.race;
  const [a, b] = between.map((racer) =>
    racer.text !== null && racer.type === "printed"
      ? quote(racer.text)
      : `the end of ${actorName(outcome, racer.actor)}`,
  );
  const others = evidence.others === 0 ? "" : ` (and ${evidence.others} more such)`;
  const apart =
    gap === 0 ? "fell on the same instant" : `came within ${formatTime(gap)} of each other`;
  return {
    message: `${a} and ${b} ${apart} on two threads, so their order is luck${others}`,
    remedies: [],
    otherwise: "put them in order: a join, a result or a channel makes one wait for the other",
  };
}
