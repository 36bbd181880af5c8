/**
 * The verdict: what became of main, launch and every task, in plain words for a terminal.
 *
 * Meaning is in the words alone; there is no colour to miss.
 */
import type { ToldFinding } from "../../remedies/findings.ts";
import type { HeardBy } from "../../reading/entities.ts";
import {
  actorName,
  endedAtShutdown,
  isLost,
  outlivesRecord,
  type Outcome,
  type TaskOutcome,
  wasStopped,
} from "../../outcome/outcome.ts";
import type { Driver } from "../../outcome/plan.ts";
import { functionName } from "../../scenario/calls.ts";
import { formatDuration, formatTime } from "../../base/duration.ts";
import { headingOf } from "../../scenario/axes.ts";
import type { Kill } from "../../scenario/kill.ts";
import type { LeafStep } from "../../scenario/model.ts";
import type { Strategy } from "../../scenario/strategy.ts";
import type { Standpoint } from "../../scenario/walk.ts";
import { wrap } from "../../base/layout.ts";
import { counted } from "../../base/sentences.ts";
import { joined, type TerminalText } from "../../base/texts.ts";
import { formatCount } from "../../base/count.ts";
import { exactPercent } from "../../base/shares.ts";
import type { Verdict } from "../model/report.ts";
import { at, layOut, quoted, renderFinding, type Row, shorten } from "./rows.ts";

/** The most rows of tasks shown; copies that fared alike share one. */
const mostRows = 20;

/** @returns lines, each ending in a newline and none wider than `width` where words allow it. */
export function renderVerdict(
  outcome: Outcome,
  findings: ToldFinding[],
  width: number,
): TerminalText {
  const { headline, rows, sentences } = runVerdict(outcome);
  return joined(
    [
      wrap(headline, width - 2, "  "),
      "",
      ...layOut(rows, width),
      "",
      ...sentences.map((sentence) => wrap(sentence, width)),
      ...findings.flatMap((finding) => renderFinding(finding, width)),
      "",
    ],
    "\n",
  );
}

/** What the verdict says, findings left out. */
export function runVerdict(outcome: Outcome): Verdict {
  return {
    headline: headline(outcome),
    rows: [mainRow(outcome), launchRow(outcome.launch), ...taskRows(outcome)],
    sentences: summary(outcome),
  };
}

function headline(outcome: Outcome): string {
  const how = howItRan(outcome.driver);
  return `${outcome.scenario.name}, strategy ${outcome.strategy.name} (${headingOf(outcome.strategy)}), ${how}: ${formatTime(outcome.wall)}`;
}

/** How a run was performed, as "for real, at speed 10". */
export function howItRan(driver: Driver): string {
  if (driver.kind === "real")
    return driver.speed === 1 ? "for real" : `for real, at speed ${driver.speed}`;
  const { jitter } = driver;
  return jitter === null
    ? "in virtual time"
    : `in virtual time with jitter ${exactPercent(jitter.share)}, seed ${jitter.seed}`;
}

function mainRow(outcome: Outcome): Row {
  const { main } = outcome;
  const stood = main.blocked > 0 ? `stood still for ${formatTime(main.blocked)}` : "";
  return {
    who: "main",
    status: main.status,
    when: at(main.endedAt),
    story: [main.error === null ? "" : quoted(main.error), stood]
      .filter((part) => part !== "")
      .join("; "),
  };
}

function launchRow({ status, endedAt, error, heard }: Outcome["launch"]): Row {
  return {
    who: "launch",
    status,
    when: at(endedAt),
    story: error === null ? "" : [quoted(error), heardWords(heard)].join("; "),
  };
}

/** Tasks that fared alike, but for their times, are told once. */
function taskRows(outcome: Outcome): Row[] {
  const alike = Map.groupBy(outcome.tasks, (task) =>
    [
      task.spec.name,
      task.status,
      task.error,
      task.heard?.by,
      task.heard?.into,
      task.stepsDone,
      task.cleanup,
      task.cancelled?.reason,
      task.lost,
      task.attempts.map(({ how }) => how).join(),
    ].join("\0"),
  );
  const rows = [...alike.values()].map((tasks) => taskRow(tasks, outcome));
  if (rows.length <= mostRows) return rows;
  const more = {
    who: "...",
    status: `${rows.length - mostRows} more`,
    when: "",
    story: "kinds of outcome; --json has them all",
  };
  return [...rows.slice(0, mostRows), more];
}

