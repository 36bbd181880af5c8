/** A line on the terminal that says how far tandem has come, for what takes longer than one likes to wait. */
import { printable, terminal as terminalText } from "../base/texts.ts";
import { terminal, writeErr } from "./output.ts";
import { canRedraw } from "./terminal.ts";

/** For how long, in ms, nothing is said: what is over by then needs no comfort. */
const patienceMs = 1000;

/** To the end of the line, and not only what was written: the terminal itself has put ^C behind it. */
const eraseLine = terminalText`\r\u001b[K`;

/** Shows on stderr, if that is a terminal, and is gone when its scope ends (`using`). */
export class ProgressLine {
  readonly #since = performance.now();
  readonly #canShow = canRedraw(terminal.stderr);
  #shown = false;

  show(text: string): void {
    if (!this.#canShow || performance.now() - this.#since < patienceMs) return;
    const line = Bun.sliceAnsi(printable(text), 0, (terminal.stderr.columns || 80) - 1);
    writeErr(terminalText`${[eraseLine]}${line}`);
    this.#shown = true;
  }

  [Symbol.dispose](): void {
    if (this.#shown) writeErr(eraseLine);
    this.#shown = false;
  }
}
