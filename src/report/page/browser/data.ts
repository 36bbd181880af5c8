/** The data of the page, taken apart, with what drawing and telling need of it. */
import type { BlockTexts, Head, HeadRow } from "../format.ts";
import { readBlock } from "./columns.ts";

/** Of every entity: when it began and ended, and the indexes of its own stretches. */
export interface Entities {
  count: number;
  name: Uint32Array;
  from: Uint32Array;
  to: Uint32Array;
  fate: Uint32Array;
  /** One more than an index of places; 0 for none. */
  made: Uint32Array;
  stood: Uint32Array;
  /** One more than an entity; 0 for none. */
  parent: Uint32Array;
  created: Uint32Array;
  error: Uint32Array;
  row: Uint32Array;
  /** The index of its first stretch; one more at the end. */
  offsets: Uint32Array;
}

/** Of every stretch, by entity and in the order of time. */
export interface Stretches {
  from: Uint32Array;
  to: Uint32Array;
  state: Uint8Array;
  what: Uint32Array;
  /** One more than an index of places, and than an entity; 0 for none. */
  place: Uint32Array;
  whom: Uint32Array;
}

export interface Arrows {
  kind: Uint32Array;
  from: Uint32Array;
  at: Uint32Array;
  to: Uint32Array;
  toAt: Uint32Array;
}

export interface Data {
  head: Head;
  rows: readonly HeadRow[];
  texts: BlockTexts;
  entities: Entities;
  stretches: Stretches;
  arrows: Arrows;
  stacks: ReadonlyMap<number, readonly number[]>;
  /** Indexes of `fates`. */
  lost: number;
  failed: number;
}

/** What the page came with: its head, and its block, which is let go of. */
export function ownData(): Promise<Data> {
  const head = JSON.parse(document.getElementById("head")!.textContent!) as Head;
  const element = document.getElementById("data")!;
  const block = fromBase64(element.textContent!);
  element.remove();
  return readData(head, block);
}

export async function readData(head: Head, block: Uint8Array<ArrayBuffer>): Promise<Data> {
  const { texts, columns } = readBlock(await inflated(block), head);
  const count = columns.name.length;
  const to = new Uint32Array(count);
  const created = new Uint32Array(count);
  const offsets = new Uint32Array(count + 1);
  for (let k = 0; k < count; k++) {
    to[k] = columns.from[k]! + columns.length[k]!;
    created[k] = columns.from[k]! - columns.created[k]!;
    offsets[k + 1] = offsets[k]! + columns.stretches[k]!;
  }
  const row = new Uint32Array(count);
  for (const [index, { first, count: own }] of head.rows.entries())
    row.fill(index, first, first + own);
  return {
    head,
    rows: head.rows,
    texts,
    entities: { ...columns, count, to, created, offsets, row },
    stretches: stretchesOf(columns, offsets),
    stacks: new Map(texts.stacks),
    arrows: {
      kind: columns.arrowKind,
      from: columns.arrowFrom,
      at: columns.arrowAt,
      to: columns.arrowTo,
      toAt: columns.arrowToAt.map((after, k) => columns.arrowAt[k]! + after),
    },
    lost: head.fates.indexOf("lost"),
    failed: head.fates.indexOf("failed"),
  };
}

function stretchesOf(
  columns: ReturnType<typeof readBlock>["columns"],
  offsets: Uint32Array,
): Stretches {
  const { length } = columns.gap;
  const from = columns.gap;
  const to = columns.duration;
  // Where each began and ended takes the room of what it is made of.
  for (let entity = 0; entity + 1 < offsets.length; entity++) {
    let at = columns.from[entity]!;
    for (let k = offsets[entity]!; k < offsets[entity + 1]!; k++) {
      at += from[k]!;
      from[k] = at;
      at += to[k]!;
      to[k] = at;
    }
  }
  const state = new Uint8Array(length);
  state.set(columns.state);
  return { from, to, state, what: columns.what, place: columns.place, whom: columns.whom };
}

async function inflated(block: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([block]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const engine = Uint8Array as unknown as {
    fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
  };
  if (engine.fromBase64 !== undefined) return engine.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = binary.charCodeAt(k);
  return bytes;
}

/** The first of ascending numbers within bounds that is above another; `end` where none is. */
export function firstAbove(numbers: Uint32Array, least: number, from: number, end: number): number {
  let low = from;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! > least) high = middle;
    else low = middle + 1;
  }
  return low;
}
