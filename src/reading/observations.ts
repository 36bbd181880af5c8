/** What a recorder tells beside what happened: what it saw when it looked, and what it has left out. */
import type { Ticks } from "../base/duration.ts";
import {
  type CancelReason,
  cancelReasons,
  ends,
  type Misuse,
  misuses,
  swallowings,
  waits,
} from "../trace/event.ts";
import { NOBODY, type Stack } from "../trace/log.ts";
import type { Cancellation, Entities } from "./entities.ts";
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
  /** Whose it is, as the program of a thread; null where that is not told. */
  actor: number | null;
}

/** A resource that somebody has for itself. */
export interface Holding extends Pick<Sighting, "actor" | "at" | "of" | "resource"> {
  /** Where it was taken. */
  place: number | null;
}

/** From which end an actor uses a resource. */
export interface Attachment {
  actor: number;
  resource: number;
  as: (typeof ends)[number] | (string & {});
}

/** What lay in a resource when somebody looked last, and nobody took. */
export interface Leftover {
  process: number;
  at: Ticks;
  items: number;
  /** How many of those that were taken nobody has said to be done; null where that is not counted. */
  unfinished: number | null;
  of: string | null;
  resource: number | null;
  /** Where the resource was made, or else where this was told. */
  place: number | null;
}

/** A use of loops or threads that cannot work. */
export interface Misused {
  what: Misuse | (string & {});
  actor: number;
  thread: number;
  at: Ticks;
  error: string | null;
  place: number | null;
  stack: Stack | null;
}

/** A cancellation that was caught, and that its task has gone on after. */
export interface Swallowed {
  actor: number;
  at: Ticks;
  place: number | null;
  cancelled: Cancellation | null;
  how: (typeof swallowings)[number] | (string & {});
}

/** A wait that a limit of the actor's own has ended, or the failure of a group of its own. */
export interface GivenUpWait {
  actor: number;
  at: Ticks;
  reason: CancelReason | (string & {});
}

/** A function to be called when its process ends. */
export interface Handler {
  number: number;
  process: number;
  function: string;
  at: Ticks;
  /** Where it was registered, and where it is defined. */
  place: number | null;
  code: number | null;
  /** Null where it never was. */
  beganAt: Ticks | null;
  endedAt: Ticks | null;
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
  /** Whether its actor had been asked to stop before the sum was made. */
  isAfterCancel: boolean;
}

/** How many steps an actor has had. */
export interface Steps {
  /** All of its own: that in which a cancellation arrived is none of these. */
  own: number;
  /** Those before it was asked to stop, where that is told; else all. */
  before: number;
}

/** How many steps actors have had, as far as that is told. */
export function stepsOf(sums: readonly Folded[]): Map<number, Steps> {
  const steps = new Map<number, Steps>();
  const stopped = new Map<number, number>();
  for (const { actor, kind, count, isAfterCancel } of sums) {
    if (actor === null || kind !== "step") continue;
    if (isAfterCancel) {
      stopped.set(actor, (stopped.get(actor) ?? 0) + count);
      continue;
    }
    const so = (steps.get(actor)?.own ?? 0) + count;
    steps.set(actor, { own: so, before: so });
  }
  for (const [actor, count] of stopped) {
    // In one of these its cancellation arrived.
    const later = Math.max(0, count - 1);
    const before = steps.get(actor)?.before;
    steps.set(actor, { own: (before ?? 0) + later, before: before ?? later });
  }
  return steps;
}

/** That somebody waited for the end of a thread. */
export interface Join {
  actor: number;
  place: number | null;
}

/** Events that were not recorded. */
export interface Dropped {
  at: Ticks;
  count: number;
  why: string;
}

const joining = waits.indexOf("join");

export class ObservationReader {
  readonly #entities: Entities;
  readonly #waits = new Map<number, Sighting>();
  readonly #holders = new Map<string, Holding>();
  readonly #left = new Map<number | string, Leftover>();
  /** By process and number. */
  readonly #handlers = new Map<string, Handler>();
  readonly attached: Attachment[] = [];
  readonly misused: Misused[] = [];
  readonly swallowed: Swallowed[] = [];
  readonly givenUpWaits: GivenUpWait[] = [];
  /** By actor: the place of the loop without an end that it was in. */
  readonly rounds = new Map<number, number | null>();
  readonly handles: Handle[] = [];
  readonly folded: Folded[] = [];
  readonly dropped: Dropped[] = [];
  /** By the program of a thread: whoever waited for its end first. */
  readonly joins = new Map<number, Join>();

  constructor(entities: Entities) {
    this.#entities = entities;
  }

