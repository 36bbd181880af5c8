/** Words about tasks that somebody had stopped: at main's end, for others' sake, in their clean-up. */
import type { FindingOf } from "../../reading/findings/finding.ts";
import { actorName, type Outcome } from "../../outcome/outcome.ts";
import type { Scenario, TaskSpec } from "../../scenario/model.ts";
import type { WayOut, Words } from "../context.ts";
import { cutWords } from "../words.ts";
import { changing, progress, type Remedy, subject, tasksOf } from "./remedy.ts";

export function cancelledAtExit(
  outcome: Outcome,
  finding: FindingOf<"cancelled-at-exit">,
): Words<Remedy> {
  const tasks = tasksOf(outcome, finding);
  const { name } = tasks[0].spec;
  return {
    message: `main ended and had ${subject(tasks)} cancelled with ${progress(tasks)} done${cutWords(finding.evidence.cleanupCut)}`,
    remedies: [
      changing("atExit", { atExit: "wait", grace: null }),
      { does: "say that this is its proper end (until: shutdown)", program: untilShutdown(name) },
    ],
    otherwise: "let main wait for it before its own steps end",
  };
}

/** A change of the scenario by which a task's proper end is to be cancelled. */
function untilShutdown(task: string): (scenario: Scenario) => Scenario {
  return (scenario) => ({
    ...scenario,
    tasks: scenario.tasks.map((spec) =>
      spec.name === task ? { ...spec, until: "shutdown" } : spec,
    ),
  });
}

export function givenUp(outcome: Outcome, finding: FindingOf<"given-up">): Words<Remedy> {
  const { by, failed } = finding.evidence;
  const tasks = tasksOf(outcome, finding);
  if (by === "timed-out")
    return {
      message: `the completion point timed out, and cancelled ${subject(tasks)} with ${progress(tasks)} done`,
      remedies: [changing("timeout", { timeout: null })],
      otherwise: "let it come to its end before the timeout, or give the completion point longer",
    };
  const who = failed === null ? "launch" : actorName(outcome, failed);
  return {
    message: `${who} failed, and its group cancelled ${subject(tasks)} with ${progress(tasks)} done`,
    remedies: [
      { does: "let the others go on when one fails", axes: { settle: "settled" } },
      { does: "let the others go on when one fails", axes: { settle: "settled", timeout: null } },
    ],
    otherwise: "keep the others of its group, and launch, from failing",
  };
}

export function cleanupCut(outcome: Outcome, finding: FindingOf<"cleanup-cut">): Words<Remedy> {
  const { by, began } = finding.evidence;
  const tasks = tasksOf(outcome, finding);
  const who = {
    "loop-closed": "the loop closed and cancelled",
    "group-failed": "a failure in its group cancelled",
    "timed-out": "the completion point timed out and cancelled",
    "main-ended": "main ended and had",
    program: "somebody cancelled",
    interrupted: "Ctrl-C cancelled",
    "process-ended": "the process ended with",
  }[by];
  const where = began ? "in the middle of its clean-up" : "before its clean-up";
  return {
    message: `${who} ${subject(tasks)}${by === "main-ended" ? " cancelled" : ""} ${where}`,
    ...whatOfCleanup(tasks[0].spec, by),
  };
}

/** How clean-up would come to its end. */
function whatOfCleanup(
  { until }: TaskSpec,
  by: FindingOf<"cleanup-cut">["evidence"]["by"],
): WayOut<Remedy> {
  const settle: Remedy = {
    does: "wait for clean-up at the completion point as well",
    axes: { settle: "settled" },
  };
  switch (by) {
    case "loop-closed":
      return { remedies: [settle], otherwise: "let it come to its end before the loop closes" };
    case "main-ended":
      return {
        remedies: [
          changing("atExit", { atExit: "wait", grace: null }),
          { ...settle, axes: { settle: "settled", atExit: "wait", grace: null } },
        ],
        otherwise: "let main wait for it before its own steps end",
      };
    case "process-ended":
      return {
        remedies: [
          changing("grace", { grace: null }),
          { does: "cancel at exit and let clean-up run", axes: { atExit: "cancel", grace: null } },
          // Whose proper end is to be cancelled need not be waited for.
          ...(until === null ? [changing("atExit", { atExit: "wait", grace: null })] : []),
        ],
        otherwise: "let it come to its end before the process ends",
      };
    default:
      return {
        remedies: [settle],
        otherwise: "keep clean-up short, or shield it from being cancelled",
      };
  }
}
