/**
 * Who there is in a trace: processes, threads, and actors, with what has become of each so far.
 *
 * They are known by their definitions. What an event names and nothing defines is there all the same,
 * under its number: a trace that was cut, or written by another version, is read as far as it goes.
 */
import type { Ticks } from "../base/duration.ts";
import type {
  ActorDefinition,
  ResourceDefinition,
  ThreadDefinition,
} from "../trace/definitions.ts";
import type { CancelReason, Interruption } from "../trace/event.ts";
import type { Stack } from "../trace/log.ts";
import { type Trace, wordOf } from "../trace/trace.ts";
import type { TraceEvent } from "./cursor.ts";
import { Numbered } from "./numbered.ts";
import { type Source, sourceOf } from "./source.ts";

export interface ProcessOutcome {
  number: number;
  name: string;
  /** The process that started it; null for the first. */
  parent: number | null;
  /** What it ended with; null when it was ended, or the record does not say. */
  exitCode: number | null;
  /** Null where its end is not in the record. */
  endedAt: Ticks | null;
  /** The error that ended it as nobody had handled it, by JavaScript's rules; null where none did. */
  error: ProcessError | null;
  /** What ended it before its program did; `cut-off`: the record ends early, and does not say. */
  interruptedBy: Interruption | "cut-off" | (string & {}) | null;
  /** What is known of that beside, as the signal. */
  interruption: string | null;
  /** The call for an exit that ended it; null where none did, or none is known. */
  exit: Exit | null;
}

/** An error that no code handled, which ended its process. */
export interface ProcessError {
  /** Whoever failed with it. */
  actor: number;
  at: Ticks;
  error: string;
  /** `main`: it came up to main, which failed with it. */
  is: "rejection" | "exception" | "main";
}

/** A call for an exit. */
export interface Exit {
  actor: number;
  thread: number;
  at: Ticks;
  /** The status that was asked for. */
  code: number;
  /** Where it was called; null where that is not known. */
  place: number | null;
  /** Where it was about its thread alone: `exit` in that, or `terminate` of another thread's. */
  alone: string | null;
}

export interface ThreadOutcome extends ThreadDefinition {
  number: number;
  /** When it was first heard of; null when it never was. */
  startedAt: Ticks | null;
  /** Whether it does the jobs of a pool. */
  isWorker: boolean;
  /** When it had no code left to run; null where that is not told. */
  endedAt: Ticks | null;
}

/** `ended`: it came to its end, in a word that this version does not know. */
export type TaskStatus = "finished" | "failed" | "cancelled" | "ended" | "abandoned" | "unstarted";
/** A program is told to have been cut off by a deadlock, or by what ended its process. */
export type ProgramStatus = TaskStatus | "deadlocked" | "interrupted";

/** How an actor began and ended. */
export interface ProgramOutcome {
  status: ProgramStatus;
  /** Null when it never had a turn. */
  startedAt: Ticks | null;
  endedAt: Ticks | null;
  error: string | null;
}

/** Who gives work up: not for its own sake, and on purpose all the same. */
export type GivenUpBy = Extract<CancelReason, "group-failed" | "timed-out">;

export type Heard = "raised" | "logged" | "nobody";

/**
 * Who learned of a failure, and when.
 *
 * `raised`: it came to main, or to a launch that went on or whose own error came to main, so somebody
 * could act on it. `logged`: a line on stderr, and nobody could; so it is with what was raised into a
 * launch that ended with its thread.
 */
export interface HeardBy {
  by: Heard;
  /** Where it was raised; null unless it was. */
  into: "launch" | "main" | null;
  at: Ticks | null;
  /** The actor that it was raised into, and where that one stood then, as far as the trace tells. */
  in?: number | null;
  place?: number | null;
}

/** A request to stop. */
export interface Cancellation {
  reason: CancelReason | (string & {});
  at: Ticks;
  /** Whose line it was, and where that stands, as far as the trace tells. */
  by: number | null;
  place: number | null;
  /** There where the actor caught it, and has gone on since. */
  over?: true;
  /** Whose cancellation it came out of, as of one that waited for that actor; absent where it is its own. */
  from?: number;
}

