/** The rows of the verdict on an observed program: threads with their loops, work by kind, and what was left. */
import { formatCount } from "../../base/count.ts";
import { formatMeasured, type Ticks } from "../../base/duration.ts";
import { printable } from "../../base/texts.ts";
import type { ActorOutcome } from "../../reading/entities.ts";
import type { LoopOutcome } from "../../reading/loops.ts";
import type { Standstill } from "../../reading/standstill.ts";
import { callText, functionName, type Names, workerName } from "../../remedies/program/names.ts";
import { awaitedWords, seenWaitWords, waitWords } from "../../remedies/program/waits.ts";
import { resourceNames } from "../apart.ts";
import {
  type Fate,
  fateOf,
  fates,
  type Kind,
  type ProcessReport,
  type ProgramReport,
} from "../program.ts";
import { processName, shownCommand } from "../program-command.ts";
import { unrunIn } from "../program-handlers.ts";
import type { Standing } from "../program-standings.ts";
import type { ThreadReport } from "../program-threads.ts";
import { whyOf } from "../program-why.ts";
import {
  cleanupWords,
  common,
  endWords,
  errorWords,
  momentWords,
  sentence,
} from "../program-words.ts";
import type { Row } from "./rows.ts";

/** The most rows of threads, of kinds and of resources that are shown, in all processes together. */
const mostRows = 20;

/** The most kinds of calls that all finished which have a row each. */
const mostPlain = 3;

/** The most ways in which a thread stood still that are told. */
const mostStretches = 2;

export class ProgramRows {
  readonly #report: ProgramReport;
  readonly #names: Names;
  readonly #resources: ReadonlyMap<number, string>;
  readonly #standstills: ReadonlyMap<number, Standstill>;

  /** Whether its loops go by JavaScript's rules. */
  readonly #floats: boolean;

  constructor(report: ProgramReport) {
    this.#report = report;
    this.#floats = report.reading.loops.some(isFloating);
    this.#names = report.names;
    this.#resources = resourceNames(report.trace);
    this.#standstills = new Map(report.reading.standstills.map((one) => [one.actor, one]));
  }

