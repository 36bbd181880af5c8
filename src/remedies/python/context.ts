/**
 * The context of a program in Python: what went wrong in the words of its language, with the lines that its
 * user wrote, and what an expert would change there.
 *
 * A sentence says only what its evidence carries. Where nothing better can be said than of any program, that
 * is said.
 */
import type { ReadProgram } from "../program/facts.ts";
import { observedContext, type ProgramContext } from "../program/observed-context.ts";
import * as ends from "./ends.ts";
import { PythonFacts } from "./facts.ts";
import * as failures from "./failures.ts";
import * as hangs from "./hangs.ts";
import * as held from "./held.ts";
import * as losses from "./losses.ts";

export function pythonContext(program: ReadProgram): ProgramContext {
  const facts = new PythonFacts(program);
  return {
    ...observedContext(program.names),
    deadlock: (finding) => hangs.deadlock(facts, finding),
    "self-wait": (finding) => hangs.selfWait(facts, finding),
    "lock-across-await": (finding) => hangs.lockAcrossAwait(facts, finding),
    "dead-peer": (finding) => hangs.deadPeer(facts, finding),
    "woken-never": (finding) => hangs.wokenNever(facts, finding),
    "lost-at-close": (finding) => losses.lostAtClose(facts, finding),
    "loop-closed-under-tasks": (finding) => losses.closedUnder(facts, finding),
    "task-collected": (finding) => losses.taskCollected(facts, finding),
    "lost-at-exit": (finding) => losses.lostAtExit(facts, finding),
    "coroutine-never-awaited": (finding) => losses.neverAwaited(facts, finding),
    "given-up": (finding) => losses.givenUp(facts, finding),
    "failure-unheard": (finding) => failures.unheard(facts, finding),
    "failure-swallowed": (finding) => failures.swallowed(facts, finding),
    "thread-failed": (finding) => failures.threadFailed(facts, finding),
    "only-logged": (finding) => failures.onlyLogged(facts, finding),
    "handled-late": (finding) => failures.handledLate(facts, finding),
    "cancel-swallowed": (finding) => losses.cancelSwallowed(facts, finding),
    outlived: (finding) => losses.outlived(facts, finding),
    "loop-in-loop": (finding) => hangs.loopInLoop(facts, finding),
    "wrong-thread": (finding) => hangs.wrongThread(facts, finding),
    "wrong-loop": (finding) => hangs.wrongLoop(facts, finding),
    "left-in-queue": (finding) => ends.leftInQueue(facts, finding),
    "handler-unrun": (finding) => ends.handlerUnrun(facts, finding),
    "kept-alive": (finding) => ends.keptAlive(facts, finding),
    "output-cut": (finding) => ends.outputCut(facts, finding),
    "exit-by": (finding) => ends.exitBy(facts, finding),
    "loop-blocked": (finding) => held.loopBlocked(facts, finding),
    "loop-starved": (finding) => held.loopStarved(facts, finding),
  };
}
