/**
 * What an observed program prints, kept in files: a pipe that nobody empties would hold the program up.
 *
 * Of each stream its first bytes are kept. What comes behind them is taken away while the program runs, as it may print
 * without end.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

/** How many bytes are kept of each stream, and what stands behind them where there were more. */
const mostBytes = 4 * 2 ** 20;
const cutHere = "\n[cut here: the first 4 MB are kept]\n";

export class KeptOutput implements Disposable {
  readonly #stdout: KeptStream;
  readonly #stderr: KeptStream;

  /** @param folder the run's. */
  constructor(folder: string) {
    this.#stdout = new KeptStream(join(folder, "stdout"));
    this.#stderr = new KeptStream(join(folder, "stderr"));
  }

  /** The descriptors that the program is given for its streams. */
  get descriptors(): [stdout: number, stderr: number] {
    return [this.#stdout.descriptor, this.#stderr.descriptor];
  }

  /** Takes away what is not kept. */
  bound(): void {
    this.#stdout.bound();
    this.#stderr.bound();
  }

  /** What has been printed; where it is cut, it says so. */
  contents(): { stdout: Uint8Array; stderr: Uint8Array } {
    return { stdout: this.#stdout.contents(), stderr: this.#stderr.contents() };
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.descriptors) closeSync(descriptor);
  }
}

class KeptStream {
  /** Appended to, by whoever inherits it. */
  readonly descriptor: number;
  /** The first bytes, once there are more than are kept. */
  #first: Uint8Array | null = null;

  constructor(path: string) {
    this.descriptor = openSync(path, "ax+", 0o600);
  }

  bound(): void {
    const { size } = fstatSync(this.descriptor);
    if (size <= (this.#first === null ? mostBytes : 0)) return;
    this.#first ??= this.#read();
    ftruncateSync(this.descriptor, 0);
  }

  contents(): Uint8Array {
    this.bound();
    return this.#first === null ? this.#read() : Buffer.concat([this.#first, Buffer.from(cutHere)]);
  }

  #read(): Uint8Array {
    const bytes = new Uint8Array(mostBytes);
    return bytes.subarray(0, readSync(this.descriptor, bytes, 0, mostBytes, 0));
  }
}
