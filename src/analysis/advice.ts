/**
 * Which strategy to choose: the simplest that keeps what must hold, in sentences with figures.
 *
 * Invariant: every sentence is read off runs that have been performed.
 */
import { formatTime } from "../scenario/duration.ts";
import type { Scenario, Step } from "../scenario/model.ts";
import type { Strategy } from "../scenario/strategy.ts";
import { complexity, type Figures } from "./comparison.ts";
import type { CounterExample } from "./counter-example.ts";
import type { Demand, Demands } from "./demands.ts";

/** What one strategy came to, and what it lacks of what must hold. */
export interface Judged {
  strategy: Strategy;
  figures: Figures;
  lacks: string[];
  /** What to do about the gravest finding of the run; null when there is none. */
  fix: string | null;
}

export interface Advice {
  /** What must hold: as on the command line where it can be said there, and in words. */
  must: Pick<Demand, "written" | "says">[];
  /** Whose wish that is. */
  source: Demands["source"];
  /** The strategy's name; null where none keeps all of it. */
  choose: string | null;
  because: string[];
  /** What the choice costs; null without a choice. */
  cost: string | null;
  /** When the choice would be wrong. */
  unless: {
    change: string;
    message: string;
    /** The strategy that is right then, if any. */
    instead: string | null;
    /** The scenario with the change, ready to run. */
    document: string;
  }[];
}

/** Judged strategies from the simplest to the most complex. */
export function bySimplicity<Run extends Pick<Judged, "strategy">>(
  runs: readonly Run[],
  own: Strategy,
): Run[] {
  return runs.toSorted((a, b) => complexity(a.strategy, own) - complexity(b.strategy, own));
}

/** The simplest that keeps everything. @param sorted by simplicity. */
export function simplestOf(sorted: readonly Judged[]): Judged | undefined {
  return sorted.find(({ lacks }) => lacks.length === 0);
}

/**
 * The choice and its reasons, without a counter-example.
 *
 * @param runs what was compared.
 * @param others where none of the compared keeps everything: all that was tried beside, from the simplest.
 */
