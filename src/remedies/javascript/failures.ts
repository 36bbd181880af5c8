/** JavaScript's words for failures of which no code learned, or learned too late. */
import { formatMeasured } from "../../base/duration.ts";
import type { InProgram } from "../../reading/findings/program-finding.ts";
import type { Words } from "../context.ts";
import { onlyLogged as anyLogged, threadFailed as anyThreadFailed } from "../program/errors.ts";
import { quote } from "../words.ts";
import { type JavaScriptFacts, words } from "./facts.ts";

/** Who failed with what, and where that was raised. */
function failed(
  facts: JavaScriptFacts,
  finding: Pick<InProgram<"failure-unheard">, "actors" | "places">,
  error: string | null,
): string {
  const [first] = finding.actors as [number];
  const errors = new Set(finding.actors.map((actor) => facts.actor(actor)?.error));
  const what =
    error === null ? "" : ` with ${quote(error)}${errors.size > 1 ? " (the first of them)" : ""}`;
  return `${facts.whoMade(finding)} failed${what}${facts.atOrNothing(facts.raisedAt(first), first)}`;
}

/** How a promise was dropped that failed, or that of a call which its error came up to; null where none was. */
function droppedOf(facts: JavaScriptFacts, actor: number): { words: string; fix: string } | null {
  for (const one of [actor, ...facts.passedOn(actor)]) {
    const dropped = facts.reading.floated.findLast((floated) => floated.actor === one);
    if (dropped === undefined) continue;
    const line = dropped.place === null ? "" : ` at ${facts.names.line(dropped.place)}`;
    const up = one === actor ? "" : `its error came up to ${facts.who({ actors: [one] })}, and `;
    const whose = one === actor ? "its" : "that one's";
    if (["statement", "void", "condition"].includes(dropped.how))
      return {
        words: `${up}${whose} promise was dropped${line}`,
        fix: `await it where its error can be caught, or give it a handler that acts (${facts.nameInCode(one)}(…).catch((error) => …))`,
      };
    const isExecutor = dropped.how === "Promise";
    const what = isExecutor ? "new Promise" : dropped.how;
    return {
      words: `${up}${what}${line} ignores ${whose} promise`,
      fix: `catch the error in ${facts.named(one)} itself (try … catch${isExecutor ? ", with reject(error)" : ""}): ${what} waits for no promise`,
    };
  }
  return null;
}

export function unheard(
  facts: JavaScriptFacts,
  finding: InProgram<"failure-unheard">,
): Words<never> {
  const [first] = finding.actors;
  if (first === undefined)
    return words(
      `a callback failed${finding.evidence.error === null ? "" : ` with ${quote(finding.evidence.error)}`}, and no code heard of it`,
      "catch the error in the callback",
    );
  const dropped = droppedOf(facts, first);
  const settled = facts.reading.settledWithout.findLast(({ actor }) => actor === first);
  const line = settled?.place == null ? "" : ` at ${facts.names.line(settled.place)}`;
  const collected = facts.reading.uses.findLast(
    ({ actor, how }) => actor === first && how === "allSettled",
  );
  if (collected !== undefined) {
    const at = collected.place === null ? "" : ` at ${facts.names.line(collected.place)}`;
    return words(
      `${failed(facts, finding, finding.evidence.error)}, and no code heard of that: Promise.allSettled${at} gave it among its results, and nobody looked`,
      'look at each result of Promise.allSettled (status "rejected" has a reason), or await Promise.all(…), which throws',
    );
  }
  const replaced = replacedBy(facts, first);
  if (replaced !== null && settled === undefined && dropped === null)
    return words(
      `${failed(facts, finding, finding.evidence.error)}, and no code heard of that: ${replaced}`,
      "let nothing in a finally block throw or return (catch there what can fail), or throw both errors (new AggregateError([…]))",
    );
  const why =
    settled !== undefined
      ? `: ${facts.combinator(settled.by)}${line} had settled without it`
      : dropped === null
        ? ""
        : `: ${dropped.words}`;
  return words(
    `${failed(facts, finding, finding.evidence.error)}, and no code heard of that${why}`,
    settled !== undefined
      ? "await Promise.allSettled(…) and look at each result, or catch the error in the function"
      : (dropped?.fix ??
          `await it where its error can be caught, or give it a handler that acts (${facts.nameInCode(first)}(…).catch((error) => …))`),
  );
}

