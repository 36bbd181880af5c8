/** What is said of actors and processes in the verdict on a program that no scenario describes. */
import { formatMeasured, type Ticks } from "../base/duration.ts";
import { formatCount } from "../base/count.ts";
import { list } from "../base/sentences.ts";
import type { ActorOutcome, Cancellation, HeardBy, ProcessOutcome } from "../reading/entities.ts";
import { functionName, type Names } from "../remedies/program/names.ts";
import { quoted } from "./terminal/rows.ts";

/** The most texts that are told where those of one kind differ. */
const mostTold = 2;

/** What is there of some parts, one behind the other. */
export function sentence(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== "").join("; ");
}

/** What is said of several: once where it is the same of all, else the most frequent with their counts. */
export function common(texts: readonly (string | null)[]): string | null {
  const said = Map.groupBy(
    texts.filter((text) => text !== null),
    (text) => text,
  );
  const [only] = said.keys();
  if (said.size <= 1) {
    const count = only === undefined ? 0 : said.get(only)!.length;
    return count === 0 || count === texts.length
      ? (only ?? null)
      : `${only} (${formatCount(count)})`;
  }
  const ranked = [...said].toSorted(([, a], [, b]) => b.length - a.length);
  const told = ranked
    .slice(0, mostTold)
    .map(([text, { length }]) => `${text} (${formatCount(length)})`);
  const others = ranked.slice(mostTold).reduce((sum, [, { length }]) => sum + length, 0);
  return list([...told, ...(others > 0 ? [`${formatCount(others)} otherwise`] : [])]);
}

/** When something was; a dash where that is not known. */
export function momentWords(ticks: Ticks | null): string {
  return ticks === null ? "-" : formatMeasured(ticks);
}

export function errorWords({ status, error, heard, cancelled }: ActorOutcome): string | null {
  // Who cancelled it says more than what the cancellation is called.
  if (status === "cancelled" && cancelled !== null) return null;
  if (status !== "failed") return error === null ? null : quoted(error);
  return [...(error === null ? [] : [quoted(error)]), heardWords(heard)].join(", ");
}

function heardWords(heard: HeardBy | null): string {
  switch (heard?.by) {
    case "raised":
      return heard.into === null ? "raised" : `raised in ${heard.into}`;
    case "logged":
      return "a line on stderr";
    default:
      return "nobody heard of it";
  }
}

/** Who stopped a task that came to no end of its own. */
export function stopWords({ cancelled, until, lost }: ActorOutcome, names: Names): string | null {
  switch (cancelled?.reason) {
    case "group-failed":
      return "given up because its group failed";
    case "timed-out":
      return `given up because a timeout ran out${cancelled.place === null ? "" : ` (${names.line(cancelled.place)})`}`;
    case "loop-closed":
      return "cancelled when the loop closed";
    case "main-ended":
      return "cancelled because main ended";
    case "program":
      return `cancelled${whoseWords(cancelled, names)}`;
    default:
      // A word that this version does not know, as it stands in the trace.
      if (cancelled !== null)
        return `cancelled: ${cancelled.reason}${whoseWords(cancelled, names)}`;
      return until === "shutdown" && !lost ? "ended with its process, as it is meant to" : null;
  }
}

/** By whom something was cancelled, and where, as far as that is known. */
function whoseWords({ by, place }: Cancellation, names: Names): string {
  const line = place === null ? "" : ` at ${names.line(place)}`;
  const who = by === null ? "" : ` by ${names.kind(by)}`;
  const within = place === null ? null : names.functionAt(place);
  const where =
    within === null || (by !== null && functionName(within) === names.kind(by))
      ? ""
      : ` in ${functionName(within)}`;
  return `${who}${line}${where}`;
}

export function cleanupWords({ cleanup, status }: ActorOutcome): string | null {
  switch (cleanup) {
    case "skipped":
      return "its clean-up did not run";
    case "cut-short":
      return "its clean-up did not run to its end";
    case "ran":
      return status === "finished" ? null : "its clean-up ran";
    case "none":
      return null;
  }
}

export function endWords({ interruptedBy, interruption, endedAt }: ProcessOutcome): string | null {
  const detail = interruption === null ? "" : ` (${interruption})`;
  switch (interruptedBy) {
    case null:
      return endedAt === null ? "its end is not in the record" : null;
    case "cut-off":
      return "its end is not in the record";
    case "deadlock":
      return "deadlocked";
    case "signal":
      return `was ended by a signal${detail}`;
    case "timeout":
      return `was ended by a timeout${detail}`;
    case "crash":
      return interruption === null ? "its end was not seen" : `ended unexpectedly${detail}`;
    case "hang":
      return "hung";
    case "kill":
      return "was killed";
    default:
      return `was ended by ${interruptedBy}${detail}`;
  }
}
