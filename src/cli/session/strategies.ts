/** The named strategies in a line each: where the loop lives, who waits, what is lost. */

/** By name, in the order in which a newcomer should meet them. */
export const strategyWords: Readonly<Record<string, string>> = {
  detach: "the loop runs inline and closes when launch returns: nobody waits",
  await: "inline, and launch awaits all tasks (gather): main stands still meanwhile",
  group: "inline, and the first failure cancels the siblings (TaskGroup)",
  thread: "the loop runs in a thread of its own, and main joins it at its end",
  daemon: "the same, but the process ends when main does: what is left is lost",
  portal: 'the loop\'s thread stays open for "submit" until main ends',
  float: "JavaScript: promises nobody awaits, on main's own thread",
  exit: "the same, but main ends in process.exit(): what still floats is lost",
};
