/** What needs the parser, in a file of its own that is read when it is needed. */
import { createRequire } from "node:module";
import { join } from "node:path";
import type { functionsIn } from "../functions.ts";
import type { transform } from "../transform.ts";

export interface WithParser {
  transform: typeof transform;
  functionsIn: typeof functionsIn;
}

/** @param folder the recorder's own. */
export function loadTransform(folder: string): WithParser {
  const path = join(folder, "tandem-transform.cjs");
  const require = createRequire(path);
  const loaded = require(path) as WithParser;
  delete require.cache[path];
  return loaded;
}
