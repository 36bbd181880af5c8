/** What holds of any program about work that was lost, given up, or cut off in its clean-up. */
import type { End, Evidence, FindingOf } from "../../reading/findings/finding.ts";
import type { Words } from "../context.ts";
import { cutWords, quote } from "../words.ts";
import type { About, Names } from "./names.ts";

/** The beginning of a sentence, and what to do about that. */
interface Cause {
  why: string;
  otherwise: string;
}

export function lostAtClose(names: Names, finding: FindingOf<"lost-at-close">): Words<never> {
  const { launch, launchFailed, launchError, began, cleanupCut } = finding.evidence;
  const who = names.subject(finding);
  const cut = `${whenCut(names, finding, began)}${cutWords(cleanupCut)}`;
  const entry = launch === null ? "its entry" : names.name(launch);
  if (launchFailed)
    return {
      message: `${entry} failed (${quote(launchError)}), so its loop closed and cancelled ${who} ${cut}`,
      remedies: [],
      otherwise: `keep ${entry} from failing before the tasks of its loop are done, or catch the error in it`,
    };
  const closed = launch === null ? "the loop closed" : `the loop closed when ${entry} returned`;
  return {
    message: `${closed}, and nothing had waited for ${who}: cancelled ${cut}`,
    remedies: [],
    otherwise: "await it before the loop closes, or keep the loop open until it is done",
  };
}

export function killed(names: Names, finding: FindingOf<"killed">): Words<never> {
  const { began, cleanupCut } = finding.evidence;
  return {
    message: `the process was killed ${whenCut(names, finding, began)}, and ${names.subject(finding)} with it${cutWords(cleanupCut)}`,
    remedies: [],
    otherwise: "hand it to something that outlives the process",
  };
}

export function abandoned(names: Names, finding: FindingOf<"abandoned">): Words<never> {
  const { end, cleanupCut } = finding.evidence;
  const { why, otherwise } = causeOf(names, end);
  const stood = names.stood(finding);
  const where = stood === null ? "" : ` ${stood}`;
  return {
    message: `${why}, and ${names.subject(finding)} simply stopped${where}${cutWords(cleanupCut)}`,
    remedies: [],
    otherwise,
  };
}

export function destroyedPending(
  names: Names,
  finding: FindingOf<"destroyed-pending">,
): Words<never> {
  const { launchFailed, cleanupCut } = finding.evidence;
  return {
    message: `the loop was closing by the time it took ${names.subject(finding)}: nothing waited for it or cancelled it, and it was destroyed while pending${cutWords(cleanupCut)}`,
    remedies: [],
    otherwise: launchFailed
      ? "keep the loop's entry from failing, which closes the loop"
      : "hand it over before the loop's entry returns, and wait for it",
  };
}

export function cancelledAtExit(
  names: Names,
  finding: FindingOf<"cancelled-at-exit">,
): Words<never> {
  const cut = whenCut(names, finding, true);
  return {
    message: `main ended and had ${names.subject(finding)} cancelled ${cut}${cutWords(finding.evidence.cleanupCut)}`,
    remedies: [],
    otherwise: "wait for it before main ends",
  };
}

export function neverStarted(names: Names, finding: FindingOf<"never-started">): Words<never> {
  const { why, otherwise } = whyNeverStarted(names, finding.evidence);
  return {
    message: `${names.subject(finding)} never began: ${why}`,
    remedies: [],
    otherwise,
  };
}

export function givenUp(names: Names, finding: FindingOf<"given-up">): Words<never> {
  const { by, failed } = finding.evidence;
  const cut = `${names.subject(finding)} ${whenCut(names, finding, true)}`;
  if (by === "timed-out")
    return {
      message: `a timeout ran out and cancelled ${cut}`,
      remedies: [],
      otherwise: "let it come to its end before the timeout, or give it longer",
    };
  const who = failed === null ? "the body of its group" : names.single(failed);
  return {
    message: `${who} failed, and its group cancelled ${cut}`,
    remedies: [],
    otherwise: "catch the error where it is raised, or gather without cancelling the others",
  };
}

