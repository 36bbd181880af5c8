/**
 * Advice on the choice of a strategy: the simplest that meets all demands, in sentences with figures.
 *
 * Invariant: every sentence is read off runs that have been performed.
 */
import { formatTime } from "../base/duration.ts";
import type { Scenario } from "../scenario/model.ts";
import { alternativesTo, does, type Strategy } from "../scenario/strategy.ts";
import { complexity, type Figures, type Judged } from "./comparison.ts";
import { costOf } from "./cost.ts";
import type { CounterExample } from "./counter-example.ts";
import type { Demand, Demands } from "./demands.ts";
import { list } from "../base/sentences.ts";

export interface Advice {
  /** The demands: as on the command line, and in words. */
  must: Pick<Demand, "written" | "says">[];
  /** The source of the demands: the user, `expect` or the default. */
  source: Demands["source"];
  /** The name of the strategy to choose; null where none meets all demands. */
  choose: string | null;
  because: string[];
  /** The cost of the choice in words; null without a choice. */
  cost: string | null;
  /** The counter-example: the change of the scenario under which the choice would be wrong. */
  unless: {
    change: string;
    message: string;
    /** The strategy that is right then, if any. */
    instead: string | null;
    /** The scenario with the change, ready to run. */
    document: string;
  }[];
  /** The reason why no counter-example was sought; null where one was, or nothing is chosen. */
  notSought: string | null;
}

/** Judged strategies from the simplest to the most complex. */
export function bySimplicity<Run extends Pick<Judged, "strategy">>(
  runs: readonly Run[],
  own: Strategy,
): Run[] {
  return runs.toSorted((a, b) => complexity(a.strategy, own) - complexity(b.strategy, own));
}

/** The simplest strategy that meets all demands. @param sorted by simplicity. */
export function simplestOf(sorted: readonly Judged[]): Judged | undefined {
  return sorted.find(({ lacks }) => lacks.length === 0);
}

/**
 * The choice and its reasons, without a counter-example.
 *
 * @param runs what was compared.
 * @param others where none of the compared keeps everything: what was tried beside, from the simplest.
 */
export function advise(
  scenario: Scenario,
  runs: readonly Judged[],
  { all, source }: Demands,
  others: readonly Judged[],
): Advice {
  const sorted = bySimplicity(runs, scenario.strategy);
  const choice = simplestOf(sorted) ?? simplestOf(others);
  const must = all.map(({ written, says }) => ({ written, says }));
  const advice = { must, source, unless: [], notSought: null };
  if (choice === undefined)
    return {
      ...advice,
      choose: null,
      because: nothingDoes(sorted, others, scenario.strategy),
      cost: null,
    };
  return {
    ...advice,
    choose: choice.strategy.name,
    because: [
      why(sorted, choice),
      evidence(choice),
      ...whyNotSimpler(sorted, choice, scenario.strategy),
    ],
    cost: costOf(
      choice,
      [...sorted, ...others].filter(
        ({ lacks, strategy }) =>
          lacks.length === 0 && (!does(strategy, "floats") || does(choice.strategy, "floats")),
      ),
    ),
  };
}

/** When the choice would be wrong, in a sentence. */
export function unlessWords(choice: string, { lacks, instead, change }: CounterExample): string {
  const then =
    instead === null
      ? "no strategy that was tried would keep it"
      : `${instead.name} would be right`;
  return `Unless ${change.what}: then under ${choice} ${few(lacks)}, and ${then}.`;
}

function why(sorted: readonly Judged[], { strategy }: Judged): string {
  const keeping = sorted.filter(({ lacks }) => lacks.length === 0).length;
  const { name } = strategy;
  if (keeping === 0)
    return `Choose ${name}: ${sorted.length === 1 ? "what was compared does not keep" : `none of the ${sorted.length} compared keeps`} all of that, and of all others it is the simplest that does.`;
  if (sorted.length === 1) return `Choose ${name}: it keeps all of that.`;
  if (keeping === sorted.length)
    return `Choose ${name}: ${keeping === 2 ? "both" : `all ${keeping}`} strategies keep all of that, and it is the simplest of them.`;
  if (keeping === 1)
    return `Choose ${name}: of ${sorted.length} strategies only it keeps all of that.`;
  return `Choose ${name}: of ${sorted.length} strategies ${keeping} keep all of that, and it is the simplest of them.`;
}

function evidence({ figures }: Judged): string {
  const { main, mainFailed, wall } = figures;
  const mainWords =
    main === null
      ? "main never ends"
      : `main ${mainFailed ? "fails" : "ends"} at ${formatTime(main)}`;
  const end =
    wall === null ? "" : ` and the process${mainFailed ? " ends" : ""} at ${formatTime(wall)}`;
  return `There ${tasksWords(figures)}, ${mainWords}${end}.`;
}

