/** Findings: what went wrong in a run, in a sentence with figures, and what to do about it. */
import { LAUNCH, MAIN, MAIN_THREAD } from "../events/event.ts";
import { formatTime, TICKS_PER_MS, type Ticks } from "../scenario/duration.ts";
import {
  actorName,
  isLost,
  type MainWait,
  type Outcome,
  type TaskOutcome,
  type Waiting,
} from "./outcome.ts";

/** Every rule: what it is about, and what can be done in general. In the order of gravity. */
export const rules = {
  deadlock: {
    about: "every thread waits for something that can no longer come",
    fix: `send what is waited for, start who would send it, or bound the wait with a timeout`,
  },
  "lost-at-close": {
    about: "the event loop closed with a task not done, and cancelled it",
    fix: `wait at the completion point (settle=gather), or keep the loop open (--strategy portal)`,
  },
  abandoned: {
    about: "the process ended with a task not done; its clean-up did not run",
    fix: `wait at exit (atExit=wait), or cancel and let clean-up run (atExit=cancel)`,
  },
  "cancelled-at-exit": {
    about: "main ended with a task not done, and had it cancelled (atExit=cancel)",
    fix: `wait at exit (atExit=wait), or say that this is the task's proper end (until: shutdown)`,
  },
  "never-started": {
    about: "a task of the scenario never began",
    fix: `start or submit it before anything there can fail`,
  },
  "given-up": {
    about: "a timeout or a failing group cancelled a task that had something left to do",
    fix: `give it longer, or keep what it depends on from failing; cancelling it was decided, so it is not lost`,
  },
  "cleanup-cut": {
    about: "a task was cancelled, or its process ended, in the middle of its clean-up",
    fix: `wait for clean-up where the task is cancelled (settle=settled or group), and keep it short`,
  },
  "nobody-heard": {
    about: "a task failed, and its error reached nobody",
    fix: `await it where its error can be raised (settle=settled or group), or take its result`,
  },
  "result-timed-out": {
    about: "main gave up waiting for a result, and the work went on without it",
    fix: `give it longer, or cancel the work as well: a timeout alone does not`,
  },
  "promise-not-awaited": {
    about: "a function that main called returned a promise, and main cannot await it",
    fix: `call it from a task, which awaits it, or make the function synchronous`,
  },
  "loop-blocked": {
    about: "something held the event loop's thread, and nothing else could run on it",
    fix: `hand the blocking step to a pool (offload=threads, or processes for computing)`,
  },
  starved: {
    about: "a task's time had come, and it could not run because others held the loop's thread",
    fix: `keep the loop free: see loop-blocked`,
  },
  "joined-too-long": {
    about: "main waited for the background longer than it did anything itself",
    fix: `bound the wait (grace, or join with a timeout), or cancel what is left (atExit=cancel)`,
  },
  race: {
    about: "two threads did something so close together that luck decided the order",
    fix: `put them in order: a join, a result or a channel makes one wait for the other`,
  },
} as const;

export type Rule = keyof typeof rules;

export interface Finding {
  rule: Rule;
  /** The task's name in the document (all its copies), or null when no task is meant. */
  task: string | null;
  at: Ticks;
  message: string;
  fix: string;
}

/** Whether a fix is another strategy, or has one in it. */
export function namesStrategy(fix: string): boolean {
  return /--strategy |\b(?:settle|atExit|offload)=/.test(fix);
}

/** A stretch from which asyncio's debug mode calls a callback slow (slow_callback_duration). */
const slow: Ticks = 100 * TICKS_PER_MS;

/** From how long on a wait for the background is worth a word. */
const longWait: Ticks = 1000 * TICKS_PER_MS;

