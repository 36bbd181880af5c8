/** JavaScript's words for calls that were cut off, or went on when nobody waited for them any more. */
import { formatMeasured } from "../../base/duration.ts";
import type { End } from "../../reading/findings/finding.ts";
import type { InProgram } from "../../reading/findings/program-finding.ts";
import type { Words } from "../context.ts";
import { functionName } from "../program/names.ts";
import { type JavaScriptFacts, words } from "./facts.ts";

/** What ignores what its callbacks return, because it calls them for several values. */
const iterators: ReadonlySet<string> = new Set([
  "forEach",
  "map",
  "filter",
  "some",
  "every",
  "find",
]);

export function floating(facts: JavaScriptFacts, finding: InProgram<"floating">): Words<never> {
  const { dropped, end, awaited } = finding.evidence;
  const [first] = finding.actors as [number];
  const who = facts.whoMade(finding);
  const how = droppedWords(facts, finding);
  if (end === null && isComparator(dropped))
    return words(
      `the promise of ${who} was taken for the number that ${dropped!.how} asks for${lineOf(facts, dropped)}: a promise is none, so nothing was put in order`,
      `let ${dropped!.how} compare what is there: const keys = await Promise.all(….map(async (…) => …)) first, then sort by these`,
    );
  if (end === null)
    return words(
      `the promise of ${who} was taken for ${isPredicate(dropped) ? `the answer that ${dropped!.how} asks for` : "a condition"}${lineOf(facts, dropped)}: a promise is always true`,
      isPredicate(dropped)
        ? `let ${dropped!.how} have answers, not promises: const answers = await Promise.all(….map(async (…) => …)), then ${dropped!.how}((_, index) => answers[index])`
        : `write await ${facts.nameInCode(first)}(…) there`,
    );
  return words(
    `${facts.end(end, first)} with ${who} under way, ${how}${stoodWords(facts, finding, awaited)}`,
    floatingFix(facts, finding, end),
  );
}

type Dropped = InProgram<"floating">["evidence"]["dropped"];

function lineOf(facts: JavaScriptFacts, dropped: Dropped): string {
  return dropped?.place == null ? "" : ` at ${facts.names.line(dropped.place)}`;
}

function isComparator(dropped: Dropped): boolean {
  return dropped !== null && ["sort", "toSorted"].includes(dropped.how);
}

function isPredicate(dropped: Dropped): boolean {
  return dropped !== null && dropped.how !== "condition";
}

/** How promises were dropped, as `whose promises forEach at app.ts:15 ignores`. */
function droppedWords(facts: JavaScriptFacts, { actors, evidence }: InProgram<"floating">): string {
  const { dropped } = evidence;
  const [promise, was] = actors.length > 1 ? ["whose promises", "were"] : ["whose promise", "was"];
  if (dropped === null) return `${promise} nobody awaited`;
  const line = lineOf(facts, dropped);
  switch (dropped.how) {
    case "statement":
      return `${promise} ${was} dropped${line}`;
    case "void":
      return `${promise} ${was} dropped by void${line}`;
    case "condition":
      return `${promise} ${was} taken for a condition${line}`;
    default:
      return `${promise} ${functionName(dropped.how)}${line} ignores`;
  }
}

function floatingFix(facts: JavaScriptFacts, finding: InProgram<"floating">, end: End): string {
  const { dropped } = finding.evidence;
  const [first] = finding.actors as [number];
  const name = facts.nameInCode(first);
  const before =
    end.by === "terminated"
      ? "before the Worker is terminated"
      : end.by === "exit"
        ? "before process.exit"
        : "before the program ends";
  if (dropped !== null && iterators.has(dropped.how))
    return `use for (const … of …) with await in it in place of ${dropped.how}, or await Promise.all(….map(async (…) => …)); and see that the function it stands in is awaited ${before}`;
  if (dropped?.how === "condition") return `write await ${name}(…) there: a promise is always true`;
  if (dropped !== null && dropped.how !== "statement" && dropped.how !== "void")
    return `keep what is under way (a Set that each promise is added to, and deleted from in finally), and await Promise.allSettled(…) of it ${before}: ${functionName(dropped.how)} waits for no promise`;
  const exit = endsBy(end)
    ? "; or set process.exitCode and let the process end by itself, which it does when nothing is left to do"
    : "";
  if (dropped === null)
    return facts.actor(first)?.function === "map callback"
      ? `await Promise.all(….map(async (…) => …)) there: what map gives are promises${exit}`
      : finding.actors.length > 1
        ? `await the promises that were kept (await Promise.all(…)) ${before}${exit}`
        : `await the promise that was kept ${before}${exit}`;
  // It may have been called by another name there, as that of a parameter.
  return `await ${finding.actors.length === 1 ? "it" : "each"} there, or keep its promise and await that ${before}${exit}`;
}