function taskRow(tasks: TaskOutcome[], outcome: Outcome): Row {
  const [first] = tasks as [TaskOutcome];
  const ends = tasks.map((task) => task.endedAt).filter((end) => end !== null);
  const least = ends.reduce((a, b) => Math.min(a, b), Infinity);
  const most = ends.reduce((a, b) => Math.max(a, b), 0);
  const several = ends.length > 0 && least !== most;
  return {
    who: tasks.length === 1 ? first.name : `${first.spec.name} x ${formatCount(tasks.length)}`,
    status: outlivesRecord(first, outcome) ? "alive" : first.status,
    when: several ? `${at(least)} to ${at(most)}` : at(first.endedAt),
    story: story(first, outcome),
  };
}

function story(task: TaskOutcome, { strategy, interruptedBy }: Outcome): string {
  const parts: string[] = [];
  if (task.status === "failed")
    parts.push(quoted(task.error!), heardWords(task.heard, strategy.settle));
  if (task.status !== "finished" && task.status !== "unstarted")
    parts.push(`${task.stepsDone} of ${counted(task.steps, "step")} done`);
  if (wasStopped(task)) {
    if (task.startedAt === null) parts.push("never had a turn");
    else if (task.stoodAt !== null) parts.push(`stood at ${standpointWords(task.stoodAt)}`);
    parts.push(...stopWords(task));
  }
  if (task.enqueueBeganAt !== null && task.queuedAt === null && task.status === "unstarted")
    parts.push("never stored in its queue");
  if (task.acknowledgedAt !== null && task.lost) parts.push("it is off its queue");
  else if (task.queuedAt !== null && task.endedAt === null)
    // A run by itself ends only when its queue is empty.
    parts.push(
      interruptedBy === null || interruptedBy === "kill"
        ? "a worker process of somebody else's performed it"
        : "it is still in its queue",
    );
  parts.push(...attemptWords(task));
  if (task.cleanup === "skipped") parts.push("its clean-up did not run");
  if (task.cleanup === "cut-short") parts.push("its clean-up did not run to its end");
  if (task.cleanup === "ran" && task.status !== "finished") parts.push("its clean-up ran");
  return parts.join("; ");
}

/** What a durable queue had to do for a task; nothing where one attempt was enough. */
function attemptWords({ attempts }: TaskOutcome): string[] {
  if (attempts.length < 2) return [];
  const words = { completed: "completed", failed: "failed", refused: "refused" } as const;
  const ends = attempts.map(({ how }) => words[how as keyof typeof words] ?? "cut off");
  return [`${attempts.length} attempts (${ends.join(", ")})`];
}

/** @param settle how launch hears of its tasks. */
function heardWords(heard: HeardBy | null, settle: Strategy["settle"] = "none"): string {
  switch (heard?.by) {
    case "raised":
      return heard.into === "launch" && settle === "settled"
        ? "collected by launch"
        : `raised in ${heard.into}`;
    case "logged":
      return `a line on stderr at ${formatTime(heard.at!)}`;
    default:
      return "nobody heard of it";
  }
}

/** Who stopped a task that came to no end of its own. */
function stopWords(task: TaskOutcome): string[] {
  const { status, cancelled } = task;
  if (endedAtShutdown(task))
    return [
      status === "cancelled"
        ? "cancelled at shutdown, as it is meant to be"
        : "ended with its process, as it is meant to",
    ];
  if (task.destroyed) return ["destroyed while pending, since its loop had closed"];
  switch (cancelled?.reason) {
    case "group-failed":
      return ["given up because its group failed"];
    case "timed-out":
      return ["given up because the completion point timed out"];
    case "loop-closed":
      return status === "cancelled" ? ["cancelled when the loop closed"] : [];
    case "main-ended":
      return status === "cancelled" ? ["cancelled because main ended"] : [];
    default:
      return [];
  }
}

/** A step of the document, as "line 10 (sleep: 2s, iteration 3)". */
export function standpointWords({ step, iteration }: Standpoint): string {
  const repeat = iteration > 0 ? `, iteration ${iteration}` : "";
  return `line ${step.position.line} (${shorten(stepWords(step))}${repeat})`;
}

/** A step about as it stands in the document. */
function stepWords(step: LeafStep): string {
  switch (step.kind) {
    case "print":
      return `print: ${step.text}`;
    case "fail":
      return `fail: ${step.message}`;
    case "sleep":
    case "block":
    case "compute":
      return `${step.kind}: ${formatDuration(step.ticks)}`;
    case "receive":
      return `receive: ${step.channel}`;
    case "send":
      return `send to ${step.channel}`;
    case "call":
      return `call: ${functionName(step)}`;
    default:
      return step.kind;
  }
}

