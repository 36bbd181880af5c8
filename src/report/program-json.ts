/**
 * The result object of `--json` for a program that no scenario describes.
 *
 * All times are milliseconds from the beginning of the trace; a place is a file, a line and, where they are
 * known, a column and a function. Whoever is named has an id beside, as the trace's file has it. What no recorder has told is left out.
 */
import { TICKS_PER_MS, type Ticks } from "../base/duration.ts";
import type { ActorOutcome, Cancellation, Exit } from "../reading/entities.ts";
import type { Victim } from "../reading/victims.ts";
import { NOBODY } from "../trace/log.ts";
import type { Id } from "../trace/read.ts";
import { Names } from "../remedies/program/names.ts";
import { blockToJson, holdToJson, placeToJson } from "./holds-json.ts";
import {
  fateOf,
  type Kind,
  type ProcessReport,
  type ProgramReport,
  type Standing,
} from "./program.ts";

export function programToJson(report: ProgramReport) {
  return new ProgramJson(report).result();
}

class ProgramJson {
  readonly #report: ProgramReport;
  readonly #names: Names;
  readonly #actors: ReadonlyMap<number, ActorOutcome>;

  readonly #holdNaming = {
    by: (actor: number) => this.#ref("by", actor),
    task: (actor: number) => this.#ref("task", actor),
    /** How late it was altogether; another hold, or nothing known, may have had a part in it. */
    ofVictim: ({ late }: Victim) => ({ late: ms(late) }),
  };

  constructor(report: ProgramReport) {
    this.#report = report;
    this.#names = new Names(report.trace.definitions);
    this.#actors = new Map(report.reading.actors.map((actor) => [actor.number, actor]));
  }

  result() {
    const { source, reading, processes, trace } = this.#report;
    return {
      source,
      wall: ms(reading.wall),
      exit: this.#exit(),
      processes: processes.map((process) => this.#process(process)),
      threads: this.#threads(),
      loops: this.#loops(),
      kinds: processes.flatMap((process) =>
        process.kinds.map((kind) => ({
          ...this.#processRef("process", process.number),
          ...this.#kind(kind),
        })),
      ),
      tasks: this.#tasks().map((task) => this.#task(task)),
      resources: [...trace.definitions.resources].map(([number, { place, ...resource }]) => ({
        id: trace.idOf("resource", number),
        ...resource,
        created: this.#place(place),
      })),
      blocks: this.#blocks(),
      failures: this.#failures(),
      ...this.#standings(),
      keptAlive: reading.handles.map(({ process, kind, place, at }) => ({
        ...this.#processRef("process", process),
        kind,
        place: this.#place(place),
        at: ms(at),
      })),
      folded: reading.folded.map(({ actor, thread, kind, count, busy, longest }) => ({
        ...this.#ref("task", actor),
        ...this.#threadRef(thread),
        kind,
        count,
        busy: ms(busy),
        longest: ms(longest),
      })),
      findings: this.#findings(),
      dropped: reading.dropped.map(({ count, why, at }) => ({ events: count, why, at: ms(at) })),
      record: { cutOff: trace.cutOff, unknown: trace.unknown },
    };
  }

  /** How the first process ended, and who called for that. */
  #exit() {
    const [first] = this.#report.processes;
    return {
      code: first?.exitCode ?? null,
      interruptedBy: first?.interruptedBy ?? null,
      interruption: first?.interruption ?? null,
      ...this.#exitCall(first?.exit ?? null),
    };
  }

  /** Who called for the exit that ended a process, on which thread, and where. */
  #exitCall(exit: Exit | null) {
    const actor = exit?.actor ?? NOBODY;
    return {
      ...this.#ref("by", actor === NOBODY ? null : actor),
      ...this.#threadRef(exit?.thread ?? null),
      place: this.#place(exit?.place ?? null),
    };
  }

  #process({ number, name, parent, pid, command, ...end }: ProcessReport) {
    const { exitCode, endedAt, interruptedBy, interruption, exit } = end;
    return {
      id: this.#report.trace.idOf("process", number),
      name,
      ...this.#processRef("parent", parent),
      pid,
      command,
      exitCode,
      endedAt: orNull(endedAt),
      interruptedBy,
      interruption,
      exitCalled: exit === null ? null : this.#exitCall(exit),
    };
  }

  #threads() {
    const { processes, reading } = this.#report;
    const stood = new Map(reading.standstills.map(({ actor, blocked }) => [actor, blocked]));
    return processes.flatMap((process) =>
      process.threads.map(({ number, name, daemon, startedAt, mains: [main] }) => ({
        id: this.#report.trace.idOf("thread", number),
        name,
        ...this.#processRef("process", process.number),
        ...this.#ref("main", main?.number ?? null),
        daemon,
        status: main === undefined ? null : this.#status(main),
        startedAt: orNull(startedAt),
        endedAt: main === undefined ? null : this.#endedAt(main),
        blocked: main === undefined ? null : ms(stood.get(main.number) ?? 0),
        stoodAt: this.#stoodAt(main),
        error: main?.error ?? null,
        heard: main?.heard?.by ?? null,
      })),
    );
  }

  #loops() {
    return this.#report.processes.flatMap((process) =>
      process.threads.flatMap(({ loops, entries }) =>
        loops.map(({ number, thread, rules, openedAt, closingAt, closedAt, longestBlock }) => ({
          id: number === null ? null : this.#report.trace.idOf("loop", number),
          ...this.#threadRef(thread),
          ...this.#processRef("process", process.number),
          rules,
          openedAt: ms(openedAt),
          closingAt: orNull(closingAt),
          closedAt: orNull(closedAt),
          entries: entries.map((entry) => this.#task(entry)),
          longestBlock: longestBlock === null ? null : holdToJson(longestBlock, this.#holdNaming),
        })),
      ),
    );
  }

  #kind({ kind, name, place, tasks, counts, longest }: Kind) {
    const { "given up": givenUp, ...others } = counts;
    return {
      function: name,
      kind,
      created: this.#place(place),
      total: tasks.length,
      ...others,
      givenUp,
      longest: orNull(longest),
    };
  }

  /** Those that did not come to their end, that failed, or that a finding is about. */
  #tasks(): ActorOutcome[] {
    const { processes, findings } = this.#report;
    const meant = new Set(findings.flatMap(({ actors }) => actors));
    return processes
      .flatMap(({ kinds }) => kinds.flatMap(({ tasks }) => tasks))
      .filter((task) => fateOf(task, this.#report) !== "finished" || meant.has(task.number));
  }

  #task(task: ActorOutcome) {
    const { name, function: of, kind, place, parent, lost, givenUp, cancelled } = task;
    return {
      id: this.#report.trace.idOf("actor", task.number),
      name,
      function: of,
      kind,
      created: this.#place(place),
      ...this.#ref("parent", parent),
      ...this.#threadRef(task.thread),
      status: this.#status(task),
      startedAt: orNull(task.startedAt),
      endedAt: this.#endedAt(task),
      lost: lost && !this.#report.alive.has(task.number),
      givenUp: givenUp === null ? null : { by: givenUp.by, at: ms(givenUp.at) },
      cancelled: this.#cancellation(cancelled),
      steps: task.done,
      stoodAt: this.#stoodAt(task),
      error: task.error,
      heard: task.heard?.by ?? null,
      heardAt: orNull(task.heard?.at ?? null),
      cleanup: task.cleanup,
      destroyed: task.destroyed,
    };
  }

  #cancellation(cancelled: Cancellation | null) {
    if (cancelled === null) return null;
    const { reason, at, by, place } = cancelled;
    return { reason, at: ms(at), ...this.#ref("by", by), place: this.#place(place) };
  }

  #status({ number, status }: ActorOutcome): string {
    return this.#report.alive.has(number) && status !== "unstarted" ? "alive" : status;
  }

  #endedAt({ number, endedAt }: ActorOutcome): number | null {
    return this.#report.alive.has(number) ? null : orNull(endedAt);
  }

  #stoodAt(actor: ActorOutcome | undefined) {
    return this.#place(
      actor === undefined ? null : (this.#report.standings.get(actor.number)?.place ?? null),
    );
  }

  #blocks() {
    const { loops, elsewhere } = this.#report.reading;
    const ofLoops = loops.flatMap(({ thread, blame }) =>
      blame.holds.map((block) => ({ thread, block })),
    );
    return [...ofLoops, ...elsewhere.holds.map((block) => ({ thread: null, block }))].map(
      ({ thread, block }) => ({
        ...this.#threadRef(thread),
        ...blockToJson(block, this.#holdNaming),
      }),
    );
  }

  #failures() {
    return this.#report.reading.failures.map(({ actor, error, at, heard }) => ({
      ...this.#ref("task", actor),
      created: this.#place(this.#actors.get(actor)?.place ?? null),
      error,
      at: ms(at),
      heard: heard.map(({ by, where, at: when }) => ({ by, where, at: ms(when) })),
    }));
  }

  /** Who waits for what, and what else had begun and not ended. */
  #standings() {
    const all = [...this.#report.standings.values()].filter(({ at }) => at !== null);
    const isWait = ({ at }: Standing): boolean => at === "wait" || at === "settle" || at === "seen";
    return {
      waits: all.filter(isWait).map((one) => ({
        ...this.#standing(one),
        for: one.for,
        ...this.#ref("whom", one.whom),
        seen: one.at === "seen",
      })),
      unfinished: all
        .filter((one) => !isWait(one))
        .map((one) => ({ ...this.#standing(one), what: one.at })),
    };
  }

  #standing({ actor, of, resource, place, since }: Standing) {
    const known =
      resource === null ? undefined : this.#report.trace.definitions.resources.get(resource);
    return {
      ...this.#ref("who", actor),
      of: of ?? known?.name ?? null,
      resource: known?.kind ?? null,
      resourceId: resource === null ? null : this.#report.trace.idOf("resource", resource),
      place: this.#place(place),
      since: orNull(since),
    };
  }

  #findings() {
    return this.#report.findings.map(({ rule, actors, places, at, message, fix }) => ({
      rule,
      place: this.#place(places[0]?.place ?? null),
      places: places.map(({ is, place }) => ({ is, ...this.#place(place) })),
      ...this.#ref("task", actors[0] ?? null),
      tasks: actors.length,
      at: ms(at),
      message,
      fix,
    }));
  }

  #place(place: number | null) {
    const known = place === null ? undefined : this.#report.trace.definitions.places.get(place);
    return known === undefined ? null : placeToJson(known);
  }

  /** An actor by its name, which others may have as well, and by its id. */
  #ref<Key extends string>(key: Key, actor: number | null): Reference<Key> {
    const id = actor === null ? null : this.#report.trace.idOf("actor", actor);
    return reference(key, actor === null ? null : this.#names.name(actor), id);
  }

  #threadRef(thread: number | null): Reference<"thread"> {
    if (thread === null) return reference("thread", null, null);
    const { definitions, idOf } = this.#report.trace;
    const name = definitions.threads.get(thread)?.name ?? `thread ${thread}`;
    return reference("thread", name, idOf("thread", thread));
  }

  #processRef<Key extends string>(key: Key, process: number | null): Reference<Key> {
    const known = this.#report.processes.find(({ number }) => number === process);
    const id = process === null ? null : this.#report.trace.idOf("process", process);
    return reference(key, known?.name ?? null, id);
  }
}

/** Somebody by name, and by the id that tells apart whose names are equal. */
type Reference<Key extends string> = Record<Key, string | null> & Record<`${Key}Id`, Id | null>;

function reference<Key extends string>(
  key: Key,
  name: string | null,
  id: Id | null,
): Reference<Key> {
  return { [key]: name, [`${key}Id`]: id } as Reference<Key>;
}

function ms(ticks: Ticks): number {
  return ticks / TICKS_PER_MS;
}

function orNull(ticks: Ticks | null): number | null {
  return ticks === null ? null : ms(ticks);
}
