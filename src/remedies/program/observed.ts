/** Plain sentences for what only a program that was observed can be told of. A language's own say it better. */
import { formatCount } from "../../base/count.ts";
import { formatMeasured } from "../../base/duration.ts";
import { counted, list } from "../../base/sentences.ts";
import type { InProgram, ProgramRule } from "../../reading/findings/program-finding.ts";
import type { HangingWait } from "../../reading/hang.ts";
import type { Words } from "../context.ts";
import { quote } from "../words.ts";
import { loopBlocked, starved as anyStarved } from "./held.ts";
import { causeOf } from "./losses.ts";
import type { Names } from "./names.ts";
import { waitWords } from "./waits.ts";

type Say<R extends ProgramRule> = (names: Names, finding: InProgram<R>) => Words<never>;

function words(message: string, otherwise: string): Words<never> {
  return { message, remedies: [], otherwise };
}

export const deadlock: Say<"deadlock"> = (names, { evidence }) =>
  words(
    `nothing can ever happen again: ${circleWords(names, evidence.circle)}`,
    "take locks in one order, or bound the wait with a timeout",
  );

export const selfWait: Say<"self-wait"> = (names, { evidence, places }) =>
  words(
    evidence.circle.length > 0
      ? `it waits for what only its own thread could do: ${circleWords(names, evidence.circle)}`
      : `it waits for what only its own thread could do${where(names, places)}`,
    "await it, or wait in another thread",
  );

export const lockAcrossAwait: Say<"lock-across-await"> = (names, { evidence }) =>
  words(
    `${names.name(evidence.holder)} keeps a lock across an await, and the thread of its loop waits for that: ${circleWords(names, evidence.circle)}`,
    "use a lock of the loop's own kind, or give it back before the await",
  );

export const deadPeer: Say<"dead-peer"> = (names, { evidence }) => {
  const { wait, peer, status, error } = evidence;
  const how = error === null ? status : `${status} (${quote(error)})`;
  return words(
    `${hanging(names, wait)}, and whoever could end that has come to its end: ${names.name(peer)} ${how}`,
    "wait for both, so that the end of the one is heard of, or bound the wait with a timeout",
  );
};

export const wokenNever: Say<"woken-never"> = (names, { evidence }) =>
  words(
    `nothing moves any more, and nothing is known that could still come: ${waitsWords(names, evidence.waits)}`,
    "let somebody do what is waited for, or bound the wait with a timeout",
  );

export const closedUnder: Say<"loop-closed-under-tasks"> = (names, finding) => {
  const { how, place } = finding.evidence;
  const by = `${how ?? "somebody"} closed the loop${place === null ? "" : ` at ${names.place(place)}`}`;
  return words(
    `${by} with ${names.subject(finding)} pending${stood(names, finding)}, and nobody had cancelled it`,
    "cancel what is pending and wait for it before the loop is closed, or let the loop's runner do both",
  );
};

export const taskCollected: Say<"task-collected"> = (names, finding) =>
  words(
    `the garbage collector took ${names.subject(finding)} at ${formatMeasured(finding.at)} while it was pending${stood(names, finding)}: nothing else kept it`,
    "keep a reference to it until it is done, or await it",
  );

export const neverAwaited: Say<"coroutine-never-awaited"> = (names, finding) =>
  words(
    `${names.subject(finding)} was called, and what that gave was never awaited: not one line of it ran`,
    "await it, or start it as a task",
  );

export const unheard: Say<"failure-unheard"> = (names, finding) =>
  words(
    `${failed(names, finding)}, and its error reached nobody`,
    "await it where its error can be raised and caught, or take its result",
  );

export const swallowed: Say<"failure-swallowed"> = (names, finding) =>
  words(
    `${failed(names, finding)} after ${names.name(finding.evidence.first)} had, whose error was raised in its place: nobody heard of this one`,
    "collect all errors of the group, and look at each",
  );

export const handledLate: Say<"handled-late"> = (names, finding) => {
  const { error, loggedAt, heardAt } = finding.evidence;
  return words(
    `${names.subject(finding)} failed (${quote(error)}) and was told to be unheard at ${formatMeasured(loggedAt)}; it was heard at ${formatMeasured(heardAt)}`,
    "handle it where it is made, before anything else is awaited",
  );
};

export const outlived: Say<"outlived"> = (names, finding) => {
  const { at, evidence } = finding;
  const { waiter, by, endedAt, until } = evidence;
  const how = by === "cancelled" ? "was cancelled" : "stopped waiting for it";
  const who = waiter === null ? "whoever waited for it" : names.name(waiter);
  const end = endedAt === null ? "and had not ended when the run did" : "and then ended";
  return words(
    `${who} ${how} at ${formatMeasured(at)}, but ${names.subject(finding)} went on for ${formatMeasured(until - at)}, ${end}`,
    "let it look now and then whether it is still wanted: who stops waiting does not stop it",
  );
};

export const cancelSwallowed: Say<"cancel-swallowed"> = (names, finding) => {
  const { times, swallowed } = finding.evidence;
  const often = times === 1 ? "" : ` (${formatCount(times)} times)`;
  const how = swallowed.how === "ended" ? "ended as if it had finished" : "went on";
  return words(
    `${names.subject(finding)} caught its cancellation${where(names, finding.places)} and ${how}${often}`,
    "raise it again when the clean-up is done",
  );
};

const misusedAs = {
  "loop-in-loop": [
    "a loop was started in a thread that runs one",
    "await there, or run it in a thread of its own",
  ],
  "wrong-thread": [
    "a loop was spoken to from another thread, as only its own may",
    "hand it over thread-safely",
  ],
  "wrong-loop": ["something of one loop was used on another", "make it on the loop that uses it"],
} as const;

