/** What is drawn below each other: rows as they are open, closed or filtered, and where each of them lies. */
import type { Data } from "./data.ts";
import { kept } from "./kept.ts";
import { rowKeys } from "./same.ts";

/** Entities of which no two are there at one time, in the order of time. */
export interface Packed {
  /** The entities of all lanes, and where each lane's begin. */
  entities: Uint32Array;
  offsets: Uint32Array;
}

export interface Lane {
  /** The row it belongs to. */
  row: number;
  is: "heading" | "entity" | "density" | "packed";
  /** The entity; for packed lanes the number of the lane. */
  index: number;
  y: number;
  height: number;
}

const heights = { heading: 28, entity: 20, density: 44, packed: 10 } as const;
const threadHeight = 26;

/** Up to how many entities a group is open from the beginning, and have lanes of their own with names. */
const fewEntities = 12;
const mostNamed = 200;

/** Up to how many lanes are open from the beginning, in all groups together. */
const mostOpen = 60;

export class Lanes {
  readonly #data: Data;
  readonly #open = new Set<number>();
  readonly #packed = new Map<number, Packed>();
  /** The entities that are shown; null for all. */
  #only: ReadonlySet<number> | null = null;
  #index: Int32Array | null = null;
  lanes: Lane[] = [];
  height = 0;

  /** @param before the lanes of less of the same: what was open or closed there stays so. */
  constructor(data: Data, before?: Lanes) {
    this.#data = data;
    const wasOpen = before?.openGroups() ?? new Map<string, boolean>();
    const keys = before === undefined ? [] : rowKeys(data);
    let lanes = 0;
    for (const [row, { is, count }] of data.rows.entries()) {
      if (is !== "work" || count < 2) continue;
      const isSmall = count <= fewEntities && lanes + count <= mostOpen;
      if (isSmall) lanes += count;
      if (wasOpen.get(keys[row]!) ?? isSmall) this.#open.add(row);
    }
    this.#layOut();
  }

