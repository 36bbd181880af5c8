/** For what, and for how long, the synchronous program of a thread stands still. */
import type { Ticks } from "../base/duration.ts";
import { waits } from "../trace/event.ts";
import { type Trace, wordOf } from "../trace/trace.ts";
import type { Entities } from "./entities.ts";
import type { LogCursor } from "./cursor.ts";
import type { Hear, Hears } from "./listener.ts";
import type { Span } from "./spans.ts";

/** A stretch for which main waited with its whole thread. */
export interface MainWait {
  for: (typeof waits)[number] | (string & {});
  of: string | null;
  /** The actor that it waited for; null where that is not known. */
  whom: number | null;
  at: Ticks;
  ticks: Ticks;
}

/** What the program of a thread came to. */
export interface Standstill {
  actor: number;
  /** For how long it stood still before its steps ended: blocking steps, an inline loop, joins. */
  blocked: Ticks;
  /** Those that have ended. */
  waits: MainWait[];
  /** At what it stood still, and where, the longest first. What nothing has ended lasts to the record's end. */
  stretches: Stretch[];
}

/** All for which a program stood still in one way at one place. */
export interface Stretch {
  /** The kind of the span: `block`, `compute`, `wait`, `call`, `offload`. */
  kind: string;
  /** For what it waited, and for whom or for which resource; null where it did something else. */
  for: MainWait["for"] | null;
  of: string | null;
  whom: number | null;
  resource: number | null;
  place: number | null;
  /** How often, and for how long altogether and at most. */
  times: number;
  ticks: Ticks;
  longest: Ticks;
  /** Whether nothing has ended the last of them. */
  goesOn: boolean;
  /** Whether its own steps were over: what it waited for kept its process from its end. */
  afterEnd: boolean;
}

interface Open extends Omit<Standstill, "stretches"> {
  thread: number;
  /** Those that have begun and not ended. */
  open: Set<Span>;
  stretches: Map<string, Stretch>;
  /** Why it stands still: nested, since an inline loop's task may block while main waits for the loop. */
  reasons: number;
  since: Ticks;
}

export class StandstillReader {
  readonly #trace: Trace;
  readonly #entities: Entities;
  /** By thread. */
  readonly #mains: Open[] = [];

  constructor(trace: Trace, entities: Entities) {
    this.#trace = trace;
    this.#entities = entities;
  }

  static readonly #keeps: Hear<StandstillReader> = (reader, _, span) => reader.#stands(span);
  static readonly #letsGo: Hear<StandstillReader> = (reader, _, span) => reader.#goesOn(span);

  static readonly hears: Hears<StandstillReader> = {
    "main-started": (reader, event) => reader.#begins(event),
    "task-started": (reader, event) => {
      if (reader.#entities.actor(event.actor).kind === "thread") reader.#begins(event);
    },
    "block-began": this.#keeps,
    "compute-began": this.#keeps,
    "offload-began": this.#keeps,
    "call-began": this.#keeps,
    "wait-began": this.#keeps,
    "block-ended": this.#letsGo,
    "compute-ended": this.#letsGo,
    "offload-ended": this.#letsGo,
    "call-ended": this.#letsGo,
    "wait-ended": this.#letsGo,
  };

  /** Nothing comes after this instant. */
  finish(wall: Ticks): void {
    const { isObserved, hasWorkers } = this.#entities;
    for (const main of this.#mains) {
      if (main === undefined) continue;
      const { endedAt } = this.#entities.processOf(main.thread);
      const end = !isObserved && hasWorkers ? (endedAt ?? wall) : wall;
      if (main.reasons > 0) this.#addBlocked(main, end);
      for (const span of main.open) this.#addStretch(main, span, end);
    }
  }

  #begins({ thread, actor }: LogCursor): void {
    const nothing = { blocked: 0, waits: [], reasons: 0, since: 0 };
    const open = new Set<Span>();
    this.#mains[thread] ??= { thread, actor, ...nothing, open, stretches: new Map() };
  }

  /** The programs of all threads that were heard of, in the order of these. */
  result(): Standstill[] {
    return this.#mains.flatMap((main) =>
      main === undefined
        ? []
        : [
            {
              actor: main.actor,
              blocked: main.blocked,
              waits: main.waits,
              stretches: [...main.stretches.values()].toSorted((a, b) => b.ticks - a.ticks),
            },
          ],
    );
  }

  #stands(span: Span | null): void {
    const main = this.#mainBehind(span);
    if (main === undefined) return;
    if (span!.actor === main.actor) main.open.add(span!);
    if (main.reasons++ === 0) main.since = span!.from;
  }

  #goesOn(span: Span | null): void {
    const main = this.#mainBehind(span);
    if (main === undefined) return;
    const { kind, from: at, value, of, whom } = span!;
    const to = span!.to!;
    if (kind === "wait")
      main.waits.push({ for: wordOf(this.#trace, waits, value), of, whom, at, ticks: to - at });
    if (--main.reasons === 0) this.#addBlocked(main, to);
    if (main.open.delete(span!)) this.#addStretch(main, span!, to);
  }

  #addStretch({ actor, stretches }: Open, span: Span, to: Ticks): void {
    const { kind, value, of, whom, resource, place, from } = span;
    const what = kind === "wait" ? wordOf(this.#trace, waits, value) : null;
    const afterEnd = from >= (this.#entities.actor(actor).endedAt ?? Infinity);
    const stretch = stretches.getOrInsertComputed(
      `${kind} ${what} ${of} ${whom} ${resource} ${place} ${afterEnd}`,
      () => ({
        kind,
        for: what,
        of,
        whom,
        resource,
        place,
        times: 0,
        ticks: 0,
        longest: 0,
        goesOn: false,
        afterEnd,
      }),
    );
    const ticks = to - from;
    stretch.times++;
    stretch.ticks += ticks;
    stretch.longest = Math.max(stretch.longest, ticks);
    stretch.goesOn ||= span.to === null;
  }

  /** The program that stands still for a span: its own, or a step of whatever that keeps its thread. */
  #mainBehind(span: Span | null): Open | undefined {
    if (span === null) return undefined;
    const main = this.#mains[span.thread];
    if (main === undefined) return undefined;
    const isOwn = span.actor === main.actor;
    return isOwn || span.kind === "block" || span.kind === "compute" ? main : undefined;
  }

  #addBlocked(main: Open, to: Ticks): void {
    // Its steps being over, main is done; what comes then is the process's wait, not main's.
    const end = Math.min(to, this.#entities.actor(main.actor).endedAt ?? to);
    main.blocked += Math.max(0, end - main.since);
  }
}