export const misused: Say<keyof typeof misusedAs> = (names, { rule, places, evidence }) => {
  const [what, otherwise] = misusedAs[rule];
  const { error } = evidence.misused;
  return words(
    `${what}${where(names, places)}${error === null ? "" : ` (${quote(error)})`}`,
    otherwise,
  );
};

export const leftInQueue: Say<"left-in-queue"> = (names, { evidence: { left } }) => {
  const made = left.place === null ? "" : ` (made at ${names.place(left.place)})`;
  return words(
    `${counted(left.items, "value")} lay in ${left.of ?? "a queue"}${made} at the end, and nobody has taken ${left.items === 1 ? "it" : "them"}`,
    "wait until it is empty before the program ends",
  );
};

export const handlerUnrun: Say<"handler-unrun"> = (names, { evidence }) => {
  const { handlers, why } = evidence;
  const which = handlers.map(({ function: name, place }) =>
    place === null ? name : `${name} (registered at ${names.place(place)})`,
  );
  const because = {
    hang: "the process never came to it, waiting for something else first",
    exit: "a call to exit ended the process without it",
    unknown: "the process ended without it",
  }[why];
  return words(
    `${list(which)}, to be called at exit, never ran: ${because}`,
    "do what it does before the program ends",
  );
};

export const keptAlive: Say<"kept-alive"> = (names, { evidence }) => {
  const { since, until, handles } = evidence;
  const what = handles.map(({ kind, place }) =>
    place === null ? kind : `${kind} (${names.place(place)})`,
  );
  return words(
    `main was over at ${formatMeasured(since)}, and the process stayed for ${formatMeasured(until - since)}, kept by ${list([...new Set(what)])}`,
    "end it before main does, or let it not keep the process",
  );
};

export const exitBy: Say<"exit-by"> = (names, { evidence }) => {
  const { call, code, unrun } = evidence;
  const left = unrun === 0 ? "" : `; ${counted(unrun, "handler")} for that never ran`;
  return words(
    `a call to exit (status ${code})${names.caller(call)} ended the process${left}`,
    "return to main, and let that end the process",
  );
};

export const floating: Say<"floating"> = (names, finding) => {
  const { dropped, end } = finding.evidence;
  const at = dropped?.place ?? null;
  const where = at === null ? "" : ` at ${names.place(at)}`;
  if (end === null)
    return words(
      `the promise of ${names.subject(finding)} was taken for a yes or a no${where}, and is always a yes`,
      "await it there",
    );
  const { why } = causeOf(names, end);
  return words(
    `nobody waited for ${names.subject(finding)}, whose promise was ${dropped === null ? "never used" : `dropped${where}`}: ${why}${stood(names, finding)}`,
    "keep its promise, and await it before the process ends",
  );
};

export const outputCut: Say<"output-cut"> = (names, { evidence }) => {
  const { cuts, call } = evidence;
  const what = cuts.map(({ bytes, stream }) => `${counted(bytes, "byte")} of ${stream}`);
  const by = call === null ? "" : ` by a call to exit${names.caller(call)}`;
  return words(
    `${list(what)} had been written and not yet handed to the system when the process was ended${by}`,
    "let the process come to its end by itself",
  );
};

/** Who was late through many short steps or turns, where nothing held the thread for long. */
export const starved: Say<"loop-starved"> = (names, finding) => {
  const { evidence } = finding;
  if (evidence.by !== "turns") return anyStarved(names, { ...finding, rule: "starved", evidence });
  const { message } = loopBlocked(names, { ...finding, rule: "loop-blocked", evidence });
  return words(
    `${message}; it gave way ${formatCount(evidence.turns)} times meanwhile, to nothing but its own like`,
    "give way to the loop now and then, or wait for what is to happen",
  );
};

function failed(
  names: Names,
  finding: InProgram<"failure-unheard"> | InProgram<"failure-swallowed">,
): string {
  const { error, raisedAt } = finding.evidence;
  const at = raisedAt === null ? "" : ` at ${names.place(raisedAt)}`;
  const who = finding.actors.length === 0 ? "a callback" : names.subject(finding);
  return `${who} failed${at} (${quote(error)})`;
}

function stood(names: Names, finding: Pick<InProgram<ProgramRule>, "actors" | "places">): string {
  const at = names.stood(finding);
  return at === null ? "" : `, standing ${at}`;
}

function where(names: Names, places: InProgram<ProgramRule>["places"]): string {
  const at = places.find(({ is }) => is === "at");
  return at === undefined ? "" : ` at ${names.place(at.place)}`;
}

/** The most waits that are told one by one. */
const mostTold = 5;

function waitsWords(names: Names, waits: readonly HangingWait[]): string {
  const told = waits.slice(0, mostTold).map((wait) => hanging(names, wait));
  const more = waits.length - told.length;
  return [...told, ...(more > 0 ? [`${more} more wait as well`] : [])].join("; ");
}

function circleWords(names: Names, circle: readonly HangingWait[]): string {
  return waitsWords(names, circle);
}

function hanging(names: Names, { actor, for: what, of, whom, place }: HangingWait): string {
  const at = place === null ? "" : ` at ${names.place(place)}`;
  const who = whom === null ? null : names.name(whom);
  const awaited =
    what === "thread"
      ? `for a turn on the thread that ${who ?? "another"} keeps`
      : waitWords({ for: what, of: of ?? who });
  return `${names.name(actor)} waits${at} ${awaited}`;
}