function summary(outcome: Outcome): string[] {
  const { tasks, interruptedBy, exitCode, lateness, longestBlock } = outcome;
  const lost = tasks.filter(isLost).length;
  const failed = tasks.filter((task) => task.status === "failed").length;
  const sentences: string[] = [];
  if (interruptedBy !== null) sentences.push(interruptionWords(outcome));
  sentences.push(...killSentences(outcome));
  const kept =
    tasks.length === 0 ? "There were no tasks" : `${lost} of ${counted(tasks.length, "task")} lost`;
  const givenUp = tasks.filter((task) => task.givenUp !== null && !isLost(task)).length;
  const dropped = givenUp > 0 ? `, ${givenUp} given up` : "";
  const open = tasks.filter((task) => outlivesRecord(task, outcome)).length;
  const alive = open > 0 ? `, ${open} alive when it ends` : "";
  const broke = failed > 0 ? `, ${failed} failed` : "";
  const status = exitCode === null ? "" : `; the program's exit status is ${exitCode}`;
  sentences.push(`${kept}${dropped}${broke}${alive}${status}.`);
  if (interruptedBy === null && outcome.driver.kind === "real" && !outcome.aftermath.isAllOver)
    sentences.push(
      "What your functions set going without waiting for it is not among these: the process ended before it was known to be over.",
    );
  if (leavesInQueue(outcome))
    sentences.push(
      "What had not come to its end is in the queue: it can be performed by tandem worker where --engine has named that, and is removed with the run where not.",
    );
  const madeLate =
    lateness.max > 0 || outcome.blame.holders.some(({ victims }) => victims.length > 0);
  if (longestBlock !== null && madeLate) {
    const late = lateness.max > 0 ? `; sleeps ended up to ${formatTime(lateness.max)} late` : "";
    sentences.push(
      `The event loop was held for up to ${formatTime(longestBlock.ticks)} (by ${actorName(outcome, longestBlock.actor)})${late}.`,
    );
  }
  return sentences;
}

/** Whether a real run was ended while its durable queue held tasks. */
function leavesInQueue({ tasks, driver, interruptedBy }: Outcome): boolean {
  const isEnded = interruptedBy !== null && interruptedBy !== "kill";
  return (
    isEnded &&
    driver.kind === "real" &&
    tasks.some(
      ({ queuedAt, acknowledgedAt, status }) =>
        queuedAt !== null &&
        acknowledgedAt === null &&
        status !== "finished" &&
        status !== "failed",
    )
  );
}

/** What followed the end of a worker process, as the end of a sentence. */
function afterKill({ strategy, reading }: Outcome): string {
  if (strategy.consumers === null) return ", which broke its pool";
  // Where there is nothing left to take, no further one is started.
  const further = reading.processes.slice(1 + strategy.consumers);
  return further.some(({ endedAt }) => endedAt !== null) ? ", and another one took its place" : "";
}

/** What was killed beside main, and what was to be killed and was not there any more. */
function killSentences(outcome: Outcome): string[] {
  const { scenario, reading, interruptedBy, wall } = outcome;
  const after = afterKill(outcome);
  const workers = reading.processes.slice(1).filter((one) => one.interruptedBy === "kill");
  const isDone = ({ what }: Kill): boolean =>
    what === "worker" ? workers.length > 0 : interruptedBy === "kill";
  const missed = scenario.kills.find((kill) => !isDone(kill));
  return [
    ...workers.map(
      ({ name, endedAt }) =>
        `The worker process ${name} was killed at ${formatTime(endedAt!)}${after}.`,
    ),
    ...(missed === undefined || interruptedBy !== null
      ? []
      : [
          `Nothing was killed at ${formatTime(missed.at)}: ${missed.at < wall ? "there was no worker process any more" : `the process had ended at ${formatTime(wall)}`}.`,
        ]),
  ];
}

function interruptionWords({ interruptedBy, interruption, wall, main }: Outcome): string {
  // Whatever outlives main, it was its process that was killed.
  const when = formatTime(interruptedBy === "kill" ? (main.endedAt ?? wall) : wall);
  switch (interruptedBy) {
    case "timeout":
      return `Ended by --timeout at ${when}.`;
    case "watchdog":
      return `Ended by tandem at ${when}: the run took far longer than everything in it one after the other.`;
    case "crash":
      return `The process of the run ended unexpectedly at ${when}: ${interruption ?? "nobody knows why"}.`;
    case "cut-off":
      return `The record ends at ${when}; what happened afterwards is not in it.`;
    case "kill":
      return `Killed at ${when} (SIGKILL).`;
    case "deadlock":
      return `Deadlocked at ${when}.`;
    default:
      return `Interrupted at ${when}; this is what had happened by then.`;
  }
}