  all(): Row[] {
    const { processes } = this.#report;
    const several = processes.length > 1;
    const room = Math.max(1, Math.floor(mostRows / Math.max(1, processes.length)));
    const rows = processes.slice(0, mostRows).flatMap((process) => {
      const own = [
        ...mostOf(this.#ofThreads(process), room, "threads and loops"),
        ...this.#ofKinds(this.#kindsOf(process), room),
      ];
      return several ? [this.#ofProcess(process), ...own.map(indented)] : own;
    });
    const others = mostOf([...this.#ofHandlers(), ...this.#ofResources()], mostRows, "things left");
    // A table goes by the width of what is shown, and not of what is hidden in names.
    return [
      ...rows,
      ...(processes.length > mostRows ? [moreRow(processes.length - mostRows, "processes")] : []),
      ...others,
    ].map((row) => ({ ...row, who: printable(row.who) }));
  }

  /** Rows of work by kind; calls that all came to their end are told in one row where there are many kinds of them. */
  #ofKinds(kinds: readonly Kind[], room: number): Row[] {
    const isPlain = ({ kind, counts, total }: Kind): boolean =>
      kind === "call" && counts.finished === total;
    const plain = kinds.filter(isPlain);
    const isFolded = plain.length > mostPlain;
    const told = isFolded ? kinds.filter((kind) => !isPlain(kind)) : kinds;
    const total = plain.reduce((sum, one) => sum + one.total, 0);
    const functions = new Set(plain.map(({ name }) => name)).size;
    const others = told.length === 0 ? "" : "other ";
    return [
      ...mostOf(
        gravestFirst(told, room).map((kind) => this.#ofKind(kind)),
        room,
        kinds.some(({ kind }) => kind === "call") ? "kinds of calls" : "kinds of tasks",
      ),
      ...(isFolded
        ? [
            {
              who: `${formatCount(functions)} ${others}async ${functions === 1 ? "function" : "functions"} ×${formatCount(total)}`,
              status: `${formatCount(total)} finished`,
              when: "",
              story: `called at ${formatCount(plain.length)} places; --json has them all`,
            },
          ]
        : []),
    ];
  }

  #ofProcess(process: ProcessReport): Row {
    const { pid, command, parent, endedAt, exitCode } = process;
    const name = processName(process);
    const starter = this.#report.processes.find(({ number }) => number === parent);
    return {
      who: `process ${name}`,
      status: exitCode !== null ? `exit ${exitCode}` : endedAt === null ? "no end" : "ended",
      when: momentWords(endedAt),
      story: sentence([
        pid === null ? null : `pid ${pid}`,
        command === null || shownCommand(command) === name ? null : shownCommand(command),
        starter === undefined ? null : `started by ${processName(starter)}`,
        endWords(process),
      ]),
    };
  }

  /**
   * Threads that turn loops or belong to a process, each with its loops; workers of pools in one row. What
   * others ran is told among work of its kind.
   */
  #ofThreads(process: ProcessReport): Row[] {
    if (isSilent(process)) return [];
    const [first] = process.threads;
    const isAlone = process.threads.every((one) => one === first || one.loops.length === 0);
    const told = process.threads.filter((thread) => thread === first || this.#hasRow(thread));
    const workers = process.threads.filter(({ isWorker }) => isWorker);
    return [
      ...told.flatMap((thread) => this.#ofThread(thread, { isFirst: thread === first, isAlone })),
      ...process.unstarted.map((actor) => this.#ofProgram(actor)),
      ...(workers.length === 0 ? [] : [this.#ofWorkers(workers)]),
    ];
  }

  #hasRow({ isWorker, program, loops }: ThreadReport): boolean {
    if (isWorker) return false;
    return loops.length > 0 || (program !== null && program.kind !== "thread");
  }

  /** Kinds of work, but for the programs of threads that have rows of their own. */
  #kindsOf(process: ProcessReport): Kind[] {
    const told = new Set(
      process.threads
        .filter((thread) => this.#hasRow(thread))
        .flatMap(({ program }) => program?.number ?? []),
    );
    return process.kinds.filter(
      ({ tasks, total }) => total > tasks.length || !tasks.every(({ number }) => told.has(number)),
    );
  }

  #ofThread(
    thread: ThreadReport,
    { isFirst, isAlone }: { isFirst: boolean; isAlone: boolean },
  ): Row[] {
    const { name, daemon, startedAt, program, others, loops, entries } = thread;
    // A Worker that serves others has no end of its own, and is ended with its thread.
    const isOver =
      this.#isWorker(thread) &&
      program?.status === "abandoned" &&
      !program.lost &&
      thread.endedAt !== null &&
      thread.endedAt < (this.#endOf(thread.process) ?? Infinity);
    const head: Row = {
      who: isFirst
        ? mainWords(thread)
        : this.#isWorker(thread)
          ? workerName(name)
          : `thread ${name}`,
      status: isOver
        ? "ended"
        : program === null
          ? startedAt === null
            ? "unheard of"
            : "-"
          : this.#status(program),
      when: program === null || isOver ? momentWords(thread.endedAt) : this.#end(program),
      story: sentence([
        daemon ? "daemon" : null,
        program?.kind === "thread" ? this.#madeWords([program]) : null,
        program === null ? null : this.#story(program),
        this.#unjoinedWords(thread),
      ]),
    };
    const below = [
      ...loops.map((loop) => this.#ofLoop(loop, thread.endedAt ?? this.#endOf(thread.process))),
      ...[...others, ...entries]
        .filter((actor) => !this.#isPlain(actor))
        .map((actor) => this.#ofProgram(actor)),
    ];
    // Where there is but one thread with a loop, nothing has to be told apart.
    return [head, ...(isFirst && isAlone ? below : below.map(indented))];
  }

  /** Whether a thread is a Worker of JavaScript's: it turns such a loop, or main of its process does. */
  #isWorker({ loops, process }: ThreadReport): boolean {
    const [first] = this.#report.processes.find(({ number }) => number === process)?.threads ?? [];
    return loops.some(isFloating) || first?.loops.some(isFloating) === true;
  }

  #endOf(process: number): Ticks | null {
    return this.#report.processes.find(({ number }) => number === process)?.endedAt ?? null;
  }

  /** The same of several threads. */
  #unjoinedOf(programs: readonly ActorOutcome[]): string | null {
    const threads = this.#report.processes.flatMap((process) => process.threads);
    const own = new Map(threads.map((thread) => [thread.program?.number, thread]));
    const told = programs.map(({ number }) => own.get(number));
    return common(
      told.map((thread) => (thread === undefined ? null : this.#unjoinedWords(thread))),
    );
  }

  /** That nobody has joined a thread which its process waits for all the same; null where that is not so. */
  #unjoinedWords({ daemon, joined, program, process, loops }: ThreadReport): string | null {
    if (daemon || joined !== null || program?.kind !== "thread" || loops.some(isFloating))
      return null;
    if (program.status !== "finished" && program.status !== "failed") return null;
    const [main] = this.#report.processes.find(({ number }) => number === process)?.threads ?? [];
    const mainEnd = main?.program?.endedAt ?? null;
    if (mainEnd === null || program.endedAt === null) return null;
    const waited = program.endedAt - mainEnd;
    return waited < noteworthy
      ? "not joined; over before main, which would have waited for it at exit (no daemon)"
      : `not joined; no daemon, so waited for at exit, for ${formatMeasured(waited)}`;
  }

  /** Whether there is no more to be said of a loop's entry than that there was one. */
  #isPlain({ kind, status, number }: ActorOutcome): boolean {
    return kind === "launch" && status === "finished" && !this.#report.alive.has(number);
  }

  #ofWorkers(workers: readonly ThreadReport[]): Row {
    const jobs = workers.reduce((sum, one) => sum + one.jobs.length, 0);
    const ends = workers.map(({ endedAt }) => endedAt);
    const last = ends.reduce((most, end) => Math.max(most ?? 0, end ?? 0), null);
    return {
      who: workers.length === 1 ? `worker ${workers[0]!.name}` : `workers ×${workers.length}`,
      status: ends.every((end) => end !== null) ? "ended" : "-",
      when: momentWords(ends.every((end) => end !== null) ? last : null),
      story: `of a pool; ${formatCount(jobs)} ${jobs === 1 ? "job" : "jobs"}`,
    };
  }

  #ofLoop(loop: LoopOutcome, endedAt: Ticks | null): Row {
    const { openedAt, closingAt, closedAt, opened, closed, longestBlock } = loop;
    // A loop that floats is no thing of the program's, which is neither opened nor closed.
    const isEnded = isFloating(loop) && endedAt !== null;
    const status = isEnded
      ? "ended"
      : closedAt !== null
        ? "closed"
        : closingAt !== null
          ? "closing"
          : "open";
    const gate = [opened, closed].map((one) => {
      if (one === null) return null;
      const where = one.place === null ? null : this.#names.line(one.place);
      return [one.how, where].filter((part) => part !== null).join(", ");
    });
    const [from, to] = gate;
    return {
      who: "event loop",
      status,
      when: momentWords(isEnded ? endedAt : (closedAt ?? closingAt)),
      story: sentence([
        from ?? (isFloating(loop) ? null : `opened at ${formatMeasured(openedAt)}`),
        to === from || to === null ? null : `closed by ${to}`,
        longestBlock === null || longestBlock.ticks < noteworthy
          ? null
          : `held for up to ${formatMeasured(longestBlock.ticks)} (by ${this.#holder(longestBlock.actor)})`,
      ]),
    };
  }

  #holder(actor: number): string {
    const isMain = this.#report.trace.definitions.actors.get(actor)?.kind === "main";
    return this.#floats && isMain ? "the main module" : this.#names.kind(actor);
  }

  #ofProgram(actor: ActorOutcome): Row {
    return {
      who: actor.kind === "launch" ? this.#names.kind(actor.number) : `${actor.kind} ${actor.name}`,
      status: this.#status(actor),
      when: this.#end(actor),
      story: sentence([this.#madeWords([actor]), this.#story(actor)]),
    };
  }

  #status(actor: ActorOutcome): string {
    const { number, kind, status, lost } = actor;
    if (this.#report.alive.has(number)) return status === "unstarted" ? status : "alive";
    if (lost) return "LOST";
    const keeps = this.#report.blocks.some(({ isOver, hold }) => !isOver && hold.actor === number);
    if (this.#floats && keeps && status === "interrupted") return "BLOCKED";
    if (this.#hasExited(actor)) return "exited";
    if (status === "finished") return "ended";
    // A thread that has lost nothing was of no more use, or was not to begin.
    if (status === "abandoned" || status === "interrupted")
      return kind === "thread" ? "ended" : "cut off";
    return status === "failed" ? "FAILED" : status;
  }

  /** Whether main, whose thread turns a loop that floats, called for the exit, or waited for whoever did. */
  #hasExited({ kind, number, status }: ActorOutcome): boolean {
    if (kind !== "main" || status === "finished" || status === "failed" || !this.#floats)
      return false;
    return this.#report.decided.has(number);
  }

  #end({ number, endedAt }: ActorOutcome): string {
    return momentWords(this.#report.alive.has(number) ? null : endedAt);
  }

  #ofKind({ kind, name, place, tasks, total, counts, longest }: Kind): Row {
    const gravest = fates.find((fate) => counts[fate] > 0)!;
    const [first] = tasks;
    const one = total === 1;
    const others = fates.filter((fate) => fate !== gravest && counts[fate] > 0);
    const ends = tasks
      .filter(({ number }) => !this.#report.alive.has(number))
      .flatMap(({ endedAt }) => endedAt ?? []);
    const least = ends.reduce((a, b) => Math.min(a, b), Infinity);
    const most = ends.reduce((a, b) => Math.max(a, b), 0);
    const several = ends.length > 0 && formatMeasured(least) !== formatMeasured(most);
    return {
      who:
        kind === "thread" && this.#floats && total === 1
          ? workerName(name)
          : whoWords(kind === "thread" && this.#floats ? "Worker" : kind, name, total),
      status: one ? shown(gravest) : `${formatCount(counts[gravest])} ${shown(gravest)}`,
      when: several
        ? `${momentWords(least)} to ${momentWords(most)}`
        : momentWords(ends[0] ?? null),
      story: sentence([
        one && first !== undefined && isNamed(first) ? `named ${first.name}` : null,
        first === undefined ? this.#madeAt(kind, place, name) : this.#madeWords(tasks),
        ...others.map((fate) => `${formatCount(counts[fate])} ${fate}`),
        ...this.#fateWords(
          tasks.filter((task) => fateOf(task, this.#report) === gravest),
          gravest,
        ),
        kind === "thread" ? this.#unjoinedOf(tasks) : null,
        total > tasks.length && longest !== null
          ? `the longest took ${formatMeasured(longest)}`
          : null,
      ]),
    };
  }

  /** Where actors of one kind were made, and by whom where that is no loop's entry or main. */
  #madeWords(actors: readonly ActorOutcome[]): string | null {
    const [{ place, kind }] = actors as [ActorOutcome];
    if (place !== null) return this.#madeAt(kind, place, actors[0]!.function);
    const verb = this.#madeBy(kind, actors[0]!.function);
    const by = common(
      actors.map(({ parent }) => (parent === null ? null : this.#names.kindOrName(parent))),
    );
    return by === null ? null : `${verb} by ${by}`;
  }

  #madeAt(kind: string, place: number | null, of: string | null): string | null {
    return place === null ? null : `${this.#madeBy(kind, of)} ${this.#lineIn(place)}`;
  }

  #madeBy(kind: string, of: string | null): string {
    // Where a callback was called is not known of each: it is the place where it was given then.
    const isGiven = this.#floats && / (callback|listener)$/.test(of ?? "");
    return isGiven ? "from" : (madeBy[kind] ?? "started");
  }

  /** What is told of work that came to one fate: how, where it stood, and why. */
  #fateWords(tasks: readonly ActorOutcome[], fate: Fate): (string | null)[] {
    const told = (of: (task: ActorOutcome) => string | null): string | null =>
      common(tasks.map(of));
    if (fate === "finished") return [told((task) => this.#swallowedWords(task))];
    return [
      told(errorWords),
      told(({ startedAt, status, kind }) =>
        startedAt === null &&
        status !== "failed" &&
        status !== "ended" &&
        !turnless.has(kind) &&
        !(this.#floats && kind === "thread")
          ? "never had a turn"
          : null,
      ),
      told((task) =>
        task.startedAt === null && task.kind !== "promise" ? null : this.#standingWords(task),
      ),
      told((task) => {
        const why = whyOf(task, this.#report);
        return why === "never had a turn" ? null : why;
      }),
      told(cleanupWords),
    ];
  }

  /** That work which finished had caught a cancellation. */
  #swallowedWords({ number }: ActorOutcome): string | null {
    const place = this.#report.swallowed.get(number);
    if (place === undefined) return null;
    return `caught its cancellation${place === null ? "" : ` at ${this.#names.line(place)}`}`;
  }

  #story(actor: ActorOutcome): string {
    const isOver = actor.status === "finished" || actor.status === "failed";
    return sentence([
      errorWords(actor),
      isOver ? null : this.#standingWords(actor),
      this.#standstillWords(actor),
      actor.kind === "launch" && actor.lost ? whyOf(actor, this.#report) : null,
    ]);
  }

  /** For how long a thread stood still, and at what, the longest first. */
  #standstillWords({ number }: ActorOutcome): string | null {
    const { stretches = [] } = this.#standstills.get(number) ?? {};
    const still = stretches.filter(
      ({ kind, goesOn, afterEnd }) => kind !== "compute" && !goesOn && !afterEnd,
    );
    const total = still.reduce((sum, { ticks }) => sum + ticks, 0);
    if (total < noteworthy) return null;
    // One call may wait for several, one after the other.
    const calls = Map.groupBy(
      still.filter(({ place }) => place !== null),
      ({ place, of }) => this.#waitingWords(place!, of),
    );
    const told = [...calls]
      .map(([words, some]) => ({ words, ticks: some.reduce((sum, { ticks }) => sum + ticks, 0) }))
      .filter(({ ticks }) => ticks >= total / 10)
      .toSorted((a, b) => b.ticks - a.ticks)
      .slice(0, mostStretches)
      .map(({ words, ticks }) => `${ticks === total ? "" : `${formatMeasured(ticks)}: `}${words}`);
    const where = told.length === 0 ? "" : ` (${told.join("; ")})`;
    return `stood still for ${formatMeasured(total)}${where}`;
  }

  /** The call at a place; what leaves a `with` stands at some line of it, whose call it is not. */
  #waitingWords(place: number, of: string | null): string {
    const words = this.#callWords(place);
    const isLeaving = of?.endsWith(".__exit__") && !/^(async )?with /.test(words);
    return isLeaving ? `${of}, ${this.#names.line(place)}` : words;
  }

  /** A call and its line, as `time.sleep(3), app.py:25`. */
  #callWords(place: number): string {
    const source = this.#report.trace.definitions.places.get(place)?.source;
    return [...(source === undefined ? [] : [callText(source)]), this.#names.line(place)].join(
      ", ",
    );
  }

  /** A line and the function that it stands in. */
  #lineIn(place: number): string {
    const within = this.#names.functionAt(place);
    const where =
      within === null || within === "<module>" || within.endsWith("<anonymous>")
        ? ""
        : ` in ${functionName(within)}`;
    return `${this.#names.line(place)}${where}`;
  }

  #standingWords(actor: ActorOutcome): string | null {
    const standing = this.#report.standings.get(actor.number);
    if (standing === undefined) return null;
    const { at: what, place, since, whom } = standing;
    // Whose thread turns a loop stands with what runs on that.
    if (whom !== null && this.#isEntry(whom)) return null;
    const where = place === null ? "" : ` at ${this.#names.spot(place, actor.function)}`;
    const doing = this.#doing(standing);
    if (doing === null) return where === "" ? null : `stood${where}`;
    const when = since === null || what === "seen" ? "" : ` since ${formatMeasured(since)}`;
    return `${doing}${when},${where}`.replace(/,$/, "");
  }

  #isPromise(actor: number | null): boolean {
    return this.#report.trace.definitions.actors.get(actor ?? NaN)?.kind === "promise";
  }

  #isEntry(actor: number): boolean {
    return this.#report.trace.definitions.actors.get(actor)?.kind === "launch";
  }

  /** What somebody is at; null where that is not known, or stands in the call at its place. */
  #doing({ at: what, for: awaited, of, resource, whom, place }: Standing): string | null {
    const thing = this.#resources.get(resource ?? -1) ?? of;
    const who = whom === null ? null : this.#names.kind(whom);
    switch (what) {
      case null:
        return null;
      case "wait":
        return `waits ${seenWaitWords({ for: awaited ?? "something", thing, who })}`.trimEnd();
      case "settle":
        return `waits ${waitWords({ for: "settle", of })}`;
      case "seen": {
        const source = place === null ? null : this.#names.sourceAt(place);
        const isSaid = thing !== null && source?.startsWith(thing.replace(/\W*$/, "")) === true;
        if (isSaid && who === null) return null;
        const kind = this.#report.trace.definitions.resources.get(resource ?? -1)?.kind;
        if (kind === "lock" && who !== null) return `waits for the lock ${thing}, which ${who} has`;
        // Whom it waits for says more than that it is a task.
        // What a call of JavaScript's is made on is no class that is waited for, and a promise has no name.
        if (thing !== null && this.#floats && (who === null || this.#isPromise(whom)))
          return `waits ${thing.startsWith("Atomics.") ? "in" : "for"} ${awaitedWords(thing)}`;
        const isKind = who !== null && (thing === "task" || thing === "future");
        const named = isSaid || isKind ? null : thing;
        const words = seenWaitWords({ for: "something", thing: named, who });
        return words === "" ? "waits for something" : `waits ${words}`;
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
        return `is in a ${what}`;
    }
  }

  #ofHandlers(): Row[] {
    return unrunIn(this.#report).map(({ handler, why }) => ({
      who: handlerWords(handler.function),
      status: "NOT RUN",
      when: "-",
      story: sentence([
        handler.place === null ? null : `registered ${this.#names.line(handler.place)}`,
        why,
      ]),
    }));
  }

  /** What lay in queues at the end, and what those wait for that nothing will wake. */
  #ofResources(): Row[] {
    const { trace, standings, reading, hang } = this.#report;
    const left = new Map(reading.left.map((one) => [one.resource, one]));
    const waiting = Map.groupBy(standings.values(), ({ resource }) => resource);
    return [...trace.definitions.resources].flatMap(([number, { kind, capacity, place }]) => {
      const who = (waiting.get(number) ?? []).map(({ actor }) => this.#names.kindOrName(actor));
      const rest = left.get(number);
      const isFuture = kind === "future";
      if (rest === undefined && (who.length === 0 || (isFuture && hang === null))) return [];
      return [
        {
          who: `${kind} ${this.#resources.get(number)!}`,
          status: rest === undefined ? "awaited" : `${formatCount(rest.items)} LEFT`,
          when: "-",
          story: sentence([
            place === null ? null : `made ${this.#names.line(place)}`,
            capacity === null ? null : `holds ${formatCount(capacity)} at most`,
            rest === undefined || rest.unfinished === null || rest.unfinished === rest.items
              ? null
              : `${formatCount(rest.unfinished)} never told to be done`,
            who.length === 0
              ? null
              : `${common(who)} ${who.length === 1 ? "waits" : "wait"} for it`,
          ]),
        },
      ];
    });
  }
}

/** From how long on a hold is told in its loop's row. */
const noteworthy = 20_000;

/** Whether an actor has a name that somebody gave it. */
function isNamed({ name, function: of }: ActorOutcome): boolean {
  return of !== null && name !== of && !/^(Task|Thread|job|coroutine|callback)-\d+/.test(name);
}

/** Kinds of what has no turns of its own. */
const turnless: ReadonlySet<string> = new Set(["coroutine", "promise"]);

/** What is done to have work of a kind. */
const madeBy: Readonly<Record<string, string>> = {
  coroutine: "made",
  job: "submitted",
  call: "called",
  promise: "called",
};

/** A listener is called by what it listens to. */
function handlerWords(of: string): string {
  return / listener$/.test(of) ? of : `handler ${functionName(of)}`;
}

function isFloating({ rules }: LoopOutcome): boolean {
  return rules === "javascript";
}

/** The first thread of a process, by what it runs. */
function mainWords({ name, loops }: ThreadReport): string {
  if (loops.some(isFloating)) return "main module";
  return name === "MainThread" ? "main thread" : `thread ${name}`;
}

/** What work of a kind is called: a task, and a call, by its function alone. */
function whoWords(kind: string, name: string, count: number): string {
  const isSaid = kind === "task" || kind === "call" || / (callback|listener)$/.test(name);
  const what = isSaid ? "" : `${kind} `;
  if (kind === "module") return `module${count === 1 ? "" : ` ×${formatCount(count)}`}`;
  return `${what}${functionName(name)}${count === 1 ? "" : ` ×${formatCount(count)}`}`;
}

/** The word for a fate; for what calls for something to be done, in capitals. */
function shown(fate: Fate): string {
  return fate === "lost" || fate === "failed" ? fate.toUpperCase() : fate;
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

/** Whether nothing is known of a process but that it was there, since no recorder told of what it did. */
function isSilent({ threads, kinds }: ProcessReport): boolean {
  return (
    kinds.length === 0 &&
    threads.every(
      ({ program, others, loops }) => program === null && others.length === 0 && loops.length === 0,
    )
  );
}
