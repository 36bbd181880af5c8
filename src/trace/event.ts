/**
 * What can happen in a run, as a table of event types.
 *
 * An event is a past fact: when, of what type, on which thread, by which actor, and for some types
 * a value, a text and further numbers; any may have a place, a resource and a stack. The table says what these mean; the log's columns, the lines of
 * JSON, their checking and their schema all follow from it. Its words are open: a file may have others,
 * which a reader keeps and tells.
 */
import { TICKS_PER_MS } from "../base/duration.ts";

/** The version of the stream; it grows when a reader of the old one would misread the new one. */
export const eventsFormat = "tandem-events/2";

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
  /** A line of the program cancelled it: the event's place, and whoever ran it. */
  "program",
  /** Its user pressed Ctrl-C, and the loop's runner cancels the loop's entry. */
  "interrupted",
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
  /** Thrown where nobody could catch it, as in a timer's callback; it ends the thread. */
  "uncaught-exception",
  /** asyncio: a callback of the loop raised; the loop goes on. */
  "callback-failed",
] as const;
export type LogReason = (typeof logReasons)[number];

/**
 * What somebody waits for: main with its whole thread, a task or launch without it. `launch` is an
 * inline loop, `join` the end of the background (of main's own accord, or at exit).
 */
export const waits = [
  "launch",
  "join",
  "result",
  "send",
  "receive",
  "lock",
  "event",
  "condition",
  "get",
  "put",
  /** All that was put into a queue is to be worked off. */
  "queue-join",
  "process",
  "input",
  /** Something to be read, written or accepted, on one of several descriptors. */
  "select",
  "sleep",
] as const;

/** How something that was awaited came to its end. */
export const completions = ["completed", "cancelled", "failed"] as const;

/** What a call of user code can leave behind. */
export const leftovers = ["timeout", "interval"] as const;

/** How user code goes on when its call has ended: what was left behind runs or is cleared, or something is done. */
export const goings = [
  ...leftovers,
  "cleared",
  "printed",
  "complained",
  "send",
  "receive",
] as const;

/** Why tandem ended a run that had not ended itself. */
export const interruptions = [
  "signal",
  "timeout",
  "watchdog",
  "crash",
  "deadlock",
  /** Nothing had moved for long, and nothing could any more. */
  "hang",
  /** Its process was killed at an instant that the scenario says. */
  "kill",
] as const;
export type Interruption = (typeof interruptions)[number];

/** How a program used its loops and threads in a way that cannot work. */
export const misuses = ["loop-in-loop", "wrong-thread", "wrong-loop", "self-wait"] as const;
export type Misuse = (typeof misuses)[number];

/** From which end an actor uses a resource: it takes out of it, puts into it, or makes it happen. */
export const ends = ["getter", "putter", "setter"] as const;

/**
 * What became of an actor that caught its cancellation: it made further steps; it ended as if nothing had come, in a
 * clause for whatever may come; or in one for just that, which drops it.
 */
export const swallowings = ["went-on", "ended", "dropped"] as const;

/**
 * What became of an attempt at a task that was kept in a durable queue: done; failed, which the queue may answer with
 * a further attempt; or done, or failed, and refused by the queue, as it had given the task to another attempt.
 */
export const attemptEnds = ["completed", "failed", "refused"] as const;

/** Who learned of a failure: code that could act on it, a line on stderr, or nobody. */
export const hearers = ["raised", "logged", "nobody"] as const;

/**
 * The meaning of a number: a duration, which lines have in milliseconds; a count from 0; a status, which is
 * whole and may be below 0; or an actor's number.
 */
export type NumberUnit = "ticks" | "count" | "status" | "actor";

interface NumberShape {
  name: string;
  unit: NumberUnit;
  optional?: true;
}

/** The latest time and the longest duration that a line can tell, in ms: ticks stay exact up to there. */
export const mostMs = Number.MAX_SAFE_INTEGER / TICKS_PER_MS;

