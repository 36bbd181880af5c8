/**
 * Writing to stdout and stderr: at once, whole, in order.
 *
 * `process.stdout.write` loses what a pipe has not taken when the process exits; a synchronous
 * write does not.
 */
import { writeSync } from "node:fs";

/** The reader of stdout went away (`| head`): nobody wants to know the rest. */
export class OutputClosed extends Error {}

/** Writes text to stdout. @throws OutputClosed when nobody reads it any more. */
export function writeOut(text: string): void {
  write(1, text);
}

/** Writes text to stderr, if anybody reads it. */
export function writeErr(text: string): void {
  try {
    write(2, text);
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
}

function write(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") throw new OutputClosed();
      if (code !== "EAGAIN") throw error;
      // The other end has set the pipe to non-blocking, and it is full.
      Bun.sleepSync(1);
    }
  }
}

/** How wide a line on stderr may be. */
export function textWidth(): number {
  return Math.max(40, Math.min(process.stderr.columns ?? 80, 120));
}
