/**
 * The verdict on a program that no scenario describes: each process with its threads and loops, its tasks
 * by kind, where those stand that have not come to an end, and findings.
 */
import { formatCount } from "../../base/count.ts";
import { formatTime, type Ticks } from "../../base/duration.ts";
import { counted, list } from "../../base/sentences.ts";
import { wrap } from "../../base/layout.ts";
import { joined, printable, type TerminalText } from "../../base/texts.ts";
import type { ActorOutcome, ProcessOutcome } from "../../reading/entities.ts";
import type { LoopOutcome } from "../../reading/loops.ts";
import type { Reading } from "../../reading/reading.ts";
import { NOBODY } from "../../trace/log.ts";
import type { Names } from "../../remedies/program/names.ts";
import { awaited, waitWords } from "../../remedies/program/waits.ts";
import { resourceNames } from "../apart.ts";
import {
  type Fate,
  fateOf,
  fates,
  type Kind,
  type ProcessReport,
  type ProgramReport,
  type Standing,
  type ThreadReport,
} from "../program.ts";
import {
  cleanupWords,
  common,
  endWords,
  errorWords,
  sentence,
  stopWords,
} from "./program-words.ts";
import { at, layOut, renderFinding, type Row } from "./rows.ts";

/** The most rows of threads, of kinds and of resources that are shown, in all processes together. */
const mostRows = 20;

/** The most things that are named which kept a process from its end. */
const mostKept = 5;

/** @returns lines, each ending in a newline and none wider than `width` where words allow it. */
export function renderProgram(report: ProgramReport, width: number): TerminalText {
  const rows = new Rows(report).all();
  return joined(
    [
      wrap(headline(report), width - 2, "  "),
      "",
      ...layOut(rows, width),
      ...(rows.length > 0 ? ([""] as const) : []),
      ...summary(report).map((sentence) => wrap(sentence, width)),
      ...report.findings.flatMap((finding) => renderFinding(finding, width)),
      "",
    ],
    "\n",
  );
}

function headline({ source, reading }: ProgramReport): string {
  const { command, runtime, language } = source;
  const code = reading.processes[0]?.exitCode ?? null;
  const status = code === null ? "" : `; exit status ${code}`;
  return `${command}, ${runtime === "" ? language : runtime}, for ${formatTime(reading.wall)}${status}`;
}

/** The rows of the table. */
class Rows {
  readonly #report: ProgramReport;
  readonly #names: Names;
  readonly #resources: ReadonlyMap<number, string>;

  constructor(report: ProgramReport) {
    this.#report = report;
    this.#names = report.names;
    this.#resources = resourceNames(report.trace);
  }

