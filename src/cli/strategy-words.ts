/** A strategy as a line to choose. */
import { strategyWords } from "../scenario/strategy.ts";

/** The length of the longest name. */
const widest = Math.max(...Object.keys(strategyWords).map((name) => name.length));

/**
 * A strategy as a line to choose, the words of all of them below each other.
 *
 * @param refined the words for one that is none of the named ones.
 */
export function strategyLine(name: string, refined = ""): string {
  const words = Object.hasOwn(strategyWords, name) ? strategyWords[name]! : refined;
  return `${name.padEnd(widest)}  ${words}`;
}
