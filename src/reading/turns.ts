/**
 * Turns: when each actor was due to go on, whether it went on late, and what held its thread then.
 *
 * A turn is the end of a sleep, or an actor's first one: that it could have had as soon as it was
 * handed over or made.
 */
import type { Ticks } from "../base/duration.ts";
import { completions } from "../trace/event.ts";
import { NOBODY } from "../trace/log.ts";
import { type Blame, BlameReader, noBlame } from "./blame.ts";
import type { LogCursor } from "./cursor.ts";
import { type Entities, hasDone } from "./entities.ts";
import type { Hears } from "./listener.ts";
import { gateOf, type LoopOutcome, LoopReader, nextLoop } from "./loops.ts";
import { precisionOf, seamOf } from "./precision.ts";
import type { SpanFold } from "./spans.ts";
import { nearestRank } from "../base/shares.ts";
import type { Trace } from "../trace/trace.ts";
import { type LateTurn, type Thresholds, thresholdsOf } from "./victims.ts";

/** How late sleeps ended that ended by themselves. */
export interface Lateness {
  count: number;
  p50: Ticks;
  p99: Ticks;
  max: Ticks;
}

const completed = completions.indexOf("completed");

export class TurnReader {
  readonly #trace: Trace;
  readonly #entities: Entities;
  readonly #spans: SpanFold;
  /** By thread: the loop that has opened on it last. */
  readonly current: LoopReader[] = [];
  readonly #loops: LoopReader[] = [];
  /** Lateness on threads without a loop. */
  #elsewhere: BlameReader | null = null;
  readonly #lateness = new LatenessMeter();
  readonly #thresholds: Thresholds;

  constructor(trace: Trace, entities: Entities, spans: SpanFold) {
    this.#trace = trace;
    this.#entities = entities;
    this.#spans = spans;
    this.#thresholds = thresholdsOf(trace.source);
  }

  /** The loop that has opened last on a thread. */
  loopOn(thread: number): LoopReader | undefined {
    return this.current[thread];
  }

