/** Advice on a scenario: the choice among what was compared, and the search for when it would be wrong. */
import { advise, type Advice, bySimplicity, unlessWords } from "../strategies/advice.ts";
import { type CounterExample, findCounterExample } from "../strategies/counter-example.ts";
import { writeDemands } from "../strategies/demand-words.ts";
import type { Demands } from "../strategies/demands.ts";
import { quotedForShell } from "../base/texts.ts";
import { EditableDocument } from "../scenario/editable.ts";
import type { Scenario } from "../scenario/model.ts";
import type { Source } from "../scenario/source.ts";
import {
  allStrategies,
  isSamePoint,
  neighboursOf,
  parseStrategy,
  type Strategy,
  toDocument,
} from "../scenario/strategy.ts";
import { poolSteps } from "../scenario/walk.ts";
import { canSimulate, type Compared, judge } from "./compare.ts";
import { simulate, tryOut } from "./perform-all.ts";

/** As many events, of well under a second, are run through in search of advice. */
const mostEvents = 700_000;

/** Nor more runs than that, however short they are: each takes a while by itself. */
const mostRuns = 600;

/** With fewer runs than that, no search for a counter-example is begun. */
const fewestRuns = 50;

/**
 * Says which strategy to choose, and the smallest change under which that would be wrong.
 *
 * @param runs what was compared, judged by `must`.
 */
export function adviseOn(
  source: Source,
  scenario: Scenario,
  runs: readonly Compared[],
  must: Demands,
): Advice {
  const events = eventsOf(source, scenario);
  const advice = chooseFrom(scenario, runs, must, events);
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
  const found = findCounterExample(question, tryOut, most);
  if (found === null) return advice;
  const message = unlessWords(choice.name, found);
  return {
    ...advice,
    unless: [
      {
        change: found.change.what,
        message,
        instead: found.instead?.name ?? null,
        document: documentOf(found, { source, scenario, choice, must, message }),
      },
    ],
  };
}

/**
 * The choice and its reasons. Where none of what was compared keeps what must hold, all others are
 * tried as well.
 *
 * @param events how many a run has, as `eventsOf` says.
 */
export function chooseFrom(
  scenario: Scenario,
  runs: readonly Compared[],
  must: Demands,
  events: number,
): Advice {
  const others = allStrategies().filter(
    (one) => !runs.some(({ strategy }) => isSamePoint(one, strategy)),
  );
  const beyond =
    runs.some(({ lacks }) => lacks.length === 0) || events * others.length > mostEvents
      ? []
      : others.map((strategy) => judge(simulate({ scenario, strategy }), must.all));
  return advise(scenario, runs, must, bySimplicity(beyond, scenario.strategy));
}

/** How many events a run has; infinitely many where it can only be performed for real. */
export function eventsOf(source: Source, scenario: Scenario): number {
  if (!canSimulate(scenario, source)) return Infinity;
  const { log } = simulate({ scenario, strategy: scenario.strategy });
  return log.chunks.reduce((sum, { length }) => sum + length, 0);
}

/**
 * What might be right instead of the choice, the simplest first, as a comparison of the changed
 * document would find it: there the choice is the document's own.
 */
function alternatives(
  choice: Strategy,
  compared: readonly Strategy[],
): (changed: Scenario) => readonly Strategy[] {
  const others = [...allStrategies(), ...compared, ...neighboursOf(choice)].filter(
    (one, index, all) =>
      !isSamePoint(one, choice) && all.findIndex((other) => isSamePoint(one, other)) === index,
  );
  const sorted = bySimplicity(
    others.map((strategy) => ({ strategy })),
    choice,
  ).map(({ strategy }) => strategy);
  // Where no step can be handed to a pool, one with a pool does what the simpler one without it does.
  const poolless = sorted.filter(({ offload }) => offload === "none");
  return (changed) => (poolSteps(changed).length === 0 ? poolless : sorted);
}

/** The changed scenario, of which a comparison says what the message says. */
function documentOf(
  { change, instead }: CounterExample,
  about: {
    source: Source;
    scenario: Scenario;
    choice: Strategy;
    must: Demands;
    message: string;
  },
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
