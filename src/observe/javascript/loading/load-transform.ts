/** The transformation with its parser, a file of its own that is read when it is needed. */
import { createRequire } from "node:module";
import { join } from "node:path";
import type { transform } from "../transform.ts";

/** @param folder the recorder's own. */
export function loadTransform(folder: string): { transform: typeof transform } {
  const path = join(folder, "tandem-transform.cjs");
  const require = createRequire(path);
  const loaded = require(path) as { transform: typeof transform };
  delete require.cache[path];
  return loaded;
}
