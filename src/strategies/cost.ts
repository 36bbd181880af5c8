/** The cost of a choice, and the gain of another strategy that meets the same demands. */
import { formatTime, type Ticks } from "../base/duration.ts";
import { slow } from "../reading/victims.ts";
import { costsOf, does } from "../scenario/axes.ts";
import type { Figures, Judged } from "./comparison.ts";
import { list } from "../base/sentences.ts";

/**
 * The cost of a choice in a sentence or two. Time is told here where nobody has asked for it.
 *
 * @param keeping all that keep what must hold, the choice among them, from the simplest.
 */
export function costOf(choice: Judged, keeping: readonly Judged[]): string {
  const parts = partsOf(choice);
  const instead = [...soonerMain(choice, keeping), ...sooner(choice, keeping)];
  const words = [parts.length === 0 ? "It costs nothing" : `It costs ${list(parts)}`, ...instead];
  const side = choice.computesAtOnce
    ? " It counts on threads that compute side by side, as those of JavaScript do. In CPython they take turns (the GIL): there, take processes."
    : "";
  return `${words.join("; ")}.${side}`;
}

function partsOf({ strategy, figures, late }: Judged): string[] {
  const { main, mainFailed, wall, waited, lost, finished, failed, givenUp, shutDown } = figures;
  const all = lost + finished + failed + givenUp + shutDown;
  const after = main === null || wall === null ? 0 : wall - main;
  return [
    ...(mainFailed && main !== null
      ? [`the rest of main (which fails at ${formatTime(main)})`]
      : []),
    ...costsOf(strategy, "loop"),
    ...costsOf(strategy, "settle"),
    ...costsOf(strategy, "acks"),
    ...costsOf(strategy, "enqueue"),
    ...(isWorth(waited, figures) ? [`${formatTime(waited)} in which main stands still`] : []),
    ...(late >= slow + figures.precision ? [`tasks that wake up to ${formatTime(late)} late`] : []),
    ...costsOf(strategy, "offload"),
    ...costsOf(strategy, "atExit"),
    ...(lost > 0 && !does(strategy, "givesUp")
      ? [
          all === 1
            ? "its task (which is lost)"
            : `${lost.toLocaleString("en")} of ${all.toLocaleString("en")} tasks (which ${lost === 1 ? "is" : "are"} lost)`,
        ]
      : []),
    ...(isWorth(after, figures) && main !== null
      ? [`${formatTime(after)} of waiting after main's end`]
      : []),
  ];
}

/** Whether a time is worth a word: a hundredth of the whole or more, which real runs vary by. */
function isWorth(ticks: Ticks, { wall }: Figures): boolean {
  return ticks > (wall ?? 0) / 100;
}

/** The other strategy under which main would end soonest, if that is sooner. */
function soonerMain({ figures }: Judged, keeping: readonly Judged[]): string[] {
  const { main, mainFailed, precision } = figures;
  const others = keeping.filter((one) => !one.figures.mainFailed && one.figures.main !== null);
  const best = leastOf(others, (one) => one.figures.main!);
  if (best === undefined || main === null) return [];
  const { name } = best.strategy;
  const at = formatTime(best.figures.main!);
  if (mainFailed) return [`under ${name} main would finish, at ${at}`];
  const gain = main - best.figures.main!;
  if (gain <= precision || !isWorth(gain, figures)) return [];
  return [`${name} would end main at ${at} instead of ${formatTime(main)}${inCpython(best)}`];
}

/** The other strategy under which tasks would wake with the least lateness, if they are late under this one. */
function sooner({ late, figures }: Judged, keeping: readonly Judged[]): string[] {
  const best = leastOf(keeping, (one) => one.late);
  if (late < slow + figures.precision || best === undefined || best.late > late / 2) return [];
  const words =
    best.late <= best.figures.precision
      ? "none would wake late"
      : `they would wake at most ${formatTime(best.late)} late`;
  return [`under ${best.strategy.name} ${words}${inCpython(best)}`];
}

function inCpython({ computesAtOnce }: Judged): string {
  return computesAtOnce ? " (not in CPython, whose threads take turns at computing)" : "";
}

/** The first element with the least figure. */
function leastOf<One>(all: readonly One[], of: (one: One) => number): One | undefined {
  return all.reduce<One | undefined>(
    (least, one) => (least === undefined || of(one) < of(least) ? one : least),
    undefined,
  );
}
