/** The named strategies in a line each: where the loop lives, who waits, what is lost. */

/** By name, in the order in which a newcomer should meet them. */
export const strategyWords: Readonly<Record<string, string>> = {
  detach: "loop in main; nobody waits; unfinished tasks are lost",
  await: "loop in main, which waits; lost only if one fails",
  group: "the same; the first failure cancels the siblings",
  thread: "loop in a thread; main goes on, and waits at its end",
  daemon: "loop in a thread; nobody waits; main's end cuts it off",
  portal: 'loop in a thread, open to "submit"; main waits at its end',
  float: "JavaScript: tasks move once main rests, and then finish",
  exit: "the same, but process.exit(): what still floats is lost",
};

/**
 * A strategy as a line to choose.
 *
 * @param refined what is said of one that is none of the named ones.
 */
export function strategyLine(name: string, refined = ""): string {
  const words = Object.hasOwn(strategyWords, name) ? strategyWords[name]! : refined;
  return `${name.padEnd(6)}  ${words}`;
}
