/** What holds of any program about who waits: in a deadlock, for a result, for the end of the background. */
import { formatMeasured } from "../../base/duration.ts";
import type { FindingOf } from "../../reading/findings/finding.ts";
import type { Waiting } from "../../reading/reading.ts";
import type { Words } from "../context.ts";
import { afterwards } from "../words.ts";
import type { Names } from "./names.ts";

/** The most who wait that are named; the others are counted. */
const mostNamed = 5;

export function deadlock(names: Names, { evidence }: FindingOf<"deadlock">): Words<never> {
  const { waits } = evidence;
  const groups = Map.groupBy(
    waits,
    (one) => `${names.kind(one.actor)} ${one.for} ${awaited(names, one).of}`,
  );
  const words = [...groups.values()].map((alike) => {
    const [first] = alike as [Waiting];
    const who =
      alike.length === 1
        ? `${names.name(first.actor)} waits`
        : `${names.many(alike.length, first.actor)} wait`;
    return `${who} ${waitWords(awaited(names, first))}`;
  });
  if (words.length > mostNamed)
    words.splice(mostNamed, Infinity, `${words.length - mostNamed} more wait as well`);
  return {
    message: `nothing can ever happen again: ${words.join("; ")}`,
    remedies: [],
    otherwise: waysOut(waits),
  };
}

/** A wait with a name for what is waited for: the actor's own where the trace has no other. */
export function awaited<Wait extends Pick<Waiting, "of" | "whom">>(names: Names, wait: Wait): Wait {
  const { of, whom } = wait;
  return of !== null || whom === null ? wait : { ...wait, of: names.name(whom) };
}

/** A wait as an observer tells it: what for, the thing by its name, and the actor that could end it. */
interface SeenWait {
  for: string;
  thing: string | null;
  who: string | null;
}

/** For what somebody waits whom an observer saw, behind "waits"; empty where nothing is known of it. */
export function seenWaitWords({ for: what, thing: called, who }: SeenWait): string {
  // The name of the call, as `Future.result`, says nothing that the word does not.
  const thing = called !== null && /^[A-Z]\w*\.\w+$/.test(called) ? null : called;
  switch (what) {
    case "join":
      return `for ${who ?? "another thread"} to end`;
    case "result":
      return who === null && thing === null ? "for a result" : `for the result of ${who ?? thing}`;
    case "lock":
    case "event":
    case "condition":
      return thing === null
        ? `for ${what === "event" ? "an" : "a"} ${what}`
        : `for the ${what} ${thing}`;
    case "get":
      return thing === null ? "for a value" : `for a value in ${thing}`;
    case "put":
      return thing === null ? "for room in a queue" : `for room in ${thing}`;
    case "queue-join":
      return `until ${thing ?? "a queue"} is worked off`;
    case "process":
      return "for a process to end";
    case "input":
      return "for input";
    case "select":
      return "for something to be read or written";
    case "sleep":
      return "for time to pass";
    case "something": {
      const all = [...new Set([thing, who])].filter((one) => one !== null);
      return all.length === 0 ? "" : `for ${all.join(", and for ")}`;
    }
    default:
      return waitWords({ for: what, of: thing ?? who });
  }
}

/** For what somebody waits, behind "waits". */
export function waitWords({ for: what, of }: Pick<Waiting, "for" | "of">): string {
  switch (what) {
    case "launch":
      return "for its loop to end";
    case "settle":
      return "for the tasks of its group";
    case "join":
      return "for another thread to end";
    case "result":
      return `for the result of ${of}`;
    case "send":
      return `for room in ${of}`;
    case "receive":
      return `for a value in ${of}`;
    case "call":
      return `for what ${of} has returned to settle, and nothing is alive that could settle it`;
    // A word that this version does not know, as it stands in the trace.
    default:
      return of === null ? `for ${what}` : `for ${what} of ${of}`;
  }
}

/** What would let those go on who wait for nobody else that waits. */
function waysOut(waits: readonly Waiting[]): string {
  const awaits = (what: Waiting["for"]): boolean => waits.some((one) => one.for === what);
  const ways = [
    ...(awaits("receive") ? ["send what is waited for, or bound the wait with a timeout"] : []),
    ...(awaits("call") ? ["see that what the function returns settles in every case"] : []),
    ...(awaits("send") ? ["receive what is sent, or make room for it"] : []),
  ];
  return ways.length === 0 ? "bound the wait with a timeout" : ways.join("; and ");
}

export function resultTimedOut(names: Names, finding: FindingOf<"result-timed-out">): Words<never> {
  const { evidence } = finding;
  return {
    message: `main waited ${formatMeasured(evidence.waited)} for the result of ${names.subject(finding)} and gave up; the work went on, and ${afterwards(evidence)}`,
    remedies: [],
    otherwise: "give it longer, or cancel the work as well: a timeout alone does not",
  };
}

export function joinedTooLong({ evidence }: FindingOf<"joined-too-long">): Words<never> {
  const { waited, wall, atExit } = evidence;
  return {
    message: `main waited ${formatMeasured(waited)} of the run's ${formatMeasured(wall)} for the background to end${atExit ? ", its own work being over" : ""}`,
    remedies: [],
    otherwise: "let main do something meanwhile, or the background take less time",
  };
}

/** What a recorder of JavaScript saw somebody wait for, behind "for": a word of its own, a call, or as it stands there. */
export function awaitedWords(of: string): string {
  const known: Readonly<Record<string, string>> = {
    timer: "a timer",
    library: "code of a library",
    message: "a message",
    import: "an import",
    yield: "somebody to want its next value",
    "next value": "the next value",
  };
  return known[of] ?? (/^[\w$.#?]+$/.test(of) && !of.startsWith("Atomics.") ? `${of}(…)` : of);
}