/** What became of an actor. */
export interface ActorOutcome extends ProgramOutcome {
  number: number;
  kind: ActorDefinition["kind"];
  name: string;
  /** What it shares with others of its kind. */
  function: string | null;
  parent: number | null;
  /** Where it was made. */
  place: number | null;
  until: ActorDefinition["until"];
  /** Where its last step began: where it stood when it was cut off. Null where that is not known. */
  lastPlace: number | null;
  /** The thread that it ran on first; null when it never had a turn. */
  thread: number | null;
  /** How many operations it has done, clean-up not counted: each that waited, held its thread, or wrote. */
  done: number;
  /** When another thread handed it to its loop; null when none did. */
  submittedAt: Ticks | null;
  /** When it had been stored in a durable queue, which keeps it whatever ends; null when it was in none. */
  queuedAt: Ticks | null;
  /** When its write into a durable queue had begun that nobody awaited; null where that was awaited, or was none. */
  enqueueBeganAt: Ticks | null;
  /** When its worker had the queue know that it is done, before it was; null where it did that at its end, or never. */
  acknowledgedAt: Ticks | null;
  /** Who learned of its failure, and when; null unless it failed. */
  heard: HeardBy | null;
  /** Why it was asked to stop, and when: the first time that it has not caught, and gone on after. */
  cancelled: Cancellation | null;
  /** Whether it did not come to its end although nobody decided so (`loss.ts`). */
  lost: boolean;
  /** Who had it cancelled for something else's sake, a timeout or a group that failed; null when nobody. */
  givenUp: { by: GivenUpBy; at: Ticks } | null;
  /** The latest that one of its sleeps has ended after its time, and when that was. */
  late: { ticks: Ticks; at: Ticks };
  /** Whether its clean-up ran: to its end, not to its end, or not at all. */
  cleanup: "none" | "ran" | "cut-short" | "skipped";
  /** Whether its loop had closed without it, so that it was destroyed while it was pending. */
  destroyed: boolean;
  /** Who kept its clean-up from its end, and when; null when nobody did but itself. */
  cleanupCut: { by: CancelReason | "process-ended"; at: Ticks } | null;
}

/** An actor while its trace is read. */
export interface OpenActor extends ActorOutcome {
  isCreated: boolean;
  /** When its last step began whose place is known, sleeps left out. */
  placedAt: Ticks;
  /** When its first turn is due; Infinity where none is. */
  firstDue: Ticks;
  /** Within how many calls and jobs it is; what happens inside is no operation of its own. */
  inside: number;
  /** Whether it has steps to be done when it is cut off. */
  hasCleanup: boolean;
}

/** A thread while its trace is read. */
export interface OpenThread extends ThreadOutcome {
  /** The synchronous program that it runs. */
  main: OpenActor | null;
}

/** Main and launch are the programs that hand work over. */
export function isProgram({ kind }: Pick<ActorOutcome, "kind">): boolean {
  return kind === "main" || kind === "launch";
}

/** Of these kinds there are actors for the sake of what they do: they are work only where that is said. */
const mayBeNoWork: ReadonlySet<string> = new Set([
  "callback",
  "generator",
  "coroutine",
  "call",
  "module",
]);

/** Work is handed over and may get lost. A promise that was made by hand is work where somebody counts on it for ever. */
export function isWork(
  actor: Pick<ActorOutcome, "kind"> & Partial<Pick<ActorOutcome, "status" | "destroyed" | "lost">>,
): boolean {
  // A further attempt at a task is the task's.
  if (isProgram(actor) || actor.kind === "attempt") return false;
  if (actor.kind === "promise") return actor.lost === true;
  return actor.status !== "unstarted" || actor.destroyed === true || !mayBeNoWork.has(actor.kind);
}

/** An actor has come to the end of an operation; of one inside of another, that other counts. */
export function hasDone(actor: OpenActor): void {
  if (actor.cleanup === "none" && actor.inside === 0) actor.done++;
}

const onTime = { ticks: 0, at: 0 };

export class Entities {
  readonly #trace: Pick<Trace, "definitions" | "words">;
  /** Whether the trace is of a program that tandem did not write. */
  readonly isObserved: boolean;
  readonly #processes = new Numbered<ProcessOutcome>();
  readonly #threads = new Numbered<OpenThread>();
  readonly #actors = new Numbered<OpenActor>();
  /** In the order of their definitions, or as they came. */
  readonly processes: ProcessOutcome[] = [];
  readonly threads: OpenThread[] = [];
  readonly actors: OpenActor[] = [];
  /** By actor: its callers where it was seen last, the innermost first. */
  readonly stacks = new Map<number, Stack>();

