/**
 * What is read of a changed file while it is loaded as CommonJS: ts-node, tsx and their like compile what they have made of what
 * they have read by themselves.
 */
import fs from "node:fs";
import Module, { syncBuiltinESMExports } from "node:module";
import { replace } from "./natives.ts";
import type { Overlay } from "./overlay.ts";

export class Readers {
  readonly #overlay: Overlay;
  /** The changed file that is being loaded, until what was made of it is compiled; and whether its text has been read. */
  #loading: { file: string; isRead: boolean } | null = null;

  constructor(overlay: Overlay) {
    this.#overlay = overlay;
    if (overlay.isEmpty) return;
    replace(Module.prototype, "load", (original) => {
      const readers = this;
      const own = {
        load(this: unknown, file: string): unknown {
          return readers.#during(file, () => Reflect.apply(original, this, [file] as never[]));
        },
      };
      return own.load as (...given: never[]) => unknown;
    });
    replace(fs, "readFileSync", (original) => {
      const readers = this;
      const own = {
        read(this: unknown, path: unknown, ...options: unknown[]): unknown {
          const from = readers.textFor(path) ?? path;
          return Reflect.apply(original, this, [from, ...options] as never[]);
        },
      };
      return own.read as (...given: never[]) => unknown;
    });
    syncBuiltinESMExports();
  }

  #during(file: string, load: () => unknown): unknown {
    const before = this.#loading;
    this.#loading = this.#overlay.textFor(file) === null ? null : { file, isRead: false };
    try {
      return load();
    } finally {
      this.#loading = before;
    }
  }

  /** The file that is to be read in place of the one that is being loaded; null for any other. */
  textFor(path: unknown): string | null {
    if (this.#loading === null || path !== this.#loading.file) return null;
    this.#loading.isRead = true;
    return this.#overlay.textFor(path);
  }

  /** Hears that what was made of a file is compiled now, and the program's own code begins. */
  compiles(file: string): void {
    if (this.#loading?.file !== file) return;
    if (this.#loading.isRead) this.#overlay.tell(file);
    this.#loading = null;
  }
}
