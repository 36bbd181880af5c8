/** Races: what two threads did so close together, and in no order of their own, that luck decided it. */
import { type EventType, eventTypes, typeNumber } from "../trace/event.ts";
import type { EventLog } from "../trace/log.ts";
import { TICKS_PER_MS, type Ticks } from "../base/duration.ts";
import type { Scenario } from "../scenario/model.ts";
import { ThreadOrder } from "./order.ts";

/** In real time, how near two events of different threads must be for their order to be luck. */
const raceWindowMs = 5;

/** The race window in ticks of scenario time: a fast run puts more scenario time into it. */
export function raceWindow(speed: number): Ticks {
  return raceWindowMs * TICKS_PER_MS * speed;
}

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

/**
 * Neighbours in the log that stand on different threads, nearer than the window, and of which
 * neither had to wait for the other: a join, a result, a value sent puts two threads in order.
 *
 * A task's end counts against main's end only, and a line against a line.
 */
export function findRaces(log: EventLog, scenario: Scenario, window: Ticks): Race[] {
  const races: Race[] = [];
  const order = new ThreadOrder(scenario);
  let beside = false;
  const last = new Map<string, { at: Ticks; count: number; racer: Racer }>();
  for (const chunk of log.chunks)
    for (let k = 0; k < chunk.length; k++) {
      // Without a second thread there is nothing to follow, in what may be millions of events.
      beside ||= chunk.type[k] === typeNumber["thread-started"] || chunk.thread[k] !== 0;
      if (!beside) continue;
      const type = eventTypes[chunk.type[k]!]!;
      const count = order.next(chunk, k);
      if (!visible.has(type)) continue;
      const kind = type === "printed" ? "line" : "end";
      const racer: Racer = {
        type,
        thread: chunk.thread[k]!,
        actor: chunk.actor[k]!,
        text: chunk.texts.get(k) ?? null,
      };
      const at = chunk.at[k]!;
      const before = last.get(kind);
      if (
        before !== undefined &&
        before.racer.thread !== racer.thread &&
        at - before.at < window &&
        !order.knows(racer.thread, before.racer.thread, before.count)
      )
        races.push({ at: before.at, gap: at - before.at, between: [before.racer, racer] });
      last.set(kind, { at, count, racer });
    }
  return races;
}
