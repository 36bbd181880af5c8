/**
 * The odds of `--jitter` as one JSON object.
 *
 * All times are milliseconds of scenario time from the start of main; shares are 0 to 1.
 */
import type { Plan } from "../outcome/plan.ts";
import type { Spread } from "../base/shares.ts";
import type { Moment, Pair, SensitivityReport, Tally } from "../strategies/sensitivity.ts";
import { threads } from "../scenario/numbers.ts";
import { TICKS_PER_MS } from "../base/duration.ts";
import type { Jitter } from "../scenario/jitter.ts";
import { strategyToJson } from "./json.ts";

/** The most outcomes that are listed; where a thousand tasks each fare by luck, no two runs are alike. */
const mostOutcomes = 1000;

export function sensitivityToJson(
  { scenario, strategy }: Pick<Plan, "scenario" | "strategy">,
  jitter: Jitter,
  report: SensitivityReport,
  interrupted: boolean,
) {
  const { runs, main, endings } = report;
  const shares = (statuses: Tally<string>): Record<string, number> =>
    Object.fromEntries(statuses.map((one) => [one.status, one.runs / runs]));
  return {
    scenario: scenario.name,
    strategy: strategyToJson(strategy),
    driver: "virtual",
    jitter: jitter.share,
    seed: jitter.seed,
    runs,
    interrupted,
    main: { statuses: shares(main.statuses), endedAt: spreadToJson(main.endedAt) },
    wall: spreadToJson(report.wall),
    tasks: report.tasks.map(({ name, statuses, lost }) => ({
      name,
      statuses: shares(statuses),
      lost: lost / runs,
    })),
    lost: report.lost / runs,
    deadlocked: report.deadlocked / runs,
    /** What was never seen happens less often, with 95 % confidence: the rule of three. */
    unseenBelow: Math.min(1, 3 / runs),
    outcomes: endings.slice(0, mostOutcomes).map((ending) => ({
      share: ending.runs / runs,
      runs: ending.runs,
      seed: ending.seed,
      main: ending.main,
      interruptedBy: ending.interruptedBy,
      tasks: ending.tasks,
    })),
    outcomesLeftOut: Math.max(0, endings.length - mostOutcomes),
    luck: report.luck.map(toOrder),
    always: report.always.map(toOrder),
    notFollowed: report.notFollowed,
  };
}

function toOrder({ first, second, both, inOrder, gap, by }: Pair) {
  return {
    first: toMoment(first),
    second: toMoment(second),
    share: inOrder / both,
    runs: both,
    leastGap: gap / TICKS_PER_MS,
    by,
  };
}

function toMoment({ kind, text, who, thread, nth }: Moment) {
  return { kind, of: who, thread: threads[thread]!, text, nth: Math.max(1, nth) };
}

/** A spread of times, in ms. */
export function spreadToJson({ min, median, p95, max }: Spread): Spread {
  return {
    min: min / TICKS_PER_MS,
    median: median / TICKS_PER_MS,
    p95: p95 / TICKS_PER_MS,
    max: max / TICKS_PER_MS,
  };
}
