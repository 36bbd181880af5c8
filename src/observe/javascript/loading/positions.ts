/** Positions in the transformed texts of modules, and what they are in the sources. */
import { numbered } from "../code.ts";
import type { OwnModule } from "./modules.ts";

/** Where each insertion stands in the transformed text. */
interface Inserted {
  /** Offset in the transformed text at which it begins. */
  from: number;
  length: number;
  /** Its offset in the source. */
  at: number;
}

export class Positions {
  readonly #inserted: Inserted[] = [];
  readonly #source: string;
  readonly #code: string;

  readonly #indent: number;

  constructor({ source, code, transformed, first, indent = 0 }: OwnModule) {
    this.#indent = indent;
    this.#source = source;
    this.#code = code;
    let before = 0;
    for (const [index, at] of transformed.at.entries()) {
      const { length } = numbered(transformed.texts[index]!, first);
      this.#inserted.push({ from: at + before, length, at });
      before += length;
    }
  }

  /** The offset in the source; inside an insertion, that of the insertion. */
  offsetOf(inCode: number): number {
    let low = 0;
    let high = this.#inserted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#inserted[middle]!.from <= inCode) low = middle + 1;
      else high = middle;
    }
    const last = this.#inserted[low - 1];
    if (last === undefined) return inCode;
    return last.at + Math.max(0, inCode - last.from - last.length);
  }

  /** The column in the source, from 1, of a line and column of the transformed text. */
  columnOf(line: number, column: number): number {
    const lineAt = (text: string): number => {
      let at = 0;
      for (let number = 1; number < line; number++) {
        at = text.indexOf("\n", at) + 1;
        if (at === 0) return -1;
      }
      return at;
    };
    const inCode = lineAt(this.#code);
    const inSource = lineAt(this.#source);
    if (inCode < 0 || inSource < 0) return column;
    const inText = line === 1 ? column - this.#indent : column;
    return Math.max(1, this.offsetOf(inCode + inText - 1) - inSource + 1);
  }
}
