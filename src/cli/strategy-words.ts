/** A strategy as a line to choose. */
import { strategyWords } from "../scenario/strategy.ts";

/**
 * A strategy as a line to choose.
 *
 * @param refined the words for one that is none of the named ones.
 */
export function strategyLine(name: string, refined = ""): string {
  const words = Object.hasOwn(strategyWords, name) ? strategyWords[name]! : refined;
  return `${name.padEnd(6)}  ${words}`;
}