export function advise(
  scenario: Scenario,
  runs: readonly Judged[],
  { demands, source }: { demands: readonly Demand[]; source: Advice["source"] },
  others: readonly Judged[],
): Advice {
  const sorted = bySimplicity(runs, scenario.strategy);
  const choice = simplestOf(sorted) ?? simplestOf(others);
  const must = demands.map(({ written, says }) => ({ written, says }));
  const advice = { must, source, unless: [] };
  if (choice === undefined)
    return { ...advice, choose: null, because: nothingDoes(sorted, others.length), cost: null };
  return {
    ...advice,
    choose: choice.strategy.name,
    because: [why(sorted, choice), evidence(choice), ...whyNotSimpler(sorted, choice)],
    cost: cost(scenario, choice),
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
    return `Choose ${name}: none of the ${sorted.length} compared keeps all of that, and of all others it is the simplest that does.`;
  if (sorted.length === 1) return `Choose ${name}: it keeps all of that.`;
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
  const end = wall === null ? "" : ` and the process at ${formatTime(wall)}`;
  return `There ${tasksWords(figures)}, ${mainWords}${end}.`;
}

function tasksWords({ finished, failed, lost, background }: Figures): string {
  const all = finished + failed + lost;
  const by = background === null ? "" : ` by ${formatTime(background)}`;
  if (all === 0) return "no task has to be waited for";
  if (all === 1)
    return `its task ${finished === 1 ? "finishes" : failed === 1 ? "fails" : "is lost"}${by}`;
  if (finished === all)
    return `${all === 2 ? "both" : `all ${all.toLocaleString("en")}`} tasks finish${by}`;
  const parts = [
    `${finished} of ${all} tasks ${finished === 1 ? "finishes" : "finish"}`,
    ...(failed > 0 ? [`${failed} ${failed === 1 ? "fails" : "fail"}`] : []),
    ...(lost > 0 ? [`${lost} ${lost === 1 ? "is" : "are"} lost`] : []),
  ];
  return list(parts) + by;
}

/** Of the named ones that would be simpler, a reader would ask about the last. */
function whyNotSimpler(sorted: readonly Judged[], choice: Judged): string[] {
  const at = sorted.indexOf(choice);
  if (at < 0) {
    const nearest = nearestOf(sorted);
    return nearest === undefined ? [] : [`The nearest of them is ${nearestWords(nearest)}.`];
  }
  const simpler = sorted.slice(0, at).findLast(({ strategy }) => !strategy.name.includes(","));
  return simpler === undefined
    ? []
    : [`${simpler.strategy.name} is simpler, but ${few(simpler.lacks)}.`];
}

/** What lacks least, and of those the one under which most tasks finish: a late task is nearer than none. */
function nearestOf(sorted: readonly Judged[]): Judged | undefined {
  return sorted.toSorted(
    (a, b) => a.lacks.length - b.lacks.length || b.figures.finished - a.figures.finished,
  )[0];
}

function nearestWords({ strategy, lacks }: Judged): string {
  return `${strategy.name}, but ${few(lacks)}`;
}

function nothingDoes(sorted: readonly Judged[], others: number): string[] {
  const nearest = nearestOf(sorted);
  if (nearest === undefined) return [];
  // What is in the way of all of them no strategy will change.
  const everywhere = nearest.lacks.filter((lack) =>
    sorted.every(({ lacks }) => lacks.includes(lack)),
  );
  return [
    `None of the ${sorted.length} strategies compared keeps all of that${others > 0 ? `, nor does any of all ${others}` : ""}.`,
    `The nearest is ${nearestWords(nearest)}.`,
    ...(nearest.fix === null
      ? []
      : [
          everywhere.length > 0
            ? `That is so under every one of them, so the scenario has to change: ${nearest.fix}.`
            : `What would help: ${nearest.fix}.`,
        ]),
  ];
}

function cost({ tasks }: Scenario, { strategy, figures }: Judged): string {
  const { loop, atExit, offload, workers } = strategy;
  const { main, wall, waited } = figures;
  const after = main === null || wall === null ? 0 : wall - main;
  const parts = [
    ...(loop === "thread" ? ["a second thread (and care with what both of them touch)"] : []),
    ...(loop === "portal" ? ["a second thread (its loop stays open until main ends)"] : []),
    ...(loop === "float" ? ["that nothing in the background moves while main stands still"] : []),
    ...(waited > 0 ? [`main ${formatTime(waited)} of standing still`] : []),
    ...(workers === null ? [] : [`a pool of ${workers} ${offload}`]),
    ...(atExit === "cancel" ? ["whatever has not ended when main does: it is cancelled"] : []),
    ...(atExit === "abandon"
      ? ["whatever has not ended when main does: it stops without clean-up"]
      : []),
    ...(after > 0 && main !== null ? [`${formatTime(after)} of waiting after main's end`] : []),
  ];
  const gil =
    offload === "threads" && tasks.some((task) => computes(task.steps))
      ? " In Python threads take turns at computing (the GIL): there, take processes."
      : "";
  return parts.length === 0 ? `It costs nothing.${gil}` : `It costs ${list(parts)}.${gil}`;
}

function computes(steps: readonly Step[]): boolean {
  return steps.some(
    (step) => step.kind === "compute" || (step.kind === "repeat" && computes(step.steps)),
  );
}

/** The first few of what is lacking. */
function few(lacks: readonly string[]): string {
  const most = 2;
  const more = lacks.length - most;
  return list(more > 0 ? [...lacks.slice(0, most), `${more} more`] : lacks);
}

/** `a`, `a and b`, `a, b and c` */
function list(parts: readonly string[]): string {
  if (parts.length <= 1) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)!}`;
}