function endsBy(end: End): boolean {
  return end.by === "exit" && end.ended === "process";
}

/** Where calls stood, and at what: `; it stood at app.ts:16, awaiting updateVote (at app.ts:8)`. */
function stoodWords(
  facts: JavaScriptFacts,
  finding: Pick<InProgram<"floating">, "actors" | "places">,
  awaited: readonly number[],
): string {
  const stood = facts.stood(finding);
  const all = facts.allAwait(finding.actors);
  const what =
    awaited.length > 0
      ? `awaiting ${facts.standing(awaited)}`
      : all === null
        ? ""
        : `awaiting ${all}`;
  if (stood === "" && what === "") return "";
  const it = finding.actors.length === 1 ? "it" : "they";
  return `; ${it} stood${stood}${stood === "" || what === "" ? "" : ","}${what === "" ? "" : ` ${what}`}`;
}

export function lostAtExit(
  facts: JavaScriptFacts,
  finding: InProgram<"lost-at-exit">,
): Words<never> {
  const { end, awaited = [], within = null, without = null } = finding.evidence;
  const [first] = finding.actors as [number];
  if (facts.actor(first)?.kind === "main") return mainLost(facts, finding);
  const stood = stoodWords(facts, finding, awaited);
  const who = facts.whoAll(finding);
  const [it, was] = finding.actors.length === 1 ? ["it", "was"] : ["they", "were"];
  if (within !== null) {
    const where = within.place === null ? "" : ` (registered at ${facts.names.line(within.place)})`;
    const isItself = facts.actor(first)?.function === within.function;
    const began = isItself
      ? `${who} ${was} called when the process was about to end`
      : `${who} began within the ${within.function}${where}`;
    return words(
      `${began}, where no timer and no I/O runs any more, so ${it} came to no end${stood}`,
      "do it before the exit and await it there; then set process.exitCode and let the process end by itself: a listener of exit can only do what is synchronous",
    );
  }
  if (without !== null) {
    const line = without.place === null ? "" : ` at ${facts.names.line(without.place)}`;
    return words(
      `${facts.combinator(without.by)}${line} had settled without ${who}, and ${facts.end(end, first)} with ${it === "it" ? "it" : "them"} still under way${stood}`,
      withoutFix(without.by),
    );
  }
  if (facts.actor(first)?.kind === "thread")
    return words(
      `${facts.end(end, first)} with ${who} under way${stood}`,
      'let main wait for its last message, or for its exit (await once(worker, "exit")), before the process ends',
    );
  const message = `${facts.end(end, first)} with ${who} under way${stood}`;
  switch (end.by) {
    case "exit":
      return words(
        message,
        "await it before process.exit, or set process.exitCode instead and let the process end by itself, which it does when nothing is left to do",
      );
    case "nothing-left":
      return words(
        `${facts.end(end, first)} while ${who} ${was} still waiting${stood}${failedWorkerWords(facts)}`,
        unsettledFix(facts, [...finding.actors, ...awaited]),
      );
    case "terminated":
      return words(
        message,
        "let the Worker tell when it is done, and wait for that before worker.terminate(); and reject what waits for its answers when it exits",
      );
    case "rejection":
      return words(
        message,
        "handle that rejection (see there), and let what is under way come to its end",
      );
    case "uncaught":
      return words(
        message,
        "catch that error (see there), and let what is under way come to its end",
      );
    case "main-failed":
      return words(
        message,
        "catch the error in the main module, and await there what is under way",
      );
    default:
      return words(message, "await it before the process ends");
  }
}

/** The evaluation of the main module that never came to its end, as nothing was left to settle what it awaits. */
function mainLost(facts: JavaScriptFacts, finding: InProgram<"lost-at-exit">): Words<never> {
  const [main] = finding.actors as [number];
  const isPromise = (actor: number): boolean => facts.actor(actor)?.kind === "promise";
  const line = [...facts.reading.chains.line(main)].filter((actor) => !isPromise(actor));
  const place = facts.actor(main)?.lastPlace ?? null;
  const at = place === null ? "" : ` at ${facts.names.line(place)}`;
  const innermost = line.at(-1) ?? main;
  const where = line.length === 0 ? "" : `, in ${facts.standing(line)}`;
  const what = facts.awaits(innermost);
  const awaits = what === null ? "" : `, which waits for ${what}`;
  const { exitCode = null } = facts.reading.processes[0] ?? {};
  // That is what the status says.
  const end =
    exitCode === 13
      ? "nothing was left that could settle that, and the process ended with status 13"
      : "the process ended";
  const isImport = facts.isImportCircle([main, ...line]);
  return words(
    `the main module never came to its end: it stood at its await${at}${where}${awaits}; ${end} without what follows there`,
    isImport
      ? "let no top-level await wait for a module that imports this one: move what both need to a third module, or start the program from one that nobody imports"
      : "let what is awaited be settled in every case, or bound the wait (AbortSignal.timeout)",
  );
}

