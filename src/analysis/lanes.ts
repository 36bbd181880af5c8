/**
 * What every thread and task was doing, and when: the lanes of a timeline.
 *
 * Invariant: events are heard in the order of their thread's time and may come while the run goes
 * on, so the picture of a running program and that of a finished one are read off the same way. The
 * number of lanes is bounded, whatever the number of tasks.
 */
import {
  completions,
  endings,
  type EventType,
  eventTypes,
  interruptions,
  LAUNCH,
  MAIN,
  MAIN_THREAD,
  POOL_THREAD,
  threads,
} from "../events/event.ts";
import type { Columns, EventLog } from "../events/log.ts";
import type { Ticks } from "../scenario/duration.ts";
import { type Scenario, taskInstances } from "../scenario/model.ts";
import { isBeside, type Strategy } from "../scenario/strategy.ts";
import type { ProgramStatus } from "./outcome.ts";

/** What a lane is doing; the gravest first, which is what a narrow cell shows of several. */
export const activities = [
  /** Ready to go on, and its thread is held by something else. */
  "starved",
  /** Doing nothing, and holding its thread. */
  "blocking",
  "computing",
  /** A thread of the pool, on a job. */
  "working",
  /** In a function of the user's. */
  "calling",
  /** For a job of its own in the pool. */
  "offloaded",
  /** For another thread, task, or channel. */
  "waiting",
  "sleeping",
] as const;
export type Activity = (typeof activities)[number];

/** A stretch of one activity; `to` is null while it goes on. */
export interface Span {
  activity: Activity;
  from: Ticks;
  to: Ticks | null;
}

export interface Lane {
  name: string;
  /** Whether it is a thread; programs and tasks stand below the thread they run on. */
  isThread: boolean;
  startedAt: Ticks | null;
  endedAt: Ticks | null;
  /** What became of it; null while it goes on, and for threads that have no end of their own. */
  status: Exclude<ProgramStatus, "unstarted"> | null;
  spans: Span[];
}

/** The most lanes that tasks have together. */
const mostTaskLanes = 40;

/** The most spans a lane keeps; what came before the oldest of them is left out. */
const mostSpans = 4096;

/** A sleep that ends this much after its time was starved; less is a timer's own lateness. */
const slack: Ticks = 5000;

interface OpenLane extends Lane {
  /** When the sleep it is in is due. */
  due: Ticks | null;
}

export class Lanes {
  readonly #threads: OpenLane[] = [];
  readonly #actors = new Map<number, OpenLane>();
  /** How many tasks have no lane. */
  readonly hidden: number;
  readonly #beside: boolean;
  #end: Ticks = 0;

