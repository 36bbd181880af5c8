/** Takes the block of the page apart into columns (`format.ts` says how it is made). */
import type { BlockTexts, ColumnName, ColumnShape, Head } from "../format.ts";

export interface Block {
  texts: BlockTexts;
  columns: Readonly<Record<ColumnName, Uint32Array>>;
}

/** @param bytes inflated. */
export function readBlock(bytes: Uint8Array, head: Pick<Head, "texts" | "columns">): Block {
  const texts = JSON.parse(new TextDecoder().decode(bytes.subarray(0, head.texts))) as BlockTexts;
  const columns: Partial<Record<ColumnName, Uint32Array>> = {};
  let at = head.texts;
  for (const shape of head.columns) {
    const size = shape.length * shape.bytes;
    columns[shape.name] = column(bytes.subarray(at, at + size), shape);
    at += size;
  }
  return { texts, columns: columns as Record<ColumnName, Uint32Array> };
}

function column(bytes: Uint8Array, shape: ColumnShape): Uint32Array {
  const { length } = shape;
  const numbers = new Uint32Array(length);
  for (let plane = 0; plane < shape.bytes; plane++) {
    const from = plane * length;
    const shift = 8 * plane;
    for (let k = 0; k < length; k++) numbers[k]! |= bytes[from + k]! << shift;
  }
  if (shape.isDifference)
    for (let k = 0, before = 0; k < length; k++) {
      const folded = numbers[k]!;
      before += (folded >>> 1) ^ -(folded & 1);
      numbers[k] = before;
    }
  return numbers;
}
