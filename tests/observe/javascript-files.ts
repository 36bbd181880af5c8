/** The modules of this repository and of some packages, as texts to be transformed. */
import { Glob } from "bun";
import { join } from "node:path";
import type { ModuleSyntax } from "../../src/observe/javascript/syntax.ts";

const root = join(import.meta.dir, "../..");
const packages = "{zod,yaml,@clack,fast-check}";

/** The paths, relative to the repository. */
export const moduleFiles: readonly string[] = [
  `src/**/*.ts`,
  `node_modules/${packages}/**/*.{js,mjs,cjs,ts,mts,cts}`,
]
  .flatMap((pattern) => [...new Glob(pattern).scanSync({ cwd: root, followSymlinks: true })])
  .filter((path) => !/\.d\.[mc]?ts$/.test(path))
  .sort();

export interface ModuleFile extends ModuleSyntax {
  source: string;
  loader: "ts" | "tsx" | "js" | "jsx";
}

export async function readModule(path: string): Promise<ModuleFile> {
  const typescript = /\.[mc]?ts$/.test(path);
  const module = /\.c[jt]s$/.test(path) ? "cjs" : /\.m[jt]s$/.test(path) ? "esm" : "unknown";
  const source = await Bun.file(join(root, path)).text();
  return { source, typescript, jsx: false, module, loader: typescript ? "ts" : "js" };
}