/** That Workers had failed, which may have had the answers; empty where none had. */
function failedWorkerWords(facts: JavaScriptFacts): string {
  const [worker, ...others] = facts.failedWorkers();
  if (worker === undefined) return "";
  if (others.length > 0) return `; ${others.length + 1} Workers had failed by then`;
  const { number, place } = worker;
  const places = place === null ? [] : [{ is: "made" as const, place }];
  return `; ${facts.whoMade({ actors: [number], places }, "started")} had failed by then`;
}

/** What would have let those go on whom nothing was left to wake. */
function unsettledFix(facts: JavaScriptFacts, actors: readonly number[]): string {
  const awaited = new Set(actors.map((actor) => facts.seen(actor)?.of ?? null));
  if (awaited.has("yield"))
    return "leave the generator by for await (…), which closes it, or call its return() in finally when no more is wanted";
  if (facts.isImportCircle(actors))
    return "let no top-level await wait for a module that imports this one: move what both need to a third module";
  if (facts.failedWorkers().length > 0)
    return 'reject what waits for a Worker\'s answers when that fails or ends (worker.on("error", …), worker.on("exit", …))';
  return "let what it awaits be settled in every case (resolve or reject on each event that can come, error and close as well), or bound the wait (AbortSignal.timeout)";
}

function withoutFix(by: string): string {
  if (by === "race")
    return "tell the work to stop when the race is over: hand it an AbortSignal (AbortSignal.timeout(…), or controller.abort() in finally), and await its end";
  if (by === "new Promise")
    return "tell the work to stop when nobody waits for it any more: hand it an AbortSignal (AbortSignal.timeout(…), or controller.abort()), and await its end";
  if (by === "all")
    return "await Promise.allSettled(…) and then throw what has failed, so that all have come to their end; or abort the others (AbortController) and await them";
  return "abort those that are not wanted any more (AbortController), and await their end";
}

export function outlived(facts: JavaScriptFacts, finding: InProgram<"outlived">): Words<never> {
  const { by, place, failed, endedAt, until } = finding.evidence;
  const { at } = finding;
  const line = place === null ? "" : ` at ${facts.names.line(place)}`;
  const who = facts.whoMade(finding);
  const [first] = finding.actors as [number];
  const failing =
    failed === null
      ? ""
      : facts.actor(failed)?.function === facts.actor(first)?.function
        ? `, when another call of ${facts.function(failed)} failed`
        : `, when ${facts.function(failed)} failed`;
  const most = finding.actors.length === 1 ? "" : "up to ";
  const end = endedAt === null ? ", and had not ended when the process did" : "";
  const how =
    by === "all"
      ? `Promise.all${line} rejected at ${formatMeasured(at)}${failing}`
      : by === "race" || by === "new Promise"
        ? `${facts.combinator(by)}${line} settled at ${formatMeasured(at)}`
        : `whoever waited for it gave up at ${formatMeasured(at)}`;
  return words(
    `${how}, but ${who} went on for ${most}${formatMeasured(until - at)}${end}: a promise that nobody waits for any more is not stopped by that`,
    by === "all"
      ? "await Promise.allSettled(…), then throw what has failed, so that nothing is still going on when the error is handled; or do one after the other (for (const … of …) with await)"
      : withoutFix(by === "new Promise" ? by : "race"),
  );
}

export function givenUp(facts: JavaScriptFacts, finding: InProgram<"given-up">): Words<never> {
  const { by } = finding.evidence;
  const stood = facts.stood(finding);
  const places = new Set(finding.actors.map((one) => facts.actor(one)?.cancelled?.place ?? null));
  const [place = null] = places.size === 1 ? places : [];
  const limit = place === null ? "a timeout" : `the timeout at ${facts.names.line(place)}`;
  // It may have come so far as to look at the signal itself.
  const where = stood === "" ? "" : `, which stood last${stood}`;
  return words(
    `${by === "timed-out" ? `${limit} ran out and aborted` : "a failure of another aborted"} ${facts.whoMade(finding, "called")}${where}`,
    by === "timed-out"
      ? "give it longer, or keep from the signal what must not be cut off"
      : "catch the error where it comes from, where the others can go on (Promise.allSettled)",
  );
}
