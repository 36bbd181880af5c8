/** What supports a finding, as dated facts of its trace: who was made, began, was cancelled, ended, was held, waits. */
import type { Ticks } from "../base/duration.ts";
import type { ActorOutcome } from "../reading/entities.ts";
import type { ProgramReport } from "./program.ts";

/** A fact about an actor: what happened, when, and where. */
export interface Fact {
  actor: number;
  is: string;
  /** Null where it is not known when, or it lasts. */
  at: Ticks | null;
  place: number | null;
  /** What more is said: a status, a reason, an error. */
  detail: string | null;
}

/** The most actors of one finding whose facts are told. */
const mostActors = 3;

/** The facts about those whom a finding is about, of each in the order of time. */
export function factsOf(
  { actors }: Pick<ProgramReport["findings"][number], "actors">,
  known: ReadonlyMap<number, ActorOutcome>,
  report: ProgramReport,
): Fact[] {
  return actors.slice(0, mostActors).flatMap((number) => {
    const actor = known.get(number);
    return actor === undefined ? [] : ofActor(actor, report);
  });
}

function ofActor(actor: ActorOutcome, { reading, standings, blocks }: ProgramReport): Fact[] {
  const { number, place, submittedAt, startedAt, cancelled, status, endedAt, error } = actor;
  const standing = standings.get(number) ?? null;
  const failure = reading.failures.findLast((one) => one.actor === number && !one.ofCall);
  const isOver = ["finished", "failed", "cancelled", "ended"].includes(status);
  const fact = (is: string, more: Partial<Fact>): Fact => {
    return { actor: number, is, at: null, place: null, detail: null, ...more };
  };
  return [
    fact("made", { place }),
    ...(submittedAt === null ? [] : [fact("handed-over", { at: submittedAt })]),
    ...(startedAt === null ? [fact("never-began", {})] : [fact("began", { at: startedAt })]),
    ...blocks
      .filter(({ hold }) => hold.actor === number)
      .slice(0, 1)
      .map(({ hold, place: held, call }) =>
        fact("held-its-thread", { at: hold.at, place: held, detail: call }),
      ),
    ...(standing === null
      ? []
      : [fact("stood", { at: standing.since, place: standing.place, detail: standing.of })]),
    ...(cancelled === null
      ? []
      : [
          fact("cancelled", {
            at: cancelled.at,
            place: cancelled.place,
            detail: cancelled.reason,
          }),
        ]),
    ...(failure === undefined
      ? []
      : [fact("failed", { at: failure.at, place: failure.place ?? null, detail: failure.error })]),
    ...(isOver ? [fact("ended", { at: endedAt, detail: error === null ? status : null })] : []),
  ];
}
