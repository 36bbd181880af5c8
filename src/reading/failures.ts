/** Failures: what failed, and who heard of it. */
import type { Ticks } from "../base/duration.ts";
import { endings, hearers, type LogReason, logReasons, raisedInto } from "../trace/event.ts";
import type { Stack } from "../trace/log.ts";
import type { LogCursor } from "./cursor.ts";
import type { Entities, HeardBy, OpenActor, ProcessError, ProcessOutcome } from "./entities.ts";
import type { Hears } from "./listener.ts";

/** Somebody who learned of a failure. */
export interface Hearing {
  /** `raised`: it reached this program. `logged`: a line on stderr, for this reason. */
  by: "raised" | "logged";
  where: (typeof raisedInto)[number] | LogReason | "actor" | (string & {});
  at: Ticks;
  /** The actor that it was raised into, and where that one stood then, as far as the trace tells. */
  in?: number | null;
  place?: number | null;
}

/** Something that failed, and all who heard of it, in order. */
export interface Failure {
  actor: number;
  error: string;
  at: Ticks;
  heard: Hearing[];
  /** Where it was raised, and its callers there, the innermost first, as far as the trace tells. */
  place?: number | null;
  stack?: Stack | null;
  /** When a recorder told that nobody had heard of it by then; absent where none did. */
  unheardAt?: Ticks;
  /** Whether it is not the actor that failed, but a call in it (`misused`) or a callback of the loop it runs. */
  ofCall?: true;
}

/** An error of user code that nobody could catch; it ended its thread. */
export interface Stray {
  thread: number;
  error: string;
  at: Ticks;
}

/** The reasons of lines about what has ended a thread, or the process with it. */
const endsThread: ReadonlySet<string> = new Set([
  "thread-failed",
  "unhandled-rejection",
  "main-failed",
  "uncaught-exception",
]);

/** The reasons of those that end a process by JavaScript's rules. */
const endsProcess: ReadonlyMap<string, ProcessError["is"]> = new Map([
  ["unhandled-rejection", "rejection"],
  ["uncaught-exception", "exception"],
  ["main-failed", "main"],
]);

/** Whether a task ended by a cancellation that nobody had asked for: it came from within, as an error does. */
function endedItself(
  { cancelled }: { cancelled: unknown },
  status: (typeof endings)[number] | undefined,
  error: string | undefined,
): boolean {
  return status === "cancelled" && cancelled === null && error !== undefined;
}

const nobody: HeardBy = { by: "nobody", into: null, at: null };

export class FailureReader {
  readonly #entities: Entities;
  readonly failures: Failure[] = [];
  readonly strays: Stray[] = [];
  /** By launch: the actors whose errors were raised into it and not collected, but became its own. */
  readonly raisedInto = new Map<number, number[]>();
  /** By thread: the launch that runs on it. */
  readonly #launches: number[] = [];
  /** The threads that are known to run a program, which runs the loops there. */
  readonly #programs = new Set<number>();
  /** Lines about what has ended a thread or the process, with the thread that they were written in. */
  readonly #lastWords: { thread: number; failure: Failure; hearing: Hearing }[] = [];
  /** By actor: its last failure. */
  readonly #last = new Map<number, Failure>();
  /** By actor that failed with an error which came out of another one's failure: whose it is. */
  readonly from = new Map<number, number>();
  /** Whether a rejection that nobody handled ended the process (JavaScript's rule). */
  rejected = false;

  constructor(entities: Entities) {
    this.#entities = entities;
  }

