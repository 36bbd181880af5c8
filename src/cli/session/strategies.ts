/** The named strategies in a line each: where the loop lives, who waits, what is lost. */

/** By name, in the order in which a newcomer should meet them. */
export const strategyWords: Readonly<Record<string, string>> = {
  detach: "loop in main, closed at once; nobody waits; unfinished work is lost",
  await: "loop in main, which waits for all tasks; lost only if one fails",
  group: "the same, and the first failure cancels the siblings (TaskGroup)",
  thread: "loop in a thread; main goes on, and waits for it at its end",
  daemon: "loop in a thread; nobody waits; what main's end cuts off is lost",
  portal: 'loop in a thread, open for "submit"; main waits for it at its end',
  float: "JavaScript: tasks move while main rests; the process waits for them",
  exit: "the same, but main calls process.exit(): what still floats is lost",
};

/** A strategy as a line to choose. */
export function strategyLine(name: string): string {
  // A strategy of the document's own may be none of the named ones.
  const words = Object.hasOwn(strategyWords, name) ? strategyWords[name]! : "the document's own";
  return `${name.padEnd(6)}  ${words}`;
}