  constructor(scenario: Scenario, strategy: Strategy) {
    this.#beside = isBeside(strategy);
    const instances = taskInstances(scenario);
    const perName = Math.max(1, Math.floor(mostTaskLanes / Math.max(1, scenario.tasks.length)));
    this.#actors.set(MAIN, this.#threadLane(MAIN_THREAD));
    this.#actors.set(LAUNCH, lane("launch", false));
    for (const [actor, { name, copy }] of instances.entries())
      if (copy < perName && this.#actors.size < mostTaskLanes + 2)
        this.#actors.set(actor, lane(name, false));
    this.hidden = instances.length + 2 - this.#actors.size;
  }

  /** The latest instant that anything is known of. */
  get end(): Ticks {
    return this.#end;
  }

  /** Threads in their order, each followed by what runs on it; those that have not begun are left out. */
  get lanes(): Lane[] {
    const begun = [...this.#actors]
      .filter(([actor, { startedAt, spans }]) => actor !== MAIN && (startedAt !== null || spans[0]))
      .map(([, one]) => one);
    const [main, loop, ...pool] = this.#threads;
    return [
      main!,
      ...(this.#beside && loop !== undefined ? [loop] : []),
      ...begun,
      ...pool.filter((one) => one !== undefined),
    ];
  }

  /** Hears all events of a run that is over. */
  hearAll(log: EventLog): this {
    for (const { length, at, type, thread, actor, value } of log.chunks)
      for (let k = 0; k < length; k++)
        this.#event(eventTypes[type[k]!]!, at[k]!, thread[k]!, actor[k]!, value[k]!);
    return this;
  }

  /** Hears events of one thread while the run goes on. */
  hear(thread: number, { length, at, type, actor, value }: Columns): void {
    for (let k = 0; k < length; k++)
      this.#event(eventTypes[type[k]!]!, at[k]!, thread, actor[k]!, value[k]!);
  }

  #threadLane(thread: number): OpenLane {
    return (this.#threads[thread] ??= lane(threads[thread]!, true));
  }

  #event(type: EventType, at: Ticks, thread: number, actor: number, value: number): void {
    if (at > this.#end) this.#end = at;
    const own = this.#actors.get(actor);
    switch (type) {
      case "main-started":
      case "launch-started":
      case "task-started":
        if (own === undefined) break;
        closeSpan(own, at);
        dropBrief(own);
        own.startedAt = at;
        break;
      case "task-created":
        // Until its first turn it is ready, and waits for its thread.
        open(own, "starved", at);
        break;
      case "main-ended":
      case "launch-ended":
      case "task-ended":
        if (own === undefined) break;
        closeSpan(own, at);
        own.startedAt ??= at;
        own.endedAt = at;
        own.status = endings[value]!;
        break;
      case "loop-opened":
      case "loop-closed": {
        if (!this.#beside) break;
        const loop = this.#threadLane(thread);
        if (type === "loop-opened") loop.startedAt = at;
        else loop.endedAt = at;
        break;
      }
      case "sleep-began":
        open(own, "sleeping", at);
        if (own !== undefined) own.due = at + value;
        break;
      case "sleep-ended": {
        const span = own?.spans.at(-1);
        if (own === undefined || span?.activity !== "sleeping") break;
        const { due } = own;
        if (completions[value] === "completed" && due !== null && at > due + slack) {
          closeSpan(own, due);
          open(own, "starved", due);
        }
        closeSpan(own, at);
        break;
      }
      case "block-began":
        this.#holds(own, thread, "blocking", at);
        break;
      case "compute-began":
        this.#holds(own, thread, "computing", at);
        break;
      case "block-ended":
      case "compute-ended":
        this.#letsGo(own, thread, at);
        break;
      case "wait-began":
      case "settle-began":
        open(own, "waiting", at);
        break;
      case "offload-began":
        open(own, "offloaded", at);
        break;
      case "call-began":
        if (thread < POOL_THREAD) open(own, "calling", at);
        break;
      case "call-ended":
        if (thread < POOL_THREAD) closeSpan(own, at);
        break;
      case "wait-ended":
      case "settle-ended":
      case "offload-ended":
        closeSpan(own, at);
        break;
      case "call-held":
        if (own !== undefined && thread < POOL_THREAD)
          own.spans.push({ activity: "blocking", from: at - value, to: at });
        break;
      case "job-began": {
        const worker = this.#threadLane(thread);
        worker.startedAt ??= at;
        open(worker, "working", at);
        break;
      }
      case "job-ended":
        closeSpan(this.#threadLane(thread), at);
        break;
      case "interrupted":
        this.#stop(at, interruptions[value] === "deadlock" ? "deadlocked" : "interrupted");
        break;
      case "process-ended":
        this.#stop(at, "abandoned");
        break;
    }
  }

  /** A step holds its thread; the thread's own lane shows it as well. */
  #holds(own: OpenLane | undefined, thread: number, activity: Activity, at: Ticks): void {
    // What a job of the pool does shows on the pool's lane.
    if (thread >= POOL_THREAD) return;
    open(own, activity, at);
    if (thread !== MAIN_THREAD) open(this.#threadLane(thread), activity, at);
  }

  #letsGo(own: OpenLane | undefined, thread: number, at: Ticks): void {
    if (thread >= POOL_THREAD) return;
    closeSpan(own, at);
    if (thread !== MAIN_THREAD) closeSpan(this.#threadLane(thread), at);
  }

  /** The process is over, and so is whatever had not ended. */
  #stop(at: Ticks, status: "deadlocked" | "interrupted" | "abandoned"): void {
    for (const [actor, own] of this.#actors) {
      if (own.endedAt !== null || (own.startedAt === null && own.spans.length === 0)) continue;
      closeSpan(own, at);
      own.startedAt ??= at;
      own.endedAt = at;
      own.status = actor === MAIN || actor === LAUNCH ? status : "abandoned";
    }
    for (const thread of this.#threads)
      if (thread !== undefined && thread.endedAt === null) {
        closeSpan(thread, at);
        thread.endedAt = at;
      }
  }
}

/** The spans of a lane as they are at an instant: a sleep that is overdue by then is starved. */
export function spansAt(lane: Lane, now: Ticks): Span[] {
  const last = lane.spans.at(-1);
  const due = (lane as OpenLane).due;
  if (last?.activity === "starved" && last.to === null && now <= last.from + slack)
    return lane.spans.slice(0, -1);
  if (last === undefined || last.to !== null || last.activity !== "sleeping" || due === null)
    return lane.spans;
  if (now <= due + slack) return lane.spans;
  return [
    ...lane.spans.slice(0, -1),
    { ...last, to: due },
    { activity: "starved", from: due, to: null },
  ];
}

/** A task that had its first turn as soon as a machine could give it one was not starved. */
function dropBrief(lane: OpenLane): void {
  const last = lane.spans.at(-1);
  if (last?.activity === "starved" && last.to !== null && last.to - last.from <= slack)
    lane.spans.pop();
}

function lane(name: string, isThread: boolean): OpenLane {
  return { name, isThread, startedAt: null, endedAt: null, status: null, spans: [], due: null };
}

function open(lane: OpenLane | undefined, activity: Activity, at: Ticks): void {
  if (lane === undefined) return;
  closeSpan(lane, at);
  if (lane.spans.length >= mostSpans) lane.spans.splice(0, mostSpans / 2);
  lane.spans.push({ activity, from: at, to: null });
}

function closeSpan(lane: OpenLane | undefined, at: Ticks): void {
  const last = lane?.spans.at(-1);
  if (lane === undefined || last === undefined || last.to !== null) return;
  lane.due = null;
  // What takes no time leaves nothing to draw.
  if (at <= last.from) lane.spans.pop();
  else last.to = at;
}
