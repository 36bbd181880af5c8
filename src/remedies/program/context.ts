/**
 * The context of a program that tandem did not write: names and places, and advice that holds of any
 * program. Nothing is tried here. A language's own context says in its words what it can say better.
 */
import type { Context } from "../context.ts";
import { nobodyHeard, onlyLogged, promiseNotAwaited, threadFailed } from "./errors.ts";
import { loopBlocked, race, starved } from "./held.ts";
import { keptAlive, leftBehind, outlived, unsettled } from "./leftovers.ts";
import {
  abandoned,
  cancelledAtExit,
  cleanupCut,
  destroyedPending,
  givenUp,
  killed,
  lostAtClose,
  neverStarted,
} from "./losses.ts";
import type { Names } from "./names.ts";
import {
  acknowledgedEarly,
  doneTwice,
  enqueueUnawaited,
  failedThoughDone,
  gaveUp,
  leaseLost,
  notRetried,
} from "./queues.ts";
import { deadlock, joinedTooLong, resultTimedOut } from "./waits.ts";

/** @param names those of the trace in which findings were detected. */
export function programContext(names: Names): Context<never> {
  return {
    deadlock: (finding) => deadlock(names, finding),
    killed: (finding) => killed(names, finding),
    "acknowledged-early": (finding) => acknowledgedEarly(names, finding),
    "enqueue-unawaited": (finding) => enqueueUnawaited(names, finding),
    "failed-though-done": (finding) => failedThoughDone(names, finding),
    "gave-up": (finding) => gaveUp(names, finding),
    "lost-at-close": (finding) => lostAtClose(names, finding),
    abandoned: (finding) => abandoned(names, finding),
    "destroyed-pending": (finding) => destroyedPending(names, finding),
    "cancelled-at-exit": (finding) => cancelledAtExit(names, finding),
    "never-started": (finding) => neverStarted(names, finding),
    "given-up": (finding) => givenUp(names, finding),
    "cleanup-cut": (finding) => cleanupCut(names, finding),
    "lease-lost": (finding) => leaseLost(names, finding),
    "done-twice": (finding) => doneTwice(names, finding),
    "no-retry": (finding) => notRetried(names, finding),
    "nobody-heard": (finding) => nobodyHeard(names, finding),
    "thread-failed": (finding) => threadFailed(names, finding),
    "only-logged": (finding) => onlyLogged(names, finding),
    "result-timed-out": (finding) => resultTimedOut(names, finding),
    "promise-not-awaited": promiseNotAwaited,
    outlived: (finding) => outlived(names, finding),
    "left-behind": (finding) => leftBehind(names, finding),
    "kept-alive": keptAlive,
    unsettled: (finding) => unsettled(names, finding),
    "loop-blocked": (finding) => loopBlocked(names, finding),
    starved: (finding) => starved(names, finding),
    "joined-too-long": joinedTooLong,
    race: (finding) => race(names, finding),
  };
}
