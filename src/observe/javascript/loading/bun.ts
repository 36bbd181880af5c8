/** Loading in Bun: every module of the user's comes through a plugin, CommonJS through an evaluation of our own. */
import { plugin, type OnLoadResult } from "bun";
import { dirname } from "node:path";
import { inspect } from "node:util";
import type { Inserted } from "../inserted.ts";
import type { Recorder } from "./recorder.ts";
import { areLinesOf, BunPlugins, linesOf } from "./bun-plugins.ts";
import { bunInTandem } from "./bun-in-tandem.ts";
import { ImportedOtherwise } from "./bun-attributes.ts";
import { followChildren } from "./bun-children.ts";
import { BunCommonJs, isPrintedAgain, isScript, loaderOf } from "./bun-common-js.ts";
import { hasOtherPreloads, loadedBefore, testRunner } from "./bun-start.ts";
import { BunShell } from "./bun-shell.ts";
import { followWorkers } from "./workers.ts";
import { CarriedVariables } from "./carried.ts";
import { cureToString } from "./function-text.ts";
import { publish } from "./global-name.ts";
import { KeptTransformations } from "./kept.ts";
import { KnownModules } from "./known-modules.ts";
import { loadTransform } from "./load-transform.ts";
import { globalName, Modules, writtenAs } from "./modules.ts";
import { asInBun, mending } from "./messages.ts";
import { ownModulesHere } from "./ours.ts";
import { Overlay } from "./overlay.ts";
import { textAsPrinted } from "./printed-by-bun.ts";
import { cureFinally, cureInspect } from "./promises.ts";
import { SourceMap } from "./source-map.ts";
import { cureStacks } from "./stacks.ts";
import { tellModule } from "./tell-module.ts";

const hash = (text: string): string => new Bun.CryptoHasher("sha1").update(text).digest("hex");

/** @param file the recorder's own, in the folder of all others. */
export function startBun(start: () => Recorder | null, file: string): void {
  let runMain: (() => void) | undefined;
  try {
    runMain = prepared(start, file);
  } catch {
    // Whatever fails here, the program goes on; that nothing was seen of it is told.
  }
  runMain?.();
}

/** Gets all ready for a program's modules. What runs the program itself is left over, where that is to be done here. */
function prepared(start: () => Recorder | null, file: string): (() => void) | undefined {
  // A program that was made with Bun is asked to load it, too.
  if (Bun.isStandaloneExecutable) return undefined;
  const folder = dirname(file);
  hide(file);
  const recorder = start();
  if (recorder === null) return undefined;
  const own = ownModulesHere(folder);
  const plugins = new BunPlugins((file, { text, loader, isOfFile }) => {
    if (!isOfFile) recorder.unseen(file, "a plugin of the program's made it, of no file");
    // Where what a plugin takes is called otherwise than modules are it is the user's as they are.
    if (!isOfFile || !(own.test(file) || (!isModule.test(file) && own.test(`${file}.js`))))
      return null;
    const syntax = { typescript: loader.startsWith("ts"), jsx: loader.endsWith("x") };
    const isMapped = SourceMap.of(file, text) !== null;
    return (
      modules.add(file, text, { module: "unknown", ...syntax }, ({ module, sites }) => {
        // Bun does not evaluate CommonJS that it is given by a plugin.
        if (module === "cjs") return "a plugin of the program's made CommonJS of it";
        if (isMapped || areLinesOf(file, text, linesOf(sites))) return null;
        return "a plugin of the program's made it, in other lines than those of the file";
      })?.code ?? null
    );
  });
  const t: Inserted = {
    ...mending(recorder.t, asInBun),
    i: (given) => plugins.followed(given) as typeof given,
  };
  publish(globalName, t);
  let next = 0;
  const known = new KnownModules();
  const modules = new Modules({
    kept: new KeptTransformations(folder, hash),
    load: () => loadTransform(folder),
    draw: (count) => (next += count) - count,
    onAdded(module) {
      const { transformed, first } = module;
      publish(transformed.name, t);
      known.add(module);
      if (transformed.module === "cjs" && isScript(module)) known.showOtherwise(module);
      const map = SourceMap.of(module.file, module.source);
      tellModule(recorder, { file: module.file, sites: transformed.sites, first, map });
    },
    onUnseen: (of, why) => recorder.unseen(of, why),
    onTook: (ms) => recorder.took(ms),
  });
  cureFinally();
  cureInspect(inspect);
  cureStacks(known, (line) => line.includes(folder) || isFrameOfCompile.test(line));
  cureToString(
    known,
    textAsPrinted(() => loadTransform(folder)),
  );
  const shell = followProcess(file, folder);
  const otherwise = new ImportedOtherwise();
  const commonJs = new BunCommonJs(new Overlay(), (path, source) => {
    otherwise.note(path, source);
    shell.noteModule(source);
    // Bun goes by what a text has in it, whatever its file is called; JSX may stand in any JavaScript.
    const { typescript, jsx } = writtenAs(path);
    const kind = { module: "unknown", typescript, jsx: jsx || !typescript } as const;
    const own = modules.add(path, source, kind);
    if (own?.transformed.module === "cjs" && isPrintedAgain(path, own, own.code))
      recorder.printedAgain(path);
    return own;
  });
  plugin({
    name: "tandem observe",
    setup(build) {
      build.onLoad({ filter: own }, (given) => {
        const { path } = given;
        // Bun has put it there again when it was through.
        delete require.cache[file];
        const made = plugins.loadOf(path);
        return made === null ? (otherwise.load(path) ?? load(path, commonJs)) : made(given);
      });
    },
  });
  const runner = testRunner();
  if (Bun.isMainThread)
    for (const { path, why } of loadedBefore(runner !== null))
      if (own.test(path) || why.includes("plugin")) recorder.unseen(path, why);
  runner?.afterAll(() => recorder.flush());
  const isToRun = runner === null && Bun.isMainThread && own.test(Bun.main) && !hasOtherPreloads();
  return isToRun ? () => commonJs.runMain(Bun.main) : undefined;
}

const isModule = /\.(?:[cm]?[jt]s|[jt]sx)$/;

/** The frames between a CommonJS module and what requires it, some of which Bun has itself, under other names. */
const isFrameOfCompile = /^ {4}at (?:_compile|anonymous) \((?:unknown|native)(?::1:1)?\)$/;

/** Takes away what shows of the recorder's file. */
function hide(file: string): void {
  delete require.cache[file];
  const at = process.execArgv.findIndex((each) => each.includes(file));
  if (at >= 0) process.execArgv.splice(at, 1);
}

/** Has the recorder come into the process's Workers and children. @returns what does so for its shell */
function followProcess(file: string, folder: string): BunShell {
  const native = { ...process.env } as Record<string, string>;
  const beBun = native["BUN_BE_BUN"] !== undefined;
  delete native["BUN_BE_BUN"];
  // Any other program that was made with Bun would be a plain Bun by it.
  delete process.env["BUN_BE_BUN"];
  const carried = new CarriedVariables(native, folder, beBun ? bunInTandem(folder) : null);
  followWorkers(file, carried);
  followChildren(carried, native);
  return new BunShell(carried, beBun);
}

function load(path: string, commonJs: BunCommonJs): OnLoadResult {
  const file = path.replace(/\?[^\\/]*$/, "");
  const { exports, contents } = commonJs.load(file);
  if (exports !== undefined) return { exports, loader: "object" };
  return { contents, loader: loaderOf(file) };
}
