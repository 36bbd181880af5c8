/**
 * One scenario under several strategies: performing them, judging them, and looking for when the
 * choice would be wrong. For the command and for the session.
 */
import { advise, type Advice, bySimplicity, type Judged, unlessWords } from "../analysis/advice.ts";
import { allStrategies, figuresOf, neighboursOf } from "../analysis/comparison.ts";
import { findCounterExample } from "../analysis/counter-example.ts";
import { type Demand, type Demands, demandsBeside, lacksOf } from "../analysis/demands.ts";
import { findFindings } from "../analysis/findings.ts";
import { Lanes } from "../analysis/lanes.ts";
import { type Outcome, readOutcome } from "../analysis/outcome.ts";
import { runVirtually } from "../drivers/virtual/virtual.ts";
import type { EventLog } from "../events/log.ts";
import { areCallsTimed, callProblems } from "../scenario/calls.ts";
import { EditableDocument } from "../scenario/change.ts";
import type { Ticks } from "../scenario/duration.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Source } from "../scenario/source.ts";
import { namedStrategies, parseStrategy, type Strategy } from "../scenario/strategy.ts";
import {
  type Manner,
  performAll,
  type Performed,
  type Piece,
  simulate,
  tryOut,
} from "./perform-all.ts";
import type { EndingSignal } from "./signals.ts";

/** What one strategy came to: all that is kept of a run, whose events may be millions. */
export interface Compared extends Judged {
  lanes: Lanes;
  wall: Ticks;
}

/** How much durations vary, and how often, in the search for what luck decides. */
const luck = { share: 0.01, runs: 64 };

/** Performs a scenario in virtual time again and again, each time with durations a little different. */
export function* simulateVaried(scenario: Scenario, strategy: Strategy): Generator<Outcome> {
  const plan = { scenario, strategy, runtime: `Bun ${Bun.version}` };
  for (let seed = 0; seed < luck.runs; seed++) {
    const log = runVirtually(plan, null, { share: luck.share, seed });
    yield readOutcome({ scenario, strategy, driver: "virtual", speed: 1 }, log);
  }
}

/**
 * Performs a scenario under each strategy.
 *
 * @param keep takes what is wanted of a run, whose events may be millions.
 * @returns what was kept, in the order of the strategies; or the signal by which the user ended it.
 */
export async function performUnder<Kept>(
  { scenario, folder }: Omit<Piece, "strategy">,
  strategies: readonly Strategy[],
  manner: Manner,
  keep: (run: Performed) => Kept,
): Promise<{ kept: Kept[]; done: number; signal: EndingSignal | null }> {
  const kept: Kept[] = [];
  const pieces = strategies.map((strategy, index) => ({ scenario, strategy, folder, index }));
  const nameOf = ({ strategy }: Piece): string => strategy.name;
  const { done, signal } = await performAll(pieces, manner, nameOf, ({ index }, run) => {
    if (run instanceof Error) throw run;
    kept[index] = keep(run);
  });
  return { kept, done, signal };
}

/** The strategies that are compared where the user names none. */
export function defaultStrategies(scenario: Scenario): readonly Strategy[] {
  return scenario.compare ?? Object.keys(namedStrategies).map(parseStrategy);
}

/** Holds a run against what must hold. */
export function judge({ outcome, log }: Performed, demands: readonly Demand[]): Compared {
  const { scenario, strategy } = outcome;
  return {
    strategy,
    figures: figuresOf(outcome),
    lacks: lacksOf(outcome, demands),
    fixes: () => fixesOf(areCallsTimed(scenario) ? tryOut(scenario, strategy) : outcome),
    wall: outcome.wall,
    lanes: new Lanes(scenario, strategy).hearAll(log),
  };
}

/** What to do about the findings of a run. */
function fixesOf(outcome: Outcome): string[] {
  // An order that luck decides is in nobody's way.
  return findFindings(outcome, tryOut).flatMap(({ rule, fix }) => (rule === "race" ? [] : [fix]));
}

