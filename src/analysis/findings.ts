/** Findings: what went wrong in a run, in a sentence with figures, and what to do about it. */
import { LAUNCH, MAIN } from "../events/event.ts";
import { formatTime, type Ticks } from "../scenario/duration.ts";
import { actorName, type Outcome, type TaskOutcome } from "./outcome.ts";

export type Rule =
  "lost-at-close" | "abandoned" | "never-started" | "nobody-heard" | "loop-blocked";

export interface Finding {
  rule: Rule;
  /** The task's name in the document (all its copies), or null when no task is meant. */
  task: string | null;
  at: Ticks;
  message: string;
  fix: string;
}

/** A stretch from which asyncio's debug mode calls a callback slow (slow_callback_duration). */
const slow: Ticks = 100_000;

/** Everything in an outcome that a user should know of, the gravest first. */
export function findFindings(outcome: Outcome): Finding[] {
  const lost = byTask(
    outcome,
    (task) => task.status === "cancelled" && task.cancelled?.reason === "loop-closed",
  );
  const abandoned = byTask(outcome, (task) => task.status === "abandoned");
  const unstarted = byTask(outcome, (task) => task.status === "unstarted");
  const unheard = byTask(outcome, (task) => task.heard?.by === "nobody");
  return [
    ...lost.map((tasks) => lostAtClose(tasks)),
    ...(outcome.interruptedBy === null
      ? abandoned.map((tasks) => abandonedAtExit(outcome, tasks))
      : []),
    ...unstarted.map((tasks) => neverStarted(outcome, tasks)),
    ...unheard.map((tasks) => nobodyHeard(tasks)),
    ...loopBlocked(outcome),
  ];
}

/** Tasks that fit, gathered by the name they share in the document. */
function byTask(outcome: Outcome, fits: (task: TaskOutcome) => boolean): TaskOutcome[][] {
  return [...Map.groupBy(outcome.tasks.filter(fits), (task) => task.spec.name).values()];
}

function lostAtClose(tasks: TaskOutcome[]): Finding {
  const [first] = tasks as [TaskOutcome];
  const turn = first.startedAt === null ? "before it had a turn" : `with ${progress(tasks)} done`;
  return finding("lost-at-close", tasks, first.cancelled!.at, {
    message: `the loop closed when launch returned, and nothing had waited for ${subject(tasks)}: cancelled ${turn}`,
    fix: `wait at the completion point (--strategy await), or give the loop a thread of its own and join it (--strategy thread)`,
  });
}

function abandonedAtExit(outcome: Outcome, tasks: TaskOutcome[]): Finding {
  const [first] = tasks as [TaskOutcome];
  const skipped = tasks.some((task) => task.cleanup === "skipped");
  const { loop, grace } = outcome.strategy;
  const why =
    outcome.main.status === "failed" && loop === "float"
      ? "an exception nobody caught ended the process"
      : outcome.tasks.some((task) => task.status === "failed") && loop === "float"
        ? "a rejection nobody handled ended the process"
        : grace !== null
          ? "the grace ran out and the process ended"
          : "the process ended when main's steps did";
  return finding("abandoned", tasks, first.endedAt!, {
    message: `${why}, and ${subject(tasks)} simply stopped, with ${progress(tasks)} done${skipped ? "; its clean-up did not run" : ""}`,
    fix: `wait at exit (atExit=wait), or let clean-up run (atExit=cancel)`,
  });
}

function neverStarted(outcome: Outcome, tasks: TaskOutcome[]): Finding {
  const why = outcome.launch.startedAt === null ? "launch never ran" : "launch never started it";
  return finding("never-started", tasks, outcome.wall, {
    message: `${subject(tasks)} never began: ${why}`,
    fix:
      outcome.launch.startedAt === null
        ? `let main reach its "launch" step`
        : `start it in "launch:" before anything there can fail`,
  });
}

function nobodyHeard(tasks: TaskOutcome[]): Finding {
  const [first] = tasks as [TaskOutcome];
  return finding("nobody-heard", tasks, first.endedAt!, {
    message: `${subject(tasks)} failed (${JSON.stringify(first.error)}), and nobody heard of it: another failure had been raised already`,
    fix: `collect every error (settle=settled), or raise them together (settle=group)`,
  });
}

function loopBlocked(outcome: Outcome): Finding[] {
  const block = outcome.longestBlock;
  if (block === null || block.ticks < slow) return [];
  const who = actorName(outcome, block.actor);
  const { max } = outcome.lateness;
  const late = max >= slow / 10 ? `, and a sleep ended ${formatTime(max)} late` : "";
  const inMain = block.actor === MAIN;
  return [
    {
      rule: "loop-blocked",
      task: block.actor >= 0 ? outcome.tasks[block.actor]!.spec.name : null,
      at: block.at,
      message: `${who} held the event loop's thread for ${formatTime(block.ticks)}${late}`,
      fix: inMain
        ? `give the loop a thread of its own (--strategy thread)`
        : `move the blocking step out of ${block.actor === LAUNCH ? "launch" : "the task"}, or hand it to a pool (offload=threads)`,
    },
  ];
}

function finding(
  rule: Rule,
  tasks: TaskOutcome[],
  at: Ticks,
  words: { message: string; fix: string },
): Finding {
  return { rule, task: tasks[0]!.spec.name, at, ...words };
}

function subject(tasks: TaskOutcome[]): string {
  const [first] = tasks as [TaskOutcome];
  return tasks.length === 1 ? first.name : `${tasks.length} copies of ${first.spec.name}`;
}

function progress(tasks: TaskOutcome[]): string {
  const least = Math.min(...tasks.slice(0, 1000).map((task) => task.stepsDone));
  const most = tasks.reduce((max, task) => Math.max(max, task.stepsDone), 0);
  const done = least === most ? String(most) : `${least} to ${most}`;
  return `${done} of ${tasks[0]!.steps} steps`;
}
