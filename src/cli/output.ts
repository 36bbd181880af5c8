/**
 * Writing to stdout and stderr: at once, whole, in order.
 *
 * `process.stdout.write` loses what a pipe has not taken when the process exits; a synchronous
 * write does not.
 */
import { writeSync } from "node:fs";

/** The reader of stdout went away (`| head`): nobody wants to know the rest. */
export class OutputClosed extends Error {}

/** What was to be written could not be: the disk is full, or the like. */
export class OutputFailed extends Error {
  override readonly name = "OutputFailed";
}

/** Writes text to stdout. @throws OutputClosed when nobody reads it any more. */
export function writeOut(text: string): void {
  writeAll(1, text, "standard output");
}

/** Writes text to stderr, if that can be done: there is nowhere else to complain. */
export function writeErr(text: string): void {
  try {
    writeAll(2, text, "standard error");
  } catch (error) {
    if (!(error instanceof OutputClosed || error instanceof OutputFailed)) throw error;
  }
}

/**
 * Writes all of a text to a file descriptor.
 *
 * @param what the descriptor is called in messages.
 * @throws OutputClosed when its reader has gone, OutputFailed when it cannot be written.
 */
export function writeAll(descriptor: number, text: string, what: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") throw new OutputClosed();
      if (code !== "EAGAIN")
        throw new OutputFailed(`${what}: cannot be written: ${(error as Error).message}`);
      // The other end has set the pipe to non-blocking, and it is full.
      Bun.sleepSync(1);
    }
  }
}

/** How wide a line on stderr may be. */
export function textWidth(): number {
  return Math.max(40, Math.min(process.stderr.columns ?? 80, 120));
}
