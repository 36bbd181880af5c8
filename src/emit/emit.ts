/** The equivalent program of a scenario under a strategy, as code a person would have written. */
import type { SourceText } from "../base/texts.ts";
import type { Scenario } from "../scenario/model.ts";
import { unwritable } from "../scenario/axes.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { EmitError } from "./error.ts";
import type { Language } from "./language.ts";
import { emitPython } from "./python.ts";
import { emitTypeScript } from "./typescript.ts";

const emitters: Record<Language, (scenario: Scenario, strategy: Strategy) => SourceText> = {
  typescript: emitTypeScript,
  python: emitPython,
};

/**
 * The text of a program that does what the scenario does under the strategy.
 *
 * @throws EmitError, with one sentence, where the language cannot express it.
 */
export function emitProgram(
  scenario: Scenario,
  strategy: Strategy,
  language: Language,
): SourceText {
  const reason = unwritable(strategy, language);
  if (reason !== null) throw new EmitError(`strategy ${strategy.name} ${reason}`);
  return emitters[language](scenario, strategy);
}
