/** A timeline packed for the page (`page/format.ts` says how). */
import { deflateRawSync } from "node:zlib";
import { arrowKinds, fates, states } from "../page/words.ts";
import type { BlockTexts, ColumnName, ColumnShape, Head } from "../page/format.ts";
import type { Report } from "../model/report.ts";
import type { Timeline } from "../model/timeline.ts";

export interface Packed {
  head: Head;
  /** Deflated. */
  block: Uint8Array;
}

/** The largest number that a column can hold. */
const most = 2 ** 32 - 1;

export function packed({ timeline, findings, sources }: Report): Packed {
  const { wall, rows, moments } = timeline;
  // A unit is a microsecond, as long as all fits into 32 bits.
  const unit = Math.max(1, Math.ceil((wall + 1) / most));
  const units = (ticks: number): number => Math.max(0, Math.floor(ticks / unit));
  const { shapes, columns, names } = columnsOf(timeline, units);
  const texts: BlockTexts = {
    texts: timeline.texts,
    names,
    places: timeline.places.map(({ file, line, function: within, source }) => [
      file,
      line,
      within ?? "",
      source ?? "",
    ]),
    stacks: [...timeline.stacks],
  };
  const text = new TextEncoder().encode(JSON.stringify(texts));
  const length = columns.reduce((sum, column) => sum + column.length, text.length);
  const bytes = new Uint8Array(length);
  bytes.set(text);
  let at = text.length;
  for (const column of columns) {
    bytes.set(column, at);
    at += column.length;
  }
  return {
    head: {
      unit,
      wall: units(wall),
      states,
      fates,
      arrows: arrowKinds,
      rows,
      findings: findings.map(({ rule, at: when, entities }) => {
        return { rule, at: when === null ? null : units(when), entities };
      }),
      moments: moments.map((moment) => ({ ...moment, at: units(moment.at) })),
      texts: text.length,
      columns: shapes,
      files: sources.map(({ file }) => file),
    },
    block: deflated(bytes),
  };
}

function deflated(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  // It takes all of its input at once, which costs memory; very large blocks go by zlib.
  if (bytes.length > 100e6) return deflateRawSync(bytes, { level: 6 });
  return Bun.deflateSync(bytes, { level: 6, library: "libdeflate" });
}

function columnsOf(timeline: Timeline, units: (ticks: number) => number) {
  const { entities, stretches, arrows } = timeline;
  const shapes: ColumnShape[] = [];
  const columns: Uint8Array[] = [];
  const add = (name: ColumnName, numbers: ArrayLike<number>, isDifference = false): void => {
    const own = isDifference ? differences(numbers) : numbers;
    const bytes = bytesOf(own);
    shapes.push({ name, length: own.length, bytes, isDifference });
    columns.push(planes(own, bytes));
  };
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const nameNumbers = entities.name.map((name) =>
    numbers.getOrInsertComputed(name, () => names.push(name) - 1),
  );
  const from = entities.from.map(units);
  add("name", nameNumbers, true);
  add("from", from, true);
  add(
    "length",
    entities.to.map((to, k) => units(to) - from[k]!),
  );
  add("fate", entities.fate);
  add("made", orNone(entities.made));
  add("stood", orNone(entities.stood));
  add("parent", orNone(entities.parent), true);
  add(
    "created",
    entities.created.map((at, k) => Math.max(0, from[k]! - units(at))),
  );
  add("error", entities.error);
  add("stretches", entities.stretches);
  const { length } = stretches;
  const gaps = new Uint32Array(length);
  const durations = new Uint32Array(length);
  for (let k = 0, before = 0; k < length; k++) {
    const entity = stretches.entity[k]!;
    const isFirst = k === 0 || stretches.entity[k - 1] !== entity;
    const since = isFirst ? from[entity]! : before;
    const begins = units(stretches.from[k]!);
    before = units(stretches.to[k]!);
    gaps[k] = begins - since;
    durations[k] = before - begins;
  }
  add("gap", gaps);
  add("duration", durations);
  add("state", stretches.state.subarray(0, length));
  add("what", stretches.what.subarray(0, length));
  add("place", orNone(stretches.place.subarray(0, length)));
  add("whom", orNone(stretches.whom.subarray(0, length)));
  add(
    "arrowKind",
    arrows.map(({ kind }) => kind),
  );
  add(
    "arrowFrom",
    arrows.map((arrow) => arrow.from),
  );
  add(
    "arrowAt",
    arrows.map(({ at }) => units(at)),
    true,
  );
  add(
    "arrowTo",
    arrows.map(({ to }) => to),
  );
  add(
    "arrowToAt",
    arrows.map(({ at, toAt }) => units(toAt) - units(at)),
  );
  return { shapes, columns, names };
}

/** One more than each number, so that -1, which stands for none, is 0. */
function orNone(numbers: ArrayLike<number>): Uint32Array {
  const all = new Uint32Array(numbers.length);
  for (let k = 0; k < all.length; k++) all[k] = numbers[k]! + 1;
  return all;
}

function differences(numbers: ArrayLike<number>): Uint32Array {
  const all = new Uint32Array(numbers.length);
  for (let k = 0, before = 0; k < numbers.length; k++) {
    const difference = (numbers[k]! - before) | 0;
    all[k] = (difference << 1) ^ (difference >> 31);
    before = numbers[k]!;
  }
  return all;
}

function bytesOf(numbers: ArrayLike<number>): number {
  let all = 0;
  for (let k = 0; k < numbers.length; k++) all |= numbers[k]!;
  return all >>> 0 < 2 ** 8 ? 1 : all >>> 0 < 2 ** 16 ? 2 : all >>> 0 < 2 ** 24 ? 3 : 4;
}

function planes(numbers: ArrayLike<number>, bytes: number): Uint8Array {
  const { length } = numbers;
  const all = new Uint8Array(length * bytes);
  for (let plane = 0; plane < bytes; plane++)
    for (let k = 0; k < length; k++) all[plane * length + k] = numbers[k]! >>> (8 * plane);
  return all;
}
