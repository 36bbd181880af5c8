/** The global object that transformed text calls. */
import type { Inserted } from "../inserted.ts";

/** Makes the recorder's functions a global that no loop over globals comes upon. */
export function publish(name: string, t: Inserted): void {
  if (Object.hasOwn(globalThis, name)) return;
  Object.defineProperty(globalThis, name, { value: t, enumerable: false });
}
