/** The progress line: it says on the terminal how far a long use case has come. */
import { printable, terminal as terminalText } from "../base/texts.ts";
import { terminal, writeErr } from "./output.ts";
import { canRedraw } from "./terminal.ts";

/** The time, in ms, before the line appears, so that short work shows none. */
const patienceMs = 1000;

/** The sequence that erases the whole line, since a terminal may have echoed ^C behind the text. */
const eraseLine = terminalText`\r\u001b[K`;

/** A progress line on stderr, if that is a terminal. It is erased when its scope ends (`using`). */
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
