/** JavaScript's words for a program in which nothing moves any more. */
import { formatMeasured } from "../../base/duration.ts";
import type { InProgram } from "../../reading/findings/program-finding.ts";
import type { HangingWait } from "../../reading/hang.ts";
import type { Words } from "../context.ts";
import { awaitedWords } from "../program/waits.ts";
import { quote } from "../words.ts";
import { type JavaScriptFacts, words } from "./facts.ts";

/** The most waits that are told one by one. */
const mostWaits = 5;

export function deadlock(facts: JavaScriptFacts, finding: InProgram<"deadlock">): Words<never> {
  return words(
    `each waits for the other, for ever: ${waitsWords(facts, finding.evidence.circle)}`,
    "let one of them not await the other: start both, and await them where both are known (await Promise.all([a, b]))",
  );
}

export function selfWait(facts: JavaScriptFacts, finding: InProgram<"self-wait">): Words<never> {
  const { circle } = finding.evidence;
  const keeper = circle.find(({ for: what }) => what !== "thread") ?? circle[0];
  if (keeper === undefined)
    return words("something waits for what only its own thread could do", "await it");
  return words(
    `${facts.function(keeper.actor)} waits${facts.atOrNothing(keeper.place, keeper.actor)} with the whole thread, and what it waits for needs that thread to go on: ${waitsWords(facts, circle)}`,
    "await it instead, or let a Worker do it that needs nothing of this thread",
  );
}

export function deadPeer(facts: JavaScriptFacts, finding: InProgram<"dead-peer">): Words<never> {
  const { wait, peer, status, error } = finding.evidence;
  const end = facts.actor(peer);
  const when = end?.endedAt == null ? "" : ` at ${formatMeasured(end.endedAt)}`;
  const how =
    error === null ? "" : ` (${quote(error)}${facts.atOrNothing(facts.raisedAt(peer), peer)})`;
  const name = facts.who({ actors: [peer] });
  const ended = status === "failed" ? `failed${when}${how}` : `had ended${when}`;
  return words(
    `${facts.function(wait.actor)} waits${facts.atOrNothing(wait.place, wait.actor)} for what only ${name} could send, and that ${ended}`,
    end?.kind === "thread"
      ? 'listen to the Worker\'s end as well (worker.once("error", reject), worker.once("exit", …)), and reject what waits for it then'
      : "let its end settle what waits for it, in finally",
  );
}

export function wokenNever(
  facts: JavaScriptFacts,
  finding: InProgram<"woken-never">,
): Words<never> {
  const { is, waits } = finding.evidence;
  const why =
    is === "idle"
      ? "the loop waits, and nothing can come to it any more"
      : "nothing moves any more";
  const isImport = facts.isImportCircle(waits.map(({ actor }) => actor));
  return words(
    `${why}: ${waitsWords(facts, waits)}`,
    isImport
      ? "let no top-level await wait for a module that imports this one: move what both need to a third module"
      : "let what is awaited be settled in every case (resolve or reject on each event that can come, error and close as well), or bound the wait (AbortSignal.timeout)",
  );
}

/** Who waits for what, one after the other. */
function waitsWords(facts: JavaScriptFacts, waits: readonly HangingWait[]): string {
  const told = waits.slice(0, mostWaits).map((wait) => waitWordsOf(facts, wait));
  const more = waits.length - told.length;
  return [...told, ...(more > 0 ? [`${more} more wait as well`] : [])].join("; ");
}

function waitWordsOf(facts: JavaScriptFacts, wait: HangingWait): string {
  const { actor, for: what, of, whom, place } = wait;
  const name = facts.function(actor);
  if (what === "thread") {
    const by = whom === null ? "somebody else" : facts.function(whom);
    return `${name} needs a turn on the thread that ${by} keeps`;
  }
  const where = facts.atOrNothing(place, actor);
  // A promise has no name of its own but that of who made it.
  const isCalled = whom !== null && (of === null || facts.actor(whom)?.kind !== "promise");
  const thing = isCalled ? facts.function(whom) : of === null ? null : awaitedWords(of);
  return thing === null ? `${name} waits${where}` : `${name} waits${where} for ${thing}`;
}