/** The meaning of an event's value: a number that is always there, or an index into words. */
type ValueShape = NumberShape | { name: string; words: readonly string[] };

export interface EventShape {
  value?: ValueShape;
  /** The name of the text, whether it may be absent, and whether it is the resource's name if there is one. */
  text?: { name: string; optional?: true; ofResource?: true };
  /** What there is to be told beside the value (`Chunk.numbers`). */
  numbers?: readonly NumberShape[];
  /** Whom it is about: some actor, if not said otherwise; one that is neither main nor launch; or perhaps nobody. */
  about?: "task" | "anybody";
}

const status: ValueShape = { name: "status", words: endings };
const error = { name: "error", optional: true } as const;
const item: ValueShape = { name: "item", unit: "count" };
const channel = { name: "channel", ofResource: true } as const;
const whom: NumberShape = { name: "whom", unit: "actor", optional: true };
const duration: ValueShape = { name: "duration", unit: "ticks" };
const how = { name: "how", optional: true } as const;
const handler: ValueShape = { name: "number", unit: "count" };

/** Every event type; the order is the number a type has in the log's columns, and only grows. */
export const eventShapes = {
  "main-started": {},
  "main-ended": { value: status, text: error },
  // The text names the task or the channel. Where an actor is waited for, `whom` says which, and no name need.
  "wait-began": {
    value: { name: "for", words: waits },
    text: { name: "of", optional: true, ofResource: true },
    numbers: [whom],
  },
  "wait-ended": { value: { name: "for", words: waits } },
  // Main has started the loop's thread: from here on the two have no order of their own.
  "thread-started": {},
  // The text says by what, in the program's own words.
  "loop-opened": { text: how },
  "loop-closing": {},
  "loop-closed": { text: how },
  "launch-started": {},
  "launch-ended": { value: status, text: error },
  "settle-began": {},
  "settle-ended": { value: status },
  "task-created": { about: "task" },
  "task-started": { about: "task" },
  // Of a failure that came out of another one's, `from` says whose; it is no failure of its own.
  "task-ended": {
    value: status,
    text: error,
    numbers: [{ name: "from", unit: "actor", optional: true }],
    about: "task",
  },
  "cleanup-began": { about: "task" },
  // Only a clean-up that came to the end of its steps.
  "cleanup-ended": { about: "task" },
  // Events that share an `unordered` mark at one instant happened in an order nobody promises.
  "cancel-requested": {
    value: { name: "reason", words: cancelReasons },
    text: { name: "unordered", optional: true },
    numbers: [{ name: "by", unit: "actor", optional: true }],
  },
  "sleep-began": { value: duration },
  "sleep-ended": { value: { name: "how", words: completions } },
  "block-began": { value: duration },
  "block-ended": {},
  "compute-began": { value: duration },
  "compute-ended": {},
  printed: { text: { name: "text" } },
  "error-raised": { value: { name: "into", words: raisedInto } },
  // The text says what failed where that is no program of the scenario's.
  "error-logged": { value: { name: "reason", words: logReasons }, text: error },
  interrupted: {
    value: { name: "by", words: interruptions },
    text: { name: "detail", optional: true },
  },
  "process-ended": { value: { name: "code", unit: "status" } },
  // Main has handed the task to the loop's thread.
  "task-submitted": { about: "task" },
  // Items of a channel are counted from 0, so a value's way can be followed.
  sent: { value: item, text: channel },
  received: { value: item, text: channel },
  // A task has handed a step to the pool, as a job of this number, and waits; the job itself is the pool's.
  "offload-began": { value: { name: "job", unit: "count" } },
  "offload-ended": { value: { name: "how", words: completions } },
  "job-began": { value: { name: "job", unit: "count" } },
  "job-ended": { value: { name: "job", unit: "count" } },
  // The user's own function, from its call until what it returned has settled.
  "call-began": { text: { name: "function" } },
  "call-ended": { value: { name: "how", words: completions }, text: error },
  // For this long, until now, the user's function has held its thread: at the event's place, or somewhere
  // from there to a last line; or one of so many calls has.
  "call-held": {
    value: duration,
    numbers: [
      { name: "lastLine", unit: "count", optional: true },
      { name: "calls", unit: "count", optional: true },
    ],
  },
  // A call in main returned a promise, which main cannot await.
  "promise-dropped": { text: { name: "function" } },
  // A line on stderr, which only user code writes; what is printed goes to stdout.
  complained: { text: { name: "text" } },
  // The task's loop has closed without it, and the interpreter collects its coroutine at the very end.
  "task-destroyed": { about: "task" },
  // A call has ended, and something that it had set going at the event's place, and nobody waits for, is
  // still there.
  "left-behind": { value: { name: "what", words: leftovers } },
  // User code whose call has ended goes on. The place says where a timer was set; the text, which function
  // it is that writes, sends or receives; that has its own event behind this one, and is no step.
  "went-on": { value: { name: "how", words: goings }, text: { name: "of", optional: true } },
  // Nothing is alive any more on a thread that user code ran on: it ends by itself.
  "nothing-left": {},
  // So many steps of this kind were too short to be told one by one: how long they were together, and
  // the longest of them. Where they are nobody's in particular they are all such steps of their thread since
  // it was told last of any, or since its loop opened.
  folded: {
    value: { name: "count", unit: "count" },
    text: { name: "kind" },
    numbers: [
      { name: "busy", unit: "ticks" },
      { name: "longest", unit: "ticks" },
    ],
    about: "anybody",
  },
  // Where an actor was when somebody looked: at the event's place.
  "stood-at": { text: { name: "function", optional: true } },
  // What it waits for when somebody looks: a resource, another actor, or something that the text names.
  "waits-for": {
    text: { name: "of", optional: true, ofResource: true },
    numbers: [whom],
  },
  // Who learned of the actor's failure. Where it was raised into somebody (`in`), the place is where that
  // one stood then.
  heard: {
    value: { name: "by", words: hearers },
    text: error,
    numbers: [{ name: "in", unit: "actor", optional: true }],
  },
  // Something that keeps the process from its end, as a timer, a socket or a thread.
  "handle-alive": { text: { name: "kind" }, about: "anybody" },
  // The program has asked for its process to end. The text is there where that is about its thread alone, as of a Worker,
  // and says which call it was: `exit` in it, or `terminate` of another thread's.
  "exit-called": {
    value: { name: "code", unit: "status" },
    text: { name: "alone", optional: true },
    about: "anybody",
  },
  // So many events were not recorded.
  dropped: { value: { name: "count", unit: "count" }, text: { name: "why" }, about: "anybody" },
  // From here to its end the actor's step keeps its thread, from the first thing in it that does. Under
  // JavaScript's rules it is a turn of the loop, whoever else has a part in it. A step that keeps nothing
  // need not be told.
  "step-began": {},
  // The text is the call in which it kept the thread longest, which stood at the event's place. Meanwhile the
  // thread computed (`cpu`) or wanted to and got no core (`queued`); the rest it stood still. `turns` of microtasks
  // were in it, of which none need be long: timers have to wait for all of them.
  "step-ended": {
    text: { name: "call", optional: true },
    numbers: [
      { name: "cpu", unit: "ticks", optional: true },
      { name: "queued", unit: "ticks", optional: true },
      { name: "turns", unit: "count", optional: true },
    ],
  },
  // A thread runs no code any more.
  "thread-ended": { about: "anybody" },
  // A step has just ended that kept the actor waiting for this long after it was due; it stands at the place.
  late: {
    value: { name: "late", unit: "ticks" },
    numbers: [{ name: "by", unit: "actor", optional: true }],
  },
  // So many values are in the resource at the end, and nobody has taken them.
  left: {
    value: { name: "items", unit: "count" },
    text: { name: "of", optional: true, ofResource: true },
    numbers: [{ name: "unfinished", unit: "count", optional: true }],
    about: "anybody",
  },
  // A function is to be called when the process ends, and has its number from here on. The place is where
  // that was asked for; the stack holds the function's own.
  "handler-registered": { value: handler, text: { name: "function" }, about: "anybody" },
  "handler-began": { value: handler, about: "anybody" },
  "handler-ended": { value: handler, about: "anybody" },
  // The actor has the resource for itself when somebody looks; the place is where it took it.
  holds: { text: { name: "of", optional: true, ofResource: true } },
  // What cannot work was done at the place; the text is the error, where there was one.
  misused: { value: { name: "what", words: misuses }, text: error },
  // The actor caught its cancellation, which came at the place, and did not end by it.
  "cancel-swallowed": { value: { name: "how", words: swallowings } },
  // The actor uses the resource for the first time, from this end.
  attached: {
    value: { name: "as", words: ends },
    text: { name: "of", optional: true, ofResource: true },
  },
  // So many others of the actor's function and place began and finished, and are not told one by one: how long the
  // longest of them took, and how long all together ran.
  alike: {
    value: { name: "count", unit: "count" },
    numbers: [
      { name: "longest", unit: "ticks" },
      { name: "busy", unit: "ticks", optional: true },
    ],
  },
  // The promise of the actor was dropped at the place: as a statement, by `void`, as a condition, or by what the text
  // names, which ignores the value of its callback. Nobody can wait for it any more.
  floated: { text: { name: "how" } },
  // The first use of the actor's promise of this sort: "await", "return", "then", a combinator, "library"; by whom,
  // where that is known.
  used: {
    text: { name: "how" },
    numbers: [{ name: "by", unit: "actor", optional: true }],
  },
  // The combinator of this name at the place has settled without the actor, which has not ended: nobody waits for it
  // there any more.
  "settled-race": { text: { name: "combinator" } },
  // So many bytes were written by the program, and not yet handed to the system when it ended.
  "output-cut": {
    value: { name: "bytes", unit: "count" },
    text: { name: "stream" },
    about: "anybody",
  },
  // Up to here so many steps and callbacks, all of one turn of the loop, have kept its thread one after the other: for
  // how long, and than what none was longer. The place is the function that most of what is ready again goes on with.
  crowded: {
    value: { name: "count", unit: "count" },
    numbers: [
      { name: "busy", unit: "ticks" },
      { name: "longest", unit: "ticks" },
    ],
    about: "anybody",
  },
  // The task is in a durable queue, which has said so: whatever ends this process from now on, it is not lost with it.
  queued: { about: "task" },
  // A worker process has taken the task out of its queue, for the time of a lease, and performs it from its first
  // step. The first attempt is the task itself, each further one an actor of its own.
  "attempt-began": { value: { name: "attempt", unit: "count" }, about: "task" },
  "attempt-ended": {
    value: { name: "how", words: attemptEnds },
    text: error,
    about: "task",
  },
  // What had asked the actor to stop counts no more: it caught that, and has gone on.
  "cancel-over": {},
  // A limit of the actor's own, or a group of its own that failed, has ended what it waited for, at the place; it
  // goes on, with an error that it can catch.
  "wait-given-up": { value: { name: "reason", words: cancelReasons } },
  // The actor stands in a loop that nothing in it ends but an error or its cancellation. It begins at the place.
  "goes-round": {},
  // The write of the task into a durable queue has begun, and nobody waits for its end, which is told as any other's
  // (`queued`): it comes when the thread's loop turns, if that ever does.
  "enqueue-began": { about: "task" },
  // A worker process has had its queue know that the task is done, and has not performed it yet: whatever becomes of
  // it from now on, nobody else will.
  acknowledged: { about: "task" },
} as const satisfies Record<string, EventShape>;

export type EventType = keyof typeof eventShapes;
export const eventTypes = Object.keys(eventShapes) as EventType[];
export const shapesByNumber: readonly EventShape[] = Object.values(eventShapes);

/** The number of each type in the log's columns. */
export const typeNumber = Object.fromEntries(
  eventTypes.map((type, index) => [type, index]),
) as Record<EventType, number>;
