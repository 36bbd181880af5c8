/** The insertions into a text, gathered in the order in which its tree is walked. */

interface Insertion {
  at: number;
  text: string;
}

const isWordEnd = /[\w$\u0080-\uffff]/;

/** Of what is inserted at one offset, what closes comes first, innermost first; then what opens, outermost first. */
export class Edits {
  readonly #source: string;
  readonly #opening: Insertion[] = [];
  readonly #closing: Insertion[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  /** Puts a text before what begins at an offset. An outer node's must come before those inside it. */
  open(at: number, text: string): void {
    this.#opening.push({ at, text });
  }

  /** Puts a text behind what ends at an offset. An inner node's must come before those around it. */
  close(at: number, text: string): void {
    this.#closing.push({ at, text });
  }

  around({ start, end }: { start: number; end: number }, before: string, after = ")"): () => void {
    this.open(start, before);
    return () => this.close(end, after);
  }

  /** All of them by ascending offset. A word before an insertion is kept apart from it, as in `return(x)`. */
  finish(): { at: number[]; texts: string[] } {
    const byOffset = new Map<number, string>();
    for (const { at, text } of this.#closing) byOffset.set(at, (byOffset.get(at) ?? "") + text);
    for (const { at, text } of this.#opening) {
      const before = byOffset.get(at);
      const apart = before === undefined && isWordEnd.test(this.#source[at - 1] ?? "") ? " " : "";
      byOffset.set(at, (before ?? apart) + text);
    }
    const at = [...byOffset.keys()].sort((a, b) => a - b);
    return { at, texts: at.map((offset) => byOffset.get(offset)!) };
  }
}
