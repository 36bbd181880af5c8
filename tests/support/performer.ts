/** A Python that performs scenarios in real time, one after the other: a script that reads and writes lines of JSON. */
import { findPython } from "./python.ts";

export class Performer<Outcome> implements Disposable {
  readonly #process: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #answers: AsyncGenerator<string, undefined>;

  /** @param script its path. */
  constructor(script: string) {
    this.#process = Bun.spawn([findPython()!.path, script], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    this.#answers = this.#read();
  }

  /**
   * @param scale how much longer all durations are.
   * @returns null where it would never end.
   */
  async perform(
    { document, strategy }: { document: object; strategy: object },
    scale: number,
  ): Promise<Outcome | null> {
    this.#process.stdin.write(`${JSON.stringify({ document, strategy, scale })}\n`);
    await this.#process.stdin.flush();
    const { value } = await this.#answers.next();
    return JSON.parse(value!) as Outcome | null;
  }

  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }

  async *#read(): AsyncGenerator<string, undefined> {
    let text = "";
    for await (const piece of this.#process.stdout.pipeThrough(new TextDecoderStream() as never)) {
      const lines = (text + String(piece)).split("\n");
      text = lines.pop()!;
      yield* lines;
    }
  }
}

/** How Python calls an error of the runtime. */
export function errorName(error: string | null): string | null {
  if (error === null) return null;
  if (/did not come within|nothing came|timed out/.test(error)) return "TimeoutError";
  return error.startsWith("CancelledError") ? "CancelledError" : error;
}
