/** Findings about failures of which no code learned, and about promises that nobody awaits. */
import type { Heard } from "../entities.ts";
import type { Failure } from "../failures.ts";
import { alike, type Case, type Launch, type Work, workOf } from "./case.ts";
import type { Detected, Unheard } from "./finding.ts";

/** Tasks whose failure reached nobody. */
export function nobodyHeard(subject: Case): Detected<"nobody-heard">[] {
  if (subject.interruptedBy !== null) return [];
  return alike(subject, isHeardBy(subject, "nobody")).map((tasks) => {
    const { error, endedAt } = workOf(subject, tasks[0]!);
    return {
      rule: "nobody-heard",
      actors: tasks,
      at: endedAt!,
      evidence: { of: "actor", error, raisedBy: [], isRejection: false },
    };
  });
}

/** Tasks of whose failure a line on stderr told, and nobody who could act on it. */
export function onlyLogged(subject: Case): Detected<"only-logged">[] {
  return alike(subject, isHeardBy(subject, "logged")).map((tasks) => {
    const { error, heard } = workOf(subject, tasks[0]!);
    const isRejection = wasRejection(subject, tasks[0]!);
    return {
      rule: "only-logged",
      actors: tasks,
      at: heard!.at!,
      evidence: { of: "actor", error, raisedBy: [], isRejection },
    };
  });
}

/** Loops' entries whose failure ended no more than their thread, or the process, and main was told nothing. */
export function launchUnheard(
  subject: Case,
): Detected<"nobody-heard" | "only-logged" | "thread-failed">[] {
  if (subject.interruptedBy !== null) return [];
  return subject.launches.flatMap((launch) => {
    const { heard, error, failedWith, actor } = launch;
    if (heard === null || heard.by === "raised") return [];
    const failure = lastFailure(subject, actor);
    const evidence: Unheard = {
      of: "actor",
      error,
      raisedBy: failedWith,
      isRejection: heard.by === "logged" && wasRejection(subject, actor),
    };
    const rule = heard.by === "nobody" ? "nobody-heard" : ruleOfLog(failure);
    return [{ rule, actors: [actor], at: heard.at ?? launch.endedAt!, evidence }];
  });
}

function ruleOfLog(failure: Failure | undefined): "only-logged" | "thread-failed" {
  return wasLoggedAs(failure, "thread-failed") ? "thread-failed" : "only-logged";
}

/** What ended a thread and could not be caught, where no loss by it tells of it. */
export function strays(subject: Case): Detected<"only-logged" | "thread-failed">[] {
  if (subject.interruptedBy !== null || subject.strays.length === 0) return [];
  const isTold = ({ lost, status }: Work): boolean =>
    lost && (status === "abandoned" || status === "unstarted");
  if (alike(subject, isTold).length > 0) return [];
  return subject.strays
    .filter(({ failedMain }) => !failedMain)
    .map(({ at, end }) => ({
      rule: end.ended === "process" ? "only-logged" : "thread-failed",
      actors: [],
      at,
      evidence: { of: "thread", end },
    }));
}

export function promisesNotAwaited(subject: Case): Detected<"promise-not-awaited">[] {
  return subject.droppedPromises.map(({ function: name, at }) => ({
    rule: "promise-not-awaited",
    actors: [subject.main.actor],
    at,
    evidence: { function: name },
  }));
}

/** What a loop's entry has failed with is told of with that. */
function isHeardBy({ launches }: Case, by: Heard): (task: Work, actor: number) => boolean {
  const withLaunch = new Set(launches.flatMap(({ failedWith }: Launch) => failedWith));
  return ({ heard }, actor) => heard?.by === by && !withLaunch.has(actor);
}

function lastFailure({ failures }: Case, actor: number): Failure | undefined {
  return failures.findLast((failure) => failure.actor === actor);
}

/** Whether what an actor failed with ended the process as a rejection that nobody had handled. */
function wasRejection(subject: Case, actor: number): boolean {
  return subject.rejected && wasLoggedAs(lastFailure(subject, actor), "unhandled-rejection");
}

function wasLoggedAs(failure: Failure | undefined, reason: string): boolean {
  return failure?.heard.some(({ where }) => where === reason) ?? false;
}
