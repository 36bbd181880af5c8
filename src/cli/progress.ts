/** A line on the terminal that says how far tandem has come, for what takes longer than one likes to wait. */
import { writeErr } from "./output.ts";
import { canRedraw } from "./terminal.ts";

/** For how long, in ms, nothing is said: what is over by then needs no comfort. */
const patienceMs = 1000;

/** Shows on stderr, if that is a terminal, and is gone when its scope ends (`using`). */
export class ProgressLine {
  readonly #since = performance.now();
  readonly #canShow = canRedraw(process.stderr);
  #width = 0;

  show(text: string): void {
    if (!this.#canShow || performance.now() - this.#since < patienceMs) return;
    const line = text.slice(0, (process.stderr.columns || 80) - 1);
    writeErr(`\r${line.padEnd(this.#width)}`);
    this.#width = line.length;
  }

  [Symbol.dispose](): void {
    if (this.#width > 0) writeErr(`\r${" ".repeat(this.#width)}\r`);
    this.#width = 0;
  }
}
