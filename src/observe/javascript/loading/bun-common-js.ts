/**
 * CommonJS modules in Bun 1.4.5, which does not evaluate one that a plugin gives it the text of: they are compiled and
 * evaluated here, as Bun does it, and the plugin hands over what they export.
 */
import Module from "node:module";
import { dirname } from "node:path";
import { readFileSync } from "./originals.ts";
import { writtenAs, type OwnModule } from "./modules.ts";
import type { Overlay } from "./overlay.ts";

/** Of Bun's and Node's classes of modules what their types leave out. */
interface CommonJsModule extends NodeJS.Module {
  _compile(code: string, file: string): unknown;
}
interface ModuleClass {
  new (id: string, parent?: unknown): CommonJsModule;
  _nodeModulePaths(folder: string): string[];
}
const Modules = Module as unknown as ModuleClass;

/** A module as it is to run. */
interface Read {
  file: string;
  /** Its text; the transformed one if it has been. */
  code: string;
  /** Null where it runs as it is. */
  own: OwnModule | null;
}

export class BunCommonJs {
  /** The program's own module, as long as it has only been looked at. */
  #main: Read | null = null;
  readonly #overlay: Overlay;
  readonly #add: (file: string, source: string) => OwnModule | null;

  constructor(overlay: Overlay, add: (file: string, source: string) => OwnModule | null) {
    this.#overlay = overlay;
    this.#add = add;
  }

  /**
   * Evaluates the program's own module, if it is CommonJS, before Bun asks for it: what it sets going comes in the order
   * then in which Bun has it; behind a plugin's callback it would not.
   */
  runMain(file: string): void {
    const read = this.#read(file);
    if (read.own?.transformed.module === "cjs") imported(read);
    else this.#main = read;
  }

  /** What a module exports if it is CommonJS; else its text. */
  load(file: string): { exports?: Record<string, unknown>; contents: string } {
    const known = require.cache[file];
    if (known?.loaded) return { exports: namesOf(known.exports), contents: "" };
    const read = this.#main?.file === file ? this.#main : this.#read(file);
    this.#main = null;
    const { own, code: contents } = read;
    if (own?.transformed.module === "esm") return { contents };
    if (own === null && !isCommonJs(file, contents)) return { contents };
    if (known !== undefined) {
      // Bun does so, but not behind a plugin.
      const { parent } = known;
      if (parent?.children.includes(known) === false) parent.children.push(known);
      evaluate(known as CommonJsModule, read);
      // By this name `require` takes it for what the module is, and not for a part of it.
      const exports = { ...namesOf(known.exports), "module.exports": known.exports as unknown };
      return { exports, contents };
    }
    return { exports: namesOf(imported(read).exports), contents };
  }

  #read(file: string): Read {
    const source = this.#overlay.serve(file, readFileSync(file, "utf8"));
    const own = this.#add(file, source);
    return { file, own, code: own?.code ?? source };
  }
}

/** Evaluates a module that is the program itself, or is imported. */
function imported(read: Read): CommonJsModule {
  const { file } = read;
  const module = new Modules(file);
  Object.assign(module, { filename: file, paths: Modules._nodeModulePaths(dirname(file)) });
  if (file === Bun.main) {
    module.id = ".";
    process.mainModule = module;
  }
  require.cache[file] = module;
  try {
    evaluate(module, read);
  } catch (error) {
    delete require.cache[file];
    throw error;
  }
  return module;
}

/** What `_compile` puts before a text. */
const bunsWrapper = "(function(exports,require,module,__filename,__dirname){";

/** The module's own function, since `_compile` leaves out its `this`. */
const wrapper = "return(function(exports,require,module,__filename,__dirname){";

function evaluate(module: CommonJsModule, { file, code, own }: Read): void {
  const text = code.startsWith("#!") ? `//${code.slice(2)}` : code;
  const script = isPrintedAgain(file, own, text) ? scriptOf(text, file) : text;
  if (own !== null) own.indent = bunsWrapper.length + wrapper.length;
  // As Bun has it while a module is being evaluated, too.
  module.loaded = true;
  module._compile(`${wrapper}${script}\n}).apply(exports,arguments)`, file);
}

/** Whether a module's text is JavaScript already, in the words of its source. */
export const isScript = ({ file, transformed }: OwnModule): boolean =>
  !writtenAs(file).typescript || transformed.types !== undefined;

/** Whether Bun's own printing of a module runs in place of its text. */
export function isPrintedAgain(file: string, own: OwnModule | null, text: string): boolean {
  const isReady = own === null ? !writtenAs(file).typescript : isScript(own);
  return !isReady || needsJsx(text);
}

/** Whether a text of JavaScript has elements in it, which are to be written in other words. */
function needsJsx(text: string): boolean {
  if (!/<[A-Za-z>][^]*(?:\/>|<\/)/.test(text)) return false;
  try {
    new Function(text);
    return false;
  } catch {
    return true;
  }
}

/** What cannot be had by leaving out types; its lines are Bun's own then. */
function scriptOf(text: string, file: string): string {
  // With the other way of writing elements Bun does not run CommonJS at all.
  const tsconfig = { compilerOptions: { jsx: "react" as const } };
  return new Bun.Transpiler({ loader: loaderOf(file), target: "bun", tsconfig }).transformSync(
    text,
  );
}

/** What Bun takes a file for. */
export function loaderOf(file: string): "ts" | "tsx" | "jsx" {
  const { typescript, jsx } = writtenAs(file);
  return typescript ? (jsx ? "tsx" : "ts") : "jsx";
}

/** Whether Bun would take a text for CommonJS that has no transformation; what Bun cannot read either is left to it. */
function isCommonJs(file: string, source: string): boolean {
  try {
    const { imports, exports } = new Bun.Transpiler({ loader: loaderOf(file) }).scan(source);
    const isModule = exports.length > 0 || imports.some(({ kind }) => kind === "import-statement");
    return !isModule && !/\bimport\s*\.\s*meta\b/.test(source);
  } catch {
    return false;
  }
}

/** What `import` sees of what a CommonJS module exports: its own names, hidden ones as well, and itself as the default. */
function namesOf(exports: unknown): Record<string, unknown> {
  if (exports === null || (typeof exports !== "object" && typeof exports !== "function"))
    return { default: exports };
  const names: Record<string, unknown> = {};
  const from = exports as Record<string, unknown>;
  for (const name of Object.getOwnPropertyNames(from))
    if (name !== "__esModule") names[name] = from[name];
  if (!(from["__esModule"] === true && "default" in from)) names["default"] = exports;
  return names;
}
