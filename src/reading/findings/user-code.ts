/** Findings about what functions do beyond their calls: after a cancellation, after their end, for ever. */
import { TICKS_PER_MS, type Ticks } from "../../base/duration.ts";
import type { LeftBehind, Outlived } from "../user-code.ts";
import { type Case, kindOf } from "./case.ts";
import type { Detected } from "./finding.ts";

/** For as long as this a function may take to come to its end when it has been cancelled. */
const shortEnd: Ticks = 100 * TICKS_PER_MS;

/** From how long on it is worth a word that the process stays. */
const longStay: Ticks = 1000 * TICKS_PER_MS;

/** Calls that went on although their task had been cancelled. */
export function outlived(subject: Case): Detected<"outlived">[] {
  const { aftermath, wall } = subject;
  const isLong = ({ cancelledAt, endedAt, lines }: Outlived): boolean =>
    lines > 0 || (endedAt ?? wall) - cancelledAt >= shortEnd;
  return byCall(subject, aftermath.outlived.filter(isLong)).map((alike) => {
    const [first] = alike as [Outlived];
    const { cancelledAt, endedAt, inPool } = first;
    const lines = alike.reduce((sum, one) => sum + one.lines, 0);
    return {
      rule: "outlived",
      actors: actorsOf(alike),
      at: cancelledAt,
      evidence: { function: first.function, endedAt, until: endedAt ?? wall, lines, inPool },
    };
  });
}

/** What calls had set going, and went on when they had ended. */
export function wentOn(subject: Case): Detected<"left-behind">[] {
  return byCall(subject, subject.aftermath.wentOn).map((alike) => ({
    rule: "left-behind",
    actors: actorsOf(alike),
    at: alike[0]!.endedAt,
    evidence: {
      how: "went-on",
      function: alike[0]!.function,
      lines: alike.reduce((sum, one) => sum + one.lines, 0),
      values: alike.reduce((sum, one) => sum + one.values, 0),
      last: alike.reduce((most, one) => Math.max(most, one.last), 0),
    },
  }));
}

/** What a process that did not wait for it took with it. */
export function cutOff(subject: Case): Detected<"left-behind">[] {
  const { aftermath, interruptedBy, wall } = subject;
  if (interruptedBy !== null || aftermath.isAllOver) return [];
  const left = aftermath.leftBehind.filter(({ over }) => !over);
  const alike = Map.groupBy(left, (one) => `${one.function} ${one.source?.text}`);
  return [...alike.values()].map((some) => ({
    rule: "left-behind",
    actors: actorsOf(some),
    at: wall,
    evidence: { how: "cut-off", left: some[0]! },
  }));
}

/** All else being over, the process stayed. Where times are exact, nothing that keeps it is known. */
export function keptAlive(subject: Case): Detected<"kept-alive">[] {
  const { aftermath, interruptedBy, wall, main, exit } = subject;
  const { wasCalled, nothingLeftAt, leftBehind } = aftermath;
  const over = allElseOver(subject);
  if (over === null || !wasCalled || subject.precision === 0) return [];
  if (main.status !== "finished" || exit?.waits !== true) return [];
  const hasEnded = nothingLeftAt !== null;
  if (!hasEnded && !hadEnough(interruptedBy)) return [];
  const stayed = (nothingLeftAt ?? wall) - over;
  if (stayed < (hasEnded ? longStay : shortEnd)) return [];
  const left = hasEnded ? leftBehind : leftBehind.filter((one: LeftBehind) => !one.over);
  const because = left.at(-1) ?? null;
  return [
    {
      rule: "kept-alive",
      actors: because === null ? [] : [because.actor],
      at: over,
      evidence: { stayed, hasEnded, because },
    },
  ];
}

/** When main, every loop and every task were over; null when not all of them were. */
function allElseOver({ main, launches, tasks, left }: Case): Ticks | null {
  if (left.loop || left.jobs > 0) return null;
  let last: Ticks = 0;
  const isOver = ({ endedAt, status }: { endedAt: Ticks | null; status: string }): boolean => {
    last = Math.max(last, endedAt ?? 0);
    return endedAt !== null && status !== "interrupted" && status !== "abandoned";
  };
  if (!isOver(main)) return null;
  for (const launch of launches) if (launch.startedAt !== null && !isOver(launch)) return null;
  for (const [, task] of tasks) if (!isOver(task)) return null;
  return last;
}

/** Calls that were waited for when somebody had had enough. */
export function unsettled({ aftermath, interruptedBy, wall }: Case): Detected<"unsettled">[] {
  if (!hadEnough(interruptedBy)) return [];
  const alike = Map.groupBy(aftermath.open, (one) => one.function);
  return [...alike.values()].map((open) => ({
    rule: "unsettled",
    actors: actorsOf(open),
    at: open[0]!.since,
    evidence: { function: open[0]!.function, waited: wall - open[0]!.since },
  }));
}

/** Whether the run was ended since it had gone on for too long. */
function hadEnough(by: Case["interruptedBy"]): boolean {
  return by === "timeout" || by === "signal";
}

/** What the same function did for actors of the same kind. */
function byCall<One extends { actor: number; function: string }>(
  subject: Case,
  all: readonly One[],
): One[][] {
  const key = (one: One): string => `${kindOf(subject, one.actor)} ${one.function}`;
  return [...Map.groupBy(all, key).values()];
}

function actorsOf(alike: readonly { actor: number }[]): number[] {
  return alike.map(({ actor }) => actor);
}
