/** Findings: what went wrong in a run, in a sentence with figures, and what to do about it. */
import { LAUNCH, MAIN } from "../events/event.ts";
import { formatTime, type Ticks } from "../scenario/duration.ts";
import { actorName, isLost, type Outcome, type TaskOutcome } from "./outcome.ts";

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
  // What an interrupted run left undone is nobody's fault.
  const ownEnd = outcome.interruptedBy === null;
  return [
    ...lost.map((tasks) => lostAtClose(outcome, tasks)),
    ...(ownEnd ? abandoned.map((tasks) => abandonedAtExit(outcome, tasks)) : []),
    ...(ownEnd ? unstarted.map((tasks) => neverStarted(outcome, tasks)) : []),
    ...(ownEnd ? unheard.map((tasks) => nobodyHeard(outcome, tasks)) : []),
    ...loopBlocked(outcome),
  ];
}

/** Tasks that fit, gathered by the name they share in the document. */
function byTask(outcome: Outcome, fits: (task: TaskOutcome) => boolean): TaskOutcome[][] {
  return [...Map.groupBy(outcome.tasks.filter(fits), (task) => task.spec.name).values()];
}

function lostAtClose(outcome: Outcome, tasks: TaskOutcome[]): Finding {
  const [first] = tasks as [TaskOutcome];
  const { launch, strategy } = outcome;
  const when = tasks.every((task) => task.startedAt === null)
    ? "before it had a turn"
    : `with ${progress(tasks)} done`;
  if (launch.status === "failed")
    return finding("lost-at-close", tasks, first.cancelled!.at, {
      message: `launch failed (${JSON.stringify(launch.error)}), so the loop closed and cancelled ${subject(tasks)} ${when}`,
      fix:
        strategy.settle === "gather"
          ? `wait for all tasks whatever becomes of them (settle=settled)`
          : `keep launch from failing before its tasks are done`,
    });
  return finding("lost-at-close", tasks, first.cancelled!.at, {
    message: `the loop closed when launch returned, and nothing had waited for ${subject(tasks)}: cancelled ${when}`,
    fix:
      strategy.settle === "none"
        ? strategy.loop === "inline"
          ? `wait at the completion point (--strategy await), or give the loop a thread of its own and join it (--strategy thread)`
          : `wait at the completion point (settle=gather)`
        : `start it before the completion point, "settle"`,
  });
}

function abandonedAtExit(outcome: Outcome, tasks: TaskOutcome[]): Finding {
  const [first] = tasks as [TaskOutcome];
  const { main, strategy, rejected } = outcome;
  const skipped = tasks.some(({ cleanup }) => cleanup === "skipped" || cleanup === "cut-short");
  const floats = strategy.loop === "float";
  const { why, fix } = rejected
    ? {
        why: "a rejection that nobody handled ended the process",
        fix:
          outcome.launch.status === "failed" && strategy.settle === "settled"
            ? "keep launch from failing"
            : "handle it: await the tasks where their errors can be caught (settle=settled)",
      }
    : main.status === "failed" && floats
      ? {
          why: "an exception that main did not catch ended the process",
          fix: "keep main from failing, or give the loop a thread of its own (--strategy thread)",
        }
      : strategy.atExit === "abandon"
        ? {
            why: "the process ended when main's steps did",
            fix: "wait at exit (atExit=wait), or let clean-up run (atExit=cancel)",
          }
        : {
            why: "the grace ran out and the process ended",
            fix: "give it a longer grace, or none",
          };
  return finding("abandoned", tasks, first.endedAt!, {
    message: `${why}, and ${subject(tasks)} simply stopped, with ${progress(tasks)} done${skipped ? "; its clean-up did not run to its end" : ""}`,
    fix,
  });
}

function neverStarted(outcome: Outcome, tasks: TaskOutcome[]): Finding {
  const { why, fix } = !outcome.launched
    ? {
        why: "main never came to a launch step",
        fix: `let main reach its "launch" step`,
      }
    : outcome.launch.startedAt === null
      ? {
          why: "the process ended before the loop had its first turn",
          fix:
            outcome.strategy.grace === null
              ? "wait at exit (atExit=wait)"
              : "give it a longer grace",
        }
      : {
          why: "launch did not start it",
          fix: `start it in "launch:" before anything there can fail`,
        };
  return finding("never-started", tasks, outcome.wall, {
    message: `${subject(tasks)} never began: ${why}`,
    fix,
  });
}

function nobodyHeard({ strategy }: Outcome, tasks: TaskOutcome[]): Finding {
  const [first] = tasks as [TaskOutcome];
  return finding("nobody-heard", tasks, first.endedAt!, {
    message: `${subject(tasks)} failed (${JSON.stringify(first.error)}), and its error reached nobody`,
    fix:
      strategy.settle === "gather"
        ? `collect every error (settle=settled), or raise them together (settle=group)`
        : `await it where its error can be raised`,
  });
}

function loopBlocked(outcome: Outcome): Finding[] {
  const block = outcome.longestBlock;
  if (block === null || block.ticks < slow) return [];
  const who = actorName(outcome, block.actor);
  const { max } = outcome.lateness;
  const late = max >= slow / 10 ? `, and a sleep ended ${formatTime(max)} late` : "";
  const inMain = block.actor === MAIN;
  // A main that blocks while nothing is left in the background holds up nobody.
  if (inMain && late === "" && !outcome.tasks.some(isLost)) return [];
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
  const least = tasks.reduce((min, task) => Math.min(min, task.stepsDone), Infinity);
  const most = tasks.reduce((max, task) => Math.max(max, task.stepsDone), 0);
  const { steps } = tasks[0]!;
  const done = least === most ? String(most) : `${least} to ${most}`;
  return `${done} of ${steps} step${steps === 1 ? "" : "s"}`;
}
