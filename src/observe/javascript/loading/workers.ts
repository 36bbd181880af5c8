/**
 * Workers: in Bun they do not load what `--preload` names, which is given to each of them; and where a program gives an environment
 * of its own, that gets what brings the recorder.
 */
import workers from "node:worker_threads";
import type { CarriedVariables } from "./carried.ts";
import { disguise } from "./natives.ts";

interface WorkerOptions {
  preload?: string | string[];
  /** An object, or a symbol: then it is that of whoever starts it. */
  env?: Record<string, string | undefined> | symbol;
}
type WorkerClass = new (...given: unknown[]) => object;

/** @param preload what is to be loaded into each; null where that comes of its environment. */
export function followWorkers(preload: string | null, carried: CarriedVariables): void {
  const wrapped = (Original: WorkerClass): WorkerClass => {
    const Wrapped: WorkerClass = new Proxy(Original, {
      construct(target, [url, options, ...more]: unknown[], newTarget) {
        const given = [url, optionsFor(options, preload, carried), ...more];
        return Reflect.construct(target, given, newTarget === Wrapped ? target : newTarget);
      },
    });
    const { prototype } = Original as { prototype: object };
    Object.defineProperty(prototype, "constructor", {
      value: Wrapped,
      writable: true,
      configurable: true,
      enumerable: false,
    });
    return disguise(Wrapped, Original);
  };
  // Node has none.
  const globals = globalThis as unknown as { Worker?: WorkerClass };
  if (globals.Worker !== undefined) globals.Worker = wrapped(globals.Worker);
  const ofNode = workers as unknown as { Worker: WorkerClass };
  ofNode.Worker = wrapped(ofNode.Worker);
}

function optionsFor(options: unknown, file: string | null, carried: CarriedVariables): unknown {
  if (options !== undefined && (typeof options !== "object" || options === null)) return options;
  const { preload = [], env } = (options ?? {}) as WorkerOptions;
  const own = typeof preload === "string" ? [preload] : preload;
  const completed = typeof env === "object" && env !== null ? carried.completed(env, "") : null;
  if (file === null && completed === null) return options;
  return {
    ...options,
    ...(file === null ? {} : { preload: [file, ...own] }),
    ...(completed === null ? {} : { env: completed }),
  };
}