/** Everything in an outcome that a user should know of, the gravest first. */
export function findFindings(outcome: Outcome): Finding[] {
  const lost = byTask(
    outcome,
    (task) =>
      isLost(task) && task.status === "cancelled" && task.cancelled?.reason === "loop-closed",
  );
  const abandoned = byTask(outcome, (task) => isLost(task) && task.status === "abandoned");
  const atExit = byTask(
    outcome,
    (task) =>
      isLost(task) && task.status === "cancelled" && task.cancelled?.reason === "main-ended",
  );
  const givenUp = byTask(
    outcome,
    ({ givenUp, stoodAt, spec }) => givenUp !== null && stoodAt !== null && spec.until === null,
  );
  // Of a task that is lost, this is told with its loss.
  const cut = byTask(outcome, (task) => task.cleanupCut !== null && !isLost(task));
  const unstarted = byTask(outcome, (task) => task.status === "unstarted");
  const unheard = byTask(outcome, (task) => task.heard?.by === "nobody");
  const starved = byTask(outcome, (task) => task.late.ticks >= slow);
  // What an interrupted run left undone is nobody's fault.
  const ownEnd = outcome.interruptedBy === null;
  return [
    ...deadlock(outcome),
    ...lost.map((tasks) => lostAtClose(outcome, tasks)),
    ...(ownEnd ? abandoned.map((tasks) => abandonedAtExit(outcome, tasks)) : []),
    ...atExit.map(cancelledAtExit),
    ...(ownEnd ? unstarted.map((tasks) => neverStarted(outcome, tasks)) : []),
    ...givenUp.map((tasks) => isGivenUp(outcome, tasks)),
    ...(ownEnd ? cut.map((tasks) => cleanupCut(outcome, tasks)) : []),
    ...(ownEnd ? unheard.map((tasks) => nobodyHeard(outcome, tasks)) : []),
    ...resultsTimedOut(outcome),
    ...promisesNotAwaited(outcome),
    ...loopBlocked(outcome),
    ...starved.map((tasks) => isStarved(outcome, tasks)),
    ...joinedTooLong(outcome),
    ...race(outcome),
  ];
}

function deadlock(outcome: Outcome): Finding[] {
  if (outcome.interruptedBy !== "deadlock") return [];
  const { strategy, waiting } = outcome;
  const joins = waiting.some((one) => one.actor === MAIN && one.for === "join");
  return [
    {
      rule: "deadlock",
      task: null,
      at: outcome.wall,
      message: `nothing can ever happen again: ${waitingWords(outcome)}`,
      fix:
        joins && strategy.loop === "portal" && outcome.main.endedAt === outcome.wall
          ? `leave out the join: a portal stays open until main ends, and is joined then`
          : strategy.loop === "float" && waiting.some((one) => one.actor === MAIN)
            ? `give the loop a thread of its own (--strategy portal): while main waits on this one, nothing on it can move`
            : rules.deadlock.fix,
    },
  ];
}

/** Who waits for what, in a sentence; tasks that wait for the same are counted. */
function waitingWords(outcome: Outcome): string {
  const groups = Map.groupBy(outcome.waiting, (one) => `${nameOf(one)} ${one.for} ${one.of}`);
  const words = [...groups.values()].map((alike) => {
    const [first] = alike as [Waiting];
    const who =
      alike.length === 1
        ? actorName(outcome, first.actor)
        : `${alike.length} copies of ${nameOf(first)}`;
    return `${who} ${alike.length === 1 ? "waits" : "wait"} ${waitWords(outcome, first)}`;
  });
  const most = 5;
  if (words.length > most) words.splice(most, Infinity, `${words.length - most} more wait as well`);
  return words.join("; ");

  function nameOf({ actor }: Waiting): string {
    return actor >= 0 ? outcome.tasks[actor]!.spec.name : actorName(outcome, actor);
  }
}

function waitWords({ strategy, main }: Outcome, { for: what, of, actor }: Waiting): string {
  switch (what) {
    case "launch":
      return "for launch to return";
    case "settle":
      return "at the completion point";
    case "join":
      return actor === MAIN && strategy.loop === "portal" && main.status === "deadlocked"
        ? "for the end of a portal, which stays open until main ends"
        : "for the background to end";
    case "result":
      return `for the result of ${of}`;
    case "send":
      return `for room in the channel "${of}"`;
    case "receive":
      return `for a value in the channel "${of}"`;
  }
}

function resultsTimedOut(outcome: Outcome): Finding[] {
  const { main, tasks } = outcome;
  return main.waits.flatMap(({ for: what, of, at, ticks }: MainWait): Finding[] => {
    const task = what === "result" ? tasks.find(({ name }) => name === of) : undefined;
    if (task === undefined || outcome.interruptedBy !== null) return [];
    // What main's own end did to the task came after it had given up.
    const cutOff = task.status === "abandoned" || task.cancelled?.reason === "main-ended";
    if (!cutOff && task.endedAt !== null && task.endedAt <= at + ticks) return [];
    return [
      finding("result-timed-out", [task], at + ticks, {
        message: `main waited ${formatTime(ticks)} for the result of ${task.name} and gave up; the task went on, and ${afterwards(task)}`,
        fix: rules["result-timed-out"].fix,
      }),
    ];
  });
}