  static readonly hears: Hears<FailureReader> = {
    "main-started": (reader, { thread }) => reader.#programs.add(thread),
    "task-started": (reader, { actor, thread }) => {
      if (reader.#entities.actor(actor).kind === "thread") reader.#programs.add(thread);
    },
    "launch-started": (reader, { actor, thread }) => {
      reader.#launches[thread] = actor;
    },
    "main-ended": (reader, event) => reader.#ended(event),
    "launch-ended": (reader, event) => reader.#ended(event),
    "task-ended": (reader, event) => reader.#ended(event),
    // A completion point that goes on has collected what was raised into it.
    "settle-ended": (reader, { actor }, span) => {
      if (span?.how === "finished") reader.raisedInto.delete(actor);
    },
    heard: (reader, event) => reader.#wasHeard(event),
    misused: (reader, { actor, at, text, place, stack }) => {
      if (text === undefined) return;
      // It was raised where the call stands, so whoever made the call could act on it.
      const heard: Hearing = {
        by: "raised",
        where: "actor",
        at,
        in: actor,
        place: stack?.at(-1) ?? place,
      };
      reader.failures.push({ actor, error: text, at, heard: [heard], place, stack, ofCall: true });
    },
    "error-raised": (reader, event) => reader.#raised(event),
    "error-logged": (reader, event) => reader.#logged(event),
  };

  /** Nothing comes any more: the errors of a launch that nobody has heard of are heard by nobody. */
  finish(): void {
    for (const launch of this.raisedInto.keys()) {
      const { heard } = this.#entities.actor(launch);
      if (heard?.by === "nobody") this.#launchUnheard(launch, heard);
    }
    for (const actor of this.from.keys())
      this.#entities.actor(actor).heard = this.#entities.actor(this.#originOf(actor)).heard;
    for (const process of this.#entities.processes) process.error = this.#endedBy(process);
    for (const { main, number } of this.#entities.threads)
      if (main?.heard?.by === "nobody") this.#cameUpTo(main, number);
  }

  /** Of an error that came up to main, a line on stderr tells, which is about whom it came from. */
  #cameUpTo(main: OpenActor, thread: number): void {
    const failure = this.failures.findLast(
      (one) =>
        one.error === main.error &&
        one.heard.some(({ where }) => where === "main-failed") &&
        this.#entities.actor(one.actor).thread === thread,
    );
    const logged = failure?.heard.findLast(({ where }) => where === "main-failed");
    if (logged !== undefined) main.heard = { by: "logged", into: null, at: logged.at };
  }

  /** Whose failure it was that an actor failed with. */
  #originOf(actor: number): number {
    // A trace that says that a failure came out of itself is read all the same.
    const seen = new Set<number>();
    let at = actor;
    for (let from = this.from.get(at); from !== undefined && !seen.has(from);) {
      seen.add(from);
      at = from;
      from = this.from.get(at);
    }
    return at;
  }

  /** What nobody had handled when a process of an observed program ended, in a status that tells of an error. */
  #endedBy({ number, exitCode }: ProcessOutcome): ProcessError | null {
    if (!this.#entities.isObserved || exitCode === null || exitCode === 0) return null;
    const first = this.#entities.threads.find((thread) => thread.process === number);
    const last = this.#lastWords.findLast(
      ({ thread, hearing: { where } }) => thread === first?.number && endsProcess.has(where),
    );
    if (last === undefined) return null;
    const { failure, hearing } = last;
    const { actor, error } = failure;
    return { actor, at: hearing.at, error, is: endsProcess.get(hearing.where)! };
  }

  #ended({ actor: number, at, thread, value, text, place, stack, numbers }: LogCursor): void {
    const actor = this.#entities.actor(number);
    if (endings[value] !== "failed" && !endedItself(actor, endings[value], text)) return;
    const from = numbers?.["from"];
    if (from !== undefined && from !== number && this.#last.has(this.#originOf(from))) {
      this.from.set(number, from);
      return;
    }
    if (actor.kind === "thread" && this.#cameUp(thread, text)) return;
    // Whoever runs a loop of an observed program is given the error of its entry.
    const isGiven =
      actor.kind === "launch" && this.#entities.isObserved && this.#programs.has(thread);
    actor.heard = isGiven ? { by: "raised", into: null, at } : nobody;
    const where = place === null ? {} : { place, stack };
    this.#add({ actor: number, error: text ?? "", at, heard: [], ...where });
  }