export function cleanupCut(names: Names, finding: FindingOf<"cleanup-cut">): Words<never> {
  const { by, began } = finding.evidence;
  const where = began ? "in the middle of its clean-up" : "before its clean-up";
  const who = names.subject(finding);
  const what = {
    "loop-closed": `the loop closed and cancelled ${who}`,
    "group-failed": `a failure in its group cancelled ${who}`,
    "timed-out": `a timeout ran out and cancelled ${who}`,
    "main-ended": `main ended and had ${who} cancelled`,
    program: `${who} was cancelled`,
    interrupted: `Ctrl-C cancelled ${who}`,
    "process-ended": `the process ended with ${who}`,
  }[by];
  const otherwise = {
    "loop-closed": "let it come to its end before the loop closes",
    "group-failed": "keep clean-up short, or shield it from being cancelled",
    "timed-out": "keep clean-up short, or shield it from being cancelled",
    "main-ended": "wait for it before main ends",
    program: "keep clean-up short, or shield it from being cancelled",
    interrupted: "keep clean-up short",
    "process-ended": "let it come to its end before the process ends",
  }[by];
  return { message: `${what} ${where}`, remedies: [], otherwise };
}

/** Where it stood when it was cut off, as far as that is known. */
function whenCut(names: Names, about: About, began: boolean): string {
  const [it, was] = about.actors.length === 1 ? ["it", "was"] : ["they", "were"];
  if (!began) return `before ${it} had a turn`;
  const stood = names.stood(about);
  return stood === null ? `before ${it} ${was} done` : `while ${it} stood ${stood}`;
}

/** What ended a thread or the process. */
export function causeOf(names: Names, end: End): Cause {
  switch (end.by) {
    case "exit": {
      const status = end.code === null ? "" : ` (status ${end.code})`;
      return {
        why: `a call to exit${status}${names.caller(end.call)} ended ${ended(end)}`,
        otherwise: "return instead of calling exit, and let what is under way come to its end",
      };
    }
    case "uncaught":
      return {
        why: `an error that nobody could catch ended ${ended(end)} (${quote(end.error)})`,
        otherwise: "catch it in the function it comes from",
      };
    case "rejection":
      return {
        why: "a rejection that nobody handled ended the process",
        otherwise: "handle it: await what may fail where its error can be caught",
      };
    case "main-failed":
      return {
        why: `an exception that main did not catch ended the process (${quote(end.error)})`,
        otherwise: "keep main from failing, or catch the error there",
      };
    case "main-ended":
      return {
        why: "the process ended when main did",
        otherwise: "wait for it before main ends",
      };
    case "grace":
      return {
        why: "the process had waited at its end for as long as it may, and ended",
        otherwise: "let it come to its end sooner, or wait for longer",
      };
    case "nothing-left":
      return {
        why: "nothing was left that could still happen, so the process ended",
        otherwise: "let somebody settle what it waits for, or bound the wait with a timeout",
      };
    case "terminated":
      return {
        why: "its thread was ended from another one",
        otherwise: "wait for it before the thread is ended",
      };
    case "loop-closing":
      return {
        why: "the loop was closing when it came, and ran it no more",
        otherwise: "hand it over before the loop closes",
      };
    case "unknown":
      return {
        why: "the process ended",
        otherwise: "let it come to its end before its process does",
      };
  }
}

function ended({ ended }: { ended: "process" | "thread" }): string {
  return ended === "process" ? "the process" : "its thread";
}

function whyNeverStarted(names: Names, evidence: Evidence["never-started"]): Cause {
  switch (evidence.why) {
    case "never-launched":
      return {
        why: `main ${endedWords(evidence.mainError)} before it had started a loop`,
        otherwise:
          evidence.mainError === null
            ? "let main come to where it starts the loop"
            : "keep main from failing before that",
      };
    case "not-submitted":
      return {
        why: `main ${endedWords(evidence.mainError)} before it had handed it over`,
        otherwise: "let main come to where it hands it over while the loop is open",
      };
    case "not-taken":
      return {
        why: "the loop had closed, or the process ended, before the loop took it",
        otherwise: "hand it over while the loop is open, and wait for its result",
      };
    case "launch-failed":
      return {
        why: `the loop's entry failed (${quote(evidence.error)}) before it came to start it`,
        otherwise: "start it before anything there can fail",
      };
    case "launch-cancelled":
      return {
        why: `main ended and had the loop's entry cancelled before ${evidence.launchBegan ? "it came to start it" : "its first turn"}`,
        otherwise: "wait for the background before main ends",
      };
    case "nobody-starts":
      return {
        why: "nobody started or awaited it",
        otherwise: "await it, or start it as a task",
      };
    case "process-ended": {
      const { why, otherwise } = causeOf(names, evidence.end);
      return { why: `${why}, before it was started`, otherwise };
    }
  }
}

function endedWords(error: string | null): string {
  return error === null ? "ended" : `failed (${quote(error)})`;
}
