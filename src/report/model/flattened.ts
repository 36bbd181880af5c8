/** Stretches in columns: as they come, and then by entity, in the order of time, without overlap. */
import type { Ticks } from "../../base/duration.ts";

/** Stretches as they come, in columns that grow. */
export class Growing {
  length = 0;
  entity = new Int32Array(64);
  from = new Float64Array(64);
  to = new Float64Array(64);
  state = new Uint8Array(64);
  what = new Int32Array(64);
  place = new Int32Array(64);
  whom = new Int32Array(64);

  /** @param place,whom -1 where there is none. */
  add(
    entity: number,
    from: Ticks,
    to: Ticks,
    state: number,
    what: number,
    place: number,
    whom: number,
  ): void {
    if (to <= from) return;
    if (this.length === this.from.length) this.#grow();
    const k = this.length++;
    this.entity[k] = entity;
    this.from[k] = from;
    this.to[k] = to;
    this.state[k] = state;
    this.what[k] = what;
    this.place[k] = place;
    this.whom[k] = whom;
  }

  #grow(): void {
    const size = this.length * 2;
    const larger = <Column extends Int32Array | Float64Array | Uint8Array>(
      column: Column,
      made: Column,
    ): Column => {
      made.set(column);
      return made;
    };
    this.entity = larger(this.entity, new Int32Array(size));
    this.from = larger(this.from, new Float64Array(size));
    this.to = larger(this.to, new Float64Array(size));
    this.state = larger(this.state, new Uint8Array(size));
    this.what = larger(this.what, new Int32Array(size));
    this.place = larger(this.place, new Int32Array(size));
    this.whom = larger(this.whom, new Int32Array(size));
  }
}

/** The states that stand above what began later: who holds a thread, and who starves. */
const mostGrave = 1;

export class Flattened {
  readonly columns = new Growing();
  /** By entity: the index of its first stretch; one more at the end. */
  readonly offsets: Int32Array;

  constructor(raw: Growing, entities: number) {
    const order = byEntity(raw, entities);
    this.offsets = new Int32Array(entities + 1);
    for (let entity = 0, at = 0; entity < entities; entity++) {
      const first = at;
      while (at < raw.length && raw.entity[order[at]!] === entity) at++;
      this.offsets[entity] = this.columns.length;
      this.#take(raw, order.subarray(first, at));
    }
    this.offsets[entities] = this.columns.length;
  }

  /** Takes the stretches of one entity. */
  #take(raw: Growing, own: Int32Array): void {
    let isPlain = true;
    for (let k = 1; k < own.length && isPlain; k++)
      isPlain = raw.from[own[k]!]! >= raw.to[own[k - 1]!]!;
    if (isPlain) {
      for (const k of own) this.#copy(raw, k, raw.from[k]!, raw.to[k]!);
      return;
    }
    this.#takeOverlapping(
      raw,
      own
        .slice()
        .sort(
          (a, b) =>
            raw.from[a]! - raw.from[b]! || raw.to[b]! - raw.to[a]! || raw.place[a]! - raw.place[b]!,
        ),
    );
  }

  /**
   * Of stretches that overlap, the gravest counts at each moment, or else the one that began last; of two that are
   * alike, the one whose place is known.
   */
  #takeOverlapping(raw: Growing, own: Int32Array): void {
    const cuts = new Float64Array(own.length * 2);
    for (const [k, one] of own.entries()) {
      cuts[2 * k] = raw.from[one]!;
      cuts[2 * k + 1] = raw.to[one]!;
    }
    cuts.sort();
    const open: number[] = [];
    let next = 0;
    let current = -1;
    let since = 0;
    for (let k = 0; k < cuts.length; k++) {
      const at = cuts[k]!;
      if (k > 0 && cuts[k - 1] === at) continue;
      for (let o = open.length - 1; o >= 0; o--) if (raw.to[open[o]!]! <= at) open.splice(o, 1);
      while (next < own.length && raw.from[own[next]!]! <= at) open.push(own[next++]!);
      let best = -1;
      for (const one of open) if (best < 0 || rank(raw, one) <= rank(raw, best)) best = one;
      if (best === current) continue;
      if (current >= 0) this.#copy(raw, current, since, at);
      current = best;
      since = at;
    }
  }

  #copy(raw: Growing, k: number, from: Ticks, to: Ticks): void {
    this.columns.add(
      raw.entity[k]!,
      from,
      to,
      raw.state[k]!,
      raw.what[k]!,
      raw.place[k]!,
      raw.whom[k]!,
    );
  }
}

/** Of two with one rank the later begun counts. */
function rank({ state }: Growing, k: number): number {
  return Math.min(state[k]!, mostGrave + 1);
}

/** The indexes of stretches by entity, each entity's as they came. */
function byEntity({ entity, length }: Growing, entities: number): Int32Array {
  const starts = new Int32Array(entities + 1);
  for (let k = 0; k < length; k++) starts[entity[k]! + 1]!++;
  for (let one = 0; one < entities; one++) starts[one + 1]! += starts[one]!;
  const order = new Int32Array(length);
  for (let k = 0; k < length; k++) order[starts[entity[k]!]!++] = k;
  return order;
}
