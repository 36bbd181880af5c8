/**
 * Refusals: scenarios and strategies for which there is no TypeScript program of reasonable size.
 *
 * Invariant: read off the facts, before anything is written, and each refusal names a way out. Only a
 * value that is sent too early is refused where it would be written, in `steps.ts`.
 */
import { EmitError } from "../error.ts";
import { does } from "../../scenario/strategy.ts";
import { leaves, leavesOf } from "../../scenario/walk.ts";
import { type Facts } from "../facts.ts";

/** Passes a scenario under a strategy that can be written. @throws EmitError for any other. */
export function refuseWhatIsTooMuch(facts: Facts): void {
  const { strategy, channels, afterLaunch } = facts;
  const refuse = (what: string, wayOut = "use --lang python"): never => {
    throw new EmitError(`${what}; ${wayOut}`);
  };
  for (const channel of channels) {
    const { name, mainSends, mainReceives, loopSends, loopReceives, capacity } = channel;
    if (!facts.isBetweenThreads(channel)) continue;
    const bothWays =
      (mainSends || loopSends) && ((mainSends && loopSends) || (mainReceives && loopReceives));
    if (bothWays)
      refuse(
        `channel "${name}" has ${mainSends && loopSends ? "senders" : "receivers"} on both threads, and what JavaScript's threads have goes one way`,
      );
    if (loopSends && mainReceives && capacity !== null)
      refuse(
        `channel "${name}" is bounded and goes from a Worker to a main that blocks, which JavaScript has no queue for`,
      );
  }
  const pooled = facts.used.some((task) => leavesOf(task).some(({ kind }) => kind === "call"));
  if (strategy.offload !== "none" && pooled)
    refuse(
      `strategy ${strategy.name} has a pool perform the calls of your own functions, and a pool of this program cannot`,
      "use a strategy with offload=none",
    );
  if (!does(strategy, "floats")) return;
  for (const step of leaves(afterLaunch))
    if (step.kind === "result" || (step.kind === "join" && step.timeout === undefined))
      refuse(
        `line ${step.position.line} has main wait for what floats on its own thread, which then cannot move, and JavaScript has no call for that`,
        "use a strategy with loop=portal or loop=thread",
      );
}
