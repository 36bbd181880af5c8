/** JavaScript's words for loops that were held while somebody was due. */
import { formatCount } from "../../base/count.ts";
import { formatMeasured } from "../../base/duration.ts";
import { list } from "../../base/sentences.ts";
import type { InProgram } from "../../reading/findings/program-finding.ts";
import type { Hold } from "../../reading/holds.ts";
import type { Victim } from "../../reading/victims.ts";
import type { Words } from "../context.ts";
import { starved } from "../program/observed.ts";
import { type JavaScriptFacts, words } from "./facts.ts";

/** The most who were late that are named. */
const mostNamed = 3;

type Holding = Pick<InProgram<"loop-blocked">["evidence"], "holder" | "more">;

export function loopBlocked(
  facts: JavaScriptFacts,
  finding: InProgram<"loop-blocked">,
): Words<never> {
  const { longest } = finding.evidence.holder;
  const { seen } = longest;
  const doing =
    seen?.kind === "computing" ? "computed" : seen?.kind === "blocked" ? "stood still" : "was";
  return words(holdWords(facts, finding.evidence, doing), blockedFix(facts, longest));
}

/** Who held the loop for how long and where, and who was late by that. */
function holdWords(facts: JavaScriptFacts, { holder, more }: Holding, doing: string): string {
  const { longest, holds, victims } = holder;
  const { actor, ticks, seen } = longest;
  const place = seen?.place ?? longest.source?.place ?? null;
  const call = seen?.call ?? (seen?.goesOn === true ? atomicsOf(facts, actor) : null);
  const where =
    place === null
      ? call === null
        ? ""
        : ` (in ${call})`
      : ` (it ${doing} at ${facts.at(place, actor)}${call === null ? "" : `, in ${call}`})`;
  const often = holds === 1 ? "for" : `${formatCount(holds)} times, for up to`;
  const span =
    seen?.goesOn === true ? "and never gave it back" : `${often} ${formatMeasured(ticks)}`;
  const waiting = seen?.goesOn === true ? waitingWords(facts, actor) : "";
  const late = victims.length === 0 ? waiting : `: ${lateWords(facts, victims)}`;
  const others = more === 0 ? "" : ` (and ${more} more hold it likewise)`;
  return `${facts.named(actor)} held the thread of the event loop ${span}${where}${late}${others}`;
}

/** Who needs a turn on a thread that is held for ever. */
function waitingWords(facts: JavaScriptFacts, keeper: number): string {
  const waits = facts.reading.hangs
    .flatMap((hang) => hang.waits)
    .filter((wait) => wait.for === "thread" && wait.whom === keeper);
  if (waits.length === 0) return "";
  return `: ${facts.standing(waits.map(({ actor }) => actor))} ${waits.length === 1 ? "needs" : "need"} this thread to go on`;
}

function blockedFix(facts: JavaScriptFacts, { seen, actor }: Hold): string {
  const call = seen?.call ?? atomicsOf(facts, actor) ?? "";
  const sync = /(\w+)Sync\b/.exec(call)?.[1];
  if (call.includes("Atomics.wait"))
    return seen?.goesOn === true
      ? "await it instead: what is waited for comes by this very loop (messages, timers, promises); where a thread must stand still, let the Worker itself notify the flag (Atomics.notify), and wait with a limit"
      : "await a timer instead (await setTimeout(ms) of node:timers/promises): Atomics.wait stops the whole thread";
  if (sync === "execFile" || sync === "exec" || sync === "spawn")
    return `await ${sync === "spawn" ? "spawn(…) and its close" : `promisify(${sync})(…)`}, with a timeout, in place of ${sync}Sync`;
  if (sync !== undefined)
    return `await the call that does not block in place of ${sync}Sync (node:fs/promises has those of files), or do it in a Worker`;
  if (seen?.kind === "computing" || seen?.kind == null)
    return `do it in ${facts.isOnWorker(actor) ? "another" : "a"} Worker (new Worker(…) of node:worker_threads), or in pieces that give way to the loop now and then (await setImmediate() of node:timers/promises)`;
  return "use what does not block there, or do it in a Worker";
}

/** The call in which somebody was seen to stand with the whole thread; null where none is known. */
function atomicsOf(facts: JavaScriptFacts, actor: number): string | null {
  const of = facts.seen(actor)?.of ?? null;
  return of?.startsWith("Atomics.wait") === true ? of : null;
}

function lateWords(facts: JavaScriptFacts, victims: readonly Victim[]): string {
  const told = victims.slice(0, mostNamed).map(({ actor, tasks, late, how, alike, place }) => {
    const who = tasks === 1 ? facts.named(actor) : `${formatCount(tasks)} of ${facts.named(actor)}`;
    if (how === "cut-off" && alike) return `${who} did not go on any more`;
    const where = place == null ? "" : ` (${facts.names.line(place)})`;
    const verb = facts.actor(actor)?.kind === "callback" ? "ran" : "went on";
    return `${who}${where} ${verb} ${tasks === 1 ? "" : "up to "}${formatMeasured(late)} late`;
  });
  const more = victims.length - told.length;
  return list([...told, ...(more > 0 ? [`${formatCount(more)} more were late as well`] : [])]);
}

export function loopStarved(
  facts: JavaScriptFacts,
  finding: InProgram<"loop-starved">,
): Words<never> {
  const { evidence } = finding;
  if (evidence.by !== "turns")
    return words(
      starved(facts.names, finding).message,
      "let fewer calls run at a time, or do less between two awaits",
    );
  return words(
    `${holdWords(facts, evidence, "was")}; it gave way ${formatCount(evidence.turns)} times meanwhile, to microtasks only: await of what is settled already lets no timer and no I/O run`,
    "give way to the loop itself (await setImmediate() of node:timers/promises, or scheduler.yield()), or wait for the event instead of asking again and again",
  );
}
