/**
 * The keys of the terminal, as the stream that clack reads, in raw mode while somebody listens.
 *
 * Invariant: a shell that stops tandem (Ctrl-Z) gets its terminal back, and tandem's `fg` finds it as
 * it was left. Node's readline, which would stop the process by itself, never hears of Ctrl-Z: it
 * pauses its input for good then, so that no key comes any more.
 */
import { Readable } from "node:stream";
import { showCursorNow } from "../terminal.ts";
import { screen } from "./screen.ts";

/** Ctrl-Z, as a terminal in raw mode sends it. */
const suspendKey = 0x1a;

class Keys extends Readable {
  /** For readline, which asks for raw mode only where this says so. */
  readonly isTTY = true;
  isRaw = false;

  /** Begins or ends listening. */
  setRawMode(isRaw: boolean): this {
    if (isRaw === this.isRaw) return this;
    this.isRaw = isRaw;
    process.stdin.setRawMode(isRaw);
    if (isRaw) {
      process.on("SIGCONT", this.#comeBack);
      process.stdin.on("data", this.#hear).on("end", this.#end).resume();
    } else {
      process.off("SIGCONT", this.#comeBack);
      process.stdin.off("data", this.#hear).off("end", this.#end).pause();
    }
    return this;
  }

  // Keys are pushed as they come.
  override _read(): void {}

  readonly #hear = (data: Buffer): void => {
    const keys = data.filter((byte) => byte !== suspendKey);
    if (keys.length > 0) this.push(Buffer.from(keys));
    if (keys.length < data.length) this.#suspend();
  };

  readonly #end = (): void => void this.emit("hangup");

  /** Stops the whole job, as the terminal itself does for Ctrl-Z where it is not in raw mode. */
  #suspend(): void {
    if (process.platform === "win32") return;
    process.stdin.setRawMode(false);
    showCursorNow();
    process.kill(0, "SIGTSTP");
    // Without a shell that could go on with it, nothing has been stopped and no SIGCONT comes.
    setTimeout(this.#comeBack, 100);
  }

  /** Takes the terminal as it was, and draws the question again below what the shell has written. */
  readonly #comeBack = (): void => {
    if (!this.isRaw) return;
    // The mode is set although Bun may take it to be set: the shell has changed it.
    process.stdin.setRawMode(false);
    process.stdin.setRawMode(true);
    screen.redraw();
  };
}

export const keys = new Keys();
