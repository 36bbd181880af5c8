/**
 * The tap: `Promise.prototype.constructor` as an accessor. The engine itself reads it wherever a promise is waited for
 * (`await`, `then`, combinators, `resolve(p)`), in libraries and builtins as well, with the promise for `this`.
 */
import { known } from "./promises.ts";
import type { Info } from "./model.ts";
import { trouble } from "./writer.ts";

/** The promise that a site has just told of, which needs no look. */
let expected: unknown = null;

export function expect(value: unknown): void {
  expected = value;
}

/** Known promises that somebody has waited for, of whom the next hook may know more. */
export const tapped: Info[] = [];

/** Puts the tap in. @param unknown hears that somebody waits for a promise that is not known. */
export function openTap(unknown: () => void): void {
  const { prototype } = Promise;
  const original = Promise;
  const { defineProperty } = Object;
  const get = known.get;
  defineProperty(prototype, "constructor", {
    configurable: true,
    enumerable: false,
    get(this: unknown) {
      if (this === expected) {
        expected = null;
        return original;
      }
      try {
        const info = get.call(known, this as object);
        if (info === undefined) unknown();
        // The engine looks more than once.
        else if (info !== tapped.at(-1)) tapped.push(info);
      } catch (error) {
        trouble("tap", error);
      }
      return original;
    },
    // As an assignment to an ordinary property: an own one where it is a promise's or a subclass's.
    set(this: unknown, value: unknown) {
      if (this === prototype)
        defineProperty(prototype, "constructor", {
          configurable: true,
          enumerable: false,
          writable: true,
          value,
        });
      else
        defineProperty(this as object, "constructor", {
          configurable: true,
          enumerable: true,
          writable: true,
          value,
        });
    },
  });
}
