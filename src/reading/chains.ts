/**
 * Chains of waits: who waits for whom among those that have not come to an end.
 *
 * Somebody waits for whom it was seen to wait for, and for whose promise it has made use of in a way that waits
 * for it, until a combinator has settled without that. A call of an async function runs within its caller as far
 * as its first await: a caller that was not seen to wait since then still stands in it.
 */
import { type SettledWithout, type Use, waitingUses } from "./calls.ts";
import type { ActorOutcome } from "./entities.ts";
import type { Sighting } from "./observations.ts";

/** What a trace tells of waits. */
interface Told {
  actors: readonly ActorOutcome[];
  sightings: readonly Sighting[];
  uses: readonly Use[];
  settledWithout: readonly SettledWithout[];
}

/** What has come to its end, so that nobody waits for it any more, nor it for anybody. */
function isOver({ status }: ActorOutcome): boolean {
  return ["finished", "failed", "cancelled", "ended"].includes(status);
}

export class Chains {
  readonly #actors: ReadonlyMap<number, ActorOutcome>;
  /** By who waits: for whom it was seen to wait. */
  readonly #seen = new Map<number, Sighting>();
  readonly #awaited = new Map<number, Set<number>>();
  readonly #waiters = new Map<number, Set<number>>();

  constructor({ actors, sightings, uses, settledWithout }: Told) {
    this.#actors = new Map(actors.map((actor) => [actor.number, actor]));
    for (const sighting of sightings) {
      this.#seen.set(sighting.actor, sighting);
      if (sighting.whom !== null) this.#add(sighting.actor, sighting.whom);
    }
    const left = new Set(settledWithout.map(({ actor, place }) => `${actor} ${place}`));
    for (const { actor, by, how, place } of uses)
      if (by !== null && waitingUses.has(how) && !left.has(`${actor} ${place}`))
        this.#add(by, actor);
  }

  #add(waiter: number, whom: number): void {
    const [a, b] = [this.#actors.get(waiter), this.#actors.get(whom)];
    if (a === undefined || b === undefined || waiter === whom || isOver(a) || isOver(b)) return;
    this.#awaited.getOrInsertComputed(waiter, () => new Set()).add(whom);
    this.#waiters.getOrInsertComputed(whom, () => new Set()).add(waiter);
  }

  /** Who waits for an actor. */
  waitersOf(actor: number): readonly number[] {
    return [...(this.#waiters.get(actor) ?? [])];
  }

  /** Those that an actor waits for, those that these wait for, and so on. */
  below(actor: number): Set<number> {
    return closure(actor, (one) => [...(this.#awaited.get(one) ?? [])]);
  }

  /** The one that an actor stands waiting for, the one that this stands waiting for, and so on. */
  line(actor: number): Set<number> {
    return closure(actor, (one) => {
      const whom = this.#seen.get(one)?.whom ?? null;
      return whom !== null && this.#awaited.get(one)?.has(whom) === true ? [whom] : [];
    });
  }

  /** Whether an actor stands waiting for something of that name, or for somebody who does. */
  isAt(actor: number, of: string): boolean {
    return [actor, ...this.line(actor)].some((one) => this.#seen.get(one)?.of === of);
  }

  /** Those that wait for an actor or stand in it, those that wait for these, and so on. */
  above(actor: number): Set<number> {
    return closure(actor, (one) => [...this.waitersOf(one), ...this.#callerOf(one)]);
  }

  /** Whoever made a call and was not seen to wait since, so that it stands in it. */
  #callerOf(call: number): number[] {
    const { kind, parent = null, startedAt = null } = this.#actors.get(call) ?? {};
    const caller = parent === null ? undefined : this.#actors.get(parent);
    if (kind !== "call" || caller === undefined || isOver(caller) || startedAt === null) return [];
    const seen = this.#seen.get(caller.number)?.at ?? -1;
    return seen < startedAt ? [caller.number] : [];
  }
}

/** All that is reached from an actor, without itself. */
function closure(from: number, next: (actor: number) => readonly number[]): Set<number> {
  const found = new Set<number>();
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const one of next(at))
      if (one !== from && !found.has(one)) {
        found.add(one);
        open.push(one);
      }
  return found;
}
