/**
 * Plugins of the program's own, which make modules of what is in files. Bun asks the first one alone that wants a file, and
 * that would be the recorder's: so it asks these itself, and what they make is looked at as other modules are.
 */
import type { BunPlugin, OnLoadCallback, OnLoadResult, PluginBuilder } from "bun";
import type { Site } from "../inserted.ts";
import { readFileSync } from "./originals.ts";

/**
 * Gives a text that a plugin has made for what is to run; null where that is as it is.
 *
 * @param of the file that it was made of; of what is in none, its name.
 */
type Add = (of: string, made: { text: string; loader: string; isOfFile: boolean }) => string | null;

const scripts: ReadonlySet<unknown> = new Set(["js", "jsx", "ts", "tsx"]);

export class BunPlugins {
  readonly #loads: { filter: RegExp; load: OnLoadCallback }[] = [];
  readonly #add: Add;

  constructor(add: Add) {
    this.#add = add;
  }

  /** What is to be registered in a plugin's place. */
  followed(given: unknown): unknown {
    const { setup } = (given ?? {}) as Partial<BunPlugin>;
    if (typeof setup !== "function") return given;
    const follow = (build: PluginBuilder): void => this.#follow(build);
    return {
      ...(given as BunPlugin),
      setup(build: PluginBuilder) {
        follow(build);
        return setup(build);
      },
    };
  }

  /** The plugin that wants a file first; null where none does. */
  loadOf(path: string): OnLoadCallback | null {
    return this.#loads.find(({ filter }) => filter.test(path))?.load ?? null;
  }

  #follow(build: PluginBuilder): void {
    const { onLoad, module } = build;
    build.onLoad = (constraints, callback) => {
      // Bun says itself what is wrong with it.
      if (typeof callback !== "function" || !(constraints?.filter instanceof RegExp))
        return onLoad.call(build, constraints, callback);
      const { filter, namespace = "file" } = constraints;
      const isOfFile = namespace === "file";
      const load: OnLoadCallback = (given) => {
        const of = isOfFile ? given.path : `${namespace}:${given.path}`;
        return this.#seen(of, isOfFile, callback(given));
      };
      const registered = onLoad.call(build, constraints, load);
      const flags = filter.flags.replaceAll(/[gy]/g, "");
      if (isOfFile) this.#loads.push({ filter: new RegExp(filter.source, flags), load });
      return registered;
    };
    build.module = (name, callback) =>
      typeof callback === "function"
        ? module.call(build, name, () => this.#seen(name, false, callback()))
        : module.call(build, name, callback);
  }

  #seen<Result extends OnLoadResult | Promise<OnLoadResult>>(
    of: string,
    isOfFile: boolean,
    result: Result,
  ): Result {
    if (result instanceof Promise)
      return result.then((one: OnLoadResult) => this.#seen(of, isOfFile, one)) as Result;
    if (typeof result !== "object" || result === null || !("contents" in result)) return result;
    const { contents, loader } = result;
    if (typeof contents !== "string" || !scripts.has(loader)) return result;
    const code = this.#add(of, { text: contents, loader: loader!, isOfFile });
    return code === null ? result : { ...result, contents: code };
  }
}

/** The lines that sites name. */
export function linesOf(sites: readonly Site[]): number[] {
  return sites
    .filter(({ kind }) => kind !== "module")
    .flatMap(({ called, given, by, line }) => [
      line,
      ...[called, given, by].map((one) => one?.line),
    ])
    .filter((line) => line !== undefined);
}

/** Whether some lines of a text that was made of a file stand in that file, each as the same one. */
export function areLinesOf(file: string, text: string, lines: readonly number[]): boolean {
  const made = text.split("\n");
  const own = readFileSync(file, "utf8").split("\n");
  return lines.every((line) => made[line - 1]?.trimEnd() === own[line - 1]?.trimEnd());
}
