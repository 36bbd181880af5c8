/** Races: what two threads did so close together, and in no order of their own, that luck decided it. */
import { type EventType, typeNumber } from "../trace/event.ts";
import type { Ticks } from "../base/duration.ts";
import { LogCursor } from "./cursor.ts";
import { ThreadOrder } from "./order.ts";
import type { Recorded } from "./recorded.ts";

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

/** Whose order a user sees: lines printed, and whether a task ended before main did. */
const visible: ReadonlySet<EventType> = new Set(["printed", "task-ended", "main-ended"]);

const threadStarted = typeNumber["thread-started"];

/**
 * Neighbours in the log that stand on different threads, nearer than the window, and of which
 * neither had to wait for the other: a join, a result, a value sent puts two threads in order.
 *
 * A task's end counts against main's end only, and a line against a line.
 */
export function findRaces(
  { log, definitions }: Pick<Recorded, "log" | "definitions">,
  window: Ticks,
): Race[] {
  const races: Race[] = [];
  const order = new ThreadOrder(definitions);
  let beside = false;
  let first = -1;
  const last = new Map<string, { at: Ticks; count: number; racer: Racer }>();
  const event = new LogCursor(log);
  while (event.next()) {
    // Without a second thread there is nothing to follow, in what may be millions of events.
    if (first < 0) first = event.thread;
    beside ||= event.typeNumber === threadStarted || event.thread !== first;
    if (!beside) continue;
    const count = order.next(event);
    const { type, at, thread, actor } = event;
    if (!visible.has(type)) continue;
    const kind = type === "printed" ? "line" : "end";
    const racer: Racer = { type, thread, actor, text: event.text ?? null };
    const before = last.get(kind);
    if (
      before !== undefined &&
      before.racer.thread !== thread &&
      at - before.at < window &&
      !order.knows(thread, before.racer.thread, before.count)
    )
      races.push({ at: before.at, gap: at - before.at, between: [before.racer, racer] });
    last.set(kind, { at, count, racer });
  }
  return races;
}
