/**
 * The result object of `--json` for a program that no scenario describes.
 *
 * All times are milliseconds from the beginning of the trace; a place is a file, a line and, where they are
 * known, a column and a function. Whoever is named by a function, or else by a name of its own, has an id
 * beside, as the trace's file has it. What no recorder has told is null, or left out of a list.
 */
import { TICKS_PER_MS, type Ticks } from "../base/duration.ts";
import type { Victim } from "../reading/victims.ts";
import {
  actorsByNumber,
  type ActorOutcome,
  type Cancellation,
  type Exit,
} from "../reading/entities.ts";
import type { Handler } from "../reading/observations.ts";
import { NOBODY } from "../trace/log.ts";
import type { ProvenEdits } from "../edits/proven.ts";
import { editsJson, noEditsJson } from "./edits.ts";
import { factsOf } from "./program-evidence.ts";
import { unrunIn } from "./program-handlers.ts";
import { JsonNames } from "./program-json-names.ts";
import type { Standing } from "./program-standings.ts";
import { whyOf } from "./program-why.ts";
import { isTold, type Kind, type ProcessReport, type ProgramReport } from "./program.ts";

export interface ProgramJsonOptions {
  /** Whether each task is told by itself, those included that finished and of which there is nothing to say. */
  all?: boolean;
  /** What `--fix` came to; null or left out without it. */
  edits?: ProvenEdits | null;
}

export type ProgramResult = ReturnType<typeof programJson>;

/** @returns the object, whose keys stand in the order of the reference. */
export function programJson(report: ProgramReport, options: ProgramJsonOptions = {}) {
  return new ProgramJson(report, options).result();
}

class ProgramJson {
  readonly #report: ProgramReport;
  readonly #options: ProgramJsonOptions;
  readonly #names: JsonNames;
  readonly #actors: ReadonlyMap<number, ActorOutcome>;

  constructor(report: ProgramReport, options: ProgramJsonOptions) {
    this.#report = report;
    this.#options = options;
    this.#names = new JsonNames(report.trace);
    this.#actors = actorsByNumber(report.reading.actors);
  }

  result() {
    const { source, reading, processes, trace, findings } = this.#report;
    return {
      source,
      wall: ms(reading.wall),
      exit: this.#exit(),
      processes: processes.map((process) => this.#process(process)),
      threads: this.#threads(),
      loops: this.#loops(),
      kinds: processes.flatMap((process) =>
        process.kinds.map((kind) => ({
          ...this.#names.process("process", process.number),
          ...this.#kind(kind),
        })),
      ),
      tasks: this.#tasks().map((task) => this.#task(task)),
      resources: [...trace.definitions.resources].map(([number, { place, ...resource }]) => ({
        id: trace.idOf("resource", number),
        ...resource,
        created: this.#names.place(place),
      })),
      blocks: this.#blocks(),
      failures: this.#failures(),
      left: reading.left.map(({ resource, of, items, unfinished, at }) => ({
        ...this.#names.resource(resource, of),
        items,
        unfinished,
        at: ms(at),
      })),
      unrun: this.#unrun(),
      outputCut: reading.outputCut.map(({ stream, bytes, place, at, process }) => ({
        stream,
        bytes,
        place: this.#names.place(place),
        at: ms(at),
        ...this.#names.process("process", process),
      })),
      holds: this.#holds(),
      ...this.#standings(),
      hang: this.#report.hang,
      findings: this.#findings(),
      edits: this.#options.edits == null ? [] : editsJson(this.#options.edits, findings),
      noEdits: this.#options.edits == null ? [] : noEditsJson(this.#options.edits, findings),
      folded: reading.folded.map(({ actor, thread, kind, count, busy, longest }) => ({
        ...this.#names.actor("task", actor),
        ...this.#names.thread(thread),
        kind,
        count,
        busy: ms(busy),
        longest: ms(longest),
      })),
      dropped: reading.dropped.map(({ count, why, at }) => ({ events: count, why, at: ms(at) })),
      unseen: this.#report.unseen,
      record: { cutOff: trace.cutOff, unknown: trace.unknown },
    };
  }

  /** How the first process ended, and who called for that. */
  #exit() {
    const [first] = this.#report.processes;
    return {
      code: first?.exitCode ?? null,
      signal: first === undefined ? null : signalOf(first),
      ...this.#exitCall(first?.exit ?? null),
      interruptedBy: first?.interruptedBy ?? null,
      interruption: first?.interruption ?? null,
    };
  }

