/**
 * Output of user code, to the console or past it to stdout and stderr: it becomes lines of the program,
 * stream by stream, so that nothing tears the picture of the run.
 */
import { Console } from "node:console";
import { Writable } from "node:stream";

export type Stream = "stdout" | "stderr";

export class Output {
  readonly #onLine: (stream: Stream, line: string) => void;
  /** The unfinished line of each stream. */
  readonly #partial: Record<Stream, string> = { stdout: "", stderr: "" };

  /** @param onLine hears each line when it is written, on behalf of whoever writes it. */
  constructor(onLine: (stream: Stream, line: string) => void) {
    this.#onLine = onLine;
  }

  /** From here on the console of this thread, and both of its streams, lead here. */
  catchAll(): void {
    const stdout = this.#writable("stdout");
    const stderr = this.#writable("stderr");
    globalThis.console = new Console({ stdout, stderr }) as typeof console;
    process.stdout.write = this.#writer("stdout");
    process.stderr.write = this.#writer("stderr");
  }

  /** Ends unfinished lines. */
  end(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const line = this.#partial[stream];
      this.#partial[stream] = "";
      if (line !== "") this.#onLine(stream, line);
    }
  }

  #write(stream: Stream, text: string): void {
    const lines = (this.#partial[stream] + text).split("\n");
    this.#partial[stream] = lines.pop()!;
    for (const line of lines) this.#onLine(stream, line);
  }

  #writable(stream: Stream): Writable {
    return new Writable({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        this.#write(stream, chunk);
        done();
      },
    });
  }

  #writer(stream: Stream): typeof process.stdout.write {
    const decoder = new TextDecoder();
    return ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      this.#write(
        stream,
        typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }),
      );
      const done = rest.at(-1);
      if (typeof done === "function") queueMicrotask(done as () => void);
      return true;
    }) as never;
  }
}