  /** Whether each group is open, by the key of its row. */
  openGroups(): Map<string, boolean> {
    const groups = [...rowKeys(this.#data).entries()].filter(([row]) => this.isGroup(row));
    return new Map(groups.map(([row, key]) => [key, this.isOpen(row)]));
  }

  isOpen(row: number): boolean {
    return this.#open.has(row);
  }

  isGroup(row: number): boolean {
    return this.#data.rows[row]!.count > 1;
  }

  toggle(row: number): void {
    if (!this.isGroup(row)) return;
    if (!this.#open.delete(row)) this.#open.add(row);
    this.#layOut();
  }

  /** Opens the row of an entity, so that it has a lane to be seen in. */
  reveal(entity: number): void {
    const row = this.#data.entities.row[entity]!;
    if (!this.isGroup(row) || this.#open.has(row)) return;
    this.#open.add(row);
    this.#layOut();
  }

  /** Shows these entities and threads alone. @param only null: all. */
  filter(only: ReadonlySet<number> | null): void {
    this.#only = only;
    this.#layOut();
  }

  packedOf(row: number): Packed {
    return kept(this.#packed, row, () => {
      const { first, count } = this.#data.rows[row]!;
      return packed(this.#data, first, count);
    });
  }

  /** The lane in which an entity is drawn. */
  laneOf(entity: number): Lane | undefined {
    return this.lanes[(this.#index ??= this.#makeIndex())[entity]!];
  }

  /** By entity: the index of its lane; -1 where it has none. */
  #makeIndex(): Int32Array {
    const index = new Int32Array(this.#data.entities.count).fill(-1);
    for (const [at, lane] of this.lanes.entries()) {
      if (lane.is === "entity") index[lane.index] = at;
      if (lane.is !== "packed") continue;
      const { entities, offsets } = this.packedOf(lane.row);
      for (let k = offsets[lane.index]!; k < offsets[lane.index + 1]!; k++)
        index[entities[k]!] = at;
    }
    return index;
  }

  /** Where the lanes lie that stand below the same heading as a row. */
  sectionOf(row: number): { top: number; bottom: number } {
    const { rows } = this.#data;
    let first = row;
    while (first > 0 && rows[first]!.is !== "heading") first--;
    const heading = rows[first]!;
    let end = row + 1;
    const isOutside = (one: number): boolean =>
      rows[one]!.is === "heading" && rows[one]!.depth <= heading.depth;
    while (end < rows.length && !isOutside(end)) end++;
    const own = this.lanes.filter((lane) => lane.row >= first && lane.row < end);
    const last = own.at(-1);
    return { top: own[0]?.y ?? 0, bottom: last === undefined ? 0 : last.y + last.height };
  }

  /** The index of the lane at a height. */
  at(y: number): number {
    let low = 0;
    let high = this.lanes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { y: top, height } = this.lanes[middle]!;
      if (top + height > y) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #layOut(): void {
    const lanes: Lane[] = [];
    let y = 0;
    const add = (
      row: number,
      is: Lane["is"],
      index: number,
      height: number = heights[is],
    ): void => {
      lanes.push({ row, is, index, y, height });
      y += height;
    };
    for (const [row, { is, first, count }] of this.#data.rows.entries()) {
      if (is === "heading") add(row, "heading", 0);
      else if (is === "thread") add(row, "entity", first, threadHeight);
      else if (this.#only !== null) {
        for (let entity = first; entity < first + count; entity++)
          if (this.#only.has(entity)) add(row, "entity", entity);
      } else if (count === 1) add(row, "entity", first);
      else {
        add(row, "density", 0);
        if (!this.#open.has(row)) continue;
        if (count <= mostNamed) for (let k = 0; k < count; k++) add(row, "entity", first + k);
        else {
          const { offsets } = this.packedOf(row);
          for (let k = 0; k + 1 < offsets.length; k++) add(row, "packed", k);
        }
      }
    }
    this.lanes = lanes;
    this.height = y;
    this.#index = null;
  }
}

/** Each entity into the lane that is free first; they come in the order in which they began. */
function packed({ entities }: Data, first: number, count: number): Packed {
  const order = new Uint32Array(count);
  for (let k = 0; k < count; k++) order[k] = first + k;
  order.sort((a, b) => entities.from[a]! - entities.from[b]!);
  const laneOf = new Uint32Array(count);
  // A heap of lanes by when they are free.
  const heap: number[] = [];
  const free: number[] = [];
  const isBefore = (a: number, b: number): boolean => free[heap[a]!]! < free[heap[b]!]!;
  const swap = (a: number, b: number): void => {
    const lane = heap[a]!;
    heap[a] = heap[b]!;
    heap[b] = lane;
  };
  for (let k = 0; k < count; k++) {
    const entity = order[k]!;
    const end = Math.max(entities.to[entity]!, entities.from[entity]! + 1);
    if (heap.length > 0 && free[heap[0]!]! <= entities.from[entity]!) {
      laneOf[k] = heap[0]!;
      free[heap[0]!] = end;
      for (let at = 0; ;) {
        const left = 2 * at + 1;
        const right = left + 1;
        let least = at;
        if (left < heap.length && isBefore(left, least)) least = left;
        if (right < heap.length && isBefore(right, least)) least = right;
        if (least === at) break;
        swap(at, least);
        at = least;
      }
    } else {
      laneOf[k] = free.push(end) - 1;
      heap.push(laneOf[k]!);
      for (let at = heap.length - 1; at > 0 && isBefore(at, (at - 1) >> 1); at = (at - 1) >> 1)
        swap(at, (at - 1) >> 1);
    }
  }
  const offsets = new Uint32Array(free.length + 1);
  for (const lane of laneOf) offsets[lane + 1]!++;
  for (let k = 0; k < free.length; k++) offsets[k + 1]! += offsets[k]!;
  const all = new Uint32Array(count);
  const next = offsets.slice();
  for (let k = 0; k < count; k++) all[next[laneOf[k]!]!++] = order[k]!;
  return { entities: all, offsets };
}
