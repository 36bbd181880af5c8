/**
 * The verdict on a program that no scenario describes: each process with its threads and loops, its work by
 * kind, where those stand that have not come to an end, and findings.
 */
import { formatCount } from "../../base/count.ts";
import { formatMeasured, type Ticks } from "../../base/duration.ts";
import { wrap } from "../../base/layout.ts";
import { counted, list } from "../../base/sentences.ts";
import { joined, type TerminalText } from "../../base/texts.ts";
import type { ActorOutcome, ProcessOutcome } from "../../reading/entities.ts";
import { NOBODY } from "../../trace/log.ts";
import { functionName } from "../../remedies/program/names.ts";
import type { Verdict } from "../model/report.ts";
import type { Fate, Kind, ProcessReport, ProgramReport } from "../program.ts";
import { processName, shownCommand } from "../program-command.ts";
import { endWords, momentWords } from "../program-words.ts";
import { ProgramRows } from "./program-rows.ts";
import { layOut, renderFinding } from "./rows.ts";

/** The most things that are named which kept a process from its end. */
const mostKept = 5;

/** The most processes that are named of which nothing was seen. */
const mostUnseen = 5;

/** @returns lines, each ending in a newline and none wider than `width` where words allow it. */
export function renderProgram(report: ProgramReport, width: number): TerminalText {
  const { headline, rows, sentences } = programVerdict(report);
  return joined(
    [
      wrap(headline, width - 2, "  "),
      "",
      ...layOut(rows, width),
      ...(rows.length > 0 ? ([""] as const) : []),
      ...sentences.map((sentence) => wrap(sentence, width)),
      ...report.findings.flatMap((finding) => renderFinding(finding, width)),
      "",
    ],
    "\n",
  );
}

/** What the verdict says, findings left out. */
export function programVerdict(report: ProgramReport): Verdict {
  return {
    headline: headline(report),
    // A main that was never heard of would be told as one that never began.
    rows: wasSeen(report) ? new ProgramRows(report).all() : [],
    sentences: summary(report),
  };
}

/** Whether anything was seen of the program but that it ran. */
function wasSeen({ unseen, reading }: ProgramReport): boolean {
  return unseen.length === 0 || reading.actors.some(({ startedAt }) => startedAt !== null);
}

function headline(report: ProgramReport): string {
  const { source, reading } = report;
  const { command, runtime, language } = source;
  const who = wasSeen(report) ? `, ${runtime === "" ? language : runtime}` : "";
  const code = reading.processes[0]?.exitCode ?? null;
  const status = code === null ? "" : `; exit status ${code}`;
  return `${shownCommand(command)}${who}, for ${formatMeasured(reading.wall)}${status}`;
}

function summary(report: ProgramReport): string[] {
  const { processes, reading } = report;
  const [first] = processes;
  const ended = first === undefined ? null : endWords(first);
  return [
    ...(first === undefined || ended === null
      ? []
      : [interruptionWords(first, reading.wall, report.hang)]),
    ...(wasSeen(report) ? [sumWords(report)] : []),
    ...exitWords(report),
    ...keptWords(report),
    ...unseenWords(report),
    ...reading.dropped.map(
      ({ count, at, why }) =>
        `${counted(count, "event")} up to ${formatMeasured(at)} ${count === 1 ? "was" : "were"} not recorded: ${why}.`,
    ),
  ];
}

/** How much work was lost, of all there was. What was not seen is no work that was not lost. */
function sumWords(report: ProgramReport): string {
  const { processes, unseen, programs } = report;
  if (processes.length === 0)
    return unseen.length > 0 ? "Nothing was seen." : "The record tells of no process.";
  const kinds = processes.flatMap((process) => process.kinds);
  const asSeen = unseen.length > 0 ? ", as far as was seen" : "";
  const alike = Map.groupBy(kinds, ({ kind }) => kind);
  // Work of an event loop comes first, then that of a pool; threads come last.
  const order = [...new Set(["task", "call", "job", ...alike.keys()])].filter(
    (kind) => kind !== "thread",
  );
  const isModule = floats(report);
  const wordOf = (kind: string): string =>
    kind === "call" ? "async call" : kind === "thread" && isModule ? "Worker" : kind;
  const counts = order.flatMap(
    (kind) =>
      countWords(kind, alike.get(kind) ?? [], { what: wordOf(kind), isTold: !aside.has(kind) }) ??
      [],
  );
  const threads = countWords("thread", alike.get("thread") ?? [], {
    what: wordOf("thread"),
    isTold: counts.length === 0,
  });
  const all = [...counts, ...(threads === null ? [] : [threads])];
  const isLost = kinds.some(({ counts }) => counts.lost > 0);
  const also = programWords(programs, report, { isToo: isLost, isModule });
  const parts = [
    ...(all.length === 0 ? [`There were no ${isModule ? "async calls" : "tasks"}`] : all),
    ...(also === null ? [] : [also]),
  ];
  return `${parts.join("; ")}${asSeen}.`;
}

/** Kinds of which only some are told: they are counted where something went wrong. */
const aside: ReadonlySet<string> = new Set(["module", "promise", "callback"]);

/** Whether a loop of the program goes by JavaScript's rules. */
function floats({ reading }: ProgramReport): boolean {
  return reading.loops.some(({ rules }) => rules === "javascript");
}

/**
 * How much of the work of one kind was lost, as `1 of 3 tasks lost, 2 failed`.
 *
 * @param what the word for one of them.
 * @param isTold whether it is said although nothing went wrong.
 * @returns null where nothing is to be said.
 */
