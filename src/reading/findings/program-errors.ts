/** Findings about failures in a program of which no code learned, or learned too late. */
import { byActor } from "../calls.ts";
import { actorsByNumber, type ActorOutcome } from "../entities.ts";
import type { Failure } from "../failures.ts";
import type { Reading } from "../reading.ts";
import { strays } from "./errors.ts";
import type { DetectedInProgram, Program } from "./program-finding.ts";
import { failedInto } from "./program-losses.ts";

/** Failures that nobody heard of, and that no other failure had taken the place of; those of callbacks last. */
export function failuresUnheard(program: Program): DetectedInProgram<"failure-unheard">[] {
  const told = byKind(unheard(program).filter((one) => siblingOf(program, one) === null)).map(
    ({ actors, first }): DetectedInProgram<"failure-unheard"> => ({
      rule: "failure-unheard",
      actors,
      at: first.failure.at,
      evidence: { error: first.failure.error, raisedAt: first.failure.place ?? null },
    }),
  );
  return [...told, ...callbacksUnheard(program)];
}

/** Failures of a loop's callbacks, which come to no code: they are nobody's work, so there are no actors. */
function callbacksUnheard({ reading }: Program): DetectedInProgram<"failure-unheard">[] {
  const failures = reading.failures.filter(({ heard }) =>
    heard.some(({ where }) => where === "callback-failed"),
  );
  const alike = Map.groupBy(failures, ({ place, error }) => `${place} ${error}`);
  return [...alike.values()].map(([first]): DetectedInProgram<"failure-unheard"> => {
    const { at, error, place = null } = first!;
    return { rule: "failure-unheard", actors: [], at, place, evidence: { error, raisedAt: place } };
  });
}

/** Failures that nobody heard of since their group had raised another one by then. */
export function failuresSwallowed(program: Program): DetectedInProgram<"failure-swallowed">[] {
  return byKind(unheard(program).filter((one) => siblingOf(program, one) !== null)).map(
    ({ actors, first }) => ({
      rule: "failure-swallowed",
      actors,
      at: first.failure.at,
      evidence: {
        error: first.failure.error,
        raisedAt: first.failure.place ?? null,
        first: siblingOf(program, first)!,
      },
    }),
  );
}

/**
 * The failure that nobody had handled and that ended a process with a loop that floats: what was under way was cut
 * off by it. What main fails with is told by main's own end.
 */
export function fatal(program: Program): DetectedInProgram<"only-logged">[] {
  return loggedOf(
    program,
    failed(program).filter(
      ({ actor, failure }) => isFatal(program, actor) && !wasHandledLate(program, failure),
    ),
  ).map((found) => ({ ...found, rule: "only-logged" }));
}

function isFatal({ floats, reading }: Program, { number }: ActorOutcome): boolean {
  const error = reading.processes[0]?.error ?? null;
  return floats && error?.actor === number && error.is !== "main";
}

/** Whether a failure came up to main, which ended with it as it may. */
function cameToMain({ floats }: Program, { heard }: Failure): boolean {
  return floats && heard.some(({ where }) => where === "main-failed");
}

/** Failures of which only a line on stderr told, and those that ended threads. */
export function logged(program: Program): DetectedInProgram<"only-logged" | "thread-failed">[] {
  const found = failed(program).filter(
    ({ actor, failure }) =>
      actor.heard?.by === "logged" &&
      !isFatal(program, actor) &&
      !cameToMain(program, failure) &&
      !wasHandledLate(program, failure),
  );
  return [...loggedOf(program, found), ...strays(program)];
}

function loggedOf(
  program: Program,
  found: readonly Failed[],
): DetectedInProgram<"only-logged" | "thread-failed">[] {
  return byKind(found).map(({ actors, first }) => ({
    rule: first.actor.kind === "thread" ? ("thread-failed" as const) : ("only-logged" as const),
    actors,
    at: first.actor.heard!.at ?? first.failure.at,
    evidence: {
      of: "actor" as const,
      error: first.failure.error,
      raisedBy: [],
      isRejection: isFatal(program, first.actor)
        ? program.reading.processes[0]?.error?.is === "rejection"
        : program.rejected && wasRejection(first.failure),
    },
  }));
}

