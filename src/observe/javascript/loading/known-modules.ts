/** The modules of a thread that run transformed, by what an error or a function shows of them. */
import { fileURLToPath } from "node:url";
import type { OwnModule } from "./modules.ts";
import { Positions } from "./positions.ts";

/** A module as it was added; its texts are made again where they are not at hand. */
export interface KnownModule {
  file: string;
  /** The number of its first site, and how many it has. */
  first: number;
  count: number;
  load(): OwnModule | null;
}

export interface FramePlace {
  module: OwnModule;
  line: number;
  column: number;
  /** The line of the stack with another column. */
  text(column: number): string;
}

export class KnownModules {
  readonly #byFile = new Map<string, KnownModule>();
  readonly #shownOtherwise: OwnModule[] = [];
  readonly #positions = new Map<OwnModule, Positions>();

  add(module: OwnModule): void {
    const { file, first, transformed } = module;
    this.addLater({ file, first, count: transformed.sites.length, load: () => module });
  }

  /** Adds a module whose texts are in another thread. */
  addLater(module: KnownModule): void {
    this.#byFile.set(module.file, module);
  }

  ofFile(file: string): OwnModule | null {
    return this.#byFile.get(file)?.load() ?? null;
  }

  /** Where a line of a stack is in one of them; the column is that of the transformed text. */
  placeIn(frame: string): FramePlace | null {
    const [, before, path, row, column, after] =
      /^(.*?)((?:file:\/\/|\/|[A-Za-z]:\\)[^():]*):(\d+):(\d+)(\)?)$/.exec(frame) ?? [];
    if (path === undefined) return null;
    const module = this.ofFile(path.startsWith("file:") ? fileURLToPath(path) : path);
    if (module === null) return null;
    return {
      module,
      line: Number(row),
      column: Number(column),
      text: (own) => `${before}${path}:${row}:${own}${after}`,
    };
  }

  /** The module whose transformed text a part of it is from, by the first site that the part names. */
  ofText(part: string): OwnModule | null {
    const site = Number(/\$td_*\.[a-z]\((?:\$td_*[a-z],\s*)?(\d+)/.exec(part)?.[1]);
    for (const { first, count, load } of this.#byFile.values())
      if (first <= site && site < first + count) return load();
    return null;
  }

  /** The module that a text without sites is a part of, where all that runs of it is shown otherwise. */
  ofPlain(part: string): OwnModule | null {
    return this.#shownOtherwise.find(({ code }) => code.includes(part)) ?? null;
  }

  /** Notes that none of a module's functions is shown as it stands in its text. */
  showOtherwise(module: OwnModule): void {
    this.#shownOtherwise.push(module);
  }

  positionsIn(module: OwnModule): Positions {
    let positions = this.#positions.get(module);
    if (positions === undefined) this.#positions.set(module, (positions = new Positions(module)));
    return positions;
  }
}
