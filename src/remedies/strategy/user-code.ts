/** Words about what user code does beyond its calls: after a cancellation, after their end, for ever. */
import { formatTime } from "../../base/duration.ts";
import { counted } from "../../base/sentences.ts";
import type { FindingOf } from "../../reading/findings/finding.ts";
import { actorName, documentName, type Outcome } from "../../outcome/outcome.ts";
import type { Words } from "../context.ts";
import { rules } from "../rules.ts";
import { leftBehindWords, stayedWords, thing, unsettledWords } from "../words.ts";
import type { Remedy } from "./remedy.ts";

/** Who called, and how many other copies of it fared alike. */
function callers(outcome: Outcome, actors: readonly number[]): string {
  const [actor] = actors as [number];
  if (actors.length === 1) return actorName(outcome, actor);
  return `${actors.length} copies of ${documentName(outcome, actor)}`;
}

export function outlived(outcome: Outcome, finding: FindingOf<"outlived">): Words<Remedy> {
  const { at, actors, evidence } = finding;
  const { lines, endedAt, until: end, inPool } = evidence;
  const did = lines === 0 ? "" : ` and wrote ${counted(lines, "line")}`;
  const until =
    endedAt === null
      ? `and had not ended when the run did, at ${formatTime(end)}`
      : `until it had done all it does, at ${formatTime(end)}`;
  const why = inPool
    ? "a job that a pool has begun cannot be called off"
    : "it does not heed its signal";
  return {
    message: `${callers(outcome, actors)} was cancelled at ${formatTime(at)}, but ${evidence.function} went on for ${formatTime(end - at)}${did}, ${until}: ${why}`,
    remedies: [],
    otherwise: inPool
      ? "let a job be short, or look now and then whether it is still wanted"
      : rules.outlived.fix,
  };
}

export function leftBehind(outcome: Outcome, finding: FindingOf<"left-behind">): Words<Remedy> {
  return leftBehindWords(callers(outcome, finding.actors), finding.evidence);
}

export function keptAlive({ at, evidence }: FindingOf<"kept-alive">): Words<Remedy> {
  const { because } = evidence;
  const why =
    because === null
      ? "something that user code had left alive: a timer, a socket, a process"
      : `${thing(because)} of ${because.function}`;
  return {
    message: stayedWords(at, evidence, why),
    remedies: [],
    otherwise: rules["kept-alive"].fix,
  };
}

export function unsettled(outcome: Outcome, finding: FindingOf<"unsettled">): Words<Remedy> {
  const { actors, evidence } = finding;
  return {
    message: unsettledWords(callers(outcome, actors), evidence),
    remedies: [],
    otherwise: rules.unsettled.fix,
  };
}