/** Failures that were told to be unheard, and heard afterwards. */
export function handledLate(program: Program): DetectedInProgram<"handled-late">[] {
  const late = failed(program).filter(({ failure }) => wasHandledLate(program, failure));
  return byKind(late).map(({ actors, first: { failure } }) => {
    const logged = failure.heard.find(({ by }) => by === "logged");
    const loggedAt = logged?.at ?? failure.unheardAt!;
    const heardAt = failure.heard.findLast(({ by }) => by === "raised")!.at;
    return {
      rule: "handled-late",
      actors,
      at: loggedAt,
      evidence: { error: failure.error, loggedAt, heardAt, logged: logged !== undefined },
    };
  });
}

/** An actor with its last failure. */
interface Failed {
  actor: ActorOutcome;
  failure: Failure;
}

/** Work and entries that failed. What main fails with ends its process, which tells of it. */
function failed({ reading }: Program): readonly Failed[] {
  const known = failures.get(reading) ?? failedIn(reading);
  failures.set(reading, known);
  return known;
}

const failures = new WeakMap<Reading, readonly Failed[]>();

function failedIn(reading: Reading): readonly Failed[] {
  const byNumber = actorsByNumber(reading.actors);
  const last = new Map<number, Failed>();
  for (const failure of reading.failures) {
    const actor = byNumber.get(failure.actor);
    if (failure.ofCall || actor === undefined || actor.kind === "main") continue;
    last.set(failure.actor, { actor, failure });
  }
  return [...last.values()];
}

/**
 * Failures that nobody heard of. Where the process was interrupted somebody might still have come to hear; that
 * nobody had is told by a recorder. Whoever was waited for when it failed is told of with that wait.
 */
function unheard(program: Program): Failed[] {
  const peers = new Set(program.reading.hangs.flatMap(({ dead }) => dead.map(({ peer }) => peer)));
  return failed(program)
    .filter(({ actor: { heard } }) => heard?.by === "nobody")
    .filter(({ actor: { heard } }) => program.interruptedBy === null || heard!.at !== null)
    .filter(({ actor: { number } }) => !peers.has(number));
}

/**
 * Whose failure was raised in the place of one: of those that the same parent made, the first that failed into it
 * before; where a combinator had failed without it, the one that failed then. Null for none.
 */
function siblingOf(program: Program, { actor, failure }: Failed): number | null {
  const { reading } = program;
  const settled = byActor(reading.settledWithout)
    .get(actor.number)
    ?.find((one) => one.by === "all" && one.at <= failure.at);
  const before = settled === undefined ? null : failedInto(reading, settled);
  if (before !== null) return before;
  if (actor.parent === null || (actor.kind !== "task" && settled === undefined)) return null;
  const sibling = failed(program).find(
    (one) =>
      one.actor.parent === actor.parent &&
      one.actor !== actor &&
      one.failure.at <= failure.at &&
      one.actor.heard?.by === "raised",
  );
  return sibling?.actor.number ?? null;
}

function wasHandledLate({ floats }: Program, { heard, unheardAt }: Failure): boolean {
  const logged = heard.findIndex(({ by }) => by === "logged");
  if (logged >= 0) return heard.some(({ by }, index) => by === "raised" && index > logged);
  // Where a loop floats a rejection is unheard when its turn is over.
  if (!floats || unheardAt === undefined) return false;
  return heard.some(({ by, at }) => by === "raised" && at > unheardAt);
}

function wasRejection({ heard }: Failure): boolean {
  return heard.some(({ where }) => where === "unhandled-rejection");
}

/** Failures of actors of one kind together. */
function byKind(all: readonly Failed[]): { actors: number[]; first: Failed }[] {
  const alike = Map.groupBy(
    all,
    ({ actor: { kind, name, function: of, place } }) => `${kind} ${of ?? name} ${place}`,
  );
  return [...alike.values()].map((some) => ({
    actors: some.map(({ actor }) => actor.number),
    first: some[0]!,
  }));
}
