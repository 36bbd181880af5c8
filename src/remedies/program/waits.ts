/** What holds of any program about who waits: in a deadlock, for a result, for the end of the background. */
import { formatTime } from "../../base/duration.ts";
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
    message: `main waited ${formatTime(evidence.waited)} for the result of ${names.subject(finding)} and gave up; the work went on, and ${afterwards(evidence)}`,
    remedies: [],
    otherwise: "give it longer, or cancel the work as well: a timeout alone does not",
  };
}

export function joinedTooLong({ evidence }: FindingOf<"joined-too-long">): Words<never> {
  const { waited, wall, atExit } = evidence;
  return {
    message: `main waited ${formatTime(waited)} of the run's ${formatTime(wall)} for the background to end${atExit ? ", its own work being over" : ""}`,
    remedies: [],
    otherwise: "let main do something meanwhile, or the background take less time",
  };
}
