/** What failed, where, and who heard of it: each failure once, however many programs it went through. */
import type { Ticks } from "../base/duration.ts";
import { actorsByNumber, type ActorOutcome, type Heard } from "../reading/entities.ts";
import type { Failure, Hearing } from "../reading/failures.ts";
import type { Reading } from "../reading/reading.ts";

export interface FailureReport {
  actor: number | null;
  /** The function it came from, where that is no actor's. */
  function: string | null;
  error: string;
  at: Ticks;
  /** Where it was raised. */
  place: number | null;
  heard: { by: Heard; at: Ticks | null; place: number | null; all: readonly Hearing[] };
}

/** @param functionAt the function that a place stands in. */
export function failuresOf(
  { failures, actors }: Reading,
  functionAt: (place: number | null) => string | null,
): FailureReport[] {
  const known = actorsByNumber(actors);
  return failures
    .filter((failure) => !wentThrough(failure, failures, known))
    .map(({ actor: number, error, at, place, heard: all, ofCall }) => {
      const [caught] = all;
      const where = place ?? null;
      if (ofCall === true && caught !== undefined) {
        const heard = { by: caught.by, at: caught.at, place: caught.place ?? null, all };
        return { actor: null, function: functionAt(where), error, at, place: where, heard };
      }
      const actor = known.get(number);
      const { by = "nobody", at: when = null } = actor?.heard ?? {};
      const heard = { by, at: when, place: actor?.heard?.place ?? null, all };
      return { actor: number, function: null, error, at, place: where, heard };
    });
}

/** Whether a program has failed with an error that came out of something it ran, which is told with that. */
function wentThrough(
  { actor, error, at }: Failure,
  failures: readonly Failure[],
  known: ReadonlyMap<number, ActorOutcome>,
): boolean {
  const program = known.get(actor);
  if (program === undefined || !["main", "launch", "thread"].includes(program.kind)) return false;
  return failures.some(
    (one) =>
      one.actor !== actor &&
      one.error === error &&
      one.at <= at &&
      known.get(one.actor)?.thread === program.thread,
  );
}
