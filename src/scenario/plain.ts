/**
 * A reader of plain documents: YAML as nearly everybody writes it, and JSON, with the place of each
 * key and value. It takes a fraction of the time of the `yaml` package, which is left what is rare
 * (anchors, tags, texts over several lines, keys that are no words) and everything that is wrong.
 *
 * Invariant: what it reads it reads as the package does, data and places alike; where it is not sure
 * of that it reads nothing.
 */
import type { Position } from "../base/position.ts";

/** A value of a document and where it stands. */
export type PlainNode =
  | { kind: "scalar"; data: unknown; offset: number }
  | { kind: "list"; data: unknown[]; offset: number; items: PlainNode[] }
  | { kind: "object"; data: object; offset: number; entries: Map<string, PlainEntry> };

interface PlainEntry {
  /** Where the key stands. */
  offset: number;
  value: PlainNode;
}

/** The greatest depth of nesting here, at which recursion is far from the end of the stack. */
const mostDepth = 50;

/** Unusual line ends and spaces, and characters that no document may hold. */
// oxlint-disable-next-line no-control-regex
const unusual = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;

/** A key that is a word, up to its colon. The package takes no longer ones than 1024 characters. */
const wordKey = /[A-Za-z_][\w.-]{0,999}(?=:(?:[ \n]|$))/y;

/** A key in quotes that needs no unescaping. */
const quotedKey = /"([^"\\\n]{0,999})"(?=:(?:[ \n]|$))/y;

/** The same between brackets, where JSON has no space behind the colon. */
const quotedFlowKey = /"([^"\\\n]{0,999})"(?=:)/y;

/** Plain scalars of which each schema of YAML's core makes something else than text. */
const meansMore =
  /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|0[ox].*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[-+]?[\d.]+(?:[eE][-+]?\d+)?)$/;

const constants: Record<string, unknown> = { null: null, true: true, false: false };

/** The signal that a document is not plain: thrown and caught in this file. */
const notPlain = Symbol("not plain");

/**
 * Reads a plain document. @returns null for any other.
 *
 * @param readBlockText reads a text of several lines ("|", ">"), from its first character to the
 *   line that is no longer part of it; undefined where that is wrong.
 */
export function readPlain(
  text: string,
  readBlockText: (written: string) => string | undefined,
): PlainNode | null {
  if (unusual.test(text)) return null;
  try {
    return new PlainReader(text, readBlockText).document();
  } catch (error) {
    if (error === notPlain) return null;
    throw error;
  }
}

/** Line and column of offsets in a text. */
export function positionsIn(text: string): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}

class PlainReader {
  readonly #text: string;
  readonly #readBlockText: (written: string) => string | undefined;
  #at = 0;
  /** Where the line begins in which `#at` stands. */
  #lineStart = 0;

  constructor(text: string, readBlockText: (written: string) => string | undefined) {
    this.#text = text;
    this.#readBlockText = readBlockText;
  }

  document(): PlainNode {
    this.#toContent();
    if (this.#at === this.#text.length || this.#column !== 0) throw notPlain;
    const first = this.#text[this.#at];
    if (first !== "{" && first !== "[") return this.#ended(this.#object(0, 0));
    const root = this.#flow(-1, 0);
    this.#endOfLine();
    return this.#ended(root);
  }

  #ended(root: PlainNode): PlainNode {
    if (this.#at < this.#text.length) throw notPlain;
    return root;
  }

  get #column(): number {
    return this.#at - this.#lineStart;
  }

