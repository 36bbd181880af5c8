/** What becomes of each actor: how it began and ended, how far it came, and what cut it off. */
import type { Ticks } from "../base/duration.ts";
import { cancelReasons, endings } from "../trace/event.ts";
import type { LogCursor } from "./cursor.ts";
import { type Entities, hasDone, isWork, type OpenActor, type ProcessOutcome } from "./entities.ts";
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
    "task-started": (reader, event) => reader.#started(event),
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
    "task-destroyed": (reader, { actor }) => {
      reader.#entities.actor(actor).destroyed = true;
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
      actor.cancelled ??= { reason, at, by: numbers?.["by"] ?? null, place };
      const by = cancelReasons[value];
      if (actor.cleanup === "cut-short" && by !== undefined) actor.cleanupCut ??= { by, at };
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
  stands(number: number, place: number, at: Ticks): void {
    const actor = this.#entities.actor(number);
    actor.lastPlace = place;
    actor.placedAt = at;
  }

  /**
   * What has not ended by now does so with its process.
   *
   * @param waitedFor by process, the results that the programs of its threads waited for.
   */
  finish(
    wall: Ticks,
    waitedFor: ReadonlyMap<number, readonly MainWait[]>,
    strays: readonly Stray[],
  ): void {
    for (const actor of this.#entities.actors) {
      const sleep = this.#spans.lastSleepOf(actor.number);
      if (sleep !== null && sleep.from >= actor.placedAt && sleep.place !== null)
        actor.lastPlace = sleep.place;
      const process = this.#processOf(actor);
      // The record of the first process is the trace itself.
      const end = process.parent === null ? wall : (process.endedAt ?? wall);
      if (isWork(actor)) finishWork(actor, end);
      else if (actor.startedAt !== null && actor.endedAt === null)
        this.#finishProgram(actor, end, strays);
      if (!isWork(actor)) continue;
      actor.givenUp = givenUpOf(actor);
      const endedItself = process.interruptedBy === null;
      const results = waitedFor.get(process.number) ?? [];
      actor.lost = isLostWork(actor, { results, endedItself });
    }
  }

  #processOf({ thread }: OpenActor): ProcessOutcome {
    const first = this.#entities.threads.at(0)?.number ?? 0;
    return this.#entities.processOf(thread ?? first);
  }

  #started({ actor: number, at, thread }: LogCursor): OpenActor {
    const actor = this.#entities.actor(number);
    actor.startedAt = at;
    actor.thread ??= thread;
    return actor;
  }

  #ended({ actor: number, at, value, text }: LogCursor): void {
    const actor = this.#entities.actor(number);
    actor.status = endings[value] ?? "ended";
    actor.endedAt = at;
    actor.error = text ?? null;
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
    if (actor.kind !== "main" || actor.thread === null) return false;
    const { process } = this.#entities.thread(actor.thread);
    const first = this.#entities.threads.find((thread) => thread.process === process);
    return first?.number === actor.thread;
  }
}

function finishWork(actor: OpenActor, end: Ticks): void {
  if (actor.endedAt === null && actor.isCreated) {
    actor.status = "abandoned";
    actor.endedAt = end;
  }
  const hasBegun = actor.status !== "unstarted";
  if (actor.hasCleanup && actor.cleanup === "none" && hasBegun) actor.cleanup = "skipped";
  const isCut = actor.cleanup === "skipped" || actor.cleanup === "cut-short";
  if (isCut && actor.status === "abandoned") actor.cleanupCut = { by: "process-ended", at: end };
}
