/** How a result object names whom and what a trace is about: by words for people, and by the ids of its file. */
import type { Id, RecordedTrace } from "../trace/read.ts";
import { placeToJson } from "./holds-json.ts";

/** Somebody by name, and by the id that tells apart whose names are equal. */
export type Reference<Key extends string> = Record<Key, string | null> &
  Record<`${Key}Id`, Id | null>;

export class JsonNames {
  readonly #trace: Pick<RecordedTrace, "definitions" | "idOf">;

  constructor(trace: Pick<RecordedTrace, "definitions" | "idOf">) {
    this.#trace = trace;
  }

  /** An actor by its function, or by its own name where it has none. */
  actor<Key extends string>(key: Key, actor: number | null): Reference<Key> {
    if (actor === null) return reference(key, null, null);
    const known = this.#trace.definitions.actors.get(actor);
    const name = known?.function ?? known?.name ?? `actor ${actor}`;
    return reference(key, name, this.#trace.idOf("actor", actor));
  }

  thread(thread: number | null): Reference<"thread"> {
    if (thread === null) return reference("thread", null, null);
    const name = this.#trace.definitions.threads.get(thread)?.name ?? `thread ${thread}`;
    return reference("thread", name, this.#trace.idOf("thread", thread));
  }

  process<Key extends string>(key: Key, process: number | null): Reference<Key> {
    if (process === null) return reference(key, null, null);
    const name = this.#trace.definitions.processes.get(process)?.name ?? `process ${process}`;
    return reference(key, name, this.#trace.idOf("process", process));
  }

  /** A resource with where it was made. @param otherwise what it is called that nothing defines. */
  resource(resource: number | null, otherwise: string | null) {
    const known = resource === null ? undefined : this.#trace.definitions.resources.get(resource);
    const id = resource === null ? null : this.#trace.idOf("resource", resource);
    return {
      ...reference("resource", known?.name ?? otherwise, id),
      kind: known?.kind ?? null,
      place: this.place(known?.place ?? null),
    };
  }

  /** A file, a line and, where they are known, a column and a function; null where nothing is. */
  place(place: number | null | undefined) {
    const known = this.#trace.definitions.places.get(place ?? NaN);
    return known === undefined ? null : placeToJson(known);
  }
}

function reference<Key extends string>(
  key: Key,
  name: string | null,
  id: Id | null,
): Reference<Key> {
  return { [key]: name, [`${key}Id`]: id } as Reference<Key>;
}
