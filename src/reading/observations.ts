/** What a recorder tells beside what happened: what it saw when it looked, and what it has left out. */
import type { Ticks } from "../base/duration.ts";
import { hearers } from "../trace/event.ts";
import { NOBODY } from "../trace/log.ts";
import type { Entities } from "./entities.ts";
import type { Hears } from "./listener.ts";

/** What an actor was seen to wait for. */
export interface Sighting {
  actor: number;
  at: Ticks;
  /** In words, where the recorder had some. */
  of: string | null;
  resource: number | null;
  /** Another actor that it waits for. */
  whom: number | null;
  place: number | null;
}

/** Something that kept a process from its end when somebody looked. */
export interface Handle {
  process: number;
  at: Ticks;
  kind: string;
  place: number | null;
}

/** Steps that were too short to be told one by one. */
export interface Folded {
  /** Null where they are nobody's in particular. */
  actor: number | null;
  thread: number;
  kind: string;
  count: number;
  busy: Ticks;
  longest: Ticks;
}

/** Events that were not recorded. */
export interface Dropped {
  at: Ticks;
  count: number;
  why: string;
}

export class ObservationReader {
  readonly #entities: Entities;
  readonly #waits = new Map<number, Sighting>();
  readonly handles: Handle[] = [];
  readonly folded: Folded[] = [];
  readonly dropped: Dropped[] = [];

  constructor(entities: Entities) {
    this.#entities = entities;
  }

  static readonly hears: Hears<ObservationReader> = {
    "waits-for": (reader, { actor, at, text, resource, place, numbers }) => {
      const whom = numbers?.["whom"] ?? null;
      reader.#waits.set(actor, { actor, at, of: text ?? null, resource, whom, place });
    },
    heard: (reader, { actor: number, at, value }) => {
      const actor = reader.#entities.actor(number);
      // Who has heard of it otherwise is known more exactly.
      if (actor.heard === null || actor.heard.by === "nobody")
        actor.heard = { by: hearers[value] ?? "nobody", into: null, at };
    },
    "handle-alive": (reader, { thread, at, text, place }) => {
      const process = reader.#entities.processOf(thread).number;
      reader.handles.push({ process, at, kind: text!, place });
    },
    folded: (reader, { actor: number, thread, text, value: count, numbers }) => {
      const actor = number === NOBODY ? null : number;
      const { busy = 0, longest = 0 } = numbers ?? {};
      reader.folded.push({ actor, thread, kind: text!, count, busy, longest });
    },
    dropped: (reader, { at, value: count, text }) => {
      reader.dropped.push({ at, count, why: text! });
    },
  };

  /** The last that was seen of each actor which has not ended, the first seen coming first. */
  get sightings(): Sighting[] {
    return [...this.#waits.values()].filter(({ actor }) => {
      const { status } = this.#entities.actor(actor);
      return !["finished", "failed", "cancelled"].includes(status);
    });
  }
}
