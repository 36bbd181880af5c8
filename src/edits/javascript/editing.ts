/** The editing itself, which loads the parser: asks about modules, answered by replacements of their bytes. */
import { type Answer, type Ask, Refusal } from "../pattern.ts";
import { changes } from "./changes.ts";
import type { PatternName } from "./asked.ts";
import { UserModule } from "./user-module.ts";

export function answersTo(asks: readonly Ask[], files: ReadonlyMap<string, Uint8Array>): Answer[] {
  const modules = new Map<string, UserModule | Refusal>();
  return asks.map(({ pattern, file, known }) => {
    const module = modules.getOrInsertComputed(file, () => UserModule.of(file, files.get(file)!));
    if (module instanceof Refusal) return module;
    // An ask is made by the pattern that it names.
    const change = changes[pattern as PatternName] as (
      module: UserModule,
      known: Ask["known"],
    ) => ReturnType<(typeof changes)[PatternName]>;
    const made = change(module, known);
    return made === null || made instanceof Refusal ? made : module.replacements(made);
  });
}
