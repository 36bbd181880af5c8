/** Findings about tasks of a durable queue: what is performed more than once, given up, or not tried again. */
import type { Ticks } from "../../base/duration.ts";
import { alike, type AttemptMade, type Case, type Work, workOf } from "./case.ts";
import type { Detected } from "./finding.ts";

/** Tasks that their queue holds for failed although an attempt had done all their steps, and was refused. */
export function failedThoughDone(subject: Case): Detected<"failed-though-done">[] {
  return alike(subject, (_, actor) => isDoneAndFailed(subject, actor)).map((tasks) => {
    const [task] = tasks as [number];
    return {
      rule: "failed-though-done",
      actors: tasks,
      at: workOf(subject, task).endedAt!,
      evidence: { error: workOf(subject, task).error, held: heldDuring(subject, task) },
    };
  });
}

/** Tasks that were given up, since no attempt at them came to an end. */
export function gaveUp(subject: Case): Detected<"gave-up">[] {
  return alike(subject, (_, actor) => isGivenUp(subject, actor)).map((tasks) => {
    const [task] = tasks as [number];
    return {
      rule: "gave-up",
      actors: tasks,
      at: workOf(subject, task).endedAt!,
      evidence: { attempts: attemptsAt(subject, task).length - 1, held: heldDuring(subject, task) },
    };
  });
}

/**
 * Tasks of which an attempt had not renewed its lease: they were given to another one while it went on, or its end
 * was refused.
 */
export function leaseLost(subject: Case): Detected<"lease-lost">[] {
  return alike(subject, (_, actor) => leaseLostAt(subject, actor) !== null).map((tasks) => {
    const [task] = tasks as [number];
    // The last one may only tell that it was given up.
    const attempts = attemptsAt(subject, task).filter(
      ({ how, stepsDone }) => how !== "failed" || stepsDone > 0,
    );
    return {
      rule: "lease-lost",
      actors: tasks,
      at: leaseLostAt(subject, task)!,
      evidence: {
        attempts: attempts.length,
        held: heldDuring(subject, task),
        together: overtaken(subject, task) !== undefined,
      },
    };
  });
}

/** Tasks of which steps were done again, as an attempt had been cut off or had failed after them. */
export function doneTwice(subject: Case): Detected<"done-twice">[] {
  const fits = (actor: number): boolean =>
    repeated(subject, actor) !== undefined &&
    leaseLostAt(subject, actor) === null &&
    !isGivenUp(subject, actor);
  return alike(subject, (_, actor) => fits(actor)).map((tasks) => {
    const [task] = tasks as [number];
    const { how, to, from, stepsDone } = repeated(subject, task)!;
    return {
      rule: "done-twice",
      actors: tasks,
      at: to ?? from,
      evidence: { because: how === null ? "killed" : "failed", steps: stepsDone },
    };
  });
}

/** Tasks that failed at their only attempt. */
export function notRetried(subject: Case): Detected<"no-retry">[] {
  const fits = (actor: number): boolean => {
    const attempts = attemptsAt(subject, actor);
    return attempts.length === 1 && attempts[0]!.how === "failed";
  };
  return alike(subject, ({ status }, actor) => status === "failed" && fits(actor)).map((tasks) => {
    const { endedAt, error, acknowledgedAt } = workOf(subject, tasks[0]!);
    const acknowledged = acknowledgedAt !== null;
    return { rule: "no-retry", actors: tasks, at: endedAt!, evidence: { error, acknowledged } };
  });
}

/** Tasks that were off their queue when their worker ended, and not done. */
export function acknowledgedEarly(subject: Case): Detected<"acknowledged-early">[] {
  return alike(subject, isLostAcknowledged).map((tasks) => {
    const works = tasks.map((task) => workOf(subject, task));
    return {
      rule: "acknowledged-early",
      actors: tasks,
      at: works[0]!.endedAt ?? works[0]!.acknowledgedAt!,
      evidence: {
        began: works.some(({ startedAt }) => startedAt !== null),
        cleanupCut: works.some((task) => task.cleanupCut !== null),
      },
    };
  });
}

/** Tasks whose write into a queue nobody awaited, and was never done. */
export function enqueueUnawaited(subject: Case): Detected<"enqueue-unawaited">[] {
  return alike(subject, isLostUnwritten).map((tasks) => ({
    rule: "enqueue-unawaited",
    actors: tasks,
    at: subject.main.endedAt ?? subject.wall,
    evidence: { killed: subject.interruptedBy === "kill" },
  }));
}

/** Whether a task was lost since its queue held it for done. */
export function isLostAcknowledged({ lost, acknowledgedAt }: Work): boolean {
  return lost && acknowledgedAt !== null;
}

/** Whether a task was lost since it never came into its queue, although main had begun to put it there. */
export function isLostUnwritten({ lost, status, enqueueBeganAt }: Work): boolean {
  return lost && status === "unstarted" && enqueueBeganAt !== null;
}

function attemptsAt({ attempts }: Case, task: number): readonly AttemptMade[] {
  return attempts.get(task) ?? [];
}

function isDoneAndFailed(subject: Case, task: number): boolean {
  return (
    workOf(subject, task).status === "failed" &&
    attemptsAt(subject, task).some(({ how, error }) => how === "refused" && error === null)
  );
}

/** Whether the last attempt only told that none before it had come to an end. */
function isGivenUp(subject: Case, task: number): boolean {
  const attempts = attemptsAt(subject, task);
  return (
    workOf(subject, task).status === "failed" &&
    attempts.length > 1 &&
    attempts.slice(0, -1).every(({ how }) => how === null || how === "refused") &&
    !isDoneAndFailed(subject, task)
  );
}

/** The first attempt that began while one before it went on. */
function overtaken(subject: Case, task: number): AttemptMade | undefined {
  let latestEnd: Ticks = -1;
  return attemptsAt(subject, task).find(({ from, to, how }) => {
    if (latestEnd > from) return true;
    if (how !== null && to !== null) latestEnd = Math.max(latestEnd, to);
    return false;
  });
}

/** When it was first seen that an attempt had no lease any more; null where none has lost it. */
function leaseLostAt(subject: Case, task: number): Ticks | null {
  const refused = attemptsAt(subject, task).find(({ how }) => how === "refused");
  return overtaken(subject, task)?.from ?? refused?.to ?? null;
}

/** The first attempt that had done something, and was followed by another one. */
function repeated(subject: Case, task: number): AttemptMade | undefined {
  return attemptsAt(subject, task)
    .slice(0, -1)
    .find(({ how, stepsDone }) => stepsDone > 0 && (how === null || how === "failed"));
}

/** For how long a loop was held at most while attempts at a task went on; null where none is known to have been. */
function heldDuring(subject: Case, task: number): Ticks | null {
  const attempts = attemptsAt(subject, task);
  const longest = subject.holds
    .filter(({ at, ticks }) =>
      attempts.some(({ from, to }) => at < (to ?? Infinity) && at + ticks > from),
    )
    .reduce((most, { ticks }) => Math.max(most, ticks), 0);
  return longest === 0 ? null : longest;
}
