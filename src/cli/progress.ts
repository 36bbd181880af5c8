/**
 * How far something has come that takes longer than a second: a line on a terminal, drawn over itself.
 *
 * Invariant: after `close` nothing of it is on the screen; what is no terminal never sees any of it.
 */
import { canRedraw } from "./terminal.ts";
import { textWidth, writeErr } from "./output.ts";

/** From when on it is shown, and how often it is drawn, in ms. */
const patienceMs = 1000;
const frameMs = 100;

const barWidth = 20;

export class Progress implements Disposable {
  readonly #total: number;
  readonly #isShown = canRedraw(process.stderr);
  readonly #startedAt = performance.now();
  #drawnAt = 0;

  /** @param total how many pieces of work there are. */
  constructor(total: number) {
    this.#total = total;
  }

  /** Says that `done` pieces are done and what comes next. */
  show(done: number, next: string): void {
    const now = performance.now();
    if (!this.#isShown || now - this.#startedAt < patienceMs || now - this.#drawnAt < frameMs)
      return;
    this.#drawnAt = now;
    const filled = Math.round((done / this.#total) * barWidth);
    const bar = "#".repeat(filled).padEnd(barWidth, ".");
    const line = `[${bar}] ${done} of ${this.#total}  ${next}`;
    writeErr(`\r\u001b[2K${Bun.sliceAnsi(line, 0, textWidth() - 1)}`);
  }

  [Symbol.dispose](): void {
    if (this.#drawnAt > 0) writeErr("\r\u001b[2K");
    this.#drawnAt = 0;
  }
}