  all(): Row[] {
    const { processes } = this.#report;
    const several = processes.length > 1;
    const room = Math.max(1, Math.floor(mostRows / Math.max(1, processes.length)));
    const rows = processes.slice(0, mostRows).flatMap((process) => {
      const own = [
        ...mostOf(
          [
            ...process.threads.flatMap((thread) => this.#ofThread(thread)),
            ...process.unstarted.map((actor) => this.#ofProgram(actor)),
          ],
          room,
          "threads and loops",
        ),
        ...mostOf(
          gravestFirst(process.kinds, room).map((kind) => this.#ofKind(kind)),
          room,
          "kinds of tasks",
        ),
      ];
      if (!several) return own;
      return [this.#ofProcess(process), ...own.map(indented)];
    });
    const resources = mostOf(this.#ofResources(), mostRows, "resources");
    // A table goes by the width of what is shown, and not of what is hidden in names.
    return [
      ...rows,
      ...(processes.length > mostRows ? [moreRow(processes.length - mostRows, "processes")] : []),
      ...resources,
    ].map((row) => ({ ...row, who: printable(row.who) }));
  }

  #ofProcess(process: ProcessReport): Row {
    const { name, pid, command, parent, endedAt, exitCode } = process;
    const starter = this.#report.processes.find(({ number }) => number === parent);
    return {
      who: `process ${name}`,
      status: exitCode !== null ? `exit ${exitCode}` : endedAt === null ? "no end" : "ended",
      when: at(endedAt),
      story: sentence([
        pid === null ? null : `pid ${pid}`,
        command === null || command === name ? null : command,
        starter === undefined ? null : `started by ${starter.name}`,
        endWords(process),
      ]),
    };
  }

  #ofThread({ name, daemon, startedAt, mains, loops, entries }: ThreadReport): Row[] {
    const [main, ...others] = mains;
    const head: Row = {
      who: `thread ${name}`,
      status: main === undefined ? (startedAt === null ? "unheard of" : "-") : this.#status(main),
      when: main === undefined ? "-" : this.#end(main),
      story: sentence([
        daemon ? "daemon" : null,
        main === undefined
          ? null
          : this.#story(main, ["main", name].includes(main.name) ? null : `runs ${main.name}`),
      ]),
    };
    const programs = [...others, ...entries].map((actor) => this.#ofProgram(actor));
    return [head, ...[...loops.map((loop) => this.#ofLoop(loop)), ...programs].map(indented)];
  }

  #ofLoop({ rules, openedAt, closingAt, closedAt, longestBlock }: LoopOutcome): Row {
    const held =
      longestBlock === null
        ? null
        : `held for up to ${formatTime(longestBlock.ticks)} (by ${this.#names.name(longestBlock.actor)})`;
    const status = closedAt !== null ? "closed" : closingAt !== null ? "closing" : "open";
    return {
      who: "event loop",
      status,
      when: at(closedAt ?? closingAt),
      story: sentence([rules, `opened at ${formatTime(openedAt)}`, held]),
    };
  }

  #ofProgram(actor: ActorOutcome): Row {
    return {
      who: `${actor.kind} ${actor.name}`,
      status: this.#status(actor),
      when: this.#end(actor),
      story: this.#story(actor, this.#madeWords([actor])),
    };
  }

  #status({ number, status }: ActorOutcome): string {
    return this.#report.alive.has(number) && status !== "unstarted" ? "alive" : status;
  }

  #end({ number, endedAt }: ActorOutcome): string {
    return at(this.#report.alive.has(number) ? null : endedAt);
  }

  #ofKind({ kind, name, tasks, counts }: Kind): Row {
    const gravest = fates.find((fate) => counts[fate] > 0)!;
    const [first] = tasks as [ActorOutcome];
    const one = tasks.length === 1;
    const others = fates.filter((fate) => fate !== gravest && counts[fate] > 0);
    const ends = tasks
      .filter(({ number }) => !this.#report.alive.has(number))
      .map(({ endedAt }) => endedAt)
      .filter((end) => end !== null);
    const least = ends.reduce((a, b) => Math.min(a, b), Infinity);
    const most = ends.reduce((a, b) => Math.max(a, b), 0);
    const several = ends.length > 0 && least !== most;
    return {
      who: `${kind} ${one ? first.name : `${name} x ${formatCount(tasks.length)}`}`,
      status: one ? gravest : `${formatCount(counts[gravest])} ${gravest}`,
      when: several ? `${at(least)} to ${at(most)}` : at(ends[0] ?? null),
      story: sentence([
        one && first.name !== name ? name : null,
        this.#madeWords(tasks),
        ...others.map((fate) => `${formatCount(counts[fate])} ${fate}`),
        ...this.#fateWords(
          tasks.filter((task) => fateOf(task, this.#report) === gravest),
          gravest,
        ),
      ]),
    };
  }

  /** Where actors of one kind were made, and by whom. */
  #madeWords(actors: readonly ActorOutcome[]): string | null {
    const [{ place }] = actors as [ActorOutcome];
    const by = common(
      actors.map(({ parent }) => (parent === null ? null : this.#names.name(parent))),
    );
    if (place === null && by === null) return null;
    const where = place === null ? "" : ` at ${this.#names.place(place)}`;
    return `made${by === null ? "" : ` by ${by}`}${where}`;
  }

  /** What is told of tasks that came to one fate: how, where they stood, and why. */
  #fateWords(tasks: readonly ActorOutcome[], fate: Fate): (string | null)[] {
    if (fate === "finished") return [];
    const told = (of: (task: ActorOutcome) => string | null): string | null =>
      common(tasks.map(of));
    return [
      told(errorWords),
      told(({ startedAt, status }) =>
        startedAt === null && status !== "failed" && status !== "ended" ? "never had a turn" : null,
      ),
      told(({ number }) => this.#standingWords(number)),
      told((task) => stopWords(task, this.#names)),
      told(cleanupWords),
    ];
  }

  #story(actor: ActorOutcome, head: string | null): string {
    const { blocked = 0 } =
      this.#report.reading.standstills.find((one) => one.actor === actor.number) ?? {};
    return sentence([
      head,
      errorWords(actor),
      actor.status === "finished" || actor.status === "failed"
        ? null
        : this.#standingWords(actor.number),
      blocked > 0 ? `stood still for ${formatTime(blocked)}` : null,
    ]);
  }

  #standingWords(actor: number): string | null {
    const standing = this.#report.standings.get(actor);
    if (standing === undefined) return null;
    const { at: what, place, since } = standing;
    const where = place === null ? "" : ` at ${this.#names.place(place)}`;
    if (what === null) return `stood${where}`;
    const when = since === null ? "" : ` ${what === "seen" ? "at" : "since"} ${formatTime(since)}`;
    return `${this.#doing(standing)}${when},${where}`.replace(/,$/, "");
  }

  #doing({ at: what, for: word, of, resource, whom }: Standing): string {
    switch (what) {
      case "wait": {
        const wait = awaited(this.#names, { of: this.#resources.get(resource ?? -1) ?? of, whom });
        return `waits ${waitWords({ ...wait, for: word ?? "something" })}`;
      }
      case "settle":
        return `waits ${waitWords({ for: "settle", of })}`;
      case "seen": {
        const thing = of ?? this.#resources.get(resource ?? -1) ?? null;
        const who = whom === null ? null : this.#names.name(whom);
        const what = [thing, who].filter((one) => one !== null);
        return `was seen to wait for ${what.length === 0 ? "something" : what.join(", and for ")}`;
      }
      case "block":
        return "stands still, holding its thread";
      case "compute":
        return "computes";
      case "offload":
        return "waits for the pool";
      case "call":
        return of === null ? "is in a call" : `is in ${of}`;
      default:
        return `is in a ${what ?? "step"}`;
    }
  }

  #ofResources(): Row[] {
    const { trace, standings } = this.#report;
    const waiting = Map.groupBy(standings.values(), ({ resource }) => resource);
    return [...trace.definitions.resources].map(([number, { kind, capacity, place }]) => {
      const who = (waiting.get(number) ?? []).map(({ actor }) => this.#names.kindOrName(actor));
      return {
        who: `${kind} ${this.#resources.get(number)!}`,
        status: who.length === 0 ? "-" : "awaited",
        when: "-",
        story: sentence([
          place === null ? null : `made at ${this.#names.place(place)}`,
          capacity === null ? null : `holds ${formatCount(capacity)} at most`,
          who.length === 0 ? null : `${common(who)} ${who.length === 1 ? "waits" : "wait"} for it`,
        ]),
      };
    });
  }
}

function indented(row: Row): Row {
  return { ...row, depth: (row.depth ?? 0) + 1 };
}

/** As many rows as there is room for, and one that counts the others. */
function mostOf(rows: readonly Row[], room: number, what: string): Row[] {
  return rows.length <= room
    ? [...rows]
    : [...rows.slice(0, room), moreRow(rows.length - room, what)];
}

function moreRow(count: number, what: string): Row {
  return {
    who: "...",
    status: `${formatCount(count)} more`,
    when: "",
    story: `${what}; --json has them all`,
  };
}

/** Kinds in their order; those with the gravest fates come first where not all can be shown. */
function gravestFirst(kinds: readonly Kind[], room: number): readonly Kind[] {
  if (kinds.length <= room) return kinds;
  const rank = ({ counts }: Kind): number => fates.findIndex((fate) => counts[fate] > 0);
  return kinds.toSorted((a, b) => rank(a) - rank(b));
}

function summary(report: ProgramReport): string[] {
  const { processes, reading } = report;
  const [first] = processes;
  const kinds = processes.flatMap((process) => process.kinds);
  const total = kinds.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const count = (fate: Fate): number => kinds.reduce((sum, { counts }) => sum + counts[fate], 0);
  const beside = (["given up", "failed", "alive"] as const)
    .filter((fate) => count(fate) > 0)
    .map((fate) => `, ${formatCount(count(fate))} ${fate === "alive" ? "alive at the end" : fate}`);
  const ended = first === undefined ? null : endWords(first);
  return [
    ...(first === undefined || ended === null ? [] : [interruptionWords(first, reading.wall)]),
    processes.length === 0
      ? "The record tells of no process."
      : total === 0
        ? "There were no tasks."
        : `${formatCount(count("lost"))} of ${counted(total, "task")} lost${beside.join("")}.`,
    ...exitWords(report),
    ...keptWords(report),
    ...foldedWords(reading),
    ...reading.dropped.map(
      ({ count, at, why }) =>
        `${counted(count, "event")} up to ${formatTime(at)} ${count === 1 ? "was" : "were"} not recorded: ${why}.`,
    ),
  ];
}

function interruptionWords(process: ProcessOutcome, wall: Ticks): string {
  if (process.interruptedBy === "cut-off")
    return `The record ends at ${formatTime(wall)}; what happened afterwards is not in it.`;
  return `The process ${process.name} ${endWords(process)} at ${at(process.endedAt)}.`;
}

/** Who ended processes by a call for an exit, but for their own main programs. */
function exitWords({ processes, names }: ProgramReport): string[] {
  return processes.flatMap(({ name, exit, threads: [first] }) => {
    if (exit === null) return [];
    const { actor, thread, code, place } = exit;
    if (thread === first?.number && actor === first.mains[0]?.number) return [];
    const call = { by: actor === NOBODY ? null : actor, thread, place };
    return [`A call to exit (status ${code})${names.caller(call)} ended the process ${name}.`];
  });
}

/** What kept processes from their ends, by kind and place. */
function keptWords({ reading, processes, names }: ProgramReport): string[] {
  return processes.flatMap(({ number, name }) => {
    const handles = reading.handles.filter(({ process }) => process === number);
    const what = handles.map(
      ({ kind, place }) => `${kind}${place === null ? "" : ` (${names.place(place)})`}`,
    );
    const kept = list([...new Set(what)].slice(0, mostKept));
    const more = new Set(what).size - mostKept;
    const others = more > 0 ? ` (and ${formatCount(more)} more)` : "";
    return kept === "" ? [] : [`What kept the process ${name} from its end: ${kept}${others}.`];
  });
}

/** Steps that were told in sums only, by kind. */
function foldedWords({ folded }: Reading): string[] {
  return [...Map.groupBy(folded, ({ kind }) => kind)].map(([kind, all]) => {
    const count = all.reduce((sum, one) => sum + one.count, 0);
    const busy = all.reduce((sum, one) => sum + one.busy, 0);
    const longest = all.reduce((most, one) => Math.max(most, one.longest), 0);
    return `${counted(count, kind)} ${count === 1 ? "is" : "are"} told in sums only: ${formatTime(busy)} together, the longest ${formatTime(longest)}.`;
  });
}