  static readonly hears: Hears<TurnReader> = {
    "loop-closing": (reader, { at, thread }) => reader.loopOn(thread)?.closing(at),
    "loop-closed": (reader, event) => reader.loopOn(event.thread)?.closed(event),
    folded: (reader, { at: to, thread, actor, value: count, numbers }) => {
      const { busy = 0, longest = 0 } = numbers ?? {};
      const loop = reader.loopOn(thread);
      if (actor === NOBODY)
        loop?.summed({ from: loop.openedAt, to, count, busy, longest, place: null });
      else loop?.folded(longest, actor, to);
    },
    crowded: (reader, { at: to, thread, value: count, place, numbers }) => {
      const { busy = 0, longest = 0 } = numbers ?? {};
      const from = Math.max(0, to - busy);
      reader.loopOn(thread)?.summed({ from, to, count, busy: to - from, longest, place });
    },
    late: (reader, { at, thread, actor, value, place }) => {
      // Whoever is known to sleep, or to have its first turn before it, is heard of when that comes.
      if (reader.#spans.dueOf(actor) !== Infinity) return;
      if (
        reader.#entities.actor(actor).firstDue !== Infinity ||
        value < reader.#thresholds.noticeable
      )
        return;
      reader.#isLate(thread, { actor, due: at - value, at, how: "woke", place });
    },
    "task-submitted": (reader, { at, actor }) => {
      reader.#entities.actor(actor).firstDue = at;
    },
    "task-created": (reader, { at, actor: number }) => {
      const actor = reader.#entities.actor(number);
      actor.firstDue = Math.min(actor.firstDue, at);
    },
    "task-started": (reader, { at, thread, actor: number }) => {
      const actor = reader.#entities.actor(number);
      const due = actor.firstDue;
      actor.firstDue = Infinity;
      if (at - due >= reader.#thresholds.noticeable)
        reader.#isLate(thread, { actor: number, due, at, how: "began" });
    },
    "task-ended": (reader, { actor }) => {
      reader.#entities.actor(actor).firstDue = Infinity;
    },
    // Of a scenario's run there may be others that go on.
    "process-ended": (reader, { thread, at }) => {
      if (!reader.#entities.isObserved) reader.loopOn(thread)?.holds.finish(at);
    },
  };

  /** A loop has opened: from here on it is the one of its thread. */
  opened(event: LogCursor): LoopReader {
    const { at, thread } = event;
    const before = this.loopOn(thread)?.number ?? null;
    const main = this.#entities.thread(thread).main?.number ?? null;
    const { number, rules } = nextLoop(this.#trace.definitions, thread, before);
    const loop = new LoopReader(
      {
        number,
        thread,
        main,
        rules,
        openedAt: at,
        closingAt: null,
        closedAt: null,
        opened: gateOf(event),
        closed: null,
        longestBlock: null,
      },
      {
        seam: seamOf(this.#trace.source),
        slow: this.#thresholds.slow,
        places: this.#trace.definitions.places,
      },
      { blame: this.#newBlame(), entities: this.#entities },
    );
    this.#loops.push(loop);
    return (this.current[thread] = loop);
  }

  /** A sleep has ended. @param due when it was due; Infinity for one that has not begun. */
  slept(event: LogCursor, due: Ticks): void {
    const late = event.at - due;
    if (late >= this.#thresholds.noticeable || event.value !== completed) {
      this.#overslept(event, due);
      if (event.value !== completed) return;
    }
    if (due === Infinity) return;
    const sleeper = this.#entities.actor(event.actor);
    hasDone(sleeper);
    if (late === 0) {
      this.#lateness.onTime++;
      return;
    }
    this.#lateness.add(late);
    if (late > sleeper.late.ticks) sleeper.late = { ticks: late, at: event.at };
  }

  #overslept({ thread, actor, at, value }: LogCursor, due: Ticks): void {
    const how = value === completed ? "woke" : "cut-off";
    if (at - due < this.#thresholds.noticeable) return;
    this.#isLate(thread, { actor, due, at, how, ...this.#sleepPlace(actor) });
  }

  /** Where an actor slept last; nothing where that is not told. */
  #sleepPlace(actor: number): { place?: number } {
    const place = this.#spans.lastSleepOf(actor)?.place ?? null;
    return place === null ? {} : { place };
  }

  /** Nothing comes after this instant: who still sleeps was late by then, or by its process's end, if it was due. */
  finish(wall: Ticks): void {
    for (const loop of this.#loops) loop.holds.finish(wall);
    for (const { number, thread, endedAt } of this.#entities.actors) {
      if (endedAt !== null) continue;
      const due = this.#spans.dueOf(number);
      const end = (thread === null ? null : this.#entities.processOf(thread).endedAt) ?? wall;
      if (end - due >= this.#thresholds.noticeable)
        this.#isLate(thread ?? -1, {
          actor: number,
          due,
          at: end,
          how: "cut-off",
          ...this.#sleepPlace(number),
        });
    }
  }

  result(): { lateness: Lateness; loops: LoopOutcome[]; elsewhere: Blame } {
    return {
      lateness: this.#lateness.measure(),
      loops: this.#loops.map((loop) => loop.result()),
      elsewhere: this.#elsewhere?.read() ?? noBlame(),
    };
  }

  #isLate(thread: number, late: LateTurn): void {
    const turn = { ...late, actor: this.#entities.taskOf(late.actor) };
    const loop = this.loopOn(thread);
    if (loop === undefined) (this.#elsewhere ??= this.#newBlame()).late(turn);
    else loop.late(turn);
  }

  #newBlame(): BlameReader {
    const entities = this.#entities;
    return new BlameReader(
      (number) => entities.actor(number).function ?? number,
      () =>
        entities.actors.reduce(
          (first, { firstDue }) => Math.min(first, firstDue),
          this.#spans.firstDue(),
        ),
      { thresholds: this.#thresholds, precision: precisionOf(this.#trace.source) },
    );
  }
}

/** Percentiles of how late sleeps ended. In virtual time nearly all are exactly on time. */
class LatenessMeter {
  onTime = 0;
  readonly #late: number[] = [];

  add(ticks: Ticks): void {
    if (ticks <= 0) this.onTime++;
    else this.#late.push(ticks);
  }

  measure(): Lateness {
    const late = Float64Array.from(this.#late).sort();
    const count = this.onTime + late.length;
    const percentile = (share: number): Ticks => late[nearestRank(share, count) - this.onTime] ?? 0;
    return { count, p50: percentile(0.5), p99: percentile(0.99), max: percentile(1) };
  }
}