function countWords(
  kind: string,
  kinds: readonly Kind[],
  { what, isTold }: { what: string; isTold: boolean },
): string | null {
  const total = kinds.reduce((sum, one) => sum + one.total, 0);
  const count = (fate: Fate): number => kinds.reduce((sum, { counts }) => sum + counts[fate], 0);
  const beside = (["given up", "failed", "alive"] as const)
    .filter((fate) => count(fate) > 0)
    .map((fate) => `${formatCount(count(fate))} ${fate === "alive" ? "alive at the end" : fate}`);
  const lost = count("lost");
  if (total === 0 || (!isTold && lost === 0 && beside.length === 0)) return null;
  const isNeverAwaited =
    kind === "coroutine" &&
    lost === total &&
    kinds.every(({ tasks }) => tasks.every(({ startedAt }) => startedAt === null));
  if (isNeverAwaited) return `${counted(total, what)} never awaited`;
  const isWhole =
    kind === "task" || kind === "call" || kind === "job" || lost > 0 || beside.length === 0;
  const lostWord = kind === "thread" ? "cut off" : "lost";
  const [first, ...others] = [
    ...(isWhole ? [`${formatCount(lost)} of ${counted(total, what)} ${lostWord}`] : []),
    ...beside,
  ];
  // What is never lost is counted by what became of it.
  const head = isWhole ? first! : first!.replace(/^(\S+)/, `$1 of ${counted(total, what)}`);
  return [head, ...others].join(", ");
}

/** Which programs were lost; null where none was. @param isToo whether work was as well. @param isModule whether main is one. */
function programWords(
  programs: ProgramReport["programs"],
  { reading }: ProgramReport,
  { isToo, isModule }: { isToo: boolean; isModule: boolean },
): string | null {
  const what = isModule ? "main module" : "main program";
  const processOf = ({ thread }: ActorOutcome): ProcessOutcome | undefined => {
    const { process } = reading.threads.find(({ number }) => number === thread) ?? {};
    return reading.processes.find(({ number }) => number === process);
  };
  const isChilds = (one: ActorOutcome): boolean =>
    one.kind === "main" && (processOf(one)?.parent ?? null) !== null;
  const [children, others] = [programs.filter(isChilds), programs.filter((one) => !isChilds(one))];
  const names = others.map(({ kind, name, function: of }) =>
    kind !== "main" ? functionName(of ?? name) : `the ${what}`,
  );
  if (children.length === 1) names.push(`the ${what} of a child process`);
  if (children.length > 1)
    names.push(`the ${what}s of ${formatCount(children.length)} child processes`);
  const all = [...new Set(names)];
  if (all.length === 0) return null;
  const isOne = all.length === 1 && children.length < 2;
  return `${list(all)} ${isOne ? "was" : "were"} lost${isToo ? " too" : ""}`;
}

/** Which processes no recorder saw. */
function unseenWords({ unseen }: ProgramReport): string[] {
  const words = unseen
    .slice(0, mostUnseen)
    .map(({ process, why }) => `Of ${process} nothing was seen, because ${why}.`);
  const more = unseen.length - words.length;
  return more > 0
    ? [
        ...words,
        `Of ${formatCount(more)} more ${more === 1 ? "process" : "processes"} nothing was seen either.`,
      ]
    : words;
}

function interruptionWords(
  process: ProcessReport,
  wall: Ticks,
  hang: ProgramReport["hang"],
): string {
  if (process.interruptedBy === "cut-off")
    return `The record ends at ${formatMeasured(wall)}; what happened afterwards is not in it.`;
  const name = processName(process);
  if (process.interruptedBy === "hang")
    return `The process ${name} was ended at ${momentWords(process.endedAt)}, since ${
      hang === "idle"
        ? "its loop waited and nothing could come to it any more"
        : "nothing moved any more"
    }.`;
  return `The process ${name} ${endWords(process)} at ${momentWords(process.endedAt)}.`;
}

/** Who ended processes by a call for an exit, but for their own main programs. */
function exitWords({ processes, names, findings }: ProgramReport): string[] {
  const isTold = findings.some(
    ({ rule, evidence }) =>
      rule === "exit-by" || ("end" in evidence && evidence.end?.by === "exit"),
  );
  return processes.flatMap((process) => {
    const { exit, threads } = process;
    const [first] = threads;
    const name = processName(process);
    if (exit === null || isTold) return [];
    const { actor, thread, code, place } = exit;
    if (thread === first?.number && actor === first.program?.number) return [];
    if (first?.loops.some(({ rules }) => rules === "javascript") === true) {
      const within = place === null ? null : names.functionAt(place);
      const where = place === null ? "" : ` at ${names.line(place)}`;
      const of = within === null || within === "<module>" ? "" : ` in ${within}`;
      const what = processes.length > 1 ? `process ${name}` : "process";
      return [`process.exit${where}${of} (status ${code}) ended the ${what}.`];
    }
    const call = { by: actor === NOBODY ? null : actor, thread, place };
    return [`A call to exit (status ${code})${names.caller(call)} ended the process ${name}.`];
  });
}

/** What kept processes from their ends, by kind and place. */
function keptWords({ reading, processes, names }: ProgramReport): string[] {
  return processes.flatMap((process) => {
    const { number } = process;
    const name = processName(process);
    const handles = reading.handles.filter(({ process }) => process === number);
    const what = handles.map(
      ({ kind, place }) => `${kind}${place === null ? "" : ` (${names.line(place)})`}`,
    );
    const kept = list([...new Set(what)].slice(0, mostKept));
    const more = new Set(what).size - mostKept;
    const others = more > 0 ? ` (and ${formatCount(more)} more)` : "";
    return kept === "" ? [] : [`What kept the process ${name} from its end: ${kept}${others}.`];
  });
}
