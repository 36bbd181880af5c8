/** What becomes of each actor: how it began and ended, how far it came, and what cut it off. */
import { type Ticks, TICKS_PER_MS } from "../base/duration.ts";
import { cancelReasons, endings } from "../trace/event.ts";
import { NOBODY } from "../trace/log.ts";
import type { Chains } from "./chains.ts";
import type { LogCursor } from "./cursor.ts";
import {
  type Entities,
  hasDone,
  isProgram,
  isWork,
  type OpenActor,
  type ProcessOutcome,
} from "./entities.ts";
import type { Stray } from "./failures.ts";
import type { Hears } from "./listener.ts";
import { givenUpOf, isLostWork } from "./loss.ts";
import type { Span, SpanFold } from "./spans.ts";
import type { MainWait } from "./standstill.ts";
import type { AftermathReader } from "./user-code.ts";

export class ActorReader {
  readonly #entities: Entities;
  readonly #spans: SpanFold;
  readonly #aftermath: AftermathReader;

  /** When the garbage collector took those that were pending. */
  readonly collected = new Map<number, Ticks>();

  constructor(entities: Entities, spans: SpanFold, aftermath: AftermathReader) {
    this.#entities = entities;
    this.#spans = spans;
    this.#aftermath = aftermath;
  }

  static readonly hears: Hears<ActorReader> = {
    "main-started": (reader, event) => {
      reader.#entities.thread(event.thread).main = reader.#started(event);
    },
    "launch-started": (reader, event) => reader.#started(event),
    "task-started": (reader, event) => {
      const actor = reader.#started(event);
      // A thread is made by another one, which may have no time left to tell of it.
      if (actor.kind === "thread") actor.isCreated = true;
    },
    "main-ended": (reader, event) => reader.#ended(event),
    "launch-ended": (reader, event) => reader.#ended(event),
    "task-ended": (reader, event) => reader.#ended(event),
    "task-submitted": (reader, { actor, at }) => {
      reader.#entities.actor(actor).submittedAt = at;
    },
    "task-created": (reader, { actor: number, thread }) => {
      const actor = reader.#entities.actor(number);
      actor.isCreated = true;
      actor.thread ??= thread;
    },
    "task-destroyed": (reader, { actor: number, at, thread }) => {
      const actor = reader.#entities.actor(number);
      actor.destroyed = true;
      actor.thread ??= thread;
      reader.collected.set(number, at);
    },
    "cleanup-began": (reader, { actor }) => {
      reader.#entities.actor(actor).cleanup = "cut-short";
    },
    "cleanup-ended": (reader, { actor: number }) => {
      const actor = reader.#entities.actor(number);
      actor.cleanup = "ran";
      actor.cleanupCut = null;
    },
    "cancel-requested": (reader, { actor: number, value, at, numbers, place }) => {
      const actor = reader.#entities.actor(number);
      const reason = reader.#entities.word(cancelReasons, value);
      if (actor.cancelled === null || actor.cancelled.over)
        actor.cancelled = { reason, at, by: numbers?.["by"] ?? null, place };
      const by = cancelReasons[value];
      if (actor.cleanup === "cut-short" && by !== undefined) actor.cleanupCut ??= { by, at };
    },
    "cancel-over": (reader, { actor: number }) => {
      const { cancelled } = reader.#entities.actor(number);
      if (cancelled !== null) cancelled.over = true;
    },
    printed: (reader, event) => reader.#saysOrPasses(event),
    sent: (reader, event) => reader.#saysOrPasses(event),
    received: (reader, event) => reader.#saysOrPasses(event),
    "block-ended": (reader, { actor }) => reader.did(actor),
    "compute-ended": (reader, { actor }) => reader.did(actor),
    "offload-began": (reader, _, span) => reader.#enters(span!),
    "call-began": (reader, _, span) => reader.#enters(span!),
    "offload-ended": (reader, _, span) => reader.#leaves(span),
    "call-ended": (reader, _, span) => reader.#leaves(span),
  };

