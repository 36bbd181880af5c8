/** The user's modules of a thread: their transformed texts, and what has to be known of them afterwards. */
import { codeOf } from "../code.ts";
import type { Transformed } from "../inserted.ts";
import type { ModuleSyntax } from "../syntax.ts";
import type { transform } from "../transform.ts";
import type { KeptTransformations } from "./kept.ts";
import type { WithParser } from "./load-transform.ts";

/** The global name by which transformed text calls the recorder. */
export const globalName = "$td";

/** A module that runs transformed. */
export interface OwnModule {
  /** Its path, or what else the runtime calls it by. */
  file: string;
  source: string;
  code: string;
  transformed: Transformed;
  /** The number of its first site. */
  first: number;
  /** How many characters the runtime has before the text in its first line; 0 where it is left out. */
  indent?: number;
}

/** Why a transformation is not to run; null where nothing is against it. */
export type Unfit = (transformed: Transformed) => string | null;

export interface ModulesOptions {
  kept: KeptTransformations;
  /** Loads the transformation, which brings the parser along. */
  load(): WithParser;
  /** Draws numbers for so many sites. */
  draw(count: number): number;
  /** Hears of a module before its text runs. */
  onAdded(module: OwnModule): void;
  onUnseen(file: string, why: string): void;
  /** Hears of how many ms of the modules' own thread it took to transform one, when that is over. */
  onTook?(ms: number): void;
}

export class Modules {
  readonly #options: ModulesOptions;
  #transform: typeof transform | undefined;

  constructor(options: ModulesOptions) {
    this.#options = options;
  }

  /** A module with a text for it to run; null where it is to run as it is, as where its sites are told to be unfit. */
  add(file: string, source: string, syntax: ModuleSyntax, unfit?: Unfit): OwnModule | null {
    try {
      return this.#added(file, source, syntax, unfit);
    } catch (error) {
      // Whatever fails here, the program goes on.
      this.#options.onUnseen(file, `the recorder failed on it: ${String(error)}`);
      return null;
    }
  }

  #added(file: string, source: string, syntax: ModuleSyntax, unfit?: Unfit): OwnModule | null {
    const transformed = this.#transformationOf(source, syntax);
    if (transformed === null) {
      this.#options.onUnseen(file, "its text cannot be parsed");
      return null;
    }
    const { sites } = transformed;
    const why = unfit?.(transformed) ?? null;
    if (why !== null) {
      this.#options.onUnseen(file, why);
      return null;
    }
    const first = this.#options.draw(sites.length);
    const code = codeOf(source, transformed, first);
    const module = { file, source, code, transformed, first };
    this.#options.onAdded(module);
    return module;
  }

  /** A module that has been added in another thread, with its first number there; null where its file has changed. */
  again(file: string, source: string, syntax: ModuleSyntax, first: number): OwnModule | null {
    const transformed = this.#transformationOf(source, syntax);
    if (transformed === null) return null;
    return { file, source, code: codeOf(source, transformed, first), transformed, first };
  }

  #transformationOf(source: string, syntax: ModuleSyntax): Transformed | null {
    const began = performance.now();
    try {
      return this.#findOrTransform(source, syntax);
    } finally {
      this.#options.onTook?.(performance.now() - began);
    }
  }

  #findOrTransform(source: string, syntax: ModuleSyntax): Transformed | null {
    const { kept } = this.#options;
    const rules = `${syntax.module} ${syntax.typescript} ${syntax.jsx}`;
    const known = kept.find(source, rules);
    if (known !== undefined) return known;
    this.#transform ??= this.#options.load().transform;
    const made = this.#transform(source, { ...syntax, name: globalName });
    kept.keep(source, rules, made);
    return made;
  }
}

/** How a file is written, by its name. */
export function writtenAs(path: string): { typescript: boolean; jsx: boolean } {
  const extension = /\.(\w+)(?:\?.*)?$/.exec(path)?.[1] ?? "";
  return { typescript: /^[cm]?tsx?$/.test(extension), jsx: extension.endsWith("x") };
}
