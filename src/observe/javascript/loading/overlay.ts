/** Texts that run in place of what stands in files, where the environment names a folder of them (`observe/overlay.ts`). */
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { appendFileSync, readFileSync, realpathSync } from "./originals.ts";

const bom = "\uFEFF";

export class Overlay {
  readonly #folder: string;
  readonly #thread: number;
  /** Numbers of texts by their files' paths, without symbolic links. */
  readonly #numbers = new Map<string, number>();
  readonly #served = new Set<number>();

  /** @param thread whose modules are loaded. */
  constructor(thread: number = threadId) {
    this.#folder = process.env["TANDEM_OVERLAY"] ?? "";
    this.#thread = thread;
    if (this.#folder === "") return;
    try {
      const paths = readFileSync(join(this.#folder, "paths"), "utf8").split("\0").slice(0, -1);
      for (const [number, path] of paths.entries()) this.#numbers.set(path, number);
    } catch {
      // tandem has gone, and its folders with it.
    }
  }

  get isEmpty(): boolean {
    return this.#numbers.size === 0;
  }

  /**
   * What is to run in place of a text that the runtime has read of a file, which is told; that text itself, where there is
   * nothing in its place, or it is not the file's own but what somebody else has made of it.
   */
  serve(file: string, read: string): string {
    const number = this.#numberOf(file);
    if (number === undefined) return read;
    try {
      const text = this.#textOf(number);
      const isOwn = [text, readFileSync(file, "utf8")].some((one) => plain(one) === plain(read));
      if (!isOwn) return read;
      this.tell(file);
      return read.startsWith(bom) ? text : plain(text);
    } catch {
      // They have gone meanwhile.
      return read;
    }
  }

  /** What stands in a file for whoever runs it. */
  read(file: string): string {
    const number = this.#numberOf(file);
    return number === undefined ? readFileSync(file, "utf8") : this.#textOf(number);
  }

  /** The path of the text in place of a file; null where there is none. */
  textFor(file: string): string | null {
    const number = this.#numberOf(file);
    return number === undefined ? null : this.#pathOf(number);
  }

  #numberOf(file: string): number | undefined {
    if (this.#numbers.size === 0) return undefined;
    try {
      return this.#numbers.get(file) ?? this.#numbers.get(realpathSync(file));
    } catch {
      return undefined;
    }
  }

  #pathOf(number: number): string {
    return join(this.#folder, `${number}`);
  }

  #textOf(number: number): string {
    return readFileSync(this.#pathOf(number), "utf8");
  }

  /** Tells, once for each file, that its text is given here. */
  tell(file: string): void {
    const number = this.#numberOf(file);
    if (number === undefined || this.#served.has(number)) return;
    this.#served.add(number);
    appendFileSync(join(this.#folder, "served"), `${process.pid} ${this.#thread} ${number}\n`);
  }
}

const plain = (text: string): string => (text.startsWith(bom) ? text.slice(bom.length) : text);