  did(number: number): void {
    hasDone(this.#entities.actor(number));
  }

  /** An actor is at a place. */
  stands(number: number, place: number, { at, stack, thread }: LogCursor): void {
    const actor = this.#entities.actor(number);
    // What never has a turn of its own is where it is seen.
    if (actor.kind === "promise") actor.thread ??= thread;
    actor.lastPlace = place;
    actor.placedAt = at;
    const { stacks } = this.#entities;
    if (stack !== null) stacks.set(number, stack);
    else if (stacks.size > 0) stacks.delete(number);
  }

  /** What has not ended by now does so with its process. */
  finish({ wall, waitedFor, strays, isIdle }: Ending): void {
    const { isObserved, hasWorkers } = this.#entities;
    for (const actor of this.#entities.actors) {
      const sleep = this.#spans.lastSleepOf(actor.number);
      if (sleep !== null && sleep.from >= actor.placedAt && sleep.place !== null)
        actor.lastPlace = sleep.place;
      const process = this.#processOf(actor);
      // Of a scenario's run the first process is told to the end of the trace, unless others outlive it.
      const isWhole = process.parent === null && !isObserved && !hasWorkers;
      const end = isWhole ? wall : (process.endedAt ?? wall);
      if (!isProgram(actor)) finishWork(actor, end);
      else if (actor.startedAt !== null && actor.endedAt === null)
        this.#finishProgram(actor, end, strays);
      // What it had caught before did not cut it off.
      if (actor.cancelled?.over && actor.status === "abandoned") actor.cancelled = null;
      if (actor.kind === "promise") actor.lost = isWaitedForInVain(actor, process);
      if (!isWork(actor) || actor.kind === "promise") continue;
      this.#standsAtEnd(actor);
      if (actor.kind === "job") this.#cancelsWithParent(actor);
      actor.givenUp = this.#isLibrarys(actor) ? null : givenUpOf(actor);
      const endedItself = process.interruptedBy === null;
      const results = waitedFor.get(process.number) ?? [];
      actor.lost = isLostWork(actor, { results, endedItself, isIdle: isIdle(actor) });
    }
  }

  /**
   * Loses programs that did not come to their end, as work is lost; known when it is known which calls for an
   * exit ended processes, and which errors. In a scenario's run nobody asks.
   *
   * @param rounds those that go round for ever.
   * @param isServing whether an actor waits for something to do.
   * @param floating the loop on a thread, where that goes by JavaScript's rules.
   */
  losePrograms(
    chains: Chains,
    rounds: ReadonlyMap<number, unknown>,
    isServing: (actor: OpenActor) => boolean,
    floating: (thread: number | null) => { keeper: number | null } | null,
  ): void {
    const programs = this.#entities.actors.filter(isProgram);
    // What has not ended where its process has not either may go on.
    const isCut = (actor: OpenActor): boolean =>
      this.#processOf(actor).endedAt !== null && cutOff.has(actor.status);
    for (const actor of programs)
      if (actor.kind === "launch") actor.lost = isCut(actor) || endedByNobody(actor);
    for (const actor of programs) {
      if (actor.kind !== "main") continue;
      // Where it turns a loop the entry of that is what was lost.
      const isSpared = this.#waitsForEntry(actor) || this.#endedByParent(this.#processOf(actor));
      const isAtRest = (): boolean => isServing(actor) || this.#isOfLibrary(actor);
      actor.lost = isCut(actor) && !isSpared && !(this.#isChild(actor) && isAtRest());
    }
    for (const actor of this.#entities.actors)
      // What has its thread for ever is told as that. Of a Worker that tells nothing there is nothing to be known.
      if (
        actor.lost &&
        (floating(actor.thread)?.keeper === actor.number || this.#isMute(actor, floating))
      )
        actor.lost = false;
    // A Worker that waits for something to do may be ended.
    const mayBeEnded = (actor: OpenActor): boolean =>
      !this.#isOnFirst(actor) && this.#processOf(actor).interruptedBy === null;
    for (const actor of this.#entities.actors)
      if (actor.lost && mayBeEnded(actor) && chains.isAt(actor.number, "message"))
        actor.lost = false;
    // Where a process ends by itself, whoever goes round for ever was waiting for something to do: nothing was left
    // that could bring it any. So was whoever that one awaited.
    for (const actor of this.#entities.actors) {
      const { exit, error, interruptedBy } = this.#processOf(actor);
      const isNatural = exit === null && error === null && interruptedBy === null;
      if (!actor.lost || !isNatural || !rounds.has(actor.number)) continue;
      if (floating(actor.thread) === null || chains.isAt(actor.number, "timer")) continue;
      actor.lost = false;
      for (const one of chains.line(actor.number)) this.#entities.actor(one).lost = false;
    }
    for (const actor of programs) {
      if (actor.kind !== "main" || !actor.lost || floating(actor.thread) === null) continue;
      const { exit, error, exitCode, interruptedBy } = this.#processOf(actor);
      // What ended the process with an error, by a call for that or a signal, has decided about main, known or not.
      const isKilled = interruptedBy === "signal" || interruptedBy === "crash";
      const isNatural =
        (exitCode === null && !isKilled) || exitCode === 0 || exitCode === unsettledMain;
      if (exit !== null || error !== null || !isNatural) actor.lost = false;
      // What main stands waiting for is where it stands, and lost with it.
      else for (const one of chains.line(actor.number)) this.#entities.actor(one).lost = false;
    }
    // Whoever calls for the exit has decided about itself, and so has whoever waits for that one.
    for (const { exit } of this.#entities.processes) {
      if (exit === null || exit.actor === NOBODY) continue;
      const who = this.#entities.actor(exit.actor);
      who.lost = false;
      if (floating(exit.thread) === null) continue;
      for (const one of chains.above(exit.actor)) this.#entities.actor(one).lost = false;
    }
  }

  /** Whether an actor is the program of a Worker of which only its parent has told. */
  #isMute(
    { kind, startedAt, thread }: OpenActor,
    floating: (thread: number | null) => unknown,
  ): boolean {
    if (kind !== "thread" || startedAt !== null) return false;
    const process = thread === null ? undefined : this.#entities.thread(thread).process;
    const first = this.#entities.threads.find((one) => one.process === (process ?? one.process));
    return floating(first?.number ?? null) !== null;
  }

  /**
   * Whether a process was ended by a signal while the one that had started it went on, which may do so. At its
   * own end it does so as well, as with daemons of multiprocessing: nobody has decided that.
   */
  #endedByParent({ parent, interruptedBy, endedAt }: ProcessOutcome): boolean {
    if (parent === null || endedAt === null || !["signal", "crash"].includes(interruptedBy ?? ""))
      return false;
    const main = this.#entities.threads.find((thread) => thread.process === parent)?.main ?? null;
    return main?.endedAt == null || main.endedAt - endedAt > atOnce;
  }

  /** Whether it is the program of a process that another one started and has ended. */
  #isChild(actor: OpenActor): boolean {
    const { parent, interruptedBy } = this.#processOf(actor);
    return parent !== null && ["signal", "crash"].includes(interruptedBy ?? "");
  }

  /**
   * Whether the program of a child process is a library's, as that of a pool's worker. What it is at is a job, told by
   * itself where it is known; when somebody looked last it may have been at one that is done by now.
   */
  #isOfLibrary({ number, place }: OpenActor): boolean {
    return place !== null && this.#entities.codeOf(number) === null;
  }

  #waitsForEntry({ thread }: OpenActor): boolean {
    return this.#entities.actors.some(
      (one) => one.kind === "launch" && one.lost && one.thread === thread,
    );
  }

  /** Whether a task of an observed program never stood in code of its user's, as the one of a library around a job. */
  #isLibrarys({ kind, lastPlace, startedAt, number }: OpenActor): boolean {
    const isUsers = lastPlace !== null || this.#entities.codeOf(number) !== null;
    return this.#entities.isObserved && kind === "task" && startedAt !== null && !isUsers;
  }

  /** Where work is told to have stood: what never began at its first line, what ended by an error in its own code. */
  #standsAtEnd(actor: OpenActor): void {
    if (actor.startedAt === null) actor.lastPlace ??= this.#entities.codeOf(actor.number);
    const stack = this.#entities.stacks.get(actor.number);
    if (stack !== undefined && (actor.status === "failed" || endedByNobody(actor)))
      actor.lastPlace = stack.at(-1) ?? null;
  }

  /** A job that no worker has taken goes with whoever waits for it. */
  #cancelsWithParent(job: OpenActor): void {
    if (job.startedAt !== null || job.cancelled !== null || job.parent === null) return;
    const { cancelled } = this.#entities.actor(job.parent);
    if (cancelled !== null && cancelled.at >= job.firstDue) job.cancelled = cancelled;
  }

  #processOf({ thread }: OpenActor): ProcessOutcome {
    const first = this.#entities.threads.at(0)?.number ?? 0;
    return this.#entities.processOf(thread ?? first);
  }

  #started({ actor: number, at, thread }: LogCursor): OpenActor {
    const actor = this.#entities.actor(number);
    // Whoever hands work to another thread makes it on its own.
    if (actor.startedAt === null) actor.thread = thread;
    actor.startedAt = at;
    return actor;
  }

  #ended({ actor: number, at, value, text, thread, numbers }: LogCursor): void {
    const actor = this.#entities.actor(number);
    if (actor.kind === "callback") actor.thread ??= thread;
    actor.status = endings[value] ?? "ended";
    actor.endedAt = at;
    actor.error = text ?? null;
    const from = numbers?.["from"];
    if (actor.cancelled !== null && from !== undefined && from !== number)
      actor.cancelled = { ...actor.cancelled, from };
  }

  /** A line, or a value that was sent or received. */
  #saysOrPasses({ type, actor }: LogCursor): void {
    if (!this.#aftermath.isAside(type, actor)) this.did(actor);
  }

  #enters({ inPool, actor }: Span): void {
    // A call in the pool is inside of its job already.
    if (!inPool) this.#entities.actor(actor).inside++;
  }

  #leaves(span: Span | null): void {
    if (span === null || span.inPool) return;
    this.#entities.actor(span.actor).inside--;
    if (span.how === "completed") this.did(span.actor);
  }

  /** Main or launch has not come to its end. */
  #finishProgram(actor: OpenActor, end: Ticks, strays: readonly Stray[]): void {
    const { interruptedBy } = this.#processOf(actor);
    actor.endedAt = end;
    if (interruptedBy !== null)
      actor.status = interruptedBy === "deadlock" ? "deadlocked" : "interrupted";
    else if (!this.#ownsProcess(actor)) actor.status = "abandoned";
    else {
      // The process was ended in the middle of main's steps: by an error, or because somebody asked for it.
      const stray = strays.find(({ thread }) => thread === actor.thread);
      actor.status = stray === undefined ? "interrupted" : "failed";
      actor.error = stray?.error ?? null;
    }
  }

  /** Whether an actor is the program whose end is that of its process: main of the first thread. */
  #ownsProcess(actor: OpenActor): boolean {
    return actor.kind === "main" && this.#isOnFirst(actor);
  }

  /** Whether the thread of an actor is the first of its process. */
  #isOnFirst({ thread: own }: OpenActor): boolean {
    if (own === null) return false;
    const { process } = this.#entities.thread(own);
    const first = this.#entities.threads.find((thread) => thread.process === process);
    return first?.number === own;
  }
}

