/**
 * The context of a program that was observed: the words of every rule that such a program can be told by.
 * Nothing is tried here. A language's own context says in its words what it can say better.
 */
import type { InProgram, ProgramRule } from "../../reading/findings/program-finding.ts";
import type { Words } from "../context.ts";
import { onlyLogged, promiseNotAwaited, threadFailed } from "./errors.ts";
import { loopBlocked } from "./held.ts";
import { leftBehind, unsettled } from "./leftovers.ts";
import { abandoned, cleanupCut, givenUp, lostAtClose, neverStarted } from "./losses.ts";
import type { Names } from "./names.ts";
import * as observed from "./observed.ts";

/** The words of every rule of a program. */
export type ProgramContext = {
  readonly [R in ProgramRule]: (finding: InProgram<R>) => Words<never>;
};

/** @param names those of the trace in which findings were detected. */
export function observedContext(names: Names): ProgramContext {
  return {
    deadlock: (finding) => observed.deadlock(names, finding),
    "self-wait": (finding) => observed.selfWait(names, finding),
    "lock-across-await": (finding) => observed.lockAcrossAwait(names, finding),
    "dead-peer": (finding) => observed.deadPeer(names, finding),
    "woken-never": (finding) => observed.wokenNever(names, finding),
    "lost-at-close": (finding) => lostAtClose(names, finding),
    "loop-closed-under-tasks": (finding) => observed.closedUnder(names, finding),
    "task-collected": (finding) => observed.taskCollected(names, finding),
    "lost-at-exit": (finding) => abandoned(names, { ...finding, rule: "abandoned" }),
    floating: (finding) => observed.floating(names, finding),
    "output-cut": (finding) => observed.outputCut(names, finding),
    "coroutine-never-awaited": (finding) => observed.neverAwaited(names, finding),
    "never-started": (finding) => neverStarted(names, finding),
    "given-up": (finding) => givenUp(names, finding),
    "cleanup-cut": (finding) => cleanupCut(names, finding),
    "failure-unheard": (finding) => observed.unheard(names, finding),
    "failure-swallowed": (finding) => observed.swallowed(names, finding),
    "thread-failed": (finding) => threadFailed(names, finding),
    "only-logged": (finding) => onlyLogged(names, finding),
    "handled-late": (finding) => observed.handledLate(names, finding),
    "cancel-swallowed": (finding) => observed.cancelSwallowed(names, finding),
    "promise-not-awaited": promiseNotAwaited,
    outlived: (finding) => observed.outlived(names, finding),
    "left-behind": (finding) => leftBehind(names, finding),
    unsettled: (finding) => unsettled(names, finding),
    "loop-in-loop": (finding) => observed.misused(names, finding),
    "wrong-thread": (finding) => observed.misused(names, finding),
    "wrong-loop": (finding) => observed.misused(names, finding),
    "left-in-queue": (finding) => observed.leftInQueue(names, finding),
    "handler-unrun": (finding) => observed.handlerUnrun(names, finding),
    "kept-alive": (finding) => observed.keptAlive(names, finding),
    "exit-by": (finding) => observed.exitBy(names, finding),
    "loop-blocked": (finding) => loopBlocked(names, finding),
    "loop-starved": (finding) => observed.starved(names, finding),
  };
}
