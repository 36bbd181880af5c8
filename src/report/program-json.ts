/**
 * The result object of `--json` for a program that no scenario describes.
 *
 * All times are milliseconds from the beginning of the trace; a place is a file, a line and, where they are
 * known, a column and a function. What no recorder has told is left out.
 */
import { TICKS_PER_MS, type Ticks } from "../base/duration.ts";
import type { ActorOutcome } from "../reading/entities.ts";
import type { Hold } from "../reading/holds.ts";
import type { Victim } from "../reading/blame.ts";
import { Names } from "../remedies/program/names.ts";
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
        process.kinds.map((kind) => ({ process: process.name, ...this.#kind(kind) })),
      ),
      tasks: this.#tasks().map((task) => this.#task(task)),
      resources: [...trace.definitions.resources].map(([, { place, ...resource }]) => ({
        ...resource,
        created: this.#place(place),
      })),
      blocks: this.#blocks(),
      failures: this.#failures(),
      ...this.#standings(),
      keptAlive: reading.handles.map(({ process, kind, place, at }) => ({
        process: processes.find(({ number }) => number === process)!.name,
        kind,
        place: this.#place(place),
        at: ms(at),
      })),
      folded: reading.folded.map(({ actor, thread, kind, count, busy, longest }) => ({
        task: this.#name(actor),
        thread: this.#thread(thread),
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
    const { processes, reading } = this.#report;
    const [first] = processes;
    const threads = new Set(first?.threads.map(({ number }) => number));
    const call = reading.exits.find(({ thread }) => threads.has(thread));
    return {
      code: first?.exitCode ?? null,
      interruptedBy: first?.interruptedBy ?? null,
      interruption: first?.interruption ?? null,
      by: call === undefined ? null : this.#name(call.actor),
      place: call === undefined ? null : this.#place(call.place),
    };
  }

  #process({ name, parent, pid, command, ...end }: ProcessReport) {
    const { exitCode, endedAt, interruptedBy, interruption } = end;
    const starter = this.#report.processes.find(({ number }) => number === parent);
    return {
      name,
      parent: starter?.name ?? null,
      pid,
      command,
      exitCode,
      endedAt: orNull(endedAt),
      interruptedBy,
      interruption,
    };
  }

  #threads() {
    const { processes, reading } = this.#report;
    const stood = new Map(reading.standstills.map(({ actor, blocked }) => [actor, blocked]));
    return processes.flatMap((process) =>
      process.threads.map(({ name, daemon, startedAt, mains: [main] }) => ({
        name,
        process: process.name,
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
      process.threads.flatMap(({ name, loops, entries }) =>
        loops.map(({ rules, openedAt, closingAt, closedAt, longestBlock }) => ({
          thread: name,
          process: process.name,
          rules,
          openedAt: ms(openedAt),
          closingAt: orNull(closingAt),
          closedAt: orNull(closedAt),
          entries: entries.map((entry) => this.#task(entry)),
          longestBlock: longestBlock === null ? null : this.#hold(longestBlock),
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
      name,
      function: of,
      kind,
      created: this.#place(place),
      parent: this.#name(parent),
      thread: task.thread === null ? null : this.#thread(task.thread),
      status: this.#status(task),
      startedAt: orNull(task.startedAt),
      endedAt: this.#endedAt(task),
      lost: lost && !this.#report.alive.has(task.number),
      givenUp: givenUp === null ? null : { by: givenUp.by, at: ms(givenUp.at) },
      cancelled: cancelled === null ? null : { reason: cancelled.reason, at: ms(cancelled.at) },
      steps: task.done,
      stoodAt: this.#stoodAt(task),
      error: task.error,
      heard: task.heard?.by ?? null,
      heardAt: orNull(task.heard?.at ?? null),
      cleanup: task.cleanup,
      destroyed: task.destroyed,
    };
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
      blame.holds.map((hold) => ({ thread: this.#thread(thread), ...hold })),
    );
    return [...ofLoops, ...elsewhere.holds.map((hold) => ({ thread: null, ...hold }))].map(
      ({ thread, hold, victims }) => ({
        thread,
        ...this.#hold(hold),
        late: victims.map((victim) => this.#victim(victim)),
      }),
    );
  }

  #hold({ at, ticks, actor, source }: Hold) {
    return { at: ms(at), ms: ms(ticks), task: this.#name(actor), source };
  }

  #victim({ actor, tasks, by }: Victim) {
    return { task: this.#name(actor), tasks, ms: ms(by) };
  }

  #failures() {
    return this.#report.reading.failures.map(({ actor, error, at, heard }) => ({
      task: this.#name(actor),
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
        whom: this.#name(one.whom),
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
      who: this.#name(actor),
      of: of ?? known?.name ?? null,
      resource: known?.kind ?? null,
      place: this.#place(place),
      since: orNull(since),
    };
  }

  #findings() {
    return this.#report.findings.map(({ rule, actors, places, at, message, fix }) => ({
      rule,
      place: this.#place(places[0]?.place ?? null),
      places: places.map(({ is, place }) => ({ is, ...this.#place(place) })),
      task: this.#name(actors[0] ?? null),
      tasks: actors.length,
      at: ms(at),
      message,
      fix,
    }));
  }

  #place(place: number | null) {
    const known = place === null ? undefined : this.#report.trace.definitions.places.get(place);
    if (known === undefined) return null;
    const { file, line, column, function: of } = known;
    return {
      file,
      line,
      ...(column === null ? {} : { column }),
      ...(of === null ? {} : { function: of }),
    };
  }

  #name(actor: number | null): string | null {
    return actor === null ? null : this.#names.name(actor);
  }

  #thread(thread: number): string {
    return this.#report.trace.definitions.threads.get(thread)?.name ?? `thread ${thread}`;
  }
}

function ms(ticks: Ticks): number {
  return ticks / TICKS_PER_MS;
}

function orNull(ticks: Ticks | null): number | null {
  return ticks === null ? null : ms(ticks);
}