function tasksWords(figures: Figures): string {
  const { finished, failed, lost, givenUp, shutDown, background } = figures;
  const all = finished + failed + lost + givenUp + shutDown;
  if (all === 0) return "no task has to be waited for";
  const parts = [
    { count: finished, one: "finishes", several: "finish" },
    { count: failed, one: "fails", several: "fail" },
    { count: lost, one: "is lost", several: "are lost" },
    { count: givenUp, one: "is given up", several: "are given up" },
    { count: shutDown, one: "ends at shutdown", several: "end at shutdown" },
  ].filter(({ count }) => count > 0);
  const words = parts.map(({ count, one, several }, k) => {
    const many = count.toLocaleString("en");
    const whose =
      all === 1
        ? "its task"
        : count === all
          ? `${all === 2 ? "both" : `all ${many}`} tasks`
          : k === 0
            ? `${many} of ${all.toLocaleString("en")} tasks`
            : many;
    return `${whose} ${count === 1 ? one : several}`;
  });
  return `${list(words)}${background === null ? "" : ` by ${formatTime(background)}`}`;
}

/** Of the named ones that would be simpler, a reader would ask about the last. */
function whyNotSimpler(sorted: readonly Judged[], choice: Judged, own: Strategy): string[] {
  const at = sorted.indexOf(choice);
  if (at < 0) {
    const nearest = nearestOf(sorted, own);
    if (nearest === undefined) return [];
    return [
      sorted.length === 1
        ? `${nearest.strategy.name} was compared, but ${few(nearest.lacks)}.`
        : `The nearest of them is ${nearestWords(nearest)}.`,
    ];
  }
  const simpler = sorted.slice(0, at).findLast(({ strategy }) => !strategy.name.includes(","));
  return simpler === undefined
    ? []
    : [`${simpler.strategy.name} is simpler, but ${few(simpler.lacks)}.`];
}

/**
 * The strategy that comes nearest to the demands. A deadlock comes last, and before it a strategy of the
 * other language. Among the rest fewer unmet demands are nearer, then more finished tasks (a late task is
 * nearer than none), then fewer lost ones.
 */
function nearestOf(sorted: readonly Judged[], own: Strategy): Judged | undefined {
  const isForeign = ({ strategy }: Judged): boolean =>
    does(strategy, "floats") !== does(own, "floats");
  return sorted.toSorted(
    (a, b) =>
      Number(isDeadlock(a)) - Number(isDeadlock(b)) ||
      Number(isForeign(a)) - Number(isForeign(b)) ||
      a.lacks.length - b.lacks.length ||
      b.figures.finished - a.figures.finished ||
      a.figures.lost - b.figures.lost,
  )[0];
}

function isDeadlock({ figures }: Judged): boolean {
  return figures.wall === null;
}

function nearestWords({ strategy, lacks }: Judged): string {
  return `${strategy.name}, but ${few(lacks)}`;
}

/** @param others what was tried beside what was compared. */
function nothingDoes(
  sorted: readonly Judged[],
  others: readonly Judged[],
  own: Strategy,
): string[] {
  const tried = [...sorted, ...others];
  const names = new Set(tried.map(({ strategy }) => strategy.name));
  const known = tried.map(({ strategy }) => strategy);
  const isAll = alternativesTo(known).every(({ name }) => names.has(name));
  const nearest = nearestOf(tried, own);
  if (nearest === undefined) return [];
  const count = sorted.length;
  const compared =
    count === 1
      ? "The one strategy compared does not keep all of that"
      : `None of the ${count} strategies compared keeps all of that`;
  // A demand that no strategy meets is not a matter of strategy.
  const isEverywhere = nearest.lacks.some((lack) =>
    tried.every(({ lacks }) => lacks.includes(lack)),
  );
  const [help] = nearest.helps();
  return [
    `${compared}${others.length > 0 ? `, nor does any of ${others.length} others` : ""}.`,
    `The nearest is ${nearestWords(nearest)}.`,
    ...(isEverywhere
      ? [
          `That is so under every one of them, so the scenario has to change${help === undefined ? "" : `: ${help}`}.`,
        ]
      : help !== undefined
        ? [`What would help: ${help}.`]
        : isAll
          ? ["So the scenario has to change, or what must hold."]
          : []),
  ];
}

/** The first few of the unmet demands. */
function few(lacks: readonly string[]): string {
  const most = 2;
  const more = lacks.length - most;
  return list(more > 0 ? [...lacks.slice(0, most), `${more} more`] : lacks);
}
