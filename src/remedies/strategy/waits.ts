/** Words about who waits: in a deadlock, for a result, for the end of the background. */
import type { FindingOf } from "../../reading/findings/finding.ts";
import { MAIN } from "../../scenario/numbers.ts";
import { formatTime } from "../../base/duration.ts";
import type { LeafStep, Scenario, Step } from "../../scenario/model.ts";
import { does, type Strategy } from "../../scenario/strategy.ts";
import type { Waiting } from "../../reading/reading.ts";
import { actorName, documentName, type Outcome } from "../../outcome/outcome.ts";
import type { Words } from "../context.ts";
import { afterwards } from "../words.ts";
import { changing, ownThread, portal, type Remedy } from "./remedy.ts";

export function deadlock(outcome: Outcome, { evidence }: FindingOf<"deadlock">): Words<Remedy> {
  const { strategy } = outcome;
  const { waits } = evidence;
  return {
    message: `nothing can ever happen again: ${waitingWords(outcome, waits)}`,
    remedies: [
      ...(joinsPortal(outcome)
        ? [{ does: leaveOutTheJoin, program: without((step) => step.kind === "join") }]
        : []),
      besideMain(strategy),
      {
        does: "keep the loop open in a thread of its own, beside main",
        axes: portal,
      },
    ],
    otherwise: waysOut(outcome, waits),
  };
}

/** A loop that moves while main waits, which would else wait for what that loop does. */
function besideMain(strategy: Strategy): Remedy {
  const axes = ownThread(strategy);
  if (does(strategy, "floats"))
    return changing("loop", axes, ", since nothing on this one can move while main waits");
  if (does(strategy, "blocksMain"))
    return changing("loop", axes, ", so that main goes on beside it");
  return { does: "let the loop close when launch returns, and join its thread", axes };
}

const leaveOutTheJoin =
  "leave out the join (a portal stays open until main ends, and is joined then)";

/** Whether a step of main's joins the portal that only main's end closes. */
function joinsPortal({ strategy, waiting, main }: Outcome): boolean {
  const joins = waiting.some((one) => one.actor === MAIN && one.for === "join");
  // Otherwise it waits at exit.
  return joins && does(strategy, "staysOpen") && main.status === "deadlocked";
}

/** What would let those go on who wait for nobody else that waits. */
function waysOut(outcome: Outcome, waits: readonly Waiting[]): string {
  const awaits = (what: Waiting["for"]): boolean => waits.some((one) => one.for === what);
  const ways = [
    ...(joinsPortal(outcome) ? [leaveOutTheJoin] : []),
    ...(awaits("receive") ? ["send what is waited for, or bound the receive with a timeout"] : []),
    ...(awaits("call") ? ["see that what the function returns settles in every case"] : []),
    ...(awaits("send") ? ["receive what is sent, or make room for it in the channel"] : []),
  ];
  return ways.length === 0 ? "bound the wait with a timeout" : ways.join("; and ");
}

/** Who waits for what, in a sentence; tasks that wait for the same are counted. */
function waitingWords(outcome: Outcome, waits: readonly Waiting[]): string {
  const groups = Map.groupBy(
    waits,
    (one) => `${documentName(outcome, one.actor)} ${one.for} ${one.of}`,
  );
  const words = [...groups.values()].map((alike) => {
    const [first] = alike as [Waiting];
    const who =
      alike.length === 1
        ? actorName(outcome, first.actor)
        : `${alike.length} copies of ${documentName(outcome, first.actor)}`;
    return `${who} ${alike.length === 1 ? "waits" : "wait"} ${waitWords(outcome, first)}`;
  });
  const most = 5;
  if (words.length > most) words.splice(most, Infinity, `${words.length - most} more wait as well`);
  return words.join("; ");
}

function waitWords({ strategy, main }: Outcome, { for: what, of, actor }: Waiting): string {
  switch (what) {
    case "launch":
      return "for launch to return";
    case "settle":
      return "at the completion point";
    case "join":
      return actor === MAIN && does(strategy, "staysOpen") && main.status === "deadlocked"
        ? "for the end of a portal, which stays open until main ends"
        : "for the background to end";
    case "result":
      return `for the result of ${of}`;
    case "send":
      return `for room in the channel "${of}"`;
    case "receive":
      return `for a value in the channel "${of}"`;
    case "call":
      return `for what ${of} has returned to settle, and nothing is alive that could settle it`;
    // A word that this version does not know, as it stands in the trace.
    default:
      return of === null ? `for ${what}` : `for ${what} of ${of}`;
  }
}

export function resultTimedOut(
  outcome: Outcome,
  { actors, evidence }: FindingOf<"result-timed-out">,
): Words<Remedy> {
  const task = outcome.tasks[actors[0]!]!;
  return {
    message: `main waited ${formatTime(evidence.waited)} for the result of ${task.name} and gave up; the task went on, and ${afterwards(evidence)}`,
    remedies: [
      {
        does: `give main's wait for its result longer, or cancel the work as well: a timeout alone does not`,
        program: unbounded(task.spec.name),
      },
      {
        does: `give the loop a thread of its own, so that the task goes on while main waits`,
        axes: portal,
      },
    ],
    otherwise: `cancel the work as well: a timeout alone does not`,
  };
}

export function joinedTooLong({ evidence }: FindingOf<"joined-too-long">): Words<Remedy> {
  const { waited, wall, atExit } = evidence;
  return {
    message: `main waited ${formatTime(waited)} of the run's ${formatTime(wall)} for the background to end${atExit ? ", its own steps being over" : ""}`,
    remedies: [changing("atExit", { atExit: "cancel" })],
    otherwise: `let main do something meanwhile, or the background take less time`,
  };
}

/** A change of main that leaves out some of its steps. */
function without(leaves: (step: LeafStep) => boolean): (scenario: Scenario) => Scenario {
  return (scenario) => ({
    ...scenario,
    main: changed(scenario.main, (step) => (leaves(step) ? [] : [step])),
  });
}

/** A change of main that waits for a task's result for as long as it takes. */
export function unbounded(task: string): (scenario: Scenario) => Scenario {
  return (scenario) => ({
    ...scenario,
    main: changed(scenario.main, (step) => {
      if (step.kind !== "result" || step.task !== task) return [step];
      const { timeout: _, ...patient } = step;
      return [patient];
    }),
  });
}

function changed(steps: readonly Step[], to: (step: LeafStep) => Step[]): Step[] {
  return steps.flatMap((step) =>
    step.kind === "repeat" ? [{ ...step, steps: changed(step.steps, to) }] : to(step),
  );
}
