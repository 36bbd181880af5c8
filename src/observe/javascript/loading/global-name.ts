/** The global object that transformed text calls. */
import type { Inserted } from "../inserted.ts";

/** Makes the recorder's functions a global that no loop over globals comes upon. */
export function publish(name: string, t: Inserted): void {
  if (Object.hasOwn(globalThis, name)) return;
  Object.defineProperty(globalThis, name, { value: t, enumerable: false });
}

/** By how many characters a name is made longer at most. */
const longest = 8;

/**
 * Makes it a global by all names that a module may have for it, where that is not known before its text runs.
 *
 * @param name the shortest.
 */
export function publishAll(name: string, t: Inserted): void {
  for (let length = 0; length <= longest; length++) publish(name + "_".repeat(length), t);
}

/** Whether `publishAll` has published a name. */
export const isPublished = (name: string, shortest: string): boolean =>
  name.length - shortest.length <= longest;
