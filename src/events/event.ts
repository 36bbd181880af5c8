/**
 * What can happen in a run, as a closed table of event types.
 *
 * An event is a past fact: when, of what type, on which thread, by which actor, and for some types
 * a value and a text. The table says what value and text mean; the log's columns, the NDJSON lines
 * and the reading schema all follow from it.
 */

/** The version of the stream; it grows when a reader of the old one would misread the new one. */
export const eventsFormat = "tandem-events/1";

/** Threads by number, in events and between them. */
export const threads = ["main", "loop"] as const;
export const MAIN_THREAD = 0;
export const LOOP_THREAD = 1;

/** Actors below zero; a task's actor is its index among the run's tasks. */
export const MAIN = -2;
export const LAUNCH = -1;

/** How a program of the run ended by itself. */
export const endings = ["finished", "failed", "cancelled"] as const;

/** Why a task (or launch) was asked to stop. */
export const cancelReasons = [
  /** The loop closed with the task not done. */
  "loop-closed",
  /** A sibling in the same group failed, or the group's body did. */
  "group-failed",
  /** The completion point's timeout ran out. */
  "timed-out",
  /** Main's steps ended, and atExit is cancel. */
  "main-ended",
] as const;
export type CancelReason = (typeof cancelReasons)[number];

/** Where a failure was raised. */
export const raisedInto = ["launch", "main"] as const;

/** On whose account a line about a failure was written to stderr. */
export const logReasons = [
  /** asyncio: "Task exception was never retrieved". */
  "never-retrieved",
  /** asyncio: "unhandled exception during asyncio.run() shutdown". */
  "failed-in-shutdown",
  /** Python's threading.excepthook: the thread's target raised. */
  "thread-failed",
  /** JavaScript's unhandled rejection, which ends the process. */
  "unhandled-rejection",
  /** The traceback of main, which ends the process. */
  "main-failed",
] as const;
export type LogReason = (typeof logReasons)[number];

/** Why main stood still without a step of its own that blocks. */
export const waits = ["launch", "join"] as const;

/** Why tandem ended a run that had not ended itself. */
export const interruptions = ["signal", "timeout", "watchdog", "crash", "deadlock"] as const;
export type Interruption = (typeof interruptions)[number];

/** The meaning of an event's value: a duration in ticks, a plain number, or an index into words. */
type ValueShape =
  { name: string; unit: "ticks" | "number" } | { name: string; words: readonly string[] };

interface Shape {
  value?: ValueShape;
  /** The name of the text, and whether it may be absent. */
  text?: { name: string; optional?: true };
}

const status: ValueShape = { name: "status", words: endings };
const error = { name: "error", optional: true } as const;
const duration: ValueShape = { name: "duration", unit: "ticks" };

/** Every event type; the order is the number a type has in the log's columns, and only grows. */
export const eventShapes = {
  "main-started": {},
  "main-ended": { value: status, text: error },
  "wait-began": { value: { name: "for", words: waits } },
  "wait-ended": { value: { name: "for", words: waits } },
  // Main has started the loop's thread: from here on the two have no order of their own.
  "thread-started": {},
  "loop-opened": {},
  "loop-closing": {},
  "loop-closed": {},
  "launch-started": {},
  "launch-ended": { value: status, text: error },
  "settle-began": {},
  "settle-ended": { value: status },
  "task-created": {},
  "task-started": {},
  "task-ended": { value: status, text: error },
  "cleanup-began": {},
  // Only a clean-up that came to the end of its steps.
  "cleanup-ended": {},
  // Events that share an `unordered` mark at one instant happened in an order nobody promises.
  "cancel-requested": {
    value: { name: "reason", words: cancelReasons },
    text: { name: "unordered", optional: true },
  },
  "sleep-began": { value: duration },
  "sleep-ended": { value: { name: "how", words: ["completed", "cancelled"] } },
  "block-began": { value: duration },
  "block-ended": {},
  "compute-began": { value: duration },
  "compute-ended": {},
  printed: { text: { name: "text" } },
  "error-raised": { value: { name: "into", words: raisedInto } },
  "error-logged": { value: { name: "reason", words: logReasons } },
  interrupted: {
    value: { name: "by", words: interruptions },
    text: { name: "detail", optional: true },
  },
  "process-ended": { value: { name: "code", unit: "number" } },
} as const satisfies Record<string, Shape>;

export type EventType = keyof typeof eventShapes;
export const eventTypes = Object.keys(eventShapes) as EventType[];
export const shapesByNumber: readonly Shape[] = Object.values(eventShapes);

/** The number of each type in the log's columns. */
export const typeNumber = Object.fromEntries(
  eventTypes.map((type, index) => [type, index]),
) as Record<EventType, number>;
