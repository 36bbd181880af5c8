/** Words about tasks of a durable queue that were performed more than once, given up, or not tried again. */
import { formatDuration, formatTime, type Ticks, TICKS_PER_MS } from "../../base/duration.ts";
import type { FindingOf, Rule } from "../../reading/findings/finding.ts";
import type { Outcome } from "../../outcome/outcome.ts";
import type { Words } from "../context.ts";
import { cutWords, quote, times } from "../words.ts";
import { changing, progress, type Remedy, subject, tasksOf } from "./remedy.ts";

const giveWay =
  "let it give way now and then, or do it in a process of its own: what holds the loop also holds up the renewal of the lease";

export function acknowledgedEarly(
  outcome: Outcome,
  finding: FindingOf<"acknowledged-early">,
): Words<Remedy> {
  const { began, cleanupCut } = finding.evidence;
  const tasks = tasksOf(outcome, finding);
  const how = began ? `with ${progress(tasks)} done` : "before its first step";
  return {
    message: `the worker of ${subject(tasks)} ended ${how}: ${were(outcome, finding)} acknowledged when taken, and so off the queue, and nobody performs ${tasks.length === 1 ? "it" : "them"} again${cutWords(cleanupCut)}`,
    remedies: [changing("acks", { acks: "late" })],
    otherwise:
      "acknowledge it when it is done (acks=late), and make its steps such that they may be done twice",
  };
}

export function enqueueUnawaited(
  outcome: Outcome,
  finding: FindingOf<"enqueue-unawaited">,
): Words<Remedy> {
  const ended = finding.evidence.killed ? "was killed" : "ended";
  return {
    message: `${were(outcome, finding)} never stored in the queue: main did not await the write, and ${ended} before its loop turned again`,
    remedies: [changing("enqueue", { enqueue: "awaited" })],
    otherwise: "await the write before main goes on (enqueue=awaited)",
  };
}

export function failedThoughDone(
  outcome: Outcome,
  finding: FindingOf<"failed-though-done">,
): Words<Remedy> {
  const { error, held } = finding.evidence;
  return {
    message: `${subject(tasksOf(outcome, finding))} failed for good (${quote(error)}) although all of its steps had been done: its lease had run out meanwhile, so its end was refused`,
    remedies: longerLease(held),
    otherwise: giveWay,
  };
}

export function gaveUp(outcome: Outcome, finding: FindingOf<"gave-up">): Words<Remedy> {
  const { attempts, held } = finding.evidence;
  return {
    message: `${were(outcome, finding)} given up after ${attempts} attempts of which none came to an end`,
    remedies: longerLease(held),
    otherwise:
      "find out what in it ends or holds its worker: the queue hands it to one worker after the other",
  };
}

export function leaseLost(outcome: Outcome, finding: FindingOf<"lease-lost">): Words<Remedy> {
  const { attempts, held, together } = finding.evidence;
  const { lease } = outcome.strategy;
  const why =
    held === null
      ? "its worker did not renew the lease"
      : `its worker's loop was held for ${formatTime(held)}`;
  const limit = lease === null ? "" : `, and the lease is ${formatDuration(lease)}`;
  const what = together
    ? `given to another attempt while one went on, and performed ${attempts} times`
    : `performed ${times(attempts)}, since an end without the lease is refused`;
  return {
    message: `${why}${limit}: ${were(outcome, finding)} ${what}`,
    remedies: longerLease(held),
    otherwise: giveWay,
  };
}

export function doneTwice(outcome: Outcome, finding: FindingOf<"done-twice">): Words<Remedy> {
  const { because, steps } = finding.evidence;
  const tasks = tasksOf(outcome, finding);
  const [{ steps: all }] = tasks;
  const why = because === "killed" ? "its worker was killed" : "an attempt failed";
  return {
    message: `${were(outcome, finding)} performed again from its first step, since ${why}: ${steps} of ${all} step${all === 1 ? "" : "s"} had been done by then, and were done twice`,
    remedies: [],
    otherwise:
      "make its steps such that they do no harm a second time (a key that is looked up first), or make a task of each",
  };
}

export function notRetried(outcome: Outcome, finding: FindingOf<"no-retry">): Words<Remedy> {
  const { error, acknowledged } = finding.evidence;
  const failed = `${subject(tasksOf(outcome, finding))} failed (${quote(error)}) at its only attempt`;
  if (acknowledged)
    return {
      message: `${failed}: it had been acknowledged when taken, so the queue has nothing to try again`,
      remedies: [
        {
          does: "acknowledge it when it is done, and try it again",
          axes: { acks: "late", retry: 3 },
        },
      ],
      otherwise:
        "acknowledge it when it is done (acks=late), and say how often it is to be tried again, with retry",
    };
  return {
    message: `${failed}: unless it is told to, a queue tries nothing again`,
    remedies: [{ does: "try it again", axes: { retry: 3 } }],
    otherwise: "say how often it is to be tried again, with retry",
  };
}

/** The tasks that something was done with, as the beginning of a sentence. */
function were(outcome: Outcome, finding: FindingOf<Rule>): string {
  const tasks = tasksOf(outcome, finding);
  return `${subject(tasks)} ${tasks.length === 1 ? "was" : "were"}`;
}

/** A lease that outlasts a hold, in whole seconds, at least twice as long. */
function longerLease(held: Ticks | null): Remedy[] {
  if (held === null) return [];
  const second = 1000 * TICKS_PER_MS;
  return [
    { does: "give it a longer lease", axes: { lease: Math.ceil((2 * held) / second) * second } },
  ];
}
