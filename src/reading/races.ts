/** Races: what two threads did so close together, and in no order of their own, that luck decided it. */
import { type EventType, typeNumber } from "../trace/event.ts";
import type { Ticks } from "../base/duration.ts";
import type { Trace } from "../trace/trace.ts";
import { LogCursor } from "./cursor.ts";
import { ThreadOrder } from "./order.ts";

/** One side of a race. */
export interface Racer {
  type: EventType;
  thread: number;
  actor: number;
  text: string | null;
}

export interface Race {
  /** When the first of the two happened. */
  at: Ticks;
  gap: Ticks;
  between: [Racer, Racer];
}

const threadStarted = typeNumber["thread-started"];
// Whose order a user sees: lines printed, and whether a task ended before main did.
const printed = typeNumber["printed"];
const taskEnded = typeNumber["task-ended"];
const mainEnded = typeNumber["main-ended"];

/** An event that another one may race with. */
interface Moment extends Racer {
  at: Ticks;
  /** How many events its thread had had with it. */
  count: number;
}

/**
 * Neighbours in the log that stand on different threads, nearer than a window, and of which neither
 * had to wait for the other: a join, a result, a value sent puts two threads in order.
 *
 * A task's end counts against main's end only, and a line against a line. Sleeps need not be heard:
 * nobody waits for one, and nobody sees one.
 */
export class RaceReader {
  readonly races: Race[] = [];
  readonly #window: Ticks;
  readonly #order: ThreadOrder;
  #beside = false;
  #first = -1;
  #lastLine: Moment | null = null;
  #lastEnd: Moment | null = null;

  constructor({ definitions }: Pick<Trace, "definitions">, window: Ticks) {
    this.#window = window;
    this.#order = new ThreadOrder(definitions);
  }

  hear(event: LogCursor): void {
    const type = event.typeNumber;
    // Without a second thread there is nothing to follow, in what may be millions of events.
    if (!this.#beside) {
      if (this.#first < 0) this.#first = event.thread;
      if (type !== threadStarted && event.thread === this.#first) return;
      this.#beside = true;
    }
    const count = this.#order.next(event);
    if (type === printed) this.#lastLine = this.#came(momentOf(event, count), this.#lastLine);
    else if (type === taskEnded || type === mainEnded)
      this.#lastEnd = this.#came(momentOf(event, count), this.#lastEnd);
  }

  /** @param before the one of its kind before it. @returns what came. */
  #came(moment: Moment, before: Moment | null): Moment {
    if (before === null || before.thread === moment.thread) return moment;
    if (before.type === "task-ended" && moment.type === "task-ended") return moment;
    const gap = moment.at - before.at;
    if (gap < this.#window && !this.#order.knows(moment.thread, before.thread, before.count))
      this.races.push({ at: before.at, gap, between: [racerOf(before), racerOf(moment)] });
    return moment;
  }
}

/** The races of a trace, by a window of one's own. */
export function findRaces(trace: Pick<Trace, "log" | "definitions">, window: Ticks): Race[] {
  const reader = new RaceReader(trace, window);
  const event = new LogCursor(trace.log);
  while (event.next()) reader.hear(event);
  return reader.races;
}

function momentOf(event: LogCursor, count: number): Moment {
  const { type, thread, actor, at } = event;
  return { type, thread, actor, text: event.text ?? null, at, count };
}

function racerOf({ type, thread, actor, text }: Moment): Racer {
  return { type, thread, actor, text };
}
