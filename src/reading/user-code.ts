/** What user code did beyond its calls: read off the events, as everything that is told of a run. */
import type { Ticks } from "../base/duration.ts";
import { type EventType, goings, leftovers } from "../trace/event.ts";
import type { LogCursor } from "./cursor.ts";
import type { Entities } from "./entities.ts";
import type { Hears } from "./listener.ts";
import type { Source } from "./source.ts";
import type { Span } from "./spans.ts";

/** A call that was under way when its task was cancelled, and did not end for that. */
export interface Outlived {
  actor: number;
  function: string;
  cancelledAt: Ticks;
  /** Null when it had not ended by the end of the run. */
  endedAt: Ticks | null;
  /** How many lines it wrote meanwhile. */
  lines: number;
  inPool: boolean;
}

/** What went on after its call had ended. */
export interface WentOn {
  actor: number;
  function: string;
  endedAt: Ticks;
  /** How many lines it wrote, and how many values it sent or asked for, the last of all when. */
  lines: number;
  values: number;
  last: Ticks;
}

/** A timer that was there when its call ended. */
export interface LeftBehind {
  actor: number;
  function: string;
  what: (typeof leftovers)[number] | (string & {});
  /** Where it was set. */
  source: Source | null;
  /** Whether it had run, once and for all, or been cleared by the end of the run. */
  over: boolean;
}

/** What is known of a run's user code that no call's end tells. */
export interface Aftermath {
  /** Whether user code was called at all. */
  wasCalled: boolean;
  outlived: Outlived[];
  wentOn: WentOn[];
  leftBehind: LeftBehind[];
  /** The calls that had not ended by the end of the run, and since when they waited. */
  open: { actor: number; function: string; since: Ticks }[];
  /** When nothing was left alive on main's thread; null when it was not seen to be so. */
  nothingLeftAt: Ticks | null;
  /** Whether all threads that user code ran on were seen to have nothing left; true where it ran on none. */
  isAllOver: boolean;
}

/** A call that is under way. */
interface Call {
  span: Span;
  outlived: Outlived | null;
}

export class AftermathReader {
  readonly #aftermath: Aftermath = {
    wasCalled: false,
    outlived: [],
    wentOn: [],
    leftBehind: [],
    open: [],
    nothingLeftAt: null,
    isAllOver: true,
  };
  readonly #entities: Entities;
  /** By actor: the call that is under way, and the one that has ended last. */
  readonly #calls = new Map<number, Call>();
  readonly #ended = new Map<number, { function: string; at: Ticks }>();
  readonly #threads = new Set<number>();
  readonly #over = new Set<number>();
  /** By actor and event: how many of those to come are of no step. */
  readonly #noSteps = new Map<string, number>();

  constructor(entities: Entities) {
    this.#entities = entities;
  }

  static readonly hears: Hears<AftermathReader> = {
    "call-began": (reader, { actor, thread }, span) => {
      reader.#aftermath.wasCalled = true;
      reader.#threads.add(thread);
      reader.#calls.set(actor, { span: span!, outlived: null });
    },
    "cancel-requested": (reader, { actor, at }) => reader.#cancelled(actor, at),
    printed: (reader, { actor }) => reader.#wrote(actor),
    complained: (reader, { actor }) => reader.#wrote(actor),
    "call-ended": (reader, _, span) => reader.#callEnded(span),
    "left-behind": (reader, event) => {
      const { actor, value } = event;
      reader.#aftermath.leftBehind.push({
        actor,
        // It is told right before the end of its call.
        function: reader.#calls.get(actor)?.span.of ?? reader.#ended.get(actor)?.function ?? "",
        what: reader.#entities.word(leftovers, value),
        source: reader.#entities.source(event),
        over: false,
      });
    },
    "went-on": (reader, event) => reader.#goesOn(event),
    "nothing-left": (reader, { thread, at }) => {
      reader.#over.add(thread);
      if (reader.#entities.thread(thread).main !== null) reader.#aftermath.nothingLeftAt = at;
    },
  };

  #cancelled(actor: number, at: Ticks): void {
    const call = this.#calls.get(actor);
    if (call === undefined) return;
    call.outlived ??= {
      actor,
      function: call.span.of!,
      cancelledAt: at,
      endedAt: null,
      lines: 0,
      inPool: call.span.inPool,
    };
  }

  #wrote(actor: number): void {
    const outlived = this.#calls.get(actor)?.outlived;
    if (outlived) outlived.lines++;
  }

  #callEnded(span: Span | null): void {
    if (span === null) return;
    const { actor, to, how, inPool } = span;
    const call = this.#calls.get(actor);
    // A pool goes on with the call of a task that was cancelled, which may have begun another.
    if (call?.span !== span) return;
    this.#calls.delete(actor);
    this.#ended.set(actor, { function: span.of!, at: to! });
    if (call.outlived === null) return;
    call.outlived.endedAt = to;
    // Who heeds its signal may take its time over it.
    if (inPool || how === "completed") this.#aftermath.outlived.push(call.outlived);
  }

  /** Whether an event of this type, by this actor, is of what its functions left going, and no step of its own. */
  isAside(type: EventType, actor: number): boolean {
    if (this.#noSteps.size === 0) return false;
    const key = `${type} ${actor}`;
    const left = this.#noSteps.get(key) ?? 0;
    if (left > 0) this.#noSteps.set(key, left - 1);
    return left > 0;
  }

  result(): Aftermath {
    for (const [actor, { span, outlived }] of this.#calls) {
      this.#aftermath.open.push({ actor, function: span.of!, since: span.from });
      if (outlived !== null) this.#aftermath.outlived.push(outlived);
    }
    this.#aftermath.isAllOver = [...this.#threads].every((thread) => this.#over.has(thread));
    return this.#aftermath;
  }

  #goesOn({ at, actor, value, text, place }: LogCursor): void {
    const { leftBehind, wentOn } = this.#aftermath;
    const how = goings[value];
    // What it did, this version does not know.
    if (how === undefined) return;
    if (how === "timeout" || how === "cleared") {
      const one = leftBehind.find(
        ({ actor: by, source, over }) => by === actor && (source?.place ?? null) === place && !over,
      );
      if (one !== undefined) one.over = true;
      return;
    }
    if (how === "interval") return;
    const name = text ?? "";
    let one = wentOn.find((other) => other.actor === actor && other.function === name);
    if (one === undefined) {
      const endedAt = this.#ended.get(actor)?.at ?? at;
      one = { actor, function: name, endedAt, lines: 0, values: 0, last: at };
      wentOn.push(one);
    }
    one.last = at;
    const isLine = how === "printed" || how === "complained";
    if (isLine) one.lines++;
    else one.values++;
    if (how === "complained") return;
    const key = `${how === "send" ? "sent" : how === "receive" ? "received" : how} ${actor}`;
    this.#noSteps.set(key, (this.#noSteps.get(key) ?? 0) + 1);
  }
}
