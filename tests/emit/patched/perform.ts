/** Emitted TypeScript programs, performed by Bun under a patched clock: at once, and the same way each time. */
import type { TemporaryFolder } from "../../support/tandem.ts";
import type { PatchedEnd } from "./clock.ts";
import type { Answer, Order } from "./host.ts";

export type { PatchedEnd };

/** A Bun whose clock is patched. */
export class PatchedBun implements Disposable {
  readonly #folder: TemporaryFolder;
  readonly #waiting = new Map<number, PromiseWithResolvers<PatchedEnd>>();
  readonly #child;
  #programs = 0;

  /** @param folder where programs are put. */
  constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.#child = Bun.spawn([process.execPath, `${import.meta.dir}/host.ts`], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc: ({ id, end, error }: Answer) => {
        const { resolve, reject } = this.#waiting.get(id)!;
        this.#waiting.delete(id);
        if (end === undefined) reject(new Error(error));
        else resolve(end);
      },
      onExit: () => {
        for (const { reject } of this.#waiting.values()) reject(new Error("the host has ended"));
      },
    });
  }

  /** Performs a program to its end, or until it is certain that there is none. */
  perform(program: string): Promise<PatchedEnd> {
    const id = this.#programs++;
    const text = program.replaceAll("Bun.isMainThread", "isMainThread");
    const file = this.#folder.file(`patched-${id}.ts`, `begins();\n${text}`);
    const ended = Promise.withResolvers<PatchedEnd>();
    this.#waiting.set(id, ended);
    const order: Order = { id, program: file };
    this.#child.send(order);
    return ended.promise;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}
