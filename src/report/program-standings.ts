/** What those stand at who have not come to an end: what they wait for, or where they were last. */
import type { Ticks } from "../base/duration.ts";
import type { Reading } from "../reading/reading.ts";
import type { Span } from "../reading/spans.ts";
import type { Definitions } from "../trace/definitions.ts";

/** What somebody is at who has not come to an end, as far as the record tells. */
export interface Standing {
  actor: number;
  /** The kind of the span; `seen`: a recorder looked, and saw it wait. Null where only the place is known. */
  at: string | null;
  /** For what it waits, in the trace's own word. */
  for: string | null;
  /** The name of that, or of the function that it is in. */
  of: string | null;
  resource: number | null;
  /** The actor that it waits for. */
  whom: number | null;
  place: number | null;
  /** Since when, or when it was seen. */
  since: Ticks | null;
}

/** What each stands at: the innermost of what it has begun, else what was seen, else its last place. */
export function standingsOf(
  reading: Reading,
  { actors: defined }: Pick<Definitions, "actors">,
): Map<number, Standing> {
  const { actors, unfinished, sightings } = reading;
  const waiting = new Map(reading.waiting.map((one) => [one.actor, one.for]));
  const spans = new Map<number, Span>();
  for (const span of unfinished) if (span.kind !== "cleanup") spans.set(span.actor, span);
  const seen = new Map(sightings.map((sighting) => [sighting.actor, sighting]));
  const standings = new Map<number, Standing>();
  const exits = new Map(
    reading.processes.flatMap(({ exit }) => (exit === null ? [] : [[exit.actor, exit.place]])),
  );
  for (const { number: actor, status, lastPlace } of actors) {
    if (status === "finished" || status === "failed") continue;
    if (exits.has(actor)) {
      standings.set(actor, { actor, ...nothing, place: exits.get(actor) ?? lastPlace });
      continue;
    }
    const span = spans.get(actor);
    const sighting = seen.get(actor);
    if (span !== undefined)
      standings.set(actor, standingIn(span, { for: waiting.get(actor) ?? null, lastPlace }));
    else if (sighting !== undefined) {
      const { of, resource, whom, place, at: since } = sighting;
      const what = { of, resource, whom, place: place ?? lastPlace, since };
      standings.set(actor, { actor, at: "seen", for: null, ...what });
    } else {
      // What never began stands where its function is defined.
      const place = lastPlace ?? defined.get(actor)?.code ?? null;
      if (place !== null) standings.set(actor, { actor, ...nothing, place });
    }
  }
  return standings;
}

const nothing = { at: null, for: null, of: null, resource: null, whom: null, since: null };

function standingIn(
  { actor, kind: at, of, whom, resource, place, from: since }: Span,
  known: { for: string | null; lastPlace: number | null },
): Standing {
  const what = at === "wait" ? known.for : null;
  return { actor, at, for: what, of, resource, whom, place: place ?? known.lastPlace, since };
}