function afterwards(task: TaskOutcome): string {
  if (task.status === "unstarted") return "never had a turn";
  const passive = task.status === "cancelled" || task.status === "abandoned";
  return `${passive ? "was " : ""}${task.status} at ${formatTime(task.endedAt!)}`;
}

function promisesNotAwaited({ droppedPromises }: Outcome): Finding[] {
  return droppedPromises.map(({ function: name, at }) => ({
    rule: "promise-not-awaited",
    task: null,
    at,
    message: `${name} returned a promise to main, which is synchronous: what it does from its first await on, nobody waits for`,
    fix: rules["promise-not-awaited"].fix,
  }));
}

function isStarved(outcome: Outcome, tasks: TaskOutcome[]): Finding {
  const latest = tasks.reduce((a, b) => (b.late.ticks > a.late.ticks ? b : a));
  const block = outcome.longestBlock;
  const busy = block === null || block.ticks < slow;
  const who = busy
    ? "though no step of the scenario held the loop: the machine was busy"
    : `while ${actorName(outcome, block.actor)} held the loop's thread`;
  return finding("starved", tasks, latest.late.at, {
    message: `${subject(tasks)} woke up to ${formatTime(latest.late.ticks)} late, ${who}`,
    fix: busy
      ? `run it again when less else runs, more slowly (--speed), or in virtual time`
      : block.actor === MAIN
        ? `give the loop a thread of its own (--strategy thread)`
        : rules["loop-blocked"].fix,
  });
}

function joinedTooLong(outcome: Outcome): Finding[] {
  const { main, wall, strategy, interruptedBy } = outcome;
  if (strategy.loop === "float" || interruptedBy !== null) return [];
  return (
    main.waits
      .filter((wait) => wait.for === "join" && wait.ticks >= longWait && wait.ticks > wall / 2)
      // Main that gave up waiting had bounded the wait.
      .filter(({ at, ticks }) => {
        const { status, endedAt } = outcome.launch;
        return status !== "cancelled" && status !== "abandoned" && endedAt! <= at + ticks;
      })
      .map(({ at, ticks }) => ({
        rule: "joined-too-long",
        task: null,
        at,
        message: `main waited ${formatTime(ticks)} of the run's ${formatTime(wall)} for the background to end${at >= (main.endedAt ?? wall) ? ", its own steps being over" : ""}`,
        fix: rules["joined-too-long"].fix,
      }))
  );
}

function race(outcome: Outcome): Finding[] {
  const [first] = outcome.races;
  if (first === undefined) return [];
  const [a, b] = first.between.map((racer) =>
    racer.text !== null && racer.type === "printed"
      ? JSON.stringify(racer.text)
      : `the end of ${actorName(outcome, racer.actor)}`,
  );
  const others = outcome.races.length === 1 ? "" : ` (and ${outcome.races.length - 1} more such)`;
  const apart =
    first.gap === 0
      ? "fell on the same instant"
      : `came within ${formatTime(first.gap)} of each other`;
  return [
    {
      rule: "race",
      task: null,
      at: first.at,
      message: `${a} and ${b} ${apart} on two threads, so their order is luck${others}`,
      fix: rules.race.fix,
    },
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
      message: `launch failed (${JSON.stringify(launch.error)}), so the loop closed and cancelled ${subject(tasks)} ${when}${cutWords(tasks)}`,
      fix:
        strategy.settle === "gather"
          ? `wait for all tasks whatever becomes of them (settle=settled)`
          : `keep launch from failing before its tasks are done`,
    });
  return finding("lost-at-close", tasks, first.cancelled!.at, {
    message: `the loop closed when launch returned, and nothing had waited for ${subject(tasks)}: cancelled ${when}${cutWords(tasks)}`,
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
  const floats = strategy.loop === "float";
  const stray = outcome.strays.at(0);
  const { why, fix } =
    stray !== undefined
      ? {
          why: `an error that nobody could catch ended ${stray.thread === MAIN_THREAD ? "the process" : "the event loop's thread"} (${stray.error})`,
          fix: "catch it in the function it comes from",
        }
      : main.status === "interrupted" && main.error !== null
        ? { why: `${main.error} ended the process`, fix: "return from the function instead" }
        : rejected
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
    message: `${why}, and ${subject(tasks)} simply stopped, with ${progress(tasks)} done${cutWords(tasks)}`,
    fix,
  });
}

function cancelledAtExit(tasks: TaskOutcome[]): Finding {
  const [first] = tasks as [TaskOutcome];
  return finding("cancelled-at-exit", tasks, first.cancelled!.at, {
    message: `main ended and had ${subject(tasks)} cancelled with ${progress(tasks)} done${cutWords(tasks)}`,
    fix: rules["cancelled-at-exit"].fix,
  });
}

