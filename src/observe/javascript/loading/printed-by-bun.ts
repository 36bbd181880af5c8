/** The text of a function in Bun, which prints what it runs in a form of its own. */
import type { WithParser } from "./load-transform.ts";
import { isScript } from "./bun-common-js.ts";
import type { TextOfFunction } from "./function-text.ts";
import { writtenAs, type OwnModule } from "./modules.ts";

/** A function of a text is told by its place among all that are in it: the transformation adds none. */
export function textAsPrinted(load: () => WithParser): TextOfFunction {
  return (shown, module) => {
    try {
      const { functionsIn } = load();
      const indexIn = (text: string): number => {
        const at = text.indexOf(shown);
        const end = at + shown.length;
        // What is printed of a method has no `static` before it.
        return at < 0
          ? -1
          : functionsIn(text).findLastIndex((each) => each.end === end && each.start <= at);
      };
      const text = printed(module.source, module);
      const range = functionsIn(text)[indexIn(running(module))];
      if (range === undefined) return null;
      return text.slice(range.start, range.end).replace(/^static\s+/, "");
    } catch {
      return null;
    }
  };
}

/** The text that the engine has of a module, and shows parts of. */
function running(module: OwnModule): string {
  const { code, transformed } = module;
  return transformed.module === "cjs" && isScript(module) ? wrapped(code) : printed(code, module);
}

/** Bun has a module in a function if it uses what belongs to one. */
const wrapped = (text: string): string =>
  /\b(?:require|module|exports|__filename|__dirname)\b/.test(text)
    ? `$=function(){${text.replace(/^#!/, "//")}\n}`
    : text;

function printed(text: string, { file, transformed }: OwnModule): string {
  const { typescript, jsx } = writtenAs(file);
  const loader = typescript ? (jsx ? "tsx" : "ts") : "jsx";
  const define = { "process.env.NODE_ENV": "process.env.NODE_ENV" };
  const transpiler = new Bun.Transpiler({ loader, target: "bun", define });
  return transpiler.transformSync(transformed.module === "cjs" ? wrapped(text) : text);
}