  static readonly hears: Hears<ObservationReader> = {
    "waits-for": (reader, { actor, at, text, resource, place, numbers }) => {
      const whom = numbers?.["whom"] ?? null;
      const of = text ?? reader.#entities.resource(resource)?.name ?? null;
      // What it waits for now is not known; what it waited for before is over.
      if (of === null && whom === null && resource === null) reader.#waits.delete(actor);
      else reader.#waits.set(actor, { actor, at, of, resource, whom, place });
    },
    "handle-alive": (reader, { thread, at, text, place, actor }) => {
      const process = reader.#entities.processOf(thread).number;
      const of = actor === NOBODY ? null : actor;
      reader.handles.push({ process, at, kind: text!, place, actor: of });
    },
    holds: (reader, { actor, at, text, resource, place }) => {
      const key = `${actor} ${resource ?? text}`;
      reader.#holders.set(key, { actor, at, of: text ?? null, resource, place });
    },
    attached: (reader, { actor, value, resource }) => {
      if (resource === null) return;
      reader.attached.push({ actor, as: reader.#entities.word(ends, value), resource });
    },
    left: (reader, { thread, at, value: items, text, resource, place: told, numbers }) => {
      const process = reader.#entities.processOf(thread).number;
      const unfinished = numbers?.["unfinished"] ?? null;
      const { name = null, place = told } = reader.#entities.resource(resource) ?? {};
      const of = text ?? name;
      const left = { process, at, items, unfinished, of, resource, place: place ?? told };
      reader.#left.set(resource ?? text ?? at, left);
    },
    misused: (reader, { actor, thread, at, value, text, place, stack }) => {
      const what = reader.#entities.word(misuses, value);
      const error = text ?? null;
      reader.misused.push({ what, actor, thread, at, error, place, stack });
    },
    "wait-began": (reader, { actor, value, place, numbers }) => {
      const whom = numbers?.["whom"];
      if (value === joining && whom !== undefined && !reader.joins.has(whom))
        reader.joins.set(whom, { actor, place });
    },
    "cancel-swallowed": (reader, { actor, at, value, place }) => {
      const { cancelled } = reader.#entities.actor(actor);
      const how = reader.#entities.word(swallowings, value);
      reader.swallowed.push({ actor, at, place, cancelled, how });
    },
    "goes-round": (reader, { actor, place }) => {
      reader.rounds.set(actor, place);
    },
    "wait-given-up": (reader, { actor, at, value }) => {
      reader.givenUpWaits.push({ actor, at, reason: reader.#entities.word(cancelReasons, value) });
    },
    "handler-registered": (reader, { thread, at, value: number, text, place, stack }) => {
      const process = reader.#entities.processOf(thread).number;
      const handler = { number, process, function: text!, at, place, code: stack?.[0] ?? null };
      reader.#handlers.set(`${process} ${number}`, { ...handler, beganAt: null, endedAt: null });
    },
    "handler-began": (reader, { thread, at, value }) => {
      const handler = reader.#handlerOn(thread, value);
      if (handler !== undefined) handler.beganAt = at;
    },
    "handler-ended": (reader, { thread, at, value }) => {
      const handler = reader.#handlerOn(thread, value);
      if (handler !== undefined) handler.endedAt = at;
    },
    folded: (reader, { actor: number, thread, text, value: count, numbers }) => {
      const actor = number === NOBODY ? null : number;
      const { busy = 0, longest = 0 } = numbers ?? {};
      const cancelled = actor === null ? null : reader.#entities.actor(actor).cancelled;
      const isAfterCancel = cancelled !== null && cancelled.over === undefined;
      reader.folded.push({ actor, thread, kind: text!, count, busy, longest, isAfterCancel });
    },
    dropped: (reader, { at, value: count, text }) => {
      reader.dropped.push({ at, count, why: text! });
    },
  };

  #handlerOn(thread: number, number: number): Handler | undefined {
    return this.#handlers.get(`${this.#entities.processOf(thread).number} ${number}`);
  }

  /** The last that was seen of each hold of a resource by somebody who has not ended. */
  get holders(): Holding[] {
    return [...this.#holders.values()].filter(({ actor }) => !this.#isOver(actor));
  }

  /** What lay in each resource when somebody looked last, where that was anything. */
  get left(): Leftover[] {
    return [...this.#left.values()].filter(
      ({ items, unfinished }) => items + (unfinished ?? 0) > 0,
    );
  }

  get handlers(): Handler[] {
    return [...this.#handlers.values()];
  }

  #isOver(actor: number): boolean {
    return ["finished", "failed", "cancelled"].includes(this.#entities.actor(actor).status);
  }

  /** What an actor waited for when it was seen last, over or not. */
  lastSightingOf(actor: number): Sighting | undefined {
    return this.#waits.get(actor);
  }

  /** The last that was seen of each actor which has not ended, the first seen coming first. */
  get sightings(): Sighting[] {
    return [...this.#waits.values()].filter(({ actor }) => !this.#isOver(actor));
  }
}
