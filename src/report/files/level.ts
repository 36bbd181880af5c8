/** How grave a finding is for tools that show findings at lines: something is wrong, or somebody should look at it. */

/** What work came to although it was to end otherwise is an error; these are a matter of time, or of taste. */
const mild: ReadonlySet<string> = new Set([
  "exit-by",
  "given-up",
  "handled-late",
  "handler-unrun",
  "joined-too-long",
  "kept-alive",
  "left-behind",
  "left-in-queue",
  "loop-blocked",
  "loop-starved",
  "outlived",
  "race",
  "starved",
]);

export type Level = "error" | "warning";

export function levelOf(rule: string): Level {
  return mild.has(rule) ? "warning" : "error";
}
