/** What many runs with varied durations came to, in plain words: odds, luck, and what held in all of them. */
import type { Plan } from "../../outcome/plan.ts";
import type {
  Ending,
  Moment,
  Pair,
  SensitivityReport,
  Tally,
} from "../../strategies/sensitivity.ts";
import { formatTime } from "../../base/duration.ts";
import type { Jitter } from "../../scenario/jitter.ts";
import { pad, wrap } from "../../base/layout.ts";
import { counted } from "../../base/sentences.ts";
import { joined, printable, terminal, type TerminalText } from "../../base/texts.ts";
import { formatCount } from "../../base/count.ts";
import { exactPercent, type Spread } from "../../base/shares.ts";

/** The most tasks, outcomes, and pairs of each kind that are shown; --json has the rest. */
const mostTasks = 20;
const mostEndings = 10;
const mostPairs = 10;
const mostOrders = 6;

/**
 * @param again the command that shows one of the runs, but for its `--seed`.
 * @returns lines, each ending in a newline and none wider than `width` where words allow it.
 */
export function renderSensitivity(
  { scenario, strategy, jitter }: Pick<Plan, "scenario" | "strategy"> & { jitter: Jitter },
  report: SensitivityReport,
  again: string,
  width: number,
): TerminalText {
  const { runs, endings } = report;
  const heading = `${scenario.name}, strategy ${strategy.name}, jitter ${exactPercent(jitter.share)}: ${counted(runs, "run")} in virtual time, seed ${jitter.seed}`;
  const luck = report.luck.slice(0, mostPairs);
  // The nearest are those that a little more jitter would bring to luck.
  const always = report.always
    .toSorted((a, b) => Number(a.by === "waits") - Number(b.by === "waits") || a.gap - b.gap)
    .slice(0, mostOrders);
  const shown = endings.slice(0, mostEndings);
  const seedWidth = Math.max(...shown.map(({ seed }) => String(seed).length));
  return joined(
    [
      wrap(heading, width - 2, "  "),
      "",
      ...statusRows(report),
      "",
      ...summary(report).map((sentence) => wrap(sentence, width)),
      "",
      terminal`Outcomes, each with the seed of a run that came to it:`,
      ...shown.map((ending) => endingRow(ending, runs, seedWidth, width)),
      ...more(endings.length, mostEndings),
      wrap(`To see one of them: ${again} --seed ${endings[0]!.seed}`, width - 2, "  "),
      "",
      ...(luck.length === 0
        ? [terminal`No order of lines was seen to be luck.`]
        : [
            terminal`Luck, the most open first:`,
            ...luck.map((pair) => luckRow(pair, runs, width)),
          ]),
      ...more(report.luck.length, mostPairs),
      "",
      terminal`The same in ${allOf(runs)}:`,
      ...constants(report).map((words) => item(words, width)),
      ...always.map((pair) => item(`${order(pair)} (${reason(pair)})`, width)),
      ...more(report.always.length, mostOrders),
      ...(scenario.tasks.some(({ copies }) => copies !== null)
        ? [wrap("(Of copies, only the first one's lines and end are followed.)", width)]
        : []),
      ...(report.notFollowed === 0
        ? []
        : [wrap(`(The order of ${report.notFollowed} more lines was not followed.)`, width)]),
      "",
    ],
    "\n",
  );
}

function statusRows({ runs, main, wall, tasks }: SensitivityReport): TerminalText[] {
  // Copies differ by chance only, so their shares are told as one.
  const specs = [...Map.groupBy(tasks, ({ spec }) => spec)];
  const groups = specs.slice(0, mostTasks).map(([spec, group]) => ({
    who: group.length === 1 ? group[0]!.name : `${spec} x ${formatCount(group.length)}`,
    statuses: together(group.map(({ statuses }) => statuses)),
    of: runs * group.length,
    times: "",
  }));
  const all = [
    {
      who: "main",
      statuses: main.statuses as Tally<string>,
      of: runs,
      times: `ends at ${times(main.endedAt)}`,
    },
    { who: "process", statuses: [], of: runs, times: `ends at ${times(wall)}` },
    ...groups,
  ];
  const who = Math.max(...all.map((one) => Bun.stringWidth(one.who)));
  const words = Math.max(...all.flatMap((one) => one.statuses.map(({ status }) => status.length)));
  const rows = all.flatMap((one) => {
    const lines = one.statuses.map(
      (tally) => `${tally.status.padEnd(words)}  ${formatShare(tally.runs, one.of).padStart(7)}`,
    );
    if (lines.length === 0) lines.push("".padEnd(words + 9));
    return lines.map((line, index) =>
      printable(
        `  ${pad(index === 0 ? one.who : "", who)}  ${line}  ${index === 0 ? one.times : ""}`.trimEnd(),
      ),
    );
  });
  return [...rows, ...more(specs.length, mostTasks)];
}

/** Several tallies as one. */
function together(tallies: Tally<string>[]): Tally<string> {
  const alike = Map.groupBy(tallies.flat(), ({ status }) => status);
  return [...alike]
    .map(([status, all]) => ({ status, runs: all.reduce((sum, { runs }) => sum + runs, 0) }))
    .toSorted((a, b) => b.runs - a.runs);
}

function times({ min, median, p95, max }: Spread): string {
  if (min === max) return formatTime(min);
  const [a, b, c, d] = [min, median, p95, max].map(formatTime);
  return `${a} to ${d}, median ${b}, 95 % by ${c}`;
}

