/** `Function.prototype.toString`: of a function of a transformed module it says what it would say of the original. */
import type { KnownModules } from "./known-modules.ts";
import type { OwnModule } from "./modules.ts";
import { globalName } from "./modules.ts";
import { replace, shownAs } from "./natives.ts";

/** The text of a function as it would be shown; null where that is not found. */
export type TextOfFunction = (shown: string, module: OwnModule) => string | null;

export function cureToString(modules: KnownModules, textOf: TextOfFunction): void {
  replace(Function.prototype, "toString", (original) => {
    const { toString } = {
      toString(this: object): string {
        const text = Reflect.apply(original, shownAs(this), []) as string;
        const module = text.includes(globalName) ? modules.ofText(text) : modules.ofPlain(text);
        return (module && textOf(text, module)) ?? text;
      },
    };
    return toString;
  });
}

/** Where a function's text is a part of the transformed one, as it is in Node. */
export function textInSource(modules: KnownModules): TextOfFunction {
  return (shown, module) => {
    const at = module.code.indexOf(shown);
    if (at < 0) return null;
    const positions = modules.positionsIn(module);
    return module.source.slice(positions.offsetOf(at), positions.offsetOf(at + shown.length));
  };
}