/** What programs have come to that did not come to their end. */
const cutOff: ReadonlySet<string> = new Set(["abandoned", "interrupted", "deadlocked"]);

/** The status of a process whose main module waits for what nothing is left to settle. */
const unsettledMain = 13;

/** How near in time the ends of two processes are told that come at once. */
const atOnce: Ticks = 500 * TICKS_PER_MS;

/** Whether somebody waited for a promise that was made by hand until its process was ended for that. */
function isWaitedForInVain(
  { status }: OpenActor,
  { interruptedBy }: Pick<ProcessOutcome, "interruptedBy">,
): boolean {
  const isOver = ["finished", "failed", "cancelled", "ended"].includes(status);
  return !isOver && ["hang", "timeout", "deadlock"].includes(interruptedBy ?? "");
}

/** Whether an actor ended by a cancellation that nobody had asked for. */
function endedByNobody({ status, cancelled, heard }: OpenActor): boolean {
  return status === "cancelled" && cancelled === null && heard !== null;
}

/** What is known where nothing comes any more. */
interface Ending {
  wall: Ticks;
  /** By process, the results that the programs of its threads waited for. */
  waitedFor: ReadonlyMap<number, readonly MainWait[]>;
  strays: readonly Stray[];
  /** Whether an actor's thread serves others and has nothing to do. */
  isIdle: (actor: OpenActor) => boolean;
}

/** Work that has not ended does so with its process, at this instant. */
export function finishWork(actor: OpenActor, end: Ticks): void {
  if (actor.endedAt === null && actor.isCreated) {
    actor.status = "abandoned";
    actor.endedAt = end;
  }
  const hasBegun = actor.status !== "unstarted";
  if (actor.hasCleanup && actor.cleanup === "none" && hasBegun) actor.cleanup = "skipped";
  const isCut = actor.cleanup === "skipped" || actor.cleanup === "cut-short";
  if (isCut && actor.status === "abandoned") actor.cleanupCut = { by: "process-ended", at: end };
}
