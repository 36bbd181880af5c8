/** What `Promise.prototype` shows while its `constructor` is an accessor, which is how promises that are waited for are seen. */
import type { inspect as Inspect, InspectOptions } from "node:util";
import { replace } from "./natives.ts";

const { then } = Promise.prototype;
const call = <Result>(of: unknown, ...given: unknown[]): Result =>
  Reflect.apply(then, of, given) as Result;

/**
 * In Bun, `finally` settles its promise after one turn of microtasks, or two where its callback returns a promise; with
 * such an accessor it would take three. So here it does by itself what it does.
 */
export function cureFinally(): void {
  const { constructor: original } = Promise.prototype;
  replace(Promise.prototype, "finally", (native) => {
    const own = {
      finally(this: Promise<unknown>, onFinally: unknown): unknown {
        const isPlain =
          typeof onFinally === "function" &&
          this instanceof Promise &&
          Object.getPrototypeOf(this) === Promise.prototype &&
          !Object.hasOwn(this, "constructor") &&
          Promise.prototype.constructor === original;
        if (!isPlain) return Reflect.apply(native, this, [onFinally] as never[]);
        const callback = onFinally as () => unknown;
        return new Promise((resolve, reject) => {
          const after = (settle: () => void): void => {
            try {
              const result = callback();
              if (result instanceof Promise) return void call(result, settle, reject);
              const thenOf = thenOfThenable(result);
              if (thenOf === null) return settle();
              // At once, as Bun does it; not in a microtask of its own.
              const awaited = new Promise((...settlers) => Reflect.apply(thenOf, result, settlers));
              call(awaited, settle, reject);
            } catch (error) {
              reject(error);
            }
          };
          call(
            this,
            (value: unknown) => after(() => resolve(value)),
            (error: unknown) => after(() => reject(error)),
          );
        });
      },
    };
    return own.finally;
  });
}

function thenOfThenable(value: unknown): ((...given: unknown[]) => unknown) | null {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return null;
  const { then: own } = value as { then?: unknown };
  return typeof own === "function" ? (own as (...given: unknown[]) => unknown) : null;
}

/** In Bun and Node 20, `util.inspect` takes a promise for something else when its class is behind an accessor. */
export function cureInspect(inspect: typeof Inspect): void {
  const { prototype } = Promise;
  const accessor = Object.getOwnPropertyDescriptor(prototype, "constructor");
  if (accessor?.get === undefined) return;
  const property: PropertyDescriptor = {
    value: Promise,
    writable: true,
    configurable: true,
    enumerable: false,
  };
  const custom: PropertyDescriptor = {
    configurable: true,
    enumerable: false,
    writable: true,
    value(this: unknown, depth: number, options: InspectOptions) {
      const now = Object.getOwnPropertyDescriptor(prototype, "constructor");
      // Somebody else has taken its place.
      if (now?.get !== accessor.get) return this;
      Object.defineProperty(prototype, "constructor", property);
      Reflect.deleteProperty(prototype, inspect.custom);
      try {
        // Bun's console, which prints what it prints by itself, has no more options than some.
        return options.showHidden === undefined
          ? Bun.inspect(this, { depth, colors: options.colors === true })
          : inspect(this, { ...options, depth });
      } finally {
        Object.defineProperty(prototype, inspect.custom, custom);
        Object.defineProperty(prototype, "constructor", accessor);
      }
    },
  };
  Object.defineProperty(prototype, inspect.custom, custom);
}
