/** Attempts: how often worker processes performed each task of a durable queue, and what became of that. */
import type { Ticks } from "../base/duration.ts";
import { attemptEnds } from "../trace/event.ts";
import type { LogCursor } from "./cursor.ts";
import type { Entities, OpenActor } from "./entities.ts";
import type { Hears } from "./listener.ts";

/** One attempt at a task. */
export interface Attempt {
  /** The task's actor, and the attempt's own; of the first attempt the two are the same. */
  task: number;
  actor: number;
  /** Counted from 1. */
  attempt: number;
  thread: number;
  from: Ticks;
  /** Where it came to no end, when its process did; null where that is not known either. */
  to: Ticks | null;
  /** Null where it came to no end; `refused`: the queue had given the task to another attempt. */
  how: (typeof attemptEnds)[number] | (string & {}) | null;
  error: string | null;
}

export class AttemptReader {
  readonly #entities: Entities;
  /** In the order in which they began. */
  readonly attempts: Attempt[] = [];
  /** By actor: the one that has not ended. */
  readonly #open = new Map<number, Attempt>();

  constructor(entities: Entities) {
    this.#entities = entities;
  }

  static readonly hears: Hears<AttemptReader> = {
    queued: (reader, { actor, at }) => {
      reader.#entities.actor(actor).queuedAt = at;
    },
    "enqueue-began": (reader, { actor, at }) => {
      reader.#entities.actor(actor).enqueueBeganAt = at;
    },
    acknowledged: (reader, { actor, at }) => {
      reader.#entities.actor(actor).acknowledgedAt = at;
    },
    "attempt-began": (reader, event) => reader.#began(event),
    "attempt-ended": (reader, event) => reader.#ended(event),
  };

  /** Nothing comes any more: what came to no end was cut off with its process. */
  finish(): void {
    for (const attempt of this.#open.values())
      attempt.to = this.#entities.processOf(attempt.thread).endedAt;
  }

  #began({ actor, at, thread, value }: LogCursor): void {
    const own = this.#entities.actor(actor);
    const task = own.kind === "attempt" ? (own.parent ?? actor) : actor;
    const attempt = { task, actor, attempt: value, thread, from: at, to: null };
    const open: Attempt = { ...attempt, how: null, error: null };
    this.attempts.push(open);
    this.#open.set(actor, open);
    if (task !== actor) this.#taskHasBegun(this.#entities.actor(task), at, thread);
  }

  /** A task whose first attempt is not in the record began with a later one. */
  #taskHasBegun(task: OpenActor, at: Ticks, thread: number): void {
    task.isCreated = true;
    task.startedAt ??= at;
    task.thread ??= thread;
  }

  #ended({ actor: number, at, value, text }: LogCursor): void {
    const attempt = this.#open.get(number);
    if (attempt === undefined) return;
    this.#open.delete(number);
    attempt.to = at;
    attempt.how = this.#entities.word(attemptEnds, value);
    attempt.error = text ?? null;
    const actor = this.#entities.actor(number);
    if (actor.kind !== "attempt") return;
    actor.endedAt = at;
    actor.status = text === undefined ? "finished" : "failed";
    actor.error = attempt.error;
  }
}
