/**
 * The context of a program in JavaScript or TypeScript: what went wrong in the words of its language, with the
 * lines that its user wrote, and what an expert would change there.
 *
 * A sentence says only what its evidence carries. Where nothing better can be said than of any program, that
 * is said.
 */
import type { ReadProgram } from "../program/facts.ts";
import { observedContext, type ProgramContext } from "../program/observed-context.ts";
import * as ends from "./ends.ts";
import { JavaScriptFacts } from "./facts.ts";
import * as failures from "./failures.ts";
import * as hangs from "./hangs.ts";
import * as held from "./held.ts";
import * as losses from "./losses.ts";

export function javascriptContext(program: ReadProgram): ProgramContext {
  const facts = new JavaScriptFacts(program);
  return {
    ...observedContext(program.names),
    deadlock: (finding) => hangs.deadlock(facts, finding),
    "self-wait": (finding) => hangs.selfWait(facts, finding),
    "dead-peer": (finding) => hangs.deadPeer(facts, finding),
    "woken-never": (finding) => hangs.wokenNever(facts, finding),
    "lost-at-exit": (finding) => losses.lostAtExit(facts, finding),
    floating: (finding) => losses.floating(facts, finding),
    outlived: (finding) => losses.outlived(facts, finding),
    "given-up": (finding) => losses.givenUp(facts, finding),
    "failure-unheard": (finding) => failures.unheard(facts, finding),
    "failure-swallowed": (finding) => failures.swallowed(facts, finding),
    "only-logged": (finding) => failures.onlyLogged(facts, finding),
    "thread-failed": (finding) => failures.threadFailed(facts, finding),
    "handled-late": (finding) => failures.handledLate(facts, finding),
    "handler-unrun": (finding) => ends.handlerUnrun(facts, finding),
    "output-cut": (finding) => ends.outputCut(facts, finding),
    "kept-alive": (finding) => ends.keptAlive(facts, finding),
    "exit-by": (finding) => ends.exitBy(facts, finding),
    "loop-blocked": (finding) => held.loopBlocked(facts, finding),
    "loop-starved": (finding) => held.loopStarved(facts, finding),
  };
}
