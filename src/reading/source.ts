/** Where in user code something was: its place, and the text that is shown of it. */
import type { Place, Table } from "../trace/definitions.ts";
import { NOWHERE } from "../trace/log.ts";
import type { TraceEvent } from "./cursor.ts";

/** A place in user code. */
export interface Source {
  place: number;
  /** What that place is. */
  at: Place;
  /** `job.ts:4:3`, `in parse, job.ts:4-9` or `in parse, job.ts:4, one of 2 calls`. */
  text: string;
}

/** Where an event of user code was; null where the trace does not say. */
export function sourceOf(
  { place, numbers }: Pick<TraceEvent, "place" | "numbers">,
  places: Pick<Table<Place>, "get">,
): Source | null {
  const known = places.get(place ?? NOWHERE);
  if (place === null || place === undefined || known === undefined) return null;
  const { file, line, column, function: of } = known;
  const to = numbers?.["lastLine"];
  const calls = numbers?.["calls"];
  const text = [
    of === null ? "" : `in ${of}, `,
    `${file}:${line}`,
    column === null ? "" : `:${column}`,
    to === undefined ? "" : `-${to}`,
    calls === undefined ? "" : `, one of ${calls} calls`,
  ].join("");
  return { place, at: known, text };
}
