/** What ended a process, or a task's chance to begin, while something had not come to its end. */
import { type Case, workOf } from "./case.ts";
import type { End, NeverBegun } from "./finding.ts";

export function endOf(subject: Case): End {
  const { main, exit, floats, strays } = subject;
  if (subject.exitCall !== null) return subject.exitCall;
  const [stray] = strays;
  if (stray !== undefined) return stray.end;
  if (subject.rejected) return { by: "rejection" };
  if (main.status === "failed" && floats) return { by: "main-failed", error: main.error ?? "" };
  if (exit === null) return endsWithMain(subject) ? { by: "main-ended" } : { by: "unknown" };
  if (!exit.waits) return { by: "main-ended" };
  if (graceRanOut(subject)) return { by: "grace" };
  return floats ? { by: "nothing-left" } : { by: "loop-closing" };
}

/** Whether the process ended when main did, as exactly as times are known. */
function endsWithMain({ main, wall, precision }: Case): boolean {
  const isOver = main.status === "finished" || main.status === "failed";
  return isOver && main.endedAt !== null && wall - main.endedAt <= precision;
}

/** Whether the process has waited at exit for all of its grace. */
function graceRanOut({ main, wall, exit, precision }: Case): boolean {
  const waited = wall - (main.endedAt ?? wall);
  return exit !== null && exit.grace !== null && waited >= exit.grace - precision;
}

/** Why tasks of one kind never had their first turn. */
export function whyNeverBegun(subject: Case, tasks: readonly number[]): NeverBegun {
  const { main } = subject;
  const [first] = tasks as [number];
  const mainError = main.status === "failed" ? main.error : null;
  if (!subject.launched) return { why: "never-launched", mainError };
  if (subject.actors.get(first)?.parent === main.actor) {
    const isSubmitted = (task: number): boolean => workOf(subject, task).submittedAt !== null;
    return tasks.some(isSubmitted) ? { why: "not-taken" } : { why: "not-submitted", mainError };
  }
  const launch = subject.launchOf(first);
  if (launch?.status === "failed") return { why: "launch-failed", error: launch.error };
  const launchBegan = launch !== null && launch.startedAt !== null;
  if (launch?.status === "cancelled") return { why: "launch-cancelled", launchBegan };
  if (launch?.status === "finished") return { why: "nobody-starts" };
  return { why: "process-ended", end: endOf(subject), launchBegan };
}
