/** What holds of any program about failures that nobody could act on, and promises that nobody awaits. */
import type { FindingOf, Unheard } from "../../reading/findings/finding.ts";
import type { Words } from "../context.ts";
import { quote } from "../words.ts";
import { causeOf } from "./losses.ts";
import type { Names } from "./names.ts";

export function nobodyHeard(names: Names, finding: FindingOf<"nobody-heard">): Words<never> {
  return unheard(names, finding, finding.evidence, ", and its error reached nobody");
}

export function onlyLogged(names: Names, finding: FindingOf<"only-logged">): Words<never> {
  const { evidence } = finding;
  if (evidence.of === "thread") {
    const { why, otherwise } = causeOf(names, evidence.end);
    return { message: why, remedies: [], otherwise };
  }
  const line = evidence.isRejection
    ? ", and as nobody had handled it by then, the rejection ended the process"
    : ", and only a line on stderr told of it: nobody could act on it";
  return unheard(names, finding, evidence, line);
}

export function threadFailed(names: Names, finding: FindingOf<"thread-failed">): Words<never> {
  const { evidence } = finding;
  if (evidence.of === "thread") {
    const { why, otherwise } = causeOf(names, evidence.end);
    const message = `${why}, and main, which went on, is told nothing`;
    return { message, remedies: [], otherwise };
  }
  const what =
    " and ended its thread: a line on stderr tells of it, but main, which went on, is told nothing";
  return unheard(names, finding, evidence, what);
}

/** @param what came of it, as the end of the sentence. */
function unheard(
  names: Names,
  finding: FindingOf<"nobody-heard" | "only-logged" | "thread-failed">,
  { error, raisedBy }: Unheard,
  what: string,
): Words<never> {
  const kinds = names.kinds(raisedBy);
  const raised = kinds === null ? "" : `, raised by ${kinds}`;
  return {
    message: `${names.subject(finding)} failed (${quote(error)}${raised})${what}`,
    remedies: [],
    otherwise:
      kinds === null
        ? "await it where its error can be raised and caught"
        : `catch the error in it, or in ${kinds}`,
  };
}

export function promiseNotAwaited({ evidence }: FindingOf<"promise-not-awaited">): Words<never> {
  return {
    message: `${evidence.function} returned a promise to synchronous code: what it does from its first await on, nobody waits for`,
    remedies: [],
    otherwise: "call it where its promise can be awaited, or make the function synchronous",
  };
}
