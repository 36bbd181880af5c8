/** Workers in Bun do not load what `--preload` names: it is given to each of them. */
import workers from "node:worker_threads";
import { disguise } from "./natives.ts";

interface WorkerOptions {
  preload?: string | string[];
}
type WorkerClass = new (...given: unknown[]) => object;

/** @param file what is to be loaded into each. */
export function followWorkers(file: string): void {
  const wrapped = (Original: WorkerClass): WorkerClass => {
    const Wrapped: WorkerClass = new Proxy(Original, {
      construct(target, [url, options, ...more]: unknown[], newTarget) {
        const given = [url, withPreload(options, file), ...more];
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
  const globals = globalThis as unknown as { Worker: WorkerClass };
  globals.Worker = wrapped(globals.Worker);
  const ofNode = workers as unknown as { Worker: WorkerClass };
  ofNode.Worker = wrapped(ofNode.Worker);
}

function withPreload(options: unknown, file: string): unknown {
  if (options !== undefined && (typeof options !== "object" || options === null)) return options;
  const { preload = [] } = (options ?? {}) as WorkerOptions;
  const own = typeof preload === "string" ? [preload] : preload;
  return { ...options, preload: [file, ...own] };
}
