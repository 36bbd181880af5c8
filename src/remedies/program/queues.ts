/** What holds of any program about tasks of a durable queue. */
import type { FindingOf } from "../../reading/findings/finding.ts";
import type { Words } from "../context.ts";
import { cutWords, quote, times } from "../words.ts";
import type { Names } from "./names.ts";

const outlast =
  "give it a longer lease, or let its steps give way now and then: what holds the loop also holds up the renewal";

export function acknowledgedEarly(
  names: Names,
  finding: FindingOf<"acknowledged-early">,
): Words<never> {
  const cut = cutWords(finding.evidence.cleanupCut);
  return {
    message: `${names.subject(finding)} was acknowledged before it was done, and its worker ended with it: nobody performs it again${cut}`,
    remedies: [],
    otherwise: "acknowledge it when it is done",
  };
}

export function enqueueUnawaited(
  names: Names,
  finding: FindingOf<"enqueue-unawaited">,
): Words<never> {
  const ended = finding.evidence.killed ? "was killed" : "ended";
  return {
    message: `${names.subject(finding)} was never stored in its queue: nothing awaited the write, and the process ${ended} before it was done`,
    remedies: [],
    otherwise: "await the write before the program goes on",
  };
}

export function failedThoughDone(
  names: Names,
  finding: FindingOf<"failed-though-done">,
): Words<never> {
  return {
    message: `${names.subject(finding)} failed for good (${quote(finding.evidence.error)}) although all of its steps had been done`,
    remedies: [],
    otherwise: outlast,
  };
}

export function gaveUp(names: Names, finding: FindingOf<"gave-up">): Words<never> {
  return {
    message: `${names.subject(finding)} was given up after ${finding.evidence.attempts} attempts of which none came to an end`,
    remedies: [],
    otherwise: "find out what in it ends or holds its worker",
  };
}

export function leaseLost(names: Names, finding: FindingOf<"lease-lost">): Words<never> {
  const { attempts, together } = finding.evidence;
  const what = together
    ? `was given to another attempt while one went on, and performed ${attempts} times`
    : `had lost its lease when it ended, so its end was refused, and it was performed ${times(attempts)}`;
  return {
    message: `${names.subject(finding)} ${what}`,
    remedies: [],
    otherwise: outlast,
  };
}

export function doneTwice(names: Names, finding: FindingOf<"done-twice">): Words<never> {
  const why = finding.evidence.because === "killed" ? "its worker was killed" : "an attempt failed";
  return {
    message: `${names.subject(finding)} was performed again from its first step, since ${why}`,
    remedies: [],
    otherwise: "make its steps such that they do no harm a second time",
  };
}

export function notRetried(names: Names, finding: FindingOf<"no-retry">): Words<never> {
  return {
    message: `${names.subject(finding)} failed (${quote(finding.evidence.error)}) at its only attempt`,
    remedies: [],
    otherwise: "say how often it is to be tried again",
  };
}
