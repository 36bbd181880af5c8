/** Modules in Vitest, whose runner evaluates what Vite has made of each with `vm.runInThisContext`, in a function. */
import { syncBuiltinESMExports } from "node:module";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { replace } from "./natives.ts";

/** What stands before a module's text, which a map in its last lines leads to the source of. */
const wrapper = /^'use strict';async \([\w$]*__vite_ssr_[\w$,]*\)=>\{\{/;
const end = "\n}}";

/** @param codeFor what is to run in place of a module's text; null: as it is. */
export function followModuleRunner(codeFor: (text: string, file: string) => string | null): void {
  replace(vm, "runInThisContext", (original) => {
    const own = {
      run(this: unknown, code: unknown, options: unknown, ...more: unknown[]): unknown {
        const text = textFor(code, options, codeFor) ?? code;
        return Reflect.apply(original, this, [text, options, ...more] as never[]);
      },
    };
    return own.run as (...given: never[]) => unknown;
  });
  syncBuiltinESMExports();
}

function textFor(
  code: unknown,
  options: unknown,
  codeFor: (text: string, file: string) => string | null,
): string | null {
  if (typeof code !== "string" || typeof options !== "object" || options === null) return null;
  const { filename } = options as { filename?: unknown };
  const [before] = wrapper.exec(code) ?? [];
  if (before === undefined || typeof filename !== "string" || !code.endsWith(end)) return null;
  const file = filename.startsWith("file:") ? fileURLToPath(filename) : filename;
  const text = codeFor(code.slice(before.length, -end.length), file);
  return text === null ? null : before + text + end;
}
