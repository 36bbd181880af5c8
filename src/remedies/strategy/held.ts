/**
 * Words about a held loop: who held it and whom that made late.
 *
 * Nobody is late "while" something happened: each victim stands with the share of its lateness
 * that this cause has, and with the whole of it where others had a share as well.
 */
import type { FindingOf } from "../../reading/findings/finding.ts";
import { LAUNCH, MAIN } from "../../scenario/numbers.ts";
import { formatTime } from "../../base/duration.ts";
import { callsAny } from "../../scenario/calls.ts";
import type { Crowd } from "../../reading/blame.ts";
import { noticeable, type Victim } from "../../reading/victims.ts";
import { sumWords } from "../words.ts";
import { disturbedWords } from "../../outcome/disturbed.ts";
import { actorName, documentName, type Outcome } from "../../outcome/outcome.ts";
import { does } from "../../scenario/strategy.ts";
import type { Words } from "../context.ts";
import { changing, ownThread, type Remedy } from "./remedy.ts";
import { formatCount } from "../../base/count.ts";

const fewer = "let fewer tasks run at a time, or block elsewhere than on the loop's thread";

/** The most names that are told; the others are counted. */
const mostNamed = 5;

export function loopBlocked(
  outcome: Outcome,
  { evidence }: FindingOf<"loop-blocked">,
): Words<Remedy> {
  const { holder, more } = evidence;
  const { longest, holds, tasks, victims } = holder;
  const { actor, source, parts } = longest;
  const name = actorName(outcome, actor);
  const who =
    tasks === 1 ? name : `${name} and ${tasks - 1} other ${tasks === 2 ? "copy" : "copies"}`;
  const where = source === null ? "" : ` (${source.text})`;
  const shares = parts.map((part) => `${actorName(outcome, part.actor)} ${formatTime(part.ticks)}`);
  const together = parts.length === 1 ? "" : ` in one turn (${shares.join(", ")})`;
  const how =
    holds === 1
      ? `for ${formatTime(longest.ticks)}${together}`
      : `${formatCount(holds)} times, for up to ${formatTime(longest.ticks)}${together}`;
  const late = victims.length === 0 ? "" : `: ${victimWords(outcome, victims)}`;
  const others = more === 0 ? "" : ` (and ${more} more hold it likewise)`;
  return {
    message: `${who}${where} held the event loop's thread ${how}${late}${others}`,
    remedies: [
      actor === MAIN
        ? changing("loop", ownThread(outcome.strategy))
        : { does: "hand the blocking step to a pool", axes: { offload: "threads" } },
    ],
    otherwise: otherwise(outcome, actor),
  };
}

function otherwise({ strategy }: Outcome, actor: number): string {
  // A worker process of a durable queue has no pool.
  if (does(strategy, "outlives") && actor >= 0)
    return "let it give way now and then, or do it in a process of its own: what holds the loop also holds up the renewal of leases";
  return actor === LAUNCH
    ? "move the blocking step out of launch into a task, and hand it to a pool"
    : "let it give way now and then, or block elsewhere than on the loop's thread";
}

export function starved(outcome: Outcome, { evidence }: FindingOf<"starved">): Words<Remedy> {
  switch (evidence.by) {
    case "crowd":
      return starvedByCrowd(outcome, evidence.victims, evidence.crowd);
    case "sums":
      return {
        message: `${victimWords(outcome, evidence.victims)}: ${sumWords(evidence)}`,
        remedies: [changing("offload", { offload: "threads" })],
        otherwise: fewer,
      };
    case "nobody":
      return starvedByMachine(outcome, evidence.victims);
  }
}

function starvedByCrowd(
  outcome: Outcome,
  victims: readonly Victim[],
  { steps, actors, longest }: Crowd,
): Words<Remedy> {
  const names = new Set(actors.map((actor) => documentName(outcome, actor)));
  const named = names.size > mostNamed ? "" : ` (${[...names].join(", ")})`;
  const whose =
    actors.length === 1
      ? actorName(outcome, actors[0]!)
      : `${formatCount(actors.length)} tasks${named}`;
  return {
    message: `${victimWords(outcome, victims)}: before the latest came ${formatCount(steps)} steps of ${whose}, none longer than ${formatTime(longest)}`,
    remedies: [changing("offload", { offload: "threads" })],
    otherwise: fewer,
  };
}

function starvedByMachine(outcome: Outcome, victims: readonly Victim[]): Words<Remedy> {
  const or = callsAny(outcome.scenario)
    ? "; short turns of functions of yours are not counted"
    : "";
  return {
    message: `${victimWords(outcome, victims)}: no step of the scenario is known to have held the loop's thread meanwhile, ${machineWords(outcome)}${or}`,
    remedies: [],
    otherwise: `run it again when less else runs, more slowly (--speed), or in virtual time`,
  };
}

/** What was measured of the machine, where no step of the scenario explains what came late. */
function machineWords(outcome: Outcome): string {
  const words = disturbedWords(outcome);
  if (words !== null) return `but ${words}`;
  if (outcome.disturbed?.waited == null)
    return "and nobody has counted how long it waited for a core";
  return "and it hardly waited for a core, so what did is not known";
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
