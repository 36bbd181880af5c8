/** Findings about who waits: in a deadlock, for a result, for the end of the background. */
import { MAIN } from "../../trace/event.ts";
import { formatTime, TICKS_PER_MS, type Ticks } from "../../base/duration.ts";
import type { LeafStep, Scenario, Step } from "../../scenario/model.ts";
import {
  actorName,
  documentName,
  type MainWait,
  type Outcome,
  type TaskOutcome,
  type Waiting,
} from "../../reading/outcome.ts";
import { type Found, found, ownThread } from "./finding.ts";

/** From how long on a wait for the background is worth a word. */
const longWait: Ticks = 1000 * TICKS_PER_MS;

export function deadlock(outcome: Outcome): Found[] {
  if (outcome.interruptedBy !== "deadlock") return [];
  const { strategy } = outcome;
  return [
    {
      rule: "deadlock",
      task: null,
      at: outcome.wall,
      message: `nothing can ever happen again: ${waitingWords(outcome)}`,
      remedies: [
        ...(joinsPortal(outcome)
          ? [{ does: leaveOutTheJoin, program: without((step) => step.kind === "join") }]
          : []),
        {
          does:
            strategy.loop === "float"
              ? "give the loop a thread of its own, since nothing on this one can move while main waits"
              : strategy.loop === "inline"
                ? "give the loop a thread of its own, so that main goes on beside it"
                : "let the loop close when launch returns, and join its thread",
          axes: ownThread(strategy),
        },
        {
          does: "keep the loop open in a thread of its own, beside main",
          axes: { loop: "portal", atExit: "wait" },
        },
      ],
      otherwise: waysOut(outcome),
    },
  ];
}

const leaveOutTheJoin =
  "leave out the join (a portal stays open until main ends, and is joined then)";

/** Whether a step of main's joins the portal that only main's end closes. */
function joinsPortal({ strategy, waiting, main }: Outcome): boolean {
  const joins = waiting.some((one) => one.actor === MAIN && one.for === "join");
  // Otherwise it waits at exit.
  return joins && strategy.loop === "portal" && main.status === "deadlocked";
}

/** What would let those go on who wait for nobody else that waits. */
function waysOut(outcome: Outcome): string {
  const { waiting } = outcome;
  const awaits = (what: Waiting["for"]): boolean => waiting.some((one) => one.for === what);
  const ways = [
    ...(joinsPortal(outcome) ? [leaveOutTheJoin] : []),
    ...(awaits("receive") ? ["send what is waited for, or bound the receive with a timeout"] : []),
    ...(awaits("call") ? ["see that what the function returns settles in every case"] : []),
    ...(awaits("send") ? ["receive what is sent, or make room for it in the channel"] : []),
  ];
  return ways.length === 0 ? "bound the wait with a timeout" : ways.join("; and ");
}

/** Who waits for what, in a sentence; tasks that wait for the same are counted. */
function waitingWords(outcome: Outcome): string {
  const groups = Map.groupBy(
    outcome.waiting,
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
      return actor === MAIN && strategy.loop === "portal" && main.status === "deadlocked"
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
  }
}

export function resultsTimedOut(outcome: Outcome): Found[] {
  const { main, tasks } = outcome;
  return main.waits.flatMap(({ for: what, of, at, ticks }: MainWait): Found[] => {
    const task = what === "result" ? tasks.find(({ name }) => name === of) : undefined;
    if (task === undefined || outcome.interruptedBy !== null) return [];
    // What main's own end did to the task came after it had given up.
    const cutOff = task.status === "abandoned" || task.cancelled?.reason === "main-ended";
    if (!cutOff && task.endedAt !== null && task.endedAt <= at + ticks) return [];
    return [
      found("result-timed-out", [task], at + ticks, {
        message: `main waited ${formatTime(ticks)} for the result of ${task.name} and gave up; the task went on, and ${afterwards(task)}`,
        remedies: [
          {
            does: `give main's wait for its result longer, or cancel the work as well: a timeout alone does not`,
            program: unbounded(task.spec.name),
          },
          {
            does: `give the loop a thread of its own, so that the task goes on while main waits`,
            axes: { loop: "portal", atExit: "wait" },
          },
        ],
        otherwise: `cancel the work as well: a timeout alone does not`,
      }),
    ];
  });
}

function afterwards(task: TaskOutcome): string {
  if (task.status === "unstarted") return "never had a turn";
  const passive = task.status === "cancelled" || task.status === "abandoned";
  return `${passive ? "was " : ""}${task.status} at ${formatTime(task.endedAt!)}`;
}

export function joinedTooLong(outcome: Outcome): Found[] {
  const { main, wall, strategy, interruptedBy } = outcome;
  if (strategy.loop === "float" || interruptedBy !== null) return [];
  return (
    main.waits
      .filter((wait) => wait.for === "join" && wait.ticks >= longWait && wait.ticks > wall / 2)
      // Main that gave up waiting had bounded the wait.
      .filter(({ at, ticks }) => {
        const { status, endedAt } = outcome.launch;
        return status !== "cancelled" && status !== "abandoned" && endedAt! <= at + ticks;
      })
      .map(({ at, ticks }) => ({
        rule: "joined-too-long",
        task: null,
        at,
        message: `main waited ${formatTime(ticks)} of the run's ${formatTime(wall)} for the background to end${at >= (main.endedAt ?? wall) ? ", its own steps being over" : ""}`,
        remedies: [{ does: `cancel what is left`, axes: { atExit: "cancel" } }],
        otherwise: `let main do something meanwhile, or the background take less time`,
      }))
  );
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
