/** What several real runs came to, in words: what was the same in all, what was not, and how long they took. */
import { formatCount } from "../../base/count.ts";
import { formatMeasured } from "../../base/duration.ts";
import { wrap } from "../../base/layout.ts";
import { counted } from "../../base/sentences.ts";
import { joined, terminal, type TerminalText } from "../../base/texts.ts";
import type { Ending, FindingCount, Repetition } from "../../strategies/repetition.ts";

/** The most endings and findings of each kind that are told; --json has the rest. */
const most = 10;

export interface RepetitionWords {
  /** What was run. */
  of: string;
  /** The file that the trace of the rarest run is kept in; null where none was named. */
  kept: string | null;
  width: number;
}

export function renderRepetition(
  repetition: Repetition<unknown>,
  { of, kept, width }: RepetitionWords,
): TerminalText {
  const { runs, warmUp, spread, endings, findings, rarest } = repetition;
  const always = findings.filter((one) => one.runs === runs);
  const sometimes = findings.filter((one) => one.runs < runs);
  const { min, median, p95, max } = spread;
  const times = [min, max, median, p95].map(formatMeasured);
  const took =
    min === max
      ? `took ${times[0]}`
      : `took ${times[0]} to ${times[1]}, median ${times[2]}, 95 % at most ${times[3]}`;
  const others =
    warmUp === null
      ? `${runs === 1 ? "It" : "They"} ${took}.`
      : `The first, which warms caches, took ${formatMeasured(warmUp)}; the others ${took}.`;
  const same = [
    ...(endings.every(({ words }) => words === endings[0]!.words) ? [endings[0]!.words] : []),
    ...(findings.length === 0 ? ["no finding"] : []),
  ];
  const isVaried = endings.length > 1;
  const lines: (TerminalText | "")[] = [
    wrap(`${of}: ${counted(runs, "run")}, for real`, width),
    wrap(others, width),
    "",
    terminal`${runs === 1 ? "In the one run" : `The same in all ${counted(runs, "run")}`}:`,
    ...(same.length + always.length === 0 ? [terminal`  nothing`] : []),
    ...same.map((words) => terminal`  ${words}`),
    ...limited(always, (one) => item(`${one.rule}: ${one.message}`, width)),
    ...(isVaried ? ["" as const, terminal`Not the same:`] : []),
    ...limited(isVaried ? endings : [], (one) => item(endingWords(one, runs), width)),
    ...(sometimes.length > 0 ? ["" as const, terminal`Found in some of them:`] : []),
    ...limited(sometimes, (one) => item(findingWords(one, runs), width)),
    ...(kept === null ? [] : ["" as const, wrap(keptWords(rarest, runs, kept), width)]),
    "",
  ];
  return joined(
    lines.map((line) => (line === "" ? terminal`` : line)),
    "\n",
  );
}

function endingWords({ words, rules, runs, first }: Ending<unknown>, all: number): string {
  const found = rules.length === 0 ? "no finding" : [...new Set(rules)].join(", ");
  return `${ofRuns(runs, all)}: ${words}; ${found} (first in run ${formatCount(first)})`;
}

function findingWords({ rule, message, runs, first }: FindingCount, all: number): string {
  return `${ofRuns(runs, all)}, first in run ${formatCount(first)}: ${rule}: ${message}`;
}

function keptWords({ runs, first }: Ending<unknown>, all: number, file: string): string {
  const what = runs === all ? "as all ended" : `which ended as ${ofRuns(runs, all)}`;
  return `The trace of run ${formatCount(first)}, ${what}, is in ${file}.`;
}

function ofRuns(count: number, runs: number): string {
  return `${formatCount(count)} of ${counted(runs, "run")}`;
}

function item(words: string, width: number): TerminalText {
  return terminal`  ${[wrap(words, width - 4, "    ")]}`;
}

function limited<Of>(all: readonly Of[], render: (one: Of) => TerminalText): TerminalText[] {
  const shown = all.slice(0, most).map(render);
  if (all.length <= most) return shown;
  return [
    ...shown,
    terminal`  ... and ${formatCount(all.length - most)} more; --json has them all`,
  ];
}
