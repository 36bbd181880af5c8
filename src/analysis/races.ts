/** Races: what two threads did so close together that the order seen is not promised. */
import { cancelReasons, type EventType, eventTypes } from "../events/event.ts";
import type { EventLog } from "../events/log.ts";
import { TICKS_PER_MS, type Ticks } from "../scenario/duration.ts";

/** In real time, how near two events of different threads must be for their order to be luck. */
const raceWindowMs = 5;

/** The race window in ticks of scenario time: a fast run puts more scenario time into it. */
export function raceWindow(speed: number): Ticks {
  return raceWindowMs * TICKS_PER_MS * speed;
}

const mainEnded = cancelReasons.indexOf("main-ended");

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
 * Neighbours in the log that stand on different threads and nearer than the window.
 *
 * What main did before it started the loop's thread, or after it joined it, is in order and no race.
 * A task's end counts against main's end only, and a line against a line.
 */
export function findRaces(log: EventLog, window: Ticks): Race[] {
  const races: Race[] = [];
  let concurrent = false;
  const last = new Map<string, { at: Ticks; racer: Racer }>();
  for (const chunk of log.chunks)
    for (let k = 0; k < chunk.length; k++) {
      const type = eventTypes[chunk.type[k]!]!;
      if (type === "thread-started") concurrent = true;
      // What main's end made the loop do comes after it, by no luck.
      if (type === "wait-ended" || (type === "cancel-requested" && chunk.value[k] === mainEnded))
        concurrent = false;
      if (!concurrent || !visible.has(type)) continue;
      const kind = type === "printed" ? "line" : "end";
      const racer: Racer = {
        type,
        thread: chunk.thread[k]!,
        actor: chunk.actor[k]!,
        text: chunk.texts.get(k) ?? null,
      };
      const at = chunk.at[k]!;
      const before = last.get(kind);
      if (before !== undefined && before.racer.thread !== racer.thread && at - before.at < window)
        races.push({ at: before.at, gap: at - before.at, between: [before.racer, racer] });
      last.set(kind, { at, racer });
    }
  return races;
}
