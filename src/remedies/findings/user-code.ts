/** Findings about what user code does beyond its calls: after a cancellation, after their end, for ever. */
import { formatTime, TICKS_PER_MS, type Ticks } from "../../base/duration.ts";
import { counted } from "../../base/sentences.ts";
import { actorName, type Outcome } from "../../reading/outcome.ts";
import type { Aftermath, LeftBehind, Outlived, WentOn } from "../../reading/user-code.ts";
import { type Found, rules } from "./finding.ts";

/** For as long as this a function may take to come to its end when it has been cancelled. */
const shortEnd: Ticks = 100 * TICKS_PER_MS;

/** From how long on it is worth a word that the process stays. */
const longStay: Ticks = 1000 * TICKS_PER_MS;

export function userCodeGoesOn(outcome: Outcome): Found[] {
  const { aftermath } = outcome;
  return [
    ...groups(aftermath.outlived.filter((one) => isLong(outcome, one))).map((alike) =>
      outlived(outcome, alike),
    ),
    ...groups(aftermath.wentOn).map((alike) => wentOn(outcome, alike)),
    ...cutOff(outcome),
    ...keptAlive(outcome),
    ...unsettled(outcome),
  ];

  /** What the same function did for copies of the same task. */
  function groups<One extends { actor: number; function: string }>(all: One[]): One[][] {
    const { tasks } = outcome;
    const grouped = Map.groupBy(all, (one) => `${tasks[one.actor]?.spec.name} ${one.function}`);
    return [...grouped.values()];
  }
}

/** Who called, and how many other copies of it fared alike. */
function callers(outcome: Outcome, alike: { actor: number }[]): string {
  const [{ actor }] = alike as [{ actor: number }];
  if (alike.length === 1) return actorName(outcome, actor);
  return `${alike.length} copies of ${outcome.tasks[actor]?.spec.name ?? actorName(outcome, actor)}`;
}

function taskOf({ tasks }: Outcome, actor: number): string | null {
  return tasks[actor]?.spec.name ?? null;
}

function isLong({ wall }: Outcome, { cancelledAt, endedAt, lines }: Outlived): boolean {
  return lines > 0 || (endedAt ?? wall) - cancelledAt >= shortEnd;
}

function outlived(outcome: Outcome, alike: Outlived[]): Found {
  const [first] = alike as [Outlived];
  const end = first.endedAt ?? outcome.wall;
  const lines = alike.reduce((sum, one) => sum + one.lines, 0);
  const did = lines === 0 ? "" : ` and wrote ${counted(lines, "line")}`;
  const until =
    first.endedAt === null
      ? `and had not ended when the run did, at ${formatTime(end)}`
      : `until it had done all it does, at ${formatTime(end)}`;
  const why = first.inPool
    ? "a job that a pool has begun cannot be called off"
    : "it does not heed its signal";
  return {
    rule: "outlived",
    task: taskOf(outcome, first.actor),
    at: first.cancelledAt,
    message: `${callers(outcome, alike)} was cancelled at ${formatTime(first.cancelledAt)}, but ${first.function} went on for ${formatTime(end - first.cancelledAt)}${did}, ${until}: ${why}`,
    remedies: [],
    otherwise: first.inPool
      ? "let a job be short, or look now and then whether it is still wanted"
      : rules.outlived.fix,
  };
}

function wentOn(outcome: Outcome, alike: WentOn[]): Found {
  const [first] = alike as [WentOn];
  const sum = (of: (one: WentOn) => number): number =>
    alike.reduce((total, one) => total + of(one), 0);
  const [lines, values] = [sum((one) => one.lines), sum((one) => one.values)];
  const did = [
    ...(lines > 0 ? [`wrote ${counted(lines, "line")}`] : []),
    ...(values > 0 ? [`sent or asked for ${counted(values, "value")}`] : []),
  ].join(" and ");
  const last = alike.reduce((most, one) => Math.max(most, one.last), 0);
  return {
    rule: "left-behind",
    task: taskOf(outcome, first.actor),
    at: first.endedAt,
    message: `${first.function}, called by ${callers(outcome, alike)}, ${did} after its call had ended, the last at ${formatTime(last)}: nobody waits for what it sets going`,
    remedies: [],
    otherwise: "await in the function what it sets going",
  };
}