/** Whether virtual time knows how long everything takes; user code takes as long as it takes. */
export function canSimulate(scenario: Scenario, { folder }: Source): boolean {
  return callProblems(scenario, folder, new Set()).length === 0;
}

/** As many events, of well under a second, are run through in search of advice. */
const mostEvents = 700_000;

/** With fewer runs than that, no search for a counter-example is begun. */
const fewestRuns = 50;

/** Of the strategies compared, as many are looked at as what would be right in place of the choice. */
const mostOthers = 12;

/**
 * Says which strategy to choose, and the smallest change under which that would be wrong.
 *
 * @param runs what was compared, judged by `must`.
 * @param beside the run under the scenario's own strategy.
 */
export function adviseOn(
  source: Source,
  scenario: Scenario,
  runs: readonly Compared[],
  must: Demands,
  beside: Outcome,
): Advice {
  const own = scenario.strategy;
  const demands = demandsBeside(must, beside);
  const events = canSimulate(scenario, source)
    ? countEvents(simulate({ scenario, strategy: own }).log)
    : Infinity;
  const judgeAll = (strategies: readonly Strategy[]): Compared[] =>
    strategies.map((strategy) => judge(simulate({ scenario, strategy }), demands));
  const compared = new Set(runs.map(({ strategy }) => strategy.name));
  const all = allStrategies().filter(({ name }) => !compared.has(name));
  const beyond =
    runs.some(({ lacks }) => lacks.length === 0) || events * all.length > mostEvents
      ? []
      : bySimplicity(judgeAll(all), own);
  const advice = advise(scenario, runs, { demands, source: must.source }, beyond);
  if (advice.choose === null) return advice;
  const mostRuns = Math.floor(mostEvents / events);
  if (mostRuns < fewestRuns) {
    const notSought =
      events === Infinity
        ? "nobody knows how long its functions take"
        : `with ${events.toLocaleString("en")} events a run, that would take long`;
    return { ...advice, notSought };
  }
  const choice = parseStrategy(advice.choose);
  const others = unique([
    ...runs.slice(0, mostOthers).map(({ strategy }) => strategy),
    ...Object.keys(namedStrategies).map(parseStrategy),
    ...neighboursOf(choice),
  ]).filter(({ name }) => name !== choice.name);
  const counterExample = findCounterExample(
    scenario,
    choice,
    bySimplicity(
      others.map((strategy) => ({ strategy })),
      own,
    ).map(({ strategy }) => strategy),
    must,
    tryOut,
    mostRuns,
  );
  if (counterExample === null) return advice;
  const { change, instead } = counterExample;
  const message = unlessWords(choice.name, counterExample);
  const document = new EditableDocument(source.text, scenario);
  change.write(document);
  document.set("strategy", strategyValue(choice));
  document.set("compare", [choice, ...(instead === null ? [] : [instead])].map(strategyValue));
  if (must.source !== "expect") document.delete("expect");
  document.say(` ${message}`);
  return {
    ...advice,
    unless: [
      {
        change: change.what,
        message,
        instead: instead?.name ?? null,
        document: document.toString(),
      },
    ],
  };
}

/** A strategy as a document has it: a name, or an object with its axes. */
function strategyValue({ name }: Strategy): unknown {
  const [use, ...axes] = name.split(",");
  if (axes.length === 0) return use;
  return {
    use,
    ...Object.fromEntries(
      axes.map((axis) => {
        const [key, value] = axis.split("=") as [string, string];
        return [key, key === "workers" ? Number(value) : value];
      }),
    ),
  };
}

function unique(strategies: readonly Strategy[]): Strategy[] {
  return [...new Map(strategies.map((one) => [one.name, one])).values()];
}

function countEvents(log: EventLog): number {
  return log.chunks.reduce((sum, { length }) => sum + length, 0);
}