  /** Who called for the exit that ended a process, on which thread, and where. */
  #exitCall(exit: Exit | null) {
    const actor = exit?.actor ?? NOBODY;
    return {
      ...this.#names.actor("by", actor === NOBODY ? null : actor),
      ...this.#names.thread(exit?.thread ?? null),
      place: this.#names.place(exit?.place ?? null),
    };
  }

  #process(process: ProcessReport) {
    const { number, name, parent, pid, command, exitCode, endedAt, exit } = process;
    const { interruptedBy, interruption } = process;
    return {
      id: this.#report.trace.idOf("process", number),
      name,
      ...this.#names.process("parent", parent),
      pid,
      command,
      exitCode,
      signal: signalOf(process),
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
      process.threads.map((thread) => {
        const { number, name, daemon, isWorker, program, place, startedAt } = thread;
        return {
          id: this.#report.trace.idOf("thread", number),
          name,
          ...this.#names.process("process", process.number),
          daemon,
          worker: isWorker,
          function: program?.function ?? thread.jobs.at(-1)?.function ?? null,
          ...this.#names.actor("main", program?.number ?? null),
          status: program === null ? null : this.#status(program),
          created: this.#names.place(place),
          joined: this.#names.place(thread.joined?.place),
          ...this.#names.actor("joinedBy", thread.joined?.actor ?? null),
          startedAt: orNull(startedAt),
          endedAt: program === null ? orNull(thread.endedAt) : this.#endedAt(program),
          stoodAt: this.#names.place(thread.stoodAt),
          blocked: program === null ? null : ms(stood.get(program.number) ?? 0),
          error: program?.error ?? null,
          heard: program?.heard?.by ?? null,
        };
      }),
    );
  }

  #loops() {
    return this.#report.processes.flatMap((process) =>
      process.threads.flatMap(({ loops, entries }) =>
        loops.map(({ longestBlock, ...loop }) => ({
          id: loop.number === null ? null : this.#report.trace.idOf("loop", loop.number),
          ...this.#names.thread(loop.thread),
          ...this.#names.process("process", process.number),
          rules: loop.rules,
          opened: this.#names.place(loop.opened?.place),
          openedAt: ms(loop.openedAt),
          closingAt: orNull(loop.closingAt),
          closed: this.#names.place(loop.closed?.place),
          closedAt: orNull(loop.closedAt),
          how: loop.opened?.how ?? loop.closed?.how ?? null,
          entries: entries.map((entry) => this.#task(entry)),
          longestBlock:
            longestBlock === null
              ? null
              : {
                  at: ms(longestBlock.at),
                  ms: ms(longestBlock.ticks),
                  ...this.#names.actor("task", longestBlock.actor),
                  place: this.#names.place(
                    longestBlock.seen?.place ?? longestBlock.source?.place ?? null,
                  ),
                },
        })),
      ),
    );
  }

  #kind({ kind, name, place, total, counts, longest }: Kind) {
    const { "given up": givenUp, ...others } = counts;
    return {
      function: name,
      kind,
      created: this.#names.place(place),
      total,
      ...others,
      givenUp,
      longest: orNull(longest),
    };
  }

  /** Those that did not come to their end, that failed, or that a finding is about. */
  #tasks(): ActorOutcome[] {
    const { processes, findings, programs } = this.#report;
    const meant = new Set(findings.flatMap(({ actors }) => actors));
    return [
      ...programs,
      ...processes
        .flatMap(({ kinds }) => kinds.flatMap(({ tasks }) => tasks))
        .filter(
          (task) =>
            this.#options.all === true || isTold(task, this.#report) || meant.has(task.number),
        ),
    ];
  }

  #task(task: ActorOutcome) {
    const { name, function: of, kind, place, parent, givenUp, cancelled } = task;
    return {
      id: this.#report.trace.idOf("actor", task.number),
      name,
      function: of,
      kind,
      created: this.#names.place(place),
      defined: this.#names.place(
        this.#report.trace.definitions.actors.get(task.number)?.code ?? null,
      ),
      ...this.#names.actor("parent", parent),
      ...this.#names.thread(task.thread),
      status: this.#status(task),
      lost: task.lost && !this.#report.alive.has(task.number),
      givenUp: givenUp === null ? null : { by: givenUp.by, at: ms(givenUp.at) },
      why: whyOf(task, this.#report),
      cancelledBy: this.#cancellation(cancelled),
      submittedAt: orNull(task.submittedAt),
      startedAt: orNull(task.startedAt),
      endedAt: this.#endedAt(task),
      steps: this.#report.steps.get(task.number)?.own ?? null,
      stoodAt: this.#stoodAt(task),
      error: task.error,
      heard: task.heard?.by ?? null,
      heardAt: orNull(task.heard?.at ?? null),
      floated: this.#floated(task),
      outlived: this.#report.outlived.has(task.number),
      swallowed: this.#report.swallowed.has(task.number),
      cleanup: task.cleanup,
      destroyed: task.destroyed,
    };
  }

  /** Where and how the promise of a call was dropped; null where it was not. */
  #floated({ number }: ActorOutcome) {
    const floated = this.#report.floated.get(number);
    if (floated === undefined) return null;
    return { ...this.#names.place(floated.place), how: floated.how, at: ms(floated.at) };
  }

  /** The line that cancelled something, and whose it was; only the reason where no line is known. */
  #cancellation(cancelled: Cancellation | null) {
    if (cancelled === null) return null;
    const { reason, at, by, place } = cancelled;
    return {
      ...this.#names.place(place),
      reason,
      at: ms(at),
      ...this.#names.actor("by", by),
    };
  }

  #status({ number, status }: ActorOutcome): string {
    return this.#report.alive.has(number) && status !== "unstarted" ? "alive" : status;
  }

  #endedAt({ number, endedAt }: ActorOutcome): number | null {
    return this.#report.alive.has(number) ? null : orNull(endedAt);
  }

  #stoodAt({ number, lastPlace }: ActorOutcome) {
    const { standings, swallowed, outlived, failures } = this.#report;
    const standing = standings.get(number)?.place ?? null;
    if (standing !== null) return this.#names.place(standing);
    // Whoever came to its end all the same stood where it dropped its cancellation, or did its last that is known.
    const last = outlived.has(number)
      ? (failures.find(({ actor }) => actor === number)?.place ?? lastPlace)
      : null;
    return this.#names.place(swallowed.get(number) ?? last);
  }

  #blocks() {
    return this.#report.blocks.map(({ thread, hold, victims, place, call, kind, isOver }) => ({
      ...this.#names.thread(thread),
      at: ms(hold.at),
      // Null where the thread is held for ever.
      ms: isOver ? ms(hold.ticks) : null,
      kind,
      place: this.#names.place(place),
      call,
      ...this.#names.actor("task", hold.actor),
      late: victims.map((victim) => this.#victim(victim)),
    }));
  }

  /** Who was late: altogether, and by how much of it a hold is blamed for; another may have had a part in it. */
  #victim({ actor, tasks, by, late, due, place }: Victim) {
    return {
      ...this.#names.actor("task", actor),
      tasks,
      ms: ms(late),
      through: ms(by),
      due: ms(due),
      place: this.#names.place(place ?? this.#actors.get(actor)?.lastPlace ?? null),
    };
  }

  #failures() {
    return this.#report.failures.map(({ actor, function: of, error, at, place, heard }) => ({
      ...(of === null ? this.#names.actor("task", actor) : { task: of, taskId: null }),
      place: this.#names.place(place),
      created: this.#names.place(actor === null ? null : (this.#actors.get(actor)?.place ?? null)),
      error,
      heard: heard.by,
      heardAt: orNull(heard.at),
      heardIn: this.#names.place(heard.place),
      at: ms(at),
      hearings: heard.all.map(({ by, where, at: when }) => ({ by, where, at: ms(when) })),
    }));
  }

  /** What kept processes from their end when their programs were over. */
  #holds() {
    return this.#report.reading.handles.map(({ process, kind, place, at, actor }) => ({
      what: kind,
      place: this.#names.place(place),
      function: actor === null ? null : (this.#actors.get(actor)?.function ?? null),
      since: ms(at),
      ...this.#names.process("process", process),
    }));
  }

  /** Functions that were to be called at the end of a process, and were not. */
  #unrun() {
    return unrunIn(this.#report).map(({ handler, why }) => ({
      handler: this.#handlerName(handler),
      place: this.#names.place(handler.code ?? handler.place),
      registered: this.#names.place(handler.place),
      why,
    }));
  }

  /** A handler by its own name, where it is a listener of an event that has one. */
  #handlerName({ function: of, code }: Handler): string {
    const own = this.#report.names.functionAt(code ?? NaN);
    const isNamed = own !== null && /^[\w$.#]+$/.test(own);
    return / listener$/.test(of) && isNamed ? own : of;
  }

  /** Who waits for what, and what else had begun and not ended. */
  #standings() {
    const { standings, circles } = this.#report;
    const all = [...standings.values()].filter(({ at }) => at !== null);
    const isWait = ({ at }: Standing): boolean => at === "wait" || at === "settle" || at === "seen";
    return {
      waits: all.filter(isWait).map((one) => ({
        ...this.#standing(one),
        for: one.for ?? one.of,
        ...this.#names.actor("whom", one.whom),
        circle: circles.has(one.actor),
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
      ...this.#names.actor("who", actor),
      of: of ?? known?.name ?? null,
      resource: known?.kind ?? null,
      resourceId: resource === null ? null : this.#report.trace.idOf("resource", resource),
      place: this.#names.place(place),
      since: orNull(since),
    };
  }

  #findings() {
    return this.#report.findings.map((finding) => {
      const { rule, actors, places, at, message, fix } = finding;
      return {
        rule,
        place: this.#names.place(places[0]?.place),
        places: places.map(({ is, place }) => ({ is, ...this.#names.place(place) })),
        ...this.#names.actor("task", actors[0] ?? null),
        tasks: actors.length,
        at: ms(at),
        message,
        fix,
        evidence: factsOf(finding, this.#actors, this.#report).map((fact) => ({
          ...this.#names.actor("task", fact.actor),
          is: fact.is,
          at: orNull(fact.at),
          place: this.#names.place(fact.place),
          detail: fact.detail,
        })),
      };
    });
  }
}

/** The signal that ended a process; null where none did, or it is not known which. */
function signalOf({ interruptedBy, interruption }: ProcessReport): string | null {
  return interruptedBy === "signal" ? interruption : null;
}

function ms(ticks: Ticks): number {
  return ticks / TICKS_PER_MS;
}

function orNull(ticks: Ticks | null): number | null {
  return ticks === null ? null : ms(ticks);
}