/** What a process that did not wait for it took with it. */
function cutOff(outcome: Outcome): Found[] {
  const { aftermath, interruptedBy, wall } = outcome;
  if (interruptedBy !== null || aftermath.isAllOver) return [];
  const alike = Map.groupBy(
    aftermath.leftBehind.filter(({ over }) => !over),
    (one) => `${one.function} ${one.source}`,
  );
  return [...alike.values()].map((left): Found => {
    const [first] = left as [LeftBehind];
    return {
      rule: "left-behind",
      task: taskOf(outcome, first.actor),
      at: wall,
      message: `${first.function}, called by ${callers(outcome, left)}, had ended and left ${thing(first)} behind, which the end of the process cut off`,
      remedies: [],
      otherwise: "await in the function what it is for, or clear it before the function ends",
    };
  });
}

/** All else being over, the process stayed. */
function keptAlive(outcome: Outcome): Found[] {
  const { aftermath, interruptedBy, wall, main, strategy, driver } = outcome;
  const { wasCalled, nothingLeftAt, leftBehind } = aftermath;
  const over = allElseOver(outcome);
  if (over === null || !wasCalled || driver === "virtual") return [];
  if (main.status !== "finished" || strategy.atExit === "abandon") return [];
  const hadEnough = interruptedBy === "timeout" || interruptedBy === "signal";
  if (nothingLeftAt === null && !hadEnough) return [];
  const stayed = (nothingLeftAt ?? wall) - over;
  if (stayed < (nothingLeftAt === null ? shortEnd : longStay)) return [];
  const left = leftBehind.filter((one) => !one.over);
  const because = (nothingLeftAt === null ? left : leftBehind).at(-1);
  const why =
    because === undefined
      ? "something that user code had left alive: a timer, a socket, a process"
      : `${thing(because)} of ${because.function}`;
  return [
    {
      rule: "kept-alive",
      task: because === undefined ? null : taskOf(outcome, because.actor),
      at: over,
      message:
        nothingLeftAt === null
          ? `all else was over at ${formatTime(over)}, and the process had not ended ${formatTime(stayed)} later, because of ${why}`
          : `all else was over at ${formatTime(over)}, and the process stayed for ${formatTime(stayed)} more because of ${why}`,
      remedies: [],
      otherwise: rules["kept-alive"].fix,
    },
  ];
}

/** When main, the loop and every task were over; null when not all of them were. */
function allElseOver({ main, launch, tasks, left }: Outcome): Ticks | null {
  if (left.loop || left.jobs > 0) return null;
  const ends = [main, ...(launch.startedAt === null ? [] : [launch]), ...tasks].map(
    ({ endedAt, status }) => (status === "interrupted" || status === "abandoned" ? null : endedAt),
  );
  return ends.includes(null) ? null : Math.max(...(ends as Ticks[]));
}

/** Calls that were waited for when somebody had had enough. */
function unsettled(outcome: Outcome): Found[] {
  const { aftermath, interruptedBy, wall } = outcome;
  if (interruptedBy !== "timeout" && interruptedBy !== "signal") return [];
  const alike = Map.groupBy(aftermath.open, (one) => one.function);
  return [...alike.values()].map((open): Found => {
    const [first] = open as [Aftermath["open"][number]];
    return {
      rule: "unsettled",
      task: taskOf(outcome, first.actor),
      at: first.since,
      message: `${callers(outcome, open)} had waited ${formatTime(wall - first.since)} for ${first.function} when the run was ended; whether it would ever have come to its end is not known`,
      remedies: [],
      otherwise: rules.unsettled.fix,
    };
  });
}

function thing({ what, source }: LeftBehind): string {
  const name = what === "interval" ? "an interval" : "a timer";
  return `${name}${source === null ? "" : ` (${source})`}`;
}
