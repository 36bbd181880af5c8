/** Patterns for loops that were held, waited for themselves, or were used in a way that cannot work. */
import type { FindingFacts } from "../../facts.ts";
import type { HangingWait } from "../../../reading/hang.ts";
import type { Pattern } from "../../pattern.ts";
import { askAt, free } from "./facts.ts";

const besideOthers =
  "it runs beside the loop's own work, so what both use has to be safe for threads";

export const asyncSleep: Pattern = {
  ...free,
  name: "async-sleep",
  rules: ["loop-blocked"],
  does: "sleep as a coroutine, which leaves the loop to others",
  ask: (facts) => heldAt(facts, "async-sleep"),
};

export const toThread: Pattern = {
  ...free,
  name: "to-thread",
  rules: ["loop-blocked", "self-wait"],
  does: "run what holds the loop in a thread, and await that",
  price: besideOthers,
  isChoice: true,
  ask: (facts) => heldAt(facts, "to-thread") ?? waitsForItsLoop(facts, "task", "to-thread"),
};

export const awaitInstead: Pattern = {
  ...free,
  name: "await-instead",
  rules: ["self-wait", "loop-blocked", "loop-in-loop", "coroutine-never-awaited"],
  does: "await it where it is waited for: the loop runs it meanwhile",
  healsEnd: true,
  ask: (facts) =>
    waitsForItsLoop(facts, "task", "await-instead") ?? loopInLoop(facts, "await-instead"),
};

export const runInExecutor: Pattern = {
  ...free,
  name: "run-in-executor",
  rules: ["self-wait", "loop-blocked"],
  does: "let the loop hand its callback to a thread",
  price: `${besideOthers}, and what it fails with is only logged`,
  isChoice: true,
  healsEnd: true,
  ask: (facts) => waitsForItsLoop(facts, "callback", "run-in-executor"),
};

export const runInThread: Pattern = {
  ...free,
  name: "run-in-thread",
  rules: ["loop-in-loop", "coroutine-never-awaited"],
  does: "run the coroutine by a loop of its own, in a thread, and wait for that",
  price: "the loop that called it stands still meanwhile",
  mayBring: ["loop-blocked"],
  isChoice: true,
  healsEnd: true,
  ask: (facts) => loopInLoop(facts, "run-in-thread"),
};

export const cancelLeft: Pattern = {
  ...free,
  name: "cancel-left",
  rules: ["loop-closed-under-tasks"],
  does: "cancel what is left, and let it come to its end, before the loop is closed",
  price: "the loop goes on until what is left has ended, and its clean-up runs",
  ask: (facts) => closedAt(facts, "cancel-left"),
};

export const asyncioRun: Pattern = {
  ...free,
  name: "asyncio-run",
  rules: ["loop-closed-under-tasks"],
  does: "run it with asyncio.run, which cancels what is left and waits for that",
  price: "what is left is cancelled, and its clean-up runs",
  mayBring: ["lost-at-close"],
  ask: (facts) => closedAt(facts, "asyncio-run"),
};

export const handToLoop: Pattern = {
  ...free,
  name: "hand-to-loop",
  rules: ["wrong-thread"],
  does: "hand it to the loop, which is woken by that",
  price: "it happens in the loop's next turn",
  ask: (facts) =>
    facts.found.rule === "wrong-thread"
      ? askAt(facts, "hand-to-loop", facts.found.evidence.misused.place)
      : null,
};

/** Where a loop was closed. */
function closedAt(facts: FindingFacts, pattern: string) {
  const { found } = facts;
  return found.rule === "loop-closed-under-tasks"
    ? askAt(facts, pattern, found.evidence.place)
    : null;
}

/** Where a step stood that kept its loop, for a time. */
function heldAt(facts: FindingFacts, pattern: string) {
  const { found } = facts;
  if (found.rule !== "loop-blocked") return null;
  const { seen } = found.evidence.holder.longest;
  // What never ended is told by what it waited for.
  if (seen === undefined || seen.goesOn || seen.kind === null || seen.kind === "queued")
    return null;
  const place = facts.place(seen.place);
  const call = seen.kind === "blocked" ? (seen.call ?? place?.source ?? null) : null;
  return askAt(facts, pattern, seen.place, { call });
}

/** Where a task, or a callback, waited for work that its own thread's loop had to do. */
function waitsForItsLoop(facts: FindingFacts, by: "task" | "callback", pattern: string) {
  const [wait, kept] = circleOf(facts);
  if (wait?.for !== "result" || kept?.for !== "thread") return null;
  const kind = facts.outcome(wait.actor)?.kind;
  const isTask = kind === "task" || kind === "launch";
  if (isTask !== (by === "task")) return null;
  // What no task waits in is the thread's own program, where its loop calls back.
  if (!isTask && kind !== "main" && kind !== "callback" && kind !== "thread") return null;
  return askAt(facts, pattern, wait.place);
}

/** The circle of waits that a finding is about, where it is one. */
function circleOf({ found, reading }: FindingFacts): readonly HangingWait[] {
  if (found.rule === "self-wait") return found.evidence.circle;
  if (found.rule !== "loop-blocked") return [];
  const { seen } = found.evidence.holder.longest;
  if (seen?.goesOn !== true || seen.place === null) return [];
  const circles = reading.hangs.map(({ circle }) => circle);
  return circles.find(([wait]) => wait?.place === seen.place) ?? [];
}

/** Where a loop was to run on a thread that runs one already. */
function loopInLoop(facts: FindingFacts, pattern: string) {
  const { found, reading, finding } = facts;
  if (found.rule === "loop-in-loop") return askAt(facts, pattern, found.evidence.misused.place);
  const made = finding.places.find(({ is }) => is === "made")?.place ?? null;
  if (found.rule !== "coroutine-never-awaited") return null;
  const misused = reading.misused.find(
    ({ what, place }) => what === "loop-in-loop" && place === made && made !== null,
  );
  return misused === undefined ? null : askAt(facts, pattern, misused.place);
}
