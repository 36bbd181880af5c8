/** Findings: what went wrong in a run, in a sentence with figures, and what to do about it. */
import { type CancelReason, LAUNCH, MAIN } from "../events/event.ts";
import { formatTime, TICKS_PER_MS, type Ticks } from "../scenario/duration.ts";
import {
  launchFailedWith,
  launchUnheard,
  nobodyHeard,
  onlyLogged,
  promisesNotAwaited,
} from "./findings/errors.ts";
import { byTask, type Finding, type Found, found, ownThread, subject } from "./findings/finding.ts";
import { abandonedAtExit, lostAtClose, neverStarted } from "./findings/losses.ts";
import { cancelledAtExit, cleanupCut, isGivenUp } from "./findings/stopped.ts";
import { deadlock, joinedTooLong, resultsTimedOut } from "./findings/waits.ts";
import { actorName, type Heard, isLost, type Outcome, type TaskOutcome } from "./outcome.ts";
import { withFixes } from "./remedies.ts";
import type { Simulate } from "./simulate.ts";

export { type Finding, type Rule, rules } from "./findings/finding.ts";

/** Whether a fix is another strategy, or has one in it. */
export function namesStrategy(fix: string): boolean {
  return /--strategy |\([a-zA-Z]+=|\(no /.test(fix);
}

/** A stretch from which asyncio's debug mode calls a callback slow (slow_callback_duration). */
const slow: Ticks = 100 * TICKS_PER_MS;

/**
 * Everything in an outcome that a user should know of, the gravest first, and what to do about it.
 *
 * @param simulate tries what could be done; null: nothing is tried, and no strategy is named.
 */
export function findFindings(outcome: Outcome, simulate: Simulate | null): Finding[] {
  return withFixes(outcome, detect(outcome), detect, simulate);
}

/** The same without what to do about it: as quick as reading what the outcome says. */
export function detect(outcome: Outcome): Found[] {
  const cancelledBy = (reason: CancelReason) => (task: TaskOutcome) =>
    isLost(task) && task.status === "cancelled" && task.cancelled?.reason === reason;
  const lost = byTask(outcome, cancelledBy("loop-closed"));
  const abandoned = byTask(outcome, (task) => isLost(task) && task.status === "abandoned");
  const atExit = byTask(outcome, cancelledBy("main-ended"));
  const givenUp = byTask(
    outcome,
    ({ givenUp, stoodAt, spec }) => givenUp !== null && stoodAt !== null && spec.until === null,
  );
  // Of a task that is lost, this is told with its loss.
  const cut = byTask(outcome, (task) => task.cleanupCut !== null && !isLost(task));
  const unstarted = byTask(outcome, (task) => task.status === "unstarted");
  // What launch has failed with is told of with launch.
  const withLaunch = launchFailedWith(outcome);
  const heardBy = (by: Heard) =>
    byTask(outcome, (task) => task.heard?.by === by && !withLaunch.includes(task));
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
    ...(ownEnd ? cut.map(cleanupCut) : []),
    ...(ownEnd ? heardBy("nobody").map((tasks) => nobodyHeard(outcome, tasks)) : []),
    ...(ownEnd ? launchUnheard(outcome) : []),
    ...heardBy("logged").map((tasks) => onlyLogged(outcome, tasks)),
    ...resultsTimedOut(outcome),
    ...promisesNotAwaited(outcome),
    ...loopBlocked(outcome),
    ...starved.map((tasks) => isStarved(outcome, tasks)),
    ...joinedTooLong(outcome),
    ...race(outcome),
  ];
}

function isStarved(outcome: Outcome, tasks: TaskOutcome[]): Found {
  const latest = tasks.reduce((a, b) => (b.late.ticks > a.late.ticks ? b : a));
  const block = outcome.longestBlock;
  const busy = block === null || block.ticks < slow;
  const who = busy
    ? "though no step of the scenario held the loop: the machine was busy"
    : `while ${actorName(outcome, block.actor)} held the loop's thread`;
  return found("starved", tasks, latest.late.at, {
    message: `${subject(tasks)} woke up to ${formatTime(latest.late.ticks)} late, ${who}`,
    remedies: busy
      ? []
      : [
          block.actor === MAIN
            ? { does: "give the loop a thread of its own", axes: ownThread(outcome.strategy) }
            : { does: "hand the blocking step to a pool", axes: { offload: "threads" } },
        ],
    otherwise: busy
      ? `run it again when less else runs, more slowly (--speed), or in virtual time`
      : "let what blocks give way now and then, or block elsewhere than on the loop's thread",
  });
}

function race(outcome: Outcome): Found[] {
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
      remedies: [],
      otherwise: "put them in order: a join, a result or a channel makes one wait for the other",
    },
  ];
}

function loopBlocked(outcome: Outcome): Found[] {
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
      remedies: [
        inMain
          ? { does: "give the loop a thread of its own", axes: ownThread(outcome.strategy) }
          : { does: "hand the blocking step to a pool", axes: { offload: "threads" } },
      ],
      otherwise:
        block.actor === LAUNCH
          ? "move the blocking step out of launch into a task, and hand it to a pool"
          : "let it give way now and then, or block elsewhere than on the loop's thread",
    },
  ];
}
