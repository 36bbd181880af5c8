/** What becomes of promises: who made use of them, which were dropped, and which a combinator settled without. */
import type { Ticks } from "../base/duration.ts";
import { NOBODY } from "../trace/log.ts";
import type { Entities } from "./entities.ts";
import type { Hears } from "./listener.ts";

/** Others of an actor's function and place, which began and finished. */
export interface Alike {
  actor: number;
  thread: number;
  count: number;
  longest: Ticks;
}

/** That an actor's promise was dropped, so that nobody can wait for it. */
export interface Floated {
  actor: number;
  at: Ticks;
  /** `statement`, `void`, `condition`, or the name of what ignores what its callbacks return. */
  how: string;
  place: number | null;
}

/** That an actor's promise came into use in a way for the first time. */
export interface Use {
  actor: number;
  at: Ticks;
  how: string;
  /** Who has made use of it; null where that is not known. */
  by: number | null;
  place: number | null;
}

/** The ways of using a promise in which somebody waits for it. */
export const waitingUses: ReadonlySet<string> = new Set([
  "await",
  "return",
  "all",
  "allSettled",
  "race",
  "any",
]);

/** That a combinator settled without an actor, which had not ended. */
export interface SettledWithout {
  actor: number;
  at: Ticks;
  /** `race`, `any`, or `all`, which then had failed. */
  by: string;
  place: number | null;
}

/** What was written and not handed to the system when its process was ended. */
export interface OutputCut {
  process: number;
  at: Ticks;
  bytes: number;
  stream: string;
  place: number | null;
}

export class CallReader {
  readonly #entities: Entities;
  readonly alike: Alike[] = [];
  readonly floated: Floated[] = [];
  readonly uses: Use[] = [];
  readonly settledWithout: SettledWithout[] = [];
  readonly outputCut: OutputCut[] = [];

  constructor(entities: Entities) {
    this.#entities = entities;
  }

  static readonly hears: Hears<CallReader> = {
    alike: (reader, { actor, thread, value: count, numbers }) => {
      const known = reader.#entities.actor(actor);
      known.thread ??= thread;
      reader.alike.push({ actor, thread, count, longest: numbers?.["longest"] ?? 0 });
    },
    floated: (reader, { actor, at, text, place }) => {
      reader.floated.push({ actor, at, how: text!, place });
    },
    used: (reader, { actor, at, text, place, numbers }) => {
      reader.uses.push({ actor, at, how: text!, by: numbers?.["by"] ?? null, place });
    },
    "settled-race": (reader, { actor, at, text, place }) => {
      if (actor !== NOBODY) reader.settledWithout.push({ actor, at, by: text!, place });
    },
    "output-cut": (reader, { thread, at, value: bytes, text, place }) => {
      const process = reader.#entities.processOf(thread).number;
      reader.outputCut.push({ process, at, bytes, stream: text!, place });
    },
  };
}

const ofActors = new WeakMap<readonly object[], ReadonlyMap<number, readonly object[]>>();

/** What is told of each actor, in order. Made once of a list, which may be long and nobody changes. */
export function byActor<One extends { actor: number }>(
  all: readonly One[],
): ReadonlyMap<number, readonly One[]> {
  const known = ofActors.get(all) ?? Map.groupBy(all, ({ actor }) => actor);
  ofActors.set(all, known);
  return known as ReadonlyMap<number, readonly One[]>;
}

const combined = new WeakMap<readonly Use[], ReadonlyMap<string, readonly Use[]>>();

/** All that went into the combinator which an actor's promise did, that itself included: they were used at one instant. */
export function inputsWith(
  all: readonly Use[],
  { actor, by: how, place }: Pick<SettledWithout, "actor" | "by" | "place">,
): readonly Use[] {
  const keyOf = (use: Pick<Use, "how" | "place" | "at">): string =>
    `${use.how} ${use.place} ${use.at}`;
  const known = combined.get(all) ?? Map.groupBy(all, keyOf);
  combined.set(all, known);
  const own = byActor(all)
    .get(actor)
    ?.find((use) => use.how === how && use.place === place);
  return own === undefined ? [] : known.get(keyOf(own))!;
}
