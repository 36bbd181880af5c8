/**
 * What is told of a held loop: who held it and whom that made late, one finding for each cause.
 *
 * Nobody is late "while" something happened: each victim stands with the share of its lateness
 * that this cause has, and with the whole of it where others had a share as well.
 */
import { LAUNCH, MAIN } from "../../trace/event.ts";
import { formatTime } from "../../base/duration.ts";
import { callsAny } from "../../scenario/calls.ts";
import { type Crowd, type Holder, noticeable, type Victim } from "../../reading/blame.ts";
import { actorName, documentName, isLost, type Outcome } from "../../reading/outcome.ts";
import { type Found, ownThread, type Remedy } from "./finding.ts";

/** The most causes and victims that are named; the others are counted. */
const mostNamed = 5;

/** Who held the loop's thread for a slow step: those that made somebody late, or else the longest. */
export function loopBlocked(outcome: Outcome): Found[] {
  const { holders } = outcome.blame;
  const guilty = holders.filter(({ victims }) => victims.length > 0);
  const told =
    guilty.length > 0 ? guilty : holders.slice(0, 1).filter((one) => matters(outcome, one));
  return told.slice(0, mostNamed).map((holder, index) => {
    const more = index === mostNamed - 1 ? told.length - mostNamed : 0;
    return blocked(outcome, holder, more);
  });
}

/** A main that blocks while nothing is left in the background holds up nobody. */
function matters({ tasks }: Outcome, { longest }: Holder): boolean {
  return longest.actor !== MAIN || tasks.some(isLost);
}

function blocked(outcome: Outcome, holder: Holder, more: number): Found {
  const { longest, holds, tasks, victims } = holder;
  const { actor, source, parts } = longest;
  const name = actorName(outcome, actor);
  const who =
    tasks === 1 ? name : `${name} and ${tasks - 1} other ${tasks === 2 ? "copy" : "copies"}`;
  const where = source === null ? "" : ` (${source})`;
  const shares = parts.map((part) => `${actorName(outcome, part.actor)} ${formatTime(part.ticks)}`);
  const together = parts.length === 1 ? "" : ` in one turn (${shares.join(", ")})`;
  const how =
    holds === 1
      ? `for ${formatTime(longest.ticks)}${together}`
      : `${holds.toLocaleString("en")} times, for up to ${formatTime(longest.ticks)}${together}`;
  const late = victims.length === 0 ? "" : `: ${victimWords(outcome, victims)}`;
  const others = more === 0 ? "" : ` (and ${more} more hold it likewise)`;
  return {
    rule: "loop-blocked",
    task: actor >= 0 ? outcome.tasks[actor]!.spec.name : null,
    at: longest.at,
    message: `${who}${where} held the event loop's thread ${how}${late}${others}`,
    remedies: [
      actor === MAIN
        ? { does: "give the loop a thread of its own", axes: ownThread(outcome.strategy) }
        : toPool("the blocking step"),
    ],
    otherwise: otherwise(actor),
  };
}

function toPool(what: string): Remedy {
  return { does: `hand ${what} to a pool`, axes: { offload: "threads" } };
}

function otherwise(actor: number): string {
  return actor === LAUNCH
    ? "move the blocking step out of launch into a task, and hand it to a pool"
    : "let it give way now and then, or block elsewhere than on the loop's thread";
}

/** Whose time had come, and whom no slow step kept waiting. */
export function starved(outcome: Outcome): Found[] {
  const { crowd, unexplained } = outcome.blame;
  return [
    ...(crowd === null ? [] : [starvedByCrowd(outcome, crowd)]),
    ...(unexplained.length === 0 ? [] : [starvedByMachine(outcome, unexplained)]),
  ];
}

function starvedByCrowd(outcome: Outcome, { steps, actors, longest, victims }: Crowd): Found {
  const names = new Set(actors.map((actor) => documentName(outcome, actor)));
  const named = names.size > mostNamed ? "" : ` (${[...names].join(", ")})`;
  const whose =
    actors.length === 1
      ? actorName(outcome, actors[0]!)
      : `${actors.length.toLocaleString("en")} tasks${named}`;
  return {
    ...starvedOf(outcome, victims),
    message: `${victimWords(outcome, victims)}: before the latest came ${steps.toLocaleString("en")} steps of ${whose}, none longer than ${formatTime(longest)}`,
    remedies: [toPool("what blocks")],
    otherwise: "let fewer tasks run at a time, or block elsewhere than on the loop's thread",
  };
}

function starvedByMachine(outcome: Outcome, victims: Victim[]): Found {
  // A function that awaits may keep the thread in turns too short to be told.
  const or = callsAny(outcome.scenario) ? ", or functions of yours kept it in short turns" : "";
  return {
    ...starvedOf(outcome, victims),
    message: `${victimWords(outcome, victims)}: no step of the scenario is known to have held the loop's thread meanwhile, so the machine was busy${or}`,
    remedies: [],
    otherwise: `run it again when less else runs, more slowly (--speed), or in virtual time`,
  };
}

/** What all findings of this rule have in common. */
function starvedOf(outcome: Outcome, victims: Victim[]): Pick<Found, "rule" | "task" | "at"> {
  const { actor, due, late } = victims[0]!;
  const task = actor >= 0 ? outcome.tasks[actor]!.spec.name : null;
  return { rule: "starved", task, at: due + late };
}

function victimWords(outcome: Outcome, victims: readonly Victim[]): string {
  const words = victims.slice(0, mostNamed).map((victim) => lateWords(outcome, victim));
  const more = victims.length - words.length;
  if (more > 0) words.push(`${more} more were late as well`);
  return words.join("; ");
}

function lateWords(outcome: Outcome, victim: Victim): string {
  const { tasks, actor, times, by, late, due, how, alike } = victim;
  const one = tasks === 1;
  const who = one
    ? actorName(outcome, actor)
    : `${tasks} copies of ${documentName(outcome, actor)}`;
  if (how === "cut-off" && alike)
    return `${who}, ${one ? "" : "one of them "}due at ${formatTime(due)}, did not wake any more`;
  const verb = alike ? how : one ? "was" : "were";
  const most = times === 1 ? "" : "up to ";
  const shared = late - by >= noticeable ? `, ${formatTime(by)} of it through this` : "";
  return `${who} ${verb} ${most}${formatTime(late)} late${shared}`;
}
