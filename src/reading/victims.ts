/** Turns that came late, and whose they were: the victims of a cause, by name. */
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import type { ReadingSource } from "./precision.ts";

/** A stretch from which asyncio's debug mode calls a callback slow (slow_callback_duration). */
export const slow: Ticks = 100 * TICKS_PER_MS;

/** From how late on a turn is told among those that a slow step made late. */
export const noticeable: Ticks = slow / 10;

/** What `slow` and `noticeable` are for one trace. */
export interface Thresholds {
  slow: Ticks;
  noticeable: Ticks;
}

/** As its observer was asked for (`--blocks`). */
export function thresholdsOf(source: ReadingSource): Thresholds {
  const asked = source.kind === "observed" ? source.blocks : null;
  if (asked === null) return { slow, noticeable };
  return { slow: asked * TICKS_PER_MS, noticeable: Math.min(noticeable, asked * TICKS_PER_MS) };
}

/** A turn that came late. `cut-off`: the sleep was overdue, and its end never came. */
export interface LateTurn {
  actor: number;
  due: Ticks;
  at: Ticks;
  how: "woke" | "began" | "cut-off";
  place?: number | null;
}

/** Tasks of one name that were late through the same cause. */
export interface Victim {
  /** The one that was late the most. */
  actor: number;
  /** How many of the name, and how often. */
  tasks: number;
  times: number;
  /** How late it was through this cause, at most, and how late that turn was altogether. */
  by: Ticks;
  late: Ticks;
  due: Ticks;
  how: LateTurn["how"];
  /** Where it stood meanwhile, as far as the trace tells. */
  place?: number | null;
  /** Whether all its late turns came about in the same way. */
  alike: boolean;
}

/** Who is meant by an actor: all copies of a task have one name. */
export type NameOf = (actor: number) => unknown;

/** The victims of one cause, by name. */
export class Victims {
  readonly #byName = new Map<unknown, Victim & { copies: Set<number> | null }>();
  readonly #nameOf: NameOf;
  readonly #isOnce: boolean;

  /** @param isOnce whether no task can be late through this cause a second time. */
  constructor(nameOf: NameOf, isOnce: boolean) {
    this.#nameOf = nameOf;
    this.#isOnce = isOnce;
  }

  add({ actor, due, at, how, place }: LateTurn, by: Ticks): void {
    const name = this.#nameOf(actor);
    const known = this.#byName.get(name);
    if (known === undefined) {
      const copies = this.#isOnce ? null : new Set([actor]);
      const counted = { tasks: 1, times: 1, alike: true, copies };
      const where = place === undefined ? {} : { place };
      this.#byName.set(name, { actor, by, late: at - due, due, how, ...where, ...counted });
      return;
    }
    known.copies?.add(actor);
    known.times++;
    known.alike &&= how === known.how;
    if (by > known.by) Object.assign(known, { actor, by, late: at - due, due, how, place });
  }

  /** Who was late the most comes first. */
  toList(): Victim[] {
    return [...this.#byName.values()]
      .map(({ copies, ...victim }) => ({ ...victim, tasks: copies?.size ?? victim.times }))
      .toSorted((a, b) => b.by - a.by);
  }
}