  /** Goes to the next character that is no space, line end or part of a comment. */
  #toContent(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 32) this.#at++;
      else if (code === 10) this.#lineStart = ++this.#at;
      else if (code === 35 && this.#isCommentHere()) this.#skipLine();
      else return;
    }
  }

  #isCommentHere(): boolean {
    return this.#at === this.#lineStart || this.#text.charCodeAt(this.#at - 1) === 32;
  }

  #skipLine(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  /** Goes past spaces and a comment to the next content, on another line; other text is not plain. */
  #endOfLine(): void {
    while (this.#text.charCodeAt(this.#at) === 32) this.#at++;
    const code = this.#text.charCodeAt(this.#at);
    if (code === 35 ? !this.#isCommentHere() : code !== 10 && !Number.isNaN(code)) throw notPlain;
    this.#toContent();
  }

  /** An object of a key a line, all in one column. Stands at its first key, and leaves at the next content. */
  #object(column: number, depth: number): PlainNode {
    if (depth > mostDepth) throw notPlain;
    const offset = this.#at;
    const data: Record<string, unknown> = {};
    const entries = new Map<string, PlainEntry>();
    do {
      const at = this.#at;
      const key = this.#key(quotedKey);
      this.#at++;
      const value = this.#valueOf(column, depth);
      this.#put(data, entries, key, { offset: at, value });
    } while (this.#at < this.#text.length && this.#column === column);
    if (this.#at < this.#text.length && this.#column > column) throw notPlain;
    return { kind: "object", data, offset, entries };
  }

  #put(
    data: Record<string, unknown>,
    entries: Map<string, PlainEntry>,
    key: string,
    entry: PlainEntry,
  ): void {
    if (key === "__proto__" || entries.has(key)) throw notPlain;
    entries.set(key, entry);
    data[key] = entry.value.data;
  }

  /** Reads a key, and stands at its colon. */
  #key(quoted: RegExp): string {
    for (const form of [wordKey, quoted]) {
      form.lastIndex = this.#at;
      const found = form.exec(this.#text);
      if (found === null) continue;
      const key = found[1] ?? found[0];
      if (form === wordKey && meansMore.test(key)) throw notPlain;
      this.#at += found[0].length;
      return key;
    }
    throw notPlain;
  }

  /** The value behind a key's colon, on its line or below. Leaves at the next content. */
  #valueOf(column: number, depth: number): PlainNode {
    while (this.#text.charCodeAt(this.#at) === 32) this.#at++;
    const after = this.#at;
    const code = this.#text.charCodeAt(after);
    const isEmptyLine = code === 10 || Number.isNaN(code) || (code === 35 && this.#isCommentHere());
    if (!isEmptyLine) return this.#inLine(column, depth);
    this.#toContent();
    const isOver = this.#at === this.#text.length;
    if (!isOver && this.#isItem() && this.#column >= column)
      return this.#list(this.#column, depth + 1);
    if (!isOver && this.#column > column) return this.#below(column, depth);
    return { kind: "scalar", data: null, offset: after };
  }

  /** A value on a line of its own. */
  #below(column: number, depth: number): PlainNode {
    const first = this.#text[this.#at];
    if (first !== "{" && first !== "[") return this.#object(this.#column, depth + 1);
    const value = this.#flow(column, depth + 1);
    this.#endOfLine();
    return value;
  }

  #isItem(): boolean {
    return this.#text[this.#at] === "-" && this.#text[this.#at + 1] === " ";
  }

  /** A list of an item a line, all in one column. Stands at its first dash, and leaves at the next content. */
  #list(column: number, depth: number): PlainNode {
    if (depth > mostDepth) throw notPlain;
    const offset = this.#at;
    const items: PlainNode[] = [];
    const data: unknown[] = [];
    while (this.#at < this.#text.length && this.#column === column && this.#isItem()) {
      this.#at += 2;
      while (this.#text.charCodeAt(this.#at) === 32) this.#at++;
      const item = this.#isKeyHere()
        ? this.#object(this.#column, depth + 1)
        : this.#inLine(column, depth);
      items.push(item);
      data.push(item.data);
    }
    if (this.#at < this.#text.length && this.#column > column) throw notPlain;
    return { kind: "list", data, offset, items };
  }

  #isKeyHere(): boolean {
    wordKey.lastIndex = quotedKey.lastIndex = this.#at;
    return wordKey.test(this.#text) || quotedKey.test(this.#text);
  }

  /** A value that begins on this line, inside of what stands in a column. Leaves at the next content. */
  #inLine(column: number, depth: number): PlainNode {
    const offset = this.#at;
    const first = this.#text[offset]!;
    if (first === "|" || first === ">")
      return { kind: "scalar", data: this.#blockText(column), offset };
    let value: PlainNode;
    if (first === "{" || first === "[") value = this.#flow(column, depth + 1);
    else if (first === '"' || first === "'") value = this.#quoted();
    else value = this.#word(/[^\n]*/y);
    this.#endOfLine();
    // A deeper line below would continue this scalar.
    if (this.#at < this.#text.length && this.#column > column) throw notPlain;
    return value;
  }

  /** A text over several lines: all that are empty, or stand deeper than the column. */
  #blockText(column: number): string {
    const start = this.#at;
    this.#skipLine();
    for (; this.#at < this.#text.length; this.#skipLine()) {
      const line = this.#at + 1;
      let content = line;
      while (this.#text.charCodeAt(content) === 32) content++;
      const isEmpty = content === this.#text.length || this.#text.charCodeAt(content) === 10;
      if (!isEmpty && content - line <= column) break;
      this.#at = line;
    }
    const written = this.#text.slice(start, this.#at + 1);
    // A number there says how deep the text stands, in its place.
    const read = /^.[-+]?(?: |\n)/.test(written) ? this.#readBlockText(written) : undefined;
    if (read === undefined) throw notPlain;
    this.#toContent();
    return read;
  }

  /** @param extent how far a scalar without quotes may reach; what follows " #" is a comment. */
  #word(extent: RegExp): PlainNode {
    const offset = this.#at;
    extent.lastIndex = offset;
    let word = extent.exec(this.#text)![0];
    const comment = word.indexOf(" #");
    if (comment >= 0) word = word.slice(0, comment);
    word = word.trimEnd();
    if (!/^(?:[^\s\-?:,[\]{}#&*!|>'"%@`]|-[A-Za-z\d])/.test(word) || /:(?: |$)/.test(word))
      throw notPlain;
    this.#at += word.length;
    return { kind: "scalar", data: meaningOf(word), offset };
  }

  #quoted(): PlainNode {
    const offset = this.#at;
    const quote = this.#text[offset]!;
    const form = quote === '"' ? /"(?:[^"\\\n]|\\.)*"/y : /'(?:[^'\n]|'')*'/y;
    form.lastIndex = offset;
    const written = form.exec(this.#text)?.[0];
    if (written === undefined) throw notPlain;
    this.#at += written.length;
    return { kind: "scalar", data: unquoted(written), offset };
  }

  /** A list or an object in brackets, whose further lines stand deeper than the column. */
  #flow(column: number, depth: number): PlainNode {
    if (depth > mostDepth) throw notPlain;
    const offset = this.#at++;
    if (this.#text[offset] === "[") {
      const items: PlainNode[] = [];
      this.#separated("]", column, () => items.push(this.#flowValue(column, depth)));
      return { kind: "list", data: items.map(({ data }) => data), offset, items };
    }
    const data: Record<string, unknown> = {};
    const entries = new Map<string, PlainEntry>();
    this.#separated("}", column, () => {
      const at = this.#at;
      const key = this.#key(quotedFlowKey);
      this.#at++;
      this.#toFlowContent(column);
      this.#put(data, entries, key, { offset: at, value: this.#flowValue(column, depth) });
    });
    return { kind: "object", data, offset, entries };
  }

  /** Reads what stands between brackets, split by commas. */
  #separated(end: string, column: number, read: () => void): void {
    this.#toFlowContent(column);
    for (let isFirst = true; this.#text[this.#at] !== end; isFirst = false) {
      if (!isFirst) {
        if (this.#text[this.#at] !== ",") throw notPlain;
        this.#at++;
        this.#toFlowContent(column);
      }
      read();
      this.#toFlowContent(column);
    }
    this.#at++;
  }

  #toFlowContent(column: number): void {
    const line = this.#lineStart;
    this.#toContent();
    if (this.#lineStart !== line && this.#column <= column) throw notPlain;
  }

  #flowValue(column: number, depth: number): PlainNode {
    const first = this.#text[this.#at];
    if (first === "{" || first === "[") return this.#flow(column, depth + 1);
    return first === '"' || first === "'" ? this.#quoted() : this.#word(/[^\n,[\]{}]*/y);
  }
}

/** What YAML's core schema makes of a scalar without quotes. */
function meaningOf(word: string): unknown {
  if (!meansMore.test(word)) return word;
  if (Object.hasOwn(constants, word)) return constants[word];
  if (/^-?\d{1,15}(?:\.\d{1,9})?$/.test(word)) return Number(word);
  throw notPlain;
}

function unquoted(written: string): string {
  const inner = written.slice(1, -1);
  if (written.startsWith("'")) return inner.replaceAll("''", "'");
  if (!inner.includes("\\")) return inner;
  try {
    return JSON.parse(written) as string;
  } catch {
    throw notPlain;
  }
}