function summary({ runs, lost, deadlocked, tasks }: SensitivityReport): string[] {
  const points = upToOneDigit(98 / Math.sqrt(runs));
  return [
    ...(tasks.length === 0
      ? []
      : lost === 0
        ? ["No task was lost in any of the runs."]
        : [`Work was lost in ${ofRuns(lost, runs)}.`]),
    ...(deadlocked === 0 ? [] : [`There was a deadlock in ${ofRuns(deadlocked, runs)}.`]),
    `These shares are right to within ${points} percentage point${points === 1 ? "" : "s"}, and what was never seen in ${counted(runs, "run")} happens in fewer than ${formatBelow(runs)} (95 % confidence; the rule of three), if durations vary as assumed: uniformly, and each by itself.`,
  ];
}

/** A figure rounded up to one digit that counts: what is promised of it holds. */
function upToOneDigit(figure: number): number {
  const unit = 10 ** Math.floor(Math.log10(figure));
  return Number((Math.ceil(figure / unit) * unit).toPrecision(1));
}

/** The share that what was never seen stays below, with 95 % confidence: three in as many as were seen. */
function formatBelow(runs: number): string {
  return `${Number(Math.min(100, 300 / runs).toPrecision(2))} %`;
}

function endingRow(ending: Ending, runs: number, seedWidth: number, width: number): TerminalText {
  const share = formatShare(ending.runs, runs).padStart(7);
  const head = `  ${share}  seed ${String(ending.seed).padEnd(seedWidth)}  `;
  const words = wrap(endingWords(ending), width - head.length, " ".repeat(head.length));
  return terminal`${head}${[words]}`;
}

function endingWords({ main, tasks, interruptedBy }: Ending): string {
  const alike = Map.groupBy(tasks, ({ status, heard }) =>
    status === "failed" ? `failed (${heardWords[heard ?? "nobody"]})` : status,
  );
  const parts = [...alike].map(([words, members]) => {
    const names = members.map(({ name, copies }) => (copies === 1 ? name : `${name} x ${copies}`));
    if (names.length <= 4) return `${names.join(", ")} ${words}`;
    const count = members.reduce((sum, { copies }) => sum + copies, 0);
    return `${counted(count, "task")} ${words}`;
  });
  const cut = interruptedBy === null || main === "deadlocked" ? [] : [cutWords(interruptedBy)];
  return [`main ${main}`, ...parts, ...cut].join("; ");
}

/** What ended a run, behind what became of everybody. */
export function cutWords(interruptedBy: string): string {
  return interruptedBy === "kill" ? "killed" : `cut off by ${interruptedBy}`;
}

const heardWords = { raised: "raised", logged: "logged", nobody: "nobody heard" };

/** The share is of those runs in which both came about. */
function luckRow(pair: Pair, runs: number, width: number): TerminalText {
  const { inOrder, both, gap, first } = pair;
  const share = formatShare(inOrder, both).padStart(7);
  const never =
    inOrder === both
      ? `; only ${formatTime(gap)} lay between them, and neither waits for the other`
      : "";
  const came = first.kind === "end" ? "both end by themselves" : "both are printed";
  const of =
    both === runs ? "" : `, of the runs in which ${came} (${formatShare(both, runs)} of all)`;
  return terminal`  ${share}  ${[wrap(order(pair) + of + never, width - 11, " ".repeat(11))]}`;
}

function order({ first, second }: Pair): string {
  if (first.kind === "end") return `${first.who} ends before ${second.who} ends`;
  return `${moment(first)} before ${moment(second)}`;
}

function reason({ by, gap }: Pair): string {
  if (by === "waits") return "the second waits for the first";
  if (by === "thread") return "one thread does both";
  return `never nearer than ${formatTime(gap)}`;
}

/** What nothing changed. */
function constants({ runs, main, tasks, deadlocked }: SensitivityReport): string[] {
  const certain = (statuses: Tally<string>): string | null =>
    statuses[0]!.runs === runs ? statuses[0]!.status : null;
  const ofMain = certain(main.statuses);
  const groups = Map.groupBy(tasks, ({ statuses }) => certain(statuses));
  return [
    ...(ofMain === null ? [] : [`main ${ofMain}`]),
    ...[...groups].flatMap(([status, members]) => {
      if (status === null) return [];
      const names = members.map(({ name }) => name);
      return [`${names.length > 4 ? counted(names.length, "task") : names.join(", ")} ${status}`];
    }),
    ...(deadlocked === 0 ? ["no deadlock"] : []),
  ];
}

function moment({ text, who, nth, shared }: Moment): string {
  const line = printable(text ?? "");
  const short = line.length > 60 ? `${line.slice(0, 57)}...` : line;
  return `"${short}"${nth === 0 ? "" : ` (number ${nth})`}${shared ? ` of ${who}` : ""}`;
}

function item(words: string, width: number): TerminalText {
  return terminal`  ${[wrap(words, width - 4, "    ")]}`;
}

function more(count: number, most: number): TerminalText[] {
  return count <= most
    ? []
    : [terminal`  ... and ${formatCount(count - most)} more; --json has them all`];
}

function allOf(runs: number): string {
  return runs === 1 ? "the one run" : `all ${counted(runs, "run")}`;
}

function ofRuns(count: number, runs: number): string {
  if (count === runs) return allOf(runs);
  return `${formatShare(count, runs)} of the runs`;
}

/** A share of runs, as a percentage that says 0 or 100 only where it is just that. */
export function formatShare(count: number, runs: number): string {
  const percent = (100 * count) / runs;
  if (count === 0 || count === runs) return `${percent} %`;
  for (let decimals = 1; ; decimals++) {
    const text = percent.toFixed(decimals);
    if (Number(text) > 0 && Number(text) < 100) return `${text} %`;
  }
}
