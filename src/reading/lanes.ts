/**
 * What every thread and task was doing, and when: the lanes of a timeline.
 *
 * Invariant: events are heard in the order of their thread's time and may come while the run goes
 * on, so the picture of a running program and that of a finished one are read off the same way. The
 * number of lanes is bounded, whatever the number of tasks.
 */
import {
  endings,
  interruptions,
  LAUNCH,
  MAIN,
  MAIN_THREAD,
  POOL_THREAD,
  threads,
} from "../trace/event.ts";
import type { Columns, EventLog } from "../trace/log.ts";
import type { Ticks } from "../base/duration.ts";
import { type Scenario, taskInstances } from "../scenario/model.ts";
import { isBeside, type Strategy } from "../scenario/strategy.ts";
import { LogCursor, type TraceEvent } from "./cursor.ts";
import { HoldReader } from "./holds.ts";
import type { ProgramStatus } from "./entities.ts";

/** What a lane is doing; the gravest first, which is what a narrow cell shows of several. */
export const activities = [
  /** Ready to go on, and its thread is held by a step of something else. */
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

interface OpenLane extends Lane {
  /** When its sleep, or its first turn, is due. */
  due: Ticks | null;
  /** When main handed it over. */
  submittedAt: Ticks | null;
  /** Whether it is within a function of the user's. */
  calls: boolean;
}

export class Lanes {
  readonly #threads: OpenLane[] = [];
  readonly #actors = new Map<number, OpenLane>();
  /** How many tasks have no lane. */
  readonly hidden: number;
  readonly #beside: boolean;
  readonly #floats: boolean;
  readonly #holds: HoldReader;
  /** When the loop's thread was held, latterly. */
  readonly #held: Stretch[] = [];
  #end: Ticks = 0;

  constructor(scenario: Scenario, strategy: Strategy) {
    this.#beside = isBeside(strategy);
    this.#floats = strategy.loop === "float";
    this.#holds = new HoldReader(this.#floats ? "javascript" : "asyncio", 0, ({ at, ticks }) =>
      this.#wasHeld(at, at + ticks),
    );
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

  /**
   * Threads in their order, each followed by what runs on it, as they are at an instant; those that have
   * not begun are left out.
   */
  lanesAt(now: Ticks): Lane[] {
    const begun = [...this.#actors]
      .filter(
        ([actor, { startedAt, due, spans }]) =>
          actor !== MAIN && (startedAt !== null || due !== null || spans.length > 0),
      )
      .map(([, one]) => one);
    const [main, loop, ...pool] = this.#threads;
    return [
      main!,
      ...(this.#beside && loop !== undefined ? [loop] : []),
      ...begun,
      ...pool.filter((one) => one !== undefined),
    ].map((one) => (one.due === null ? one : { ...one, spans: this.#spansAt(one, now) }));
  }

  /** Hears all events of a run that is over. */
  hearAll(log: Pick<EventLog, "chunks">): this {
    const event = new LogCursor(log);
    while (event.next()) this.#event(event);
    return this;
  }

  /** Hears events of one thread while the run goes on. */
  hear(thread: number, columns: Columns): void {
    const sameThread = new Uint16Array(columns.length).fill(thread);
    this.hearAll({ chunks: [{ ...columns, thread: sameThread }] });
  }

  #threadLane(thread: number): OpenLane {
    return (this.#threads[thread] ??= lane(threads[thread]!, true));
  }

  #event(event: TraceEvent): void {
    const { type, at, thread, actor, value } = event;
    if (at > this.#end) this.#end = at;
    this.#holds.hear(event);
    const own = this.#actors.get(actor);
    switch (type) {
      case "main-started":
      case "launch-started":
      case "task-started":
        if (own === undefined) break;
        this.#hasTurn(own, at);
        own.startedAt = at;
        break;
      case "task-created":
        if (own !== undefined) own.due = own.submittedAt ?? at;
        break;
      case "task-submitted":
        if (own !== undefined) own.submittedAt = at;
        break;
      case "main-ended":
      case "launch-ended":
      case "task-ended":
        if (own !== undefined) this.#endLane(own, at, endings[value]!);
        break;
      case "loop-opened":
        if (this.#beside) this.#threadLane(thread).startedAt = at;
        break;
      case "loop-closed":
        if (this.#beside) this.#endLane(this.#threadLane(thread), at, null);
        // What has not ended by now, nothing will wake.
        for (const [actor, task] of this.#actors) if (actor !== MAIN) closeSpan(task, at);
        break;
      case "sleep-began":
        open(own, "sleeping", at);
        if (own !== undefined) own.due = at + value;
        break;
      case "sleep-ended":
        if (own !== undefined) this.#hasTurn(own, at);
        break;
      case "block-began":
        this.#keeps(own, thread, "blocking", at);
        break;
      case "compute-began":
        this.#keeps(own, thread, "computing", at);
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
        if (own === undefined || thread >= POOL_THREAD) break;
        own.calls = true;
        open(own, "calling", at);
        break;
      case "call-ended":
        if (own === undefined || thread >= POOL_THREAD) break;
        own.calls = false;
        closeSpan(own, at);
        break;
      case "wait-ended":
      case "settle-ended":
      case "offload-ended":
        closeSpan(own, at);
        break;
      case "call-held":
        if (thread >= POOL_THREAD) break;
        if (own !== undefined) kept(own, at - value, at);
        if (thread !== MAIN_THREAD || this.#floats) kept(this.#threadLane(thread), at - value, at);
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

  /** A step keeps its thread; the thread's own lane shows it as well. */
  #keeps(own: OpenLane | undefined, thread: number, activity: Activity, at: Ticks): void {
    // What a job of the pool does shows on the pool's lane.
    if (thread >= POOL_THREAD) return;
    open(own, activity, at);
    if (thread !== MAIN_THREAD || this.#floats) open(this.#threadLane(thread), activity, at);
  }

  #letsGo(own: OpenLane | undefined, thread: number, at: Ticks): void {
    if (thread >= POOL_THREAD) return;
    closeSpan(own, at);
    if (thread !== MAIN_THREAD || this.#floats) closeSpan(this.#threadLane(thread), at);
  }

  #wasHeld(from: Ticks, to: Ticks): void {
    const last = this.#held.at(-1);
    if (last !== undefined && from <= last.to) last.to = to;
    else this.#held.push({ from, to });
    if (this.#held.length > mostSpans) this.#held.splice(0, mostSpans / 2);
  }

  /** What was due goes on, having been starved for as long as its thread was held. */
  #hasTurn(own: OpenLane, at: Ticks): void {
    if (own.due !== null && at > own.due) own.spans = this.#spansAt(own, at);
    closeSpan(own, at);
  }

  /**
   * The spans of a lane whose sleep or first turn is due: from then on it is starved while its thread is
   * held. What else its turn is late by is the timer's own lateness, or a busy machine's.
   */
  #spansAt({ spans, due }: OpenLane, now: Ticks): Span[] {
    const last = spans.at(-1);
    const sleeps = last?.to === null;
    const settled = sleeps ? spans.slice(0, -1) : [...spans];
    const sleep = (from: Ticks, to: Ticks | null): void => {
      if (sleeps && (to === null || to > from)) settled.push({ activity: "sleeping", from, to });
    };
    let from = sleeps ? last.from : due!;
    for (const held of this.#heldBetween(due!, now)) {
      sleep(from, held.from);
      settled.push({ activity: "starved", ...held });
      from = held.to;
    }
    if (from < now || settled.length === 0) sleep(from, null);
    return settled;
  }

  #heldBetween(from: Ticks, to: Ticks): Stretch[] {
    const now = this.#holds.soFar(to);
    const stretches: Stretch[] = [];
    for (let k = this.#held.length - 1; k >= 0 && this.#held[k]!.to > from; k--)
      stretches.unshift(this.#held[k]!);
    return [...stretches, ...(now === null ? [] : [now])]
      .map((held) => ({ from: Math.max(held.from, from), to: Math.min(held.to, to) }))
      .filter((held) => held.to > held.from);
  }

  #endLane(own: OpenLane, at: Ticks, status: Lane["status"]): void {
    this.#hasTurn(own, at);
    own.startedAt ??= at;
    own.endedAt = at;
    own.status = status;
  }

  /** The process is over, and so is whatever had not ended. */
  #stop(at: Ticks, status: "deadlocked" | "interrupted" | "abandoned"): void {
    for (const [actor, own] of this.#actors) {
      if (own.endedAt !== null) continue;
      if (own.startedAt === null && own.due === null && own.spans.length === 0) continue;
      this.#endLane(own, at, actor === MAIN || actor === LAUNCH ? status : "abandoned");
    }
    for (const thread of this.#threads)
      if (thread !== undefined && thread.endedAt === null) this.#endLane(thread, at, null);
  }
}

interface Stretch {
  from: Ticks;
  to: Ticks;
}

function lane(name: string, isThread: boolean): OpenLane {
  const nothing = { startedAt: null, endedAt: null, status: null, due: null, submittedAt: null };
  return { name, isThread, ...nothing, spans: [], calls: false };
}

/** The lane does something else from now on; one that has ended does nothing any more. */
function open(lane: OpenLane | undefined, activity: Activity, at: Ticks): void {
  if (lane === undefined || lane.endedAt !== null) return;
  closeSpan(lane, at);
  if (lane.spans.length >= mostSpans) lane.spans.splice(0, mostSpans / 2);
  lane.spans.push({ activity, from: at, to: null });
}

function closeSpan(lane: OpenLane | undefined, at: Ticks): void {
  if (lane === undefined) return;
  lane.due = null;
  const last = lane.spans.at(-1);
  if (last === undefined || last.to !== null) return;
  // What takes no time leaves nothing to draw.
  if (at <= last.from) lane.spans.pop();
  else last.to = at;
}

/** The user's function says afterwards that it has kept its thread. */
function kept(lane: OpenLane, from: Ticks, to: Ticks): void {
  const last = lane.spans.at(-1);
  const since = last === undefined ? from : Math.max(from, last.to ?? last.from);
  open(lane, "blocking", since);
  closeSpan(lane, to);
  if (lane.calls) open(lane, "calling", to);
}
