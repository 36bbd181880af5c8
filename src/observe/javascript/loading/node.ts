/**
 * Loading in Node: from 22.15 on by hooks of the thread itself, for ES modules and CommonJS alike; before that CommonJS
 * where it is compiled, and ES modules in the thread that Node runs hooks in (`node-loader.ts`).
 */
import Module from "node:module";
import { dirname, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import type { ModuleSyntax } from "../syntax.ts";
import { loadsModulesFirst, mayBeEsm, mayImport } from "./node-entry.ts";
import { LoaderThread } from "./node-loader-thread.ts";
import { publish, publishAll } from "./global-name.ts";
import { hashInNode } from "./hash-in-node.ts";
import { CarriedVariables } from "./carried.ts";
import { cureToString, textInSource } from "./function-text.ts";
import { KnownModules } from "./known-modules.ts";
import { Overlay } from "./overlay.ts";
import { Readers } from "./node-readers.ts";
import { readFileSync } from "./originals.ts";
import { cureInspect } from "./promises.ts";
import { SourceMap } from "./source-map.ts";
import { cureStacks } from "./stacks.ts";
import { tellModule } from "./tell-module.ts";
import { KeptTransformations } from "./kept.ts";
import { loadTransform } from "./load-transform.ts";
import { asInNode, mending } from "./messages.ts";
import { followModuleRunner } from "./module-runner.ts";
import { globalName, Modules, writtenAs, type OwnModule } from "./modules.ts";
import { followChildren } from "./node-children.ts";
import { followWorkers } from "./workers.ts";
import { ownModulesHere } from "./ours.ts";
import type { Recorder } from "./recorder.ts";

interface LoadContext {
  format?: string | null;
}
interface Loaded {
  format?: string | null;
  source?: string | ArrayBuffer | NodeJS.TypedArray | null;
}
type Load = (
  url: string,
  context: LoadContext,
  next: (url: string, context: LoadContext) => Loaded,
) => Loaded;
type Compile = (this: unknown, code: string, file: string, ...more: unknown[]) => unknown;

/** What the types of Node's class of modules leave out. */
const ModuleClass = Module as unknown as {
  registerHooks?(hooks: { load: Load }): void;
  _extensions: Record<string, unknown>;
  prototype: { _compile: Compile };
};

/** What a module is, by the format that Node gives it. */
const formats: Readonly<Record<string, ModuleSyntax["module"]>> = {
  module: "esm",
  "module-typescript": "esm",
  commonjs: "cjs",
  "commonjs-typescript": "cjs",
  typescript: "unknown",
  undefined: "unknown",
  null: "unknown",
};

/** @param file the recorder's own, in the folder of all others. */
export function startNode(start: () => Recorder | null, file: string): void {
  const folder = dirname(file);
  delete require.cache[file];
  const recorder = start();
  if (recorder === null) return;
  const own = ownModulesHere(folder);
  const overlay = new Overlay();
  const readers = new Readers(overlay);
  const numbers = new Int32Array(new SharedArrayBuffer(4));
  const known = new KnownModules();
  const t = mending(recorder.t, asInNode(known));
  const modules = new Modules({
    kept: new KeptTransformations(folder, hashInNode),
    load: () => loadTransform(folder),
    draw: (count) => Atomics.add(numbers, 0, count),
    onAdded(module) {
      const { transformed, first } = module;
      publish(transformed.name, t);
      known.add(module);
      const map = SourceMap.of(module.file, module.source);
      tellModule(recorder, { file: module.file, sites: transformed.sites, first, map });
    },
    onUnseen: (of, why) => recorder.unseen(of, why),
    onTook: (ms) => recorder.took(ms),
  });
  if (hasOldInspect()) cureInspect(inspect);
  cureStacks(known, (line) => line.includes(folder));
  cureToString(known, textInSource(known));
  const carried = new CarriedVariables(process.env, folder, null);
  followWorkers(null, carried);
  followChildren(carried);
  followModuleRunner((text, of) => {
    if (!own.test(of)) return null;
    return modules.add(of, text, { module: "esm", typescript: false, jsx: false })?.code ?? null;
  });
  if (ModuleClass.registerHooks !== undefined) {
    publish(globalName, t);
    const hooked = new Hooked(own, modules, overlay, readers);
    ModuleClass.registerHooks({ load: (...given) => hooked.load(...given) });
    replaceCompile((code, of) => {
      readers.compiles(of);
      return hooked.codeFor(code, of);
    });
    return;
  }
  const loader = new LoaderThread({ folder, own, numbers, recorder, t }, (of, first, count) => {
    const load = (): OwnModule | null =>
      modules.again(of, overlay.read(of), { module: "esm", ...writtenAs(of) }, first);
    let loaded: OwnModule | null | undefined;
    known.addLater({ file: of, first, count, load: () => (loaded ??= load()) });
  });
  publishAll(globalName, loader.guarded);
  if (loadsModulesFirst()) loader.start();
  replaceCompile((compiled, of) => {
    readers.compiles(of);
    const isOwn = own.test(of);
    const code = isOwn ? overlay.serve(of, compiled) : compiled;
    if (mayImport(code)) loader.start();
    if (!isOwn) return code;
    const module = mayBeEsm(of, code) ? "unknown" : "cjs";
    const added = modules.add(of, code, { module, ...writtenAs(of) });
    if (added === null || added.transformed.module === "cjs") return added?.code ?? code;
    // Node finds that it is an ES module when it cannot be compiled, and loads it as one then.
    loader.start();
    return code;
  });
}

/** Whether `util.inspect` goes by the data property of a class's prototype, as it did up to Node 20. */
const hasOldInspect = (): boolean => Number.parseInt(process.versions.node, 10) < 22;

/** Modules of a thread with hooks of its own. */
class Hooked {
  readonly #own: RegExp;
  readonly #modules: Modules;
  readonly #overlay: Overlay;
  readonly #readers: Readers;
  /** What Node had for each kind of file, before anything of the program's. */
  readonly #extensions = { ...ModuleClass._extensions };
  /** CommonJS that was given to Node, and has not been compiled yet. */
  readonly #given = new Map<string, string>();

  constructor(own: RegExp, modules: Modules, overlay: Overlay, readers: Readers) {
    this.#own = own;
    this.#readers = readers;
    this.#modules = modules;
    this.#overlay = overlay;
  }

  load(
    url: string,
    context: LoadContext,
    next: (url: string, context: LoadContext) => Loaded,
  ): Loaded {
    const loaded = next(url, context);
    const module = formats[String(loaded.format)];
    const { source } = loaded;
    if (module === undefined || !url.startsWith("file:") || !source) return loaded;
    const file = fileURLToPath(url);
    if (!this.#own.test(file)) return loaded;
    if (module !== "esm" && this.#isMadeOtherwise(file)) {
      const path = this.#readers.textFor(file);
      return path === null ? loaded : { ...loaded, source: readFileSync(path) };
    }
    const read = typeof source === "string" ? source : textOf(source);
    const text = this.#overlay.serve(file, read);
    const added = this.#modules.add(file, text, { module, ...writtenAs(file) });
    if (added === null && text === read) return loaded;
    const code = added?.code ?? text;
    if (module !== "esm") this.#given.set(file, code);
    return { ...loaded, source: code };
  }

  /** What is compiled as CommonJS, which may be what ts-node, tsx and others have made of a file. */
  codeFor(code: string, file: string): string {
    const given = this.#given.get(file);
    this.#given.delete(file);
    if (given !== undefined || !this.#own.test(file) || !this.#isMadeOtherwise(file)) return code;
    const module = mayBeEsm(file, code) ? "unknown" : "cjs";
    const added = this.#modules.add(file, code, { module, typescript: false, jsx: false });
    return added?.transformed.module === "cjs" ? added.code : code;
  }

  /** Whether the program has something of its own that loads files of this kind. */
  #isMadeOtherwise(file: string): boolean {
    const { _extensions: extensions } = ModuleClass;
    const kind = extname(file) in extensions ? extname(file) : ".js";
    return extensions[kind] !== this.#extensions[kind];
  }
}

const textOf = (source: ArrayBuffer | NodeJS.TypedArray): string =>
  new TextDecoder().decode(source as ArrayBuffer);

/** Gives each text that is compiled as CommonJS to a function first. */
function replaceCompile(codeFor: (code: string, file: string) => string): void {
  const { prototype } = ModuleClass;
  const original = prototype._compile;
  prototype._compile = function (code, file, ...more) {
    return Reflect.apply(original, this, [codeFor(code, file), file, ...more]);
  };
}