  constructor(trace: Pick<Trace, "definitions" | "words" | "source">) {
    const { definitions } = trace;
    this.isObserved = trace.source.kind === "observed";
    this.#trace = trace;
    for (const [number] of definitions.processes) this.process(number);
    for (const [number] of definitions.threads) this.thread(number);
    for (const [number, definition] of definitions.actors) this.#addActor(number, definition);
  }

  actor(number: number): OpenActor {
    return (
      this.#actors.get(number) ?? this.#addActor(number, this.#trace.definitions.actors.get(number))
    );
  }

  /** Whether there are processes that no other one started: worker processes, which go on when the first has ended. */
  get hasWorkers(): boolean {
    return this.processes.some(({ parent }, index) => index > 0 && parent === null);
  }

  /** The task that an actor is a further attempt at; itself where it is none. */
  taskOf(number: number): number {
    const { kind, parent } = this.actor(number);
    return kind === "attempt" ? (parent ?? number) : number;
  }

  thread(number: number): OpenThread {
    const known = this.#threads.get(number);
    if (known !== undefined) return known;
    const definition = this.#trace.definitions.threads.get(number);
    const thread = {
      process: definition?.process ?? 0,
      name: definition?.name ?? `thread ${number}`,
      daemon: definition?.daemon ?? false,
      number,
      startedAt: null,
      endedAt: null,
      isWorker: definition?.worker === true,
      ...(definition?.place === undefined ? {} : { place: definition.place }),
      main: null,
    };
    this.threads.push(thread);
    return this.#threads.set(number, thread);
  }

  process(number: number): ProcessOutcome {
    const known = this.#processes.get(number);
    if (known !== undefined) return known;
    const { name = `process ${number}`, parent = null } =
      this.#trace.definitions.processes.get(number) ?? {};
    const end = { exitCode: null, endedAt: null, interruptedBy: null, interruption: null };
    const process: ProcessOutcome = { number, name, parent, ...end, exit: null, error: null };
    this.processes.push(process);
    return this.#processes.set(number, process);
  }

  /** The word that the value of an event is. @param known those that its type's shape has. */
  word<Known extends string>(known: readonly Known[], value: number): Known | (string & {}) {
    return wordOf(this.#trace, known, value);
  }

  /** Where in user code an event was; null where the trace does not say. */
  source(event: Pick<TraceEvent, "place" | "numbers">): Source | null {
    return sourceOf(event, this.#trace.definitions.places);
  }

  /** What a resource is by its definition; undefined where nothing defines it. */
  resource(number: number | null): ResourceDefinition | undefined {
    return number === null ? undefined : this.#trace.definitions.resources.get(number);
  }

  /** Where the function of an actor is defined; null where that is not told. */
  codeOf(actor: number): number | null {
    return this.#trace.definitions.actors.get(actor)?.code ?? null;
  }

  /** The process that a thread belongs to. */
  processOf(thread: number): ProcessOutcome {
    return this.process(this.thread(thread).process);
  }

  #addActor(number: number, definition: ActorDefinition | undefined): OpenActor {
    const { kind = "task", name = `actor ${number}`, until = null } = definition ?? {};
    const actor: OpenActor = {
      number,
      kind,
      name,
      function: definition?.function ?? null,
      parent: definition?.parent ?? null,
      place: definition?.place ?? null,
      until,
      lastPlace: null,
      thread: null,
      status: "unstarted",
      startedAt: null,
      endedAt: null,
      error: null,
      done: 0,
      submittedAt: null,
      queuedAt: null,
      enqueueBeganAt: null,
      acknowledgedAt: null,
      heard: null,
      cancelled: null,
      lost: false,
      givenUp: null,
      late: onTime,
      cleanup: "none",
      destroyed: false,
      cleanupCut: null,
      isCreated: false,
      placedAt: 0,
      firstDue: Infinity,
      inside: 0,
      hasCleanup: definition?.cleanup === true,
    };
    this.actors.push(actor);
    return this.#actors.set(number, actor);
  }
}

const byNumber = new WeakMap<readonly ActorOutcome[], ReadonlyMap<number, ActorOutcome>>();

/** Actors by their numbers. Made once of a list, which may have a hundred thousand and nobody changes. */
export function actorsByNumber(actors: readonly ActorOutcome[]): ReadonlyMap<number, ActorOutcome> {
  const known = byNumber.get(actors);
  if (known !== undefined) return known;
  const made = new Map<number, ActorOutcome>();
  for (const actor of actors) made.set(actor.number, actor);
  byNumber.set(actors, made);
  return made;
}
