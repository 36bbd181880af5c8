/** Findings about work that was lost or cut off: by a loop's end, a process's end, a failure, a timeout. */
import type { CancelReason } from "../../trace/event.ts";
import { alike, type Case, type Work, workOf } from "./case.ts";
import { endOf, whyNeverBegun } from "./ends.ts";
import type { Detected } from "./finding.ts";
import { isLostAcknowledged, isLostUnwritten } from "./queues.ts";

/** Tasks that a loop cancelled when it closed. */
export function lostAtClose(subject: Case): Detected<"lost-at-close">[] {
  return alike(subject, isLostBy("loop-closed")).map((tasks) => {
    const launch = subject.launchOf(tasks[0]!);
    return {
      rule: "lost-at-close",
      actors: tasks,
      at: firstOf(subject, tasks).cancelled!.at,
      evidence: {
        launch: launch?.actor ?? null,
        launchFailed: launch?.status === "failed",
        launchError: launch?.error ?? null,
        began: tasks.some((task) => workOf(subject, task).startedAt !== null),
        cleanupCut: isCleanupCut(subject, tasks),
      },
    };
  });
}

/** Tasks that a kill of the process has cut off, or kept from beginning. */
export function killed(subject: Case): Detected<"killed">[] {
  if (subject.interruptedBy !== "kill") return [];
  const fits = (task: Work): boolean =>
    task.lost && (task.status === "abandoned" || task.status === "unstarted") && !isQueues(task);
  return alike(subject, fits).map((tasks) => ({
    rule: "killed",
    actors: tasks,
    at: subject.wall,
    evidence: {
      began: tasks.some((task) => workOf(subject, task).startedAt !== null),
      cleanupCut: isCleanupCut(subject, tasks),
    },
  }));
}

/** Tasks that were pending when the process ended. What an interrupted run left undone is nobody's fault. */
export function abandoned(subject: Case): Detected<"abandoned">[] {
  if (subject.interruptedBy !== null) return [];
  const fits = (task: Work): boolean =>
    task.lost && task.status === "abandoned" && !task.destroyed && !isQueues(task);
  return alike(subject, fits).map((tasks) => ({
    rule: "abandoned",
    actors: tasks,
    at: firstOf(subject, tasks).endedAt!,
    evidence: { end: endOf(subject), cleanupCut: isCleanupCut(subject, tasks) },
  }));
}

/** Tasks that came to a loop while it closed, and were collected with it. */
export function destroyedPending(subject: Case): Detected<"destroyed-pending">[] {
  return alike(subject, ({ destroyed }) => destroyed).map((tasks) => {
    const { submittedAt, startedAt } = firstOf(subject, tasks);
    return {
      rule: "destroyed-pending",
      actors: tasks,
      at: submittedAt ?? startedAt ?? subject.wall,
      evidence: {
        launchFailed: subject.launchOf(tasks[0]!)?.status === "failed",
        cleanupCut: isCleanupCut(subject, tasks),
      },
    };
  });
}

/** Tasks that main had cancelled when it ended. */
export function cancelledAtExit(subject: Case): Detected<"cancelled-at-exit">[] {
  return alike(subject, isLostBy("main-ended")).map((tasks) => ({
    rule: "cancelled-at-exit",
    actors: tasks,
    at: firstOf(subject, tasks).cancelled!.at,
    evidence: { cleanupCut: isCleanupCut(subject, tasks) },
  }));
}

/** Tasks that were never made, or never handed to their loop. */
export function neverStarted(subject: Case): Detected<"never-started">[] {
  if (subject.interruptedBy !== null) return [];
  // What a durable queue keeps is begun by whoever looks into it next.
  const fits = (task: Work): boolean => task.status === "unstarted" && task.lost && !isQueues(task);
  return alike(subject, fits).map((tasks) => ({
    rule: "never-started",
    actors: tasks,
    at: subject.wall,
    evidence: whyNeverBegun(subject, tasks),
  }));
}

/** Tasks that were given up for something else's sake with something left to do. */
export function givenUp(subject: Case): Detected<"given-up">[] {
  const { actors, failures } = subject;
  const fits = (task: Work, actor: number): boolean =>
    task.givenUp !== null &&
    task.stoodAt !== null &&
    // What has been given up with another is told with that one.
    task.cancelled?.from === undefined &&
    actors.get(actor)?.until !== "shutdown";
  return alike(subject, fits).map((tasks) => {
    const { by, at } = firstOf(subject, tasks).givenUp!;
    // What a loop's entry raised itself is told of when it ends; a task's failure has been told of by now.
    const failure =
      by === "group-failed"
        ? failures.findLast((one) => subject.tasks.get(one.actor) !== undefined && one.at <= at)
        : undefined;
    const failed = failure?.actor ?? null;
    return { rule: "given-up", actors: tasks, at, evidence: { by, failed } };
  });
}

/** Clean-ups that were cut off. Of a task that is lost, this is told with its loss. */
export function cleanupCut(subject: Case): Detected<"cleanup-cut">[] {
  if (subject.interruptedBy !== null) return [];
  const fits = (task: Work): boolean => task.cleanupCut !== null && !task.lost;
  return alike(subject, fits).map((tasks) => {
    const { by, at } = firstOf(subject, tasks).cleanupCut!;
    const began = tasks.some((task) => workOf(subject, task).cleanup !== "skipped");
    return { rule: "cleanup-cut", actors: tasks, at, evidence: { by, began } };
  });
}

/** Whether a task was lost on its way into a durable queue, or out of it, which has a finding of its own. */
function isQueues(task: Work): boolean {
  return isLostAcknowledged(task) || isLostUnwritten(task);
}

function isLostBy(reason: CancelReason): (task: Work) => boolean {
  return ({ lost, status, cancelled }) =>
    lost && status === "cancelled" && cancelled?.reason === reason;
}

function firstOf(subject: Case, tasks: readonly number[]): Work {
  return workOf(subject, tasks[0]!);
}

function isCleanupCut(subject: Case, tasks: readonly number[]): boolean {
  return tasks.some((task) => workOf(subject, task).cleanupCut !== null);
}