  /** Whether the error that ends a thread's program is one that a task has ended its loop with (SystemExit). */
  #cameUp(thread: number, error: string | undefined): boolean {
    const before = this.failures.at(-1);
    if (before === undefined || before.error !== error) return false;
    const { kind, thread: its } = this.#entities.actor(before.actor);
    return kind === "task" && its === thread;
  }

  #wasHeard({ actor: whose, at, value, place, numbers }: LogCursor): void {
    const number = this.#originOf(whose);
    const actor = this.#entities.actor(number);
    const by = hearers[value] ?? "nobody";
    const into = { in: numbers?.["in"] ?? null, place };
    // Who has heard of it otherwise is known more exactly, and of the last thing said the gravest holds.
    if (actor.heard === null || actor.heard.by === "nobody" || by === "raised")
      if (actor.heard?.by !== "raised") actor.heard = { by, into: null, at, ...into };
    const failure = this.#last.get(number);
    if (by !== "nobody") failure?.heard.push({ by, where: "actor", at, ...into });
    else if (failure !== undefined) failure.unheardAt ??= at;
  }

  #raised({ actor, at, thread, value }: LogCursor): void {
    const into = raisedInto[value] ?? null;
    const where = this.#entities.word(raisedInto, value);
    this.#entities.actor(actor).heard = { by: "raised", into, at };
    this.#last.get(actor)?.heard.push({ by: "raised", where, at });
    const launch = this.#launches[thread];
    if (into === "launch" && launch !== undefined)
      this.raisedInto.getOrInsertComputed(launch, () => []).push(actor);
  }

  #logged({ actor: whose, at, thread, value, text, place, stack }: LogCursor): void {
    const number = this.#originOf(whose);
    const where = this.#entities.word(logReasons, value);
    if (where === "callback-failed") {
      const heard: Hearing = { by: "logged", where, at };
      const error = text ?? "";
      this.failures.push({ actor: number, error, at, heard: [heard], place, stack, ofCall: true });
      return;
    }
    const by: HeardBy = { by: "logged", into: null, at };
    const actor = this.#entities.actor(number);
    // A cancellation that comes up to where nobody takes it is a failure like others.
    if (actor.status === "cancelled" && endsThread.has(where) && !this.#last.has(number)) {
      actor.heard ??= nobody;
      this.#add({ actor: number, error: actor.error ?? "", at, heard: [] });
    }
    if (actor.kind !== "launch") {
      if (actor.heard?.by === "nobody") actor.heard = by;
    } else if (text === undefined) this.#launchUnheard(number, by);
    // The text says what failed where that is no program of the trace's; of an actor that failed it repeats that.
    const isTold = this.#entities.isObserved && this.#last.has(number);
    if (text !== undefined && !isTold && !endsThread.has(where) && this.#entities.isObserved)
      this.#add({ actor: number, error: text, at, heard: [] });
    else if (text !== undefined && !isTold) {
      this.strays.push({ thread, error: text, at });
      this.#add({ actor: number, error: text, at, heard: [] });
    }
    const failure = this.#last.get(number);
    if (failure !== undefined) {
      const hearing: Hearing = { by: "logged", where, at };
      failure.heard.push(hearing);
      this.#lastWords.push({ thread, failure, hearing });
    }
    if (text === undefined && where === "unhandled-rejection") this.rejected = true;
  }

  #add(failure: Failure): void {
    this.failures.push(failure);
    this.#last.set(failure.actor, failure);
  }

  /** Nobody takes up launch's error, nor what it is made of: errors of tasks that it has not collected. */
  #launchUnheard(launch: number, by: HeardBy): void {
    this.#entities.actor(launch).heard = by;
    for (const actor of this.raisedInto.get(launch) ?? []) this.#entities.actor(actor).heard = by;
  }
}

/** Those that failed with the error of another's failure, one after the other: the last is what it came to at the end. */
export function passedOn(from: ReadonlyMap<number, number>, actor: number): number[] {
  const found: number[] = [];
  for (let at: number | undefined = actor; at !== undefined && !found.includes(at);) {
    found.push(at);
    const origin: number = at;
    at = [...from].find(([, one]) => one === origin)?.[0];
  }
  return found.slice(1);
}