/** What became of whoever awaited a call, where that did not fail with the call's error, as a finally block can have it. */
function replacedBy(facts: JavaScriptFacts, actor: number): string | null {
  const use = facts.reading.uses.findLast((one) => one.actor === actor && one.how === "await");
  const by = use?.by == null ? undefined : facts.actor(use.by);
  if (by === undefined) return null;
  const head = `${facts.function(by.number)}, which awaited it,`;
  if (by.status === "finished") return `${head} returned all the same`;
  if (by.status !== "failed" || by.error === null) return null;
  return `${head} failed with ${quote(by.error)}${facts.atOrNothing(facts.raisedAt(by.number), by.number)} in its place`;
}

export function swallowed(
  facts: JavaScriptFacts,
  finding: InProgram<"failure-swallowed">,
): Words<never> {
  const { error, first } = finding.evidence;
  const [actor] = finding.actors as [number];
  const settled = facts.reading.settledWithout.findLast((one) => one.actor === actor);
  const line = settled?.place == null ? "" : ` at ${facts.names.line(settled.place)}`;
  const isLike = facts.actor(first)?.function === facts.actor(actor)?.function;
  const other = isLike ? `another call of ${facts.function(first)}` : facts.function(first);
  return words(
    `${failed(facts, finding, error)} when Promise.all${line} had already rejected with the error of ${other}: of ${finding.actors.length === 1 ? "this one" : "these"} nobody heard`,
    "await Promise.allSettled(…), look at each result that is rejected, and throw them together (new AggregateError(errors))",
  );
}

export function onlyLogged(
  facts: JavaScriptFacts,
  finding: InProgram<"only-logged">,
): Words<never> {
  const { evidence } = finding;
  const [first] = finding.actors;
  if (evidence.of === "thread" || first === undefined) return anyLogged(facts.names, finding);
  const message = failed(facts, finding, evidence.error);
  const error = facts.errorOf(first);
  if (error?.actor !== first)
    return words(
      `${message}, and only a line on stderr told of it`,
      "await it where its error can be caught, or give it a handler that acts (.catch((error) => …))",
    );
  if (error.is === "exception" && facts.isInWorker(first))
    return words(
      `${message}, which ended the Worker; nobody listened for that, and the process ended with it at ${formatMeasured(error.at)}`,
      ofWorker,
    );
  if (error.is === "exception")
    return words(
      `${message}, where no code could catch that: the process ended with it at ${formatMeasured(error.at)}`,
      `catch the error in ${facts.isCallback(first) ? "the callback" : facts.function(first)}, or hand it on to whoever can act on it (reject the promise that is waited for)`,
    );
  const dropped = droppedOf(facts, first);
  if (dropped !== null)
    return words(
      `${message}; ${dropped.words}, so nobody handled the rejection, and it ended the process at ${formatMeasured(error.at)}`,
      dropped.fix,
    );
  const caller = facts.pendingCaller(facts.passedOn(first).at(-1) ?? first, error.at);
  const place = caller?.lastPlace ?? null;
  const meanwhile =
    caller === null || place === null
      ? ""
      : ` (${facts.function(caller.number)}${facts.passedOn(first).length === 0 ? ", which had called it," : ""} stood at ${facts.names.line(place)} then)`;
  return words(
    `${message} at ${formatMeasured(error.at)}, and nobody had handled that by the end of its turn${meanwhile}: the rejection ended the process`,
    caller === null
      ? "await it where its error can be caught, or attach a handler where it is called (.catch((error) => …))"
      : "attach a handler before anything else is awaited: await what was started at once together (await Promise.all([a, b])), or mark the promise as handled where it is made (p.catch(() => {})) and await it later",
  );
}

const ofWorker =
  'listen to its error (worker.on("error", …)), and catch in the Worker what one message can raise';

export function threadFailed(
  facts: JavaScriptFacts,
  finding: InProgram<"thread-failed">,
): Words<never> {
  const { evidence } = finding;
  const [first] = finding.actors;
  if (evidence.of === "thread" || first === undefined) return anyThreadFailed(facts.names, finding);
  return words(`${failed(facts, finding, evidence.error)}, which ended the Worker`, ofWorker);
}

export function handledLate(
  facts: JavaScriptFacts,
  finding: InProgram<"handled-late">,
): Words<never> {
  const { error, loggedAt, heardAt } = finding.evidence;
  const [first] = finding.actors as [number];
  const isFatal = facts.errorOf(first)?.actor === first;
  const end = isFatal ? ", and ended the process all the same" : "";
  return words(
    `${failed(facts, finding, error)}, and nobody handled that by the end of its turn (${formatMeasured(loggedAt)}); it was handled ${formatMeasured(heardAt - loggedAt)} later${end}`,
    "attach a handler before anything else is awaited: await what was started at once together (await Promise.all([a, b])), or mark the promise as handled where it is made (p.catch(() => {})) and await it later",
  );
}
