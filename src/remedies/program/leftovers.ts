/** What holds of any program about functions that go on after a cancellation, after their end, for ever. */
import { formatMeasured } from "../../base/duration.ts";
import { counted } from "../../base/sentences.ts";
import type { FindingOf } from "../../reading/findings/finding.ts";
import type { Words } from "../context.ts";
import { leftBehindWords, stayedWords, thing, unsettledWords } from "../words.ts";
import type { Names } from "./names.ts";

export function outlived(names: Names, finding: FindingOf<"outlived">): Words<never> {
  const { at, evidence } = finding;
  const { lines, endedAt, until, inPool } = evidence;
  const did = lines === 0 ? "" : ` and wrote ${counted(lines, "line")}`;
  const end =
    endedAt === null ? "and had not ended when the run did" : "until it had done all it does";
  const why = inPool ? "a job that a pool has begun cannot be called off" : "it heeds no signal";
  return {
    message: `${names.subject(finding)} was cancelled at ${formatMeasured(at)}, but ${evidence.function} went on for ${formatMeasured(until - at)}${did}, ${end}, at ${formatMeasured(until)}: ${why}`,
    remedies: [],
    otherwise: inPool
      ? "let a job be short, or look now and then whether it is still wanted"
      : "hand the cancellation on to what it waits for, or look between two steps whether it is still wanted",
  };
}

export function leftBehind(names: Names, finding: FindingOf<"left-behind">): Words<never> {
  return leftBehindWords(names.subject(finding), finding.evidence);
}

export function keptAlive({ at, evidence }: FindingOf<"kept-alive">): Words<never> {
  const { because } = evidence;
  const why =
    because === null
      ? "something that was left alive: a timer, a socket, a process"
      : `${thing(because)} of ${because.function}`;
  return {
    message: stayedWords(at, evidence, why),
    remedies: [],
    otherwise: "close or clear it when it is no longer needed, or let it not keep the process",
  };
}

export function unsettled(names: Names, finding: FindingOf<"unsettled">): Words<never> {
  const { evidence } = finding;
  return {
    message: unsettledWords(names.subject(finding), evidence),
    remedies: [],
    otherwise: "settle it in every case, or bound the wait with a timeout",
  };
}
