/** The rules by which a verdict says what went wrong: one table, from which the help follows. */
import type { Rule } from "../reading/findings/finding.ts";

/** Every rule, the gravest first: what it is about, and what can be done in general. */
export const rules = {
  deadlock: {
    about: "every thread waits for something that can no longer come",
    fix: `send what is waited for, start who would send it, or bound the wait with a timeout`,
  },
  killed: {
    about:
      "the process was killed with a task not done: no clean-up ran, and nothing is left of it",
    fix: `keep what must not be lost where it outlives the process, as a queue on disk`,
  },
  "acknowledged-early": {
    about: "a task was off its durable queue before it was done, and its worker ended with it",
    fix: `acknowledge a task when it is done (acks=late), and make its steps such that they may be done twice`,
  },
  "enqueue-unawaited": {
    about: "main ended with a task not stored, as nothing awaited the write into its durable queue",
    fix: `await each write before main goes on (enqueue=awaited)`,
  },
  "failed-though-done": {
    about: "a durable queue holds a task for failed whose steps an attempt had all done",
    fix: `give it a lease that outlasts whatever holds its worker's loop, or let it give way`,
  },
  "gave-up": {
    about: "a task of a durable queue was given up, as no attempt at it came to an end",
    fix: `find out what in it ends or holds its worker; put it aside after few attempts`,
  },
  "lost-at-close": {
    about: "the event loop closed with a task not done, and cancelled it",
    fix: `wait at the completion point (settle=gather), or keep the loop open (--strategy portal)`,
  },
  abandoned: {
    about: "the process ended with a task not done; its clean-up did not run",
    fix: `wait at exit (atExit=wait), or cancel and let clean-up run (atExit=cancel)`,
  },
  "destroyed-pending": {
    about: "a task was submitted to a loop that was closing: nothing waits for it or cancels it",
    fix: `submit it before launch returns, or keep the loop open until main has ended (--strategy portal)`,
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
  "lease-lost": {
    about:
      "a worker lost the lease of a task of a durable queue, which was performed once more for that",
    fix: `give it a lease that outlasts whatever holds its worker's loop, or let it give way`,
  },
  "no-retry": {
    about: "a task of a durable queue failed, and nothing says that it is to be tried again",
    fix: `say how often (retry=3), and how long after (backoff=1s)`,
  },
  "done-twice": {
    about: "a durable queue had steps of a task done again, after a kill or a failure",
    fix: `make its steps such that they do no harm a second time, or make a task of each`,
  },
  "nobody-heard": {
    about: "a task failed, and its error reached nobody",
    fix: `await it where its error can be raised (settle=settled or group), or take its result`,
  },
  "thread-failed": {
    about: "launch failed and ended the loop's thread; main, which is told nothing, went on",
    fix: `collect the errors of tasks in launch (settle=settled), or await where main can catch them (loop=inline)`,
  },
  "only-logged": {
    about: "something failed, and only a line on stderr told of it: nobody could act",
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
  outlived: {
    about: "user code went on after its task had been cancelled, and heeded nothing",
    fix: `heed the signal: hand it on (fetch, sleep), or look at signal.aborted between two steps`,
  },
  "left-behind": {
    about: "user code went on after its call had ended, or was cut off: nobody waits for that",
    fix: `await in the function what it sets going, or clear it before the function ends`,
  },
  "kept-alive": {
    about: "something that user code had set going kept the process from ending",
    fix: `clear it when it is no longer needed, or call unref() on it`,
  },
  unsettled: {
    about: "what user code returned had not settled when the run was ended",
    fix: `settle it in every case, or bound it (AbortSignal.timeout)`,
  },
  "loop-blocked": {
    about:
      "one step held the event loop's thread for 100 ms or more (observed: for what --blocks says), and nothing else could run on it",
    fix: `hand the blocking step to a pool (offload=threads, or processes for computing)`,
  },
  starved: {
    about:
      "a task had its turn 100 ms late, and no long step is the reason: many short steps came first, or none that are known",
    fix: `hand what blocks to a pool (offload=threads), or let fewer tasks run at a time`,
  },
  "joined-too-long": {
    about: "main waited for the background longer than it did anything itself",
    fix: `let main do something meanwhile, bound the wait (grace), or cancel what is left (atExit=cancel)`,
  },
  race: {
    about: "two threads did something so close together that luck decided the order",
    fix: `put them in order: a join, a result or a channel makes one wait for the other`,
  },
} as const satisfies Record<Rule, { about: string; fix: string }>;

const gravity = Object.keys(rules) as Rule[];

/** How grave findings of a rule are: the less, the graver. */
export function rankOf(rule: Rule): number {
  return gravity.indexOf(rule);
}
