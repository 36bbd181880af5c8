/** Advice on a scenario: the choice among what was compared, and the search for when it would be wrong. */
import { quotedForShell } from "../base/texts.ts";
import { areCallsTimed } from "../scenario/calls.ts";
import { EditableDocument } from "../scenario/editable.ts";
import type { Run } from "../outcome/run.ts";
import type { Scenario } from "../scenario/model.ts";
import { sizeOf } from "../scenario/size.ts";
import type { Source } from "../scenario/source.ts";
import {
  alternativesTo,
  isSamePoint,
  isWithinProcess,
  neighboursOf,
  parseStrategy,
  type Strategy,
  toDocument,
} from "../scenario/strategy.ts";
import { mistakesOf } from "../scenario/axes.ts";
import { canOutlive, poolSteps } from "../scenario/walk.ts";
import type { Simulate } from "../remedies/simulate.ts";
import { advise, type Advice, bySimplicity, unlessWords } from "./advice.ts";
import { type CounterExample, findCounterExample } from "./counter-example.ts";
import { writeDemands } from "./demand-words.ts";
import type { Demands } from "./demands.ts";
import { type Compared, judge } from "./judge.ts";

/** The most events that are simulated in search of advice, which takes well under a second. */
const mostEvents = 700_000;

/** The most runs, however short: each has a cost of its own. */
const mostRuns = 600;

/** How long an event takes, in ms. */
const eventMs = 2e-3;

/** The fewest runs with which a search for a counter-example is begun. */
const fewestRuns = 50;

/** The subject of advice: a scenario, and what must hold. */
export interface Advising {
  source: Source;
  /** As it was read from the source. */
  scenario: Scenario;
  must: Demands;
  /** Runs a plan in virtual time. */
  simulate: (plan: { scenario: Scenario; strategy: Strategy }) => Run;
}

/**
 * Says which strategy to choose, and the smallest change under which that would be wrong.
 *
 * @param runs what was compared, judged by what must hold.
 */
export function adviseOn(advising: Advising, runs: readonly Compared[]): Advice {
  const { scenario, must } = advising;
  const events = eventsOf(advising);
  const advice = chooseFrom(advising, runs, events);
  if (advice.choose === null) return advice;
  const most = Math.min(mostRuns, Math.floor(mostEvents / events));
  if (most < fewestRuns) {
    const notSought =
      events === Infinity
        ? "nobody knows how long its functions take"
        : `with ${events.toLocaleString("en")} events a run, that would take long`;
    return { ...advice, notSought };
  }
  const choice = parseStrategy(advice.choose);
  const compared = runs.map(({ strategy }) => strategy);
  const others = alternatives(choice, compared);
  const question = { scenario, choice, others, demands: must.all };
  const found = findCounterExample(question, tryOutWith(advising), most);
  if (found === null) return advice;
  const message = unlessWords(choice.name, found);
  return {
    ...advice,
    unless: [
      {
        change: found.change.what,
        message,
        instead: found.instead?.name ?? null,
        document: documentOf(found, { ...advising, choice, message }),
      },
    ],
  };
}

/**
 * The choice and its reasons. Where none of what was compared keeps what must hold, all others are
 * tried as well.
 *
 * @param events how many a run has.
 */
export function chooseFrom(
  advising: Advising,
  runs: readonly Compared[],
  events = eventsOf(advising),
): Advice {
  const { scenario, must, simulate } = advising;
  const tryOut = tryOutWith(advising);
  const others = alternativesTo(runs.map(({ strategy }) => strategy)).filter(
    (one) => !runs.some(({ strategy }) => isSamePoint(one, strategy)),
  );
  const beyond =
    runs.some(({ lacks }) => lacks.length === 0) || events * others.length > mostEvents
      ? []
      : others.map((strategy) => judge(simulate({ scenario, strategy }), must.all, tryOut));
  return advise(scenario, runs, must, bySimplicity(beyond, scenario.strategy));
}

function tryOutWith({ simulate }: Advising): Simulate {
  return (scenario, strategy) => simulate({ scenario, strategy }).outcome;
}

/**
 * The number of events of a run, and of what takes as long as events and is none, as looks into a queue; infinite
 * where it can only be performed for real.
 */
function eventsOf({ scenario, simulate }: Advising): number {
  if (!areCallsTimed(scenario)) return Infinity;
  const { trace } = simulate({ scenario, strategy: scenario.strategy });
  // Where it can be handed to a queue, that is among what is tried.
  const durable = canOutlive(scenario) ? [parseStrategy("durable")] : [];
  const looks = [scenario.strategy, ...durable]
    .filter((strategy) => !isWithinProcess(strategy))
    .map((strategy) => sizeOf(scenario, "virtual", strategy).ms / eventMs);
  return Math.round(Math.max(trace.log.length, ...looks));
}

/**
 * The strategies that might be right instead of the choice, the simplest first, in the order that a
 * comparison of the changed document has: there the choice is the document's own strategy.
 */
function alternatives(
  choice: Strategy,
  compared: readonly Strategy[],
): (changed: Scenario) => readonly Strategy[] {
  const others = [...alternativesTo(compared), ...compared, ...neighboursOf(choice)].filter(
    (one, index, all) =>
      !isSamePoint(one, choice) &&
      mistakesOf(one).length === 0 &&
      all.findIndex((other) => isSamePoint(one, other)) === index,
  );
  const sorted = bySimplicity(
    others.map((strategy) => ({ strategy })),
    choice,
  ).map(({ strategy }) => strategy);
  // Where no step can be handed to a pool, one with a pool does what the simpler one without it does.
  const poolless = sorted.filter(({ offload }) => offload === "none");
  return (changed) => (poolSteps(changed).length === 0 ? poolless : sorted);
}

/** The document with the change. A comparison of it says the same as the advice. */
function documentOf(
  { change, instead }: CounterExample,
  about: Advising & { choice: Strategy; message: string },
): string {
  const { source, scenario, choice, must, message } = about;
  const document = new EditableDocument(source.text, scenario);
  change.write(document);
  document.set("strategy", toDocument(choice));
  document.set("compare", [choice, ...(instead === null ? [] : [instead])].map(toDocument));
  if (must.source !== "expect") document.delete("expect");
  const words = quotedForShell(writeDemands(must.all));
  document.say(` ${message}\n To see it: tandem compare FILE --must ${words}`);
  return document.toString();
}