function isGivenUp(outcome: Outcome, tasks: TaskOutcome[]): Finding {
  const { failures, strategy } = outcome;
  const [first] = tasks as [TaskOutcome];
  const { by, at } = first.givenUp!;
  if (by === "timed-out")
    return finding("given-up", tasks, at, {
      message: `the completion point timed out, and cancelled ${subject(tasks)} with ${progress(tasks)} done`,
      fix: "give the completion point longer, or no timeout",
    });
  // What launch raised itself is told of when it ends; a task's failure has been told of by now.
  const failed = failures.findLast((failure) => failure.actor >= 0 && failure.at <= at);
  const who = failed === undefined ? "launch" : outcome.tasks[failed.actor]!.name;
  return finding("given-up", tasks, at, {
    message: `${who} failed, and its group cancelled ${subject(tasks)} with ${progress(tasks)} done`,
    fix:
      strategy.timeout === null && failed !== undefined
        ? "let the others go on when one fails (settle=settled)"
        : "keep the others of the group, and launch, from failing",
  });
}

function cleanupCut(outcome: Outcome, tasks: TaskOutcome[]): Finding {
  const [first] = tasks as [TaskOutcome];
  const { by, at } = first.cleanupCut!;
  const who = {
    "loop-closed": "the loop closed and cancelled",
    "group-failed": "a failure in its group cancelled",
    "timed-out": "the completion point timed out and cancelled",
    "main-ended": "main ended and had",
    "process-ended": "the process ended with",
  }[by];
  const skipped = tasks.every(({ cleanup }) => cleanup === "skipped");
  const where = skipped ? "before its clean-up" : "in the middle of its clean-up";
  return finding("cleanup-cut", tasks, at, {
    message: `${who} ${subject(tasks)}${by === "main-ended" ? " cancelled" : ""} ${where}`,
    fix: cleanupCutFix(outcome, by),
  });
}

function cleanupCutFix(
  { strategy, rejected, main }: Outcome,
  by: NonNullable<TaskOutcome["cleanupCut"]>["by"],
): string {
  const { settle, atExit, grace, loop } = strategy;
  switch (by) {
    case "loop-closed":
      return settle === "gather"
        ? "wait for clean-up at the completion point as well (settle=settled)"
        : `end it before the completion point, "settle", is passed`;
    case "main-ended":
      return settle === "gather"
        ? "wait for clean-up at the completion point and at exit (settle=settled,atExit=wait)"
        : "wait at exit (atExit=wait)";
    case "process-ended":
      return rejected || (loop === "float" && main.status === "failed")
        ? "keep what ended the process from failing"
        : atExit === "cancel" && grace !== null
          ? "give clean-up a longer grace, or none"
          : "cancel at exit and let clean-up run (atExit=cancel)";
    default:
      return "keep clean-up short, or shield it from being cancelled";
  }
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

function nobodyHeard({ strategy, scenario }: Outcome, tasks: TaskOutcome[]): Finding {
  const [first] = tasks as [TaskOutcome];
  const isSubmitted = scenario.main.some(
    (step) => step.kind === "submit" && step.task === first.spec.name,
  );
  return finding("nobody-heard", tasks, first.endedAt!, {
    message: `${subject(tasks)} failed (${JSON.stringify(first.error)}), and its error reached nobody`,
    fix: isSubmitted
      ? `take its result in main ("result: ${first.spec.name}"), where its error is raised again`
      : strategy.settle === "gather"
        ? `collect every error (settle=settled), or raise them together (settle=group)`
        : `await it where its error can be raised`,
  });
}

function loopBlocked(outcome: Outcome): Finding[] {
  const block = outcome.longestBlock;
  if (block === null || block.ticks < slow) return [];
  const who = actorName(outcome, block.actor);
  const where = block.source === null ? "" : ` (${block.source})`;
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
      message: `${who}${where} held the event loop's thread for ${formatTime(block.ticks)}${late}`,
      fix: inMain
        ? `give the loop a thread of its own (--strategy thread)`
        : block.actor === LAUNCH
          ? `move the blocking step out of launch into a task, and hand it to a pool (offload=threads)`
          : rules["loop-blocked"].fix,
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

/** That a clean-up was cut, behind what cut it. */
function cutWords(tasks: TaskOutcome[]): string {
  return tasks.some(({ cleanupCut }) => cleanupCut !== null)
    ? "; its clean-up did not run to its end"
    : "";
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
