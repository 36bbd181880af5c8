/** Whether a process of Node 20 will load ES modules: its thread for hooks takes as long to start as Node itself. */
import { extname, join, dirname } from "node:path";
import { isMainThread } from "node:worker_threads";
import { readFileSync } from "./originals.ts";

/** Options by which something else than the program's file is run, or loaded before it. */
const others =
  /^(?:-[ep]+$|-i$|--(?:eval|print|interactive|import|loader|experimental-|input-type|test))/;

/** Whether ES modules come before any CommonJS could ask for them; also where that cannot be told. */
export function loadsModulesFirst(): boolean {
  const [, main] = process.argv;
  const options = [...process.execArgv, ...(process.env["NODE_OPTIONS"] ?? "").split(" ")];
  if (!isMainThread || main === undefined || options.some((each) => others.test(each))) return true;
  const extension = extname(main);
  if (extension === ".cjs") return false;
  return extension !== ".js" || typeOfPackage(dirname(main)) === "module";
}

function typeOfPackage(folder: string): unknown {
  for (let at = folder; ; at = dirname(at)) {
    try {
      return JSON.parse(readFileSync(join(at, "package.json"), "utf8")).type;
    } catch {
      if (dirname(at) === at) return undefined;
    }
  }
}

/** Whether a text of CommonJS can load ES modules. */
export const mayImport = (code: string): boolean => /\bimport\s*(?:\(|\/[/*])/.test(code);

/** Whether a text that is to be compiled as CommonJS may turn out to be an ES module. */
export const mayBeEsm = (file: string, code: string): boolean =>
  extname(file) !== ".cjs" && /\b(?:import|export|await)\b/.test(code);
