/**
 * A durable queue on Redis in virtual time.
 *
 * It is BullMQ's, script for script: a job waits, is delayed, or is active under a lock that runs out. Nobody sees that
 * at once. A check, one of all workers in each stretch as long as a lease, gives back what an earlier one found
 * active and what has no lock any more, and what is so given back twice is failed by whoever takes it next. The end
 * of a job without its lock is refused, whether or not another worker has it. What is new in the queue is a marker
 * there, which the worker takes that waits longest.
 */
import type { Ticks } from "../../base/duration.ts";
import { backoffAfter, type Engine, leaseOf, type Pushing } from "../../program/engine.ts";
import type { Claim, QueueAnswer, QueuedResult, QueueRequest } from "../../program/queue.ts";
import { Timer, Timers } from "../../program/timers.ts";
import type { Strategy } from "../../scenario/strategy.ts";
import type { TellDue, VirtualQueue } from "./queue.ts";

/** What a task fails with that was given back too often. */
export const stalledTooOften = "job stalled more than allowable limit";

interface Job {
  task: number;
  /** How often it was taken; the latest is whose lock it is. */
  started: number;
  /** How often it has failed. */
  failed: number;
  /** How often it was given back. */
  stalled: number;
  lockedUntil: Ticks;
  result: QueuedResult | null;
}

export class RedisQueue implements VirtualQueue {
  readonly #engine: Engine;
  readonly #takes: Ticks;
  readonly #longestWait: Ticks;
  readonly #mostStalls: number;
  readonly #strategy: Strategy;
  readonly #tell: TellDue;
  readonly #all = new Map<number, Job>();
  /** Those whose write is under way, by when it is over. */
  readonly #written = new Timers<Job>();
  /** The next one first. */
  readonly #waiting: Job[] = [];
  readonly #delayed = new Timers<Job>();
  readonly #active = new Set<Job>();
  /** Those that the latest check found active, and that have not been renewed since. */
  readonly #marked = new Set<Job>();
  /** Until when no further check is made. */
  #checkedUntil: Ticks = 0;
  /** What nobody who waits has been told yet: that something is there, or will be later. And since when. */
  readonly #markers = new Map<"now" | "later", Ticks>();
  /** The workers that wait, and until when, the longest one first. */
  readonly #waiters = new Map<number, Ticks>();
  #open = 0;

  constructor(engine: Engine, strategy: Strategy, tell: TellDue) {
    const { takes, most } = engine.pickUp as Pushing;
    this.#engine = engine;
    this.#takes = takes;
    this.#longestWait = most;
    this.#mostStalls = engine.mostCrashes;
    this.#strategy = strategy;
    this.#tell = tell;
  }

  get open(): number {
    return this.#open;
  }

  costOf({ kind }: QueueRequest): Ticks {
    return kind === "enqueue" ? this.#engine.enqueue : 0;
  }

  perform(request: QueueRequest, now: Ticks, by: number): QueueAnswer {
    switch (request.kind) {
      case "enqueue":
        this.#enqueue(request.task, now);
        return {};
      case "claim":
        return { claims: this.#claim(request.most, now) };
      case "await":
        return { until: this.#await(by, now) };
      case "check":
        this.#check(now);
        return {};
      case "extend": {
        const job = this.#lockedBy(request.claim, now);
        if (job === null) return { taken: "refused" };
        job.lockedUntil = now + leaseOf(this.#strategy);
        this.#marked.delete(job);
        return { taken: "done" };
      }
      case "complete": {
        const job = this.#lockedBy(request.claim, now);
        return job === null ? { taken: "refused" } : this.#end(job, "finished", "");
      }
      case "fail":
        return this.#fail(request.claim, request.error, now);
      case "record":
        throw new Error("what tasks come to that were acknowledged before is kept apart");
      case "results":
        return { results: request.tasks.flatMap((task) => this.#all.get(task)?.result ?? []) };
      case "ended":
        return { results: [...this.#all.values()].flatMap(({ result }) => result ?? []) };
      case "count":
        return { count: this.#open };
    }
  }

  /** It waits no longer. What it was told of waits for somebody who looks by himself. */
  forget(thread: number): void {
    this.#waiters.delete(thread);
  }

  #enqueue(task: number, now: Ticks): void {
    const job: Job = { task, started: 0, failed: 0, stalled: 0, lockedUntil: 0, result: null };
    this.#all.set(task, job);
    this.#open++;
    const stored = now + this.#engine.enqueue;
    this.#written.add(stored, new Timer(job));
    this.#mark("now", stored);
  }

  #claim(most: number, now: Ticks): Claim[] {
    this.#promote(now);
    const claims: Claim[] = [];
    while (claims.length < most) {
      const job = this.#waiting.shift();
      if (job === undefined) break;
      job.started++;
      job.lockedUntil = now + leaseOf(this.#strategy);
      this.#active.add(job);
      const { task, started: attempt } = job;
      const isOver = job.stalled > this.#mostStalls;
      claims.push({ task, attempt, ...(isOver ? { givenUp: stalledTooOften } : {}) });
      // There may be more, and others may have a slot free.
      this.#mark("now", now);
    }
    return claims;
  }

  /** Moves those that have been written, and those whose delay is over, behind those that wait. */
  #promote(now: Ticks): void {
    for (let stored; (stored = this.#written.takeDue(now)) !== undefined;)
      this.#waiting.push(stored.target);
    let any = false;
    for (let due; (due = this.#delayed.takeDue(now)) !== undefined; any = true)
      this.#waiting.push(due.target);
    if (any) this.#mark("now", now);
  }

  /** @returns until when it waits. */
  #await(thread: number, now: Ticks): Ticks {
    const later = this.#delayed.next;
    const until = later === Infinity ? now + this.#longestWait : later;
    this.#waiters.delete(thread);
    this.#waiters.set(thread, until);
    const marker = this.#markers.has("now") ? "now" : "later";
    const since = this.#markers.get(marker);
    if (since !== undefined) {
      this.#markers.delete(marker);
      this.#mark(marker, Math.max(now, since));
    }
    return until;
  }

  /** Tells the one that waits longest, or else the next one that will. */
  #mark(marker: "now" | "later", at: Ticks): void {
    for (const [thread, until] of this.#waiters) {
      this.#waiters.delete(thread);
      if (until <= at) continue;
      this.#tell(thread, at + this.#takes);
      return;
    }
    this.#markers.set(marker, at);
  }

  #check(now: Ticks): void {
    if (now < this.#checkedUntil) return;
    this.#checkedUntil = now + leaseOf(this.#strategy);
    const marked = [...this.#marked];
    this.#marked.clear();
    for (const job of marked) {
      if (now < job.lockedUntil || !this.#active.delete(job)) continue;
      job.stalled++;
      // It comes before all others.
      this.#waiting.unshift(job);
      this.#mark("now", now);
    }
    for (const job of this.#active) this.#marked.add(job);
  }

  #fail(claim: Claim, error: string, now: Ticks): QueueAnswer {
    const job = this.#lockedBy(claim, now);
    if (job === null) return { taken: "refused" };
    job.failed++;
    const { retry } = this.#strategy;
    if (claim.givenUp !== undefined || job.failed >= 1 + (retry ?? 0))
      return this.#end(job, "failed", error);
    this.#release(job);
    const delay = backoffAfter(job.failed, this.#strategy, this.#engine);
    if (delay === 0) {
      this.#waiting.push(job);
      this.#mark("now", now);
    } else {
      this.#delayed.add(now + delay, new Timer(job));
      this.#mark("later", now);
    }
    return { taken: "again" };
  }

  /** The job of a claim, if its lock is that claim's, and there. */
  #lockedBy({ task, attempt }: Claim, now: Ticks): Job | null {
    const job = this.#all.get(task)!;
    return this.#active.has(job) && job.started === attempt && now < job.lockedUntil ? job : null;
  }

  #end(job: Job, status: QueuedResult["status"], error: string): QueueAnswer {
    this.#release(job);
    this.#open--;
    job.result = { task: job.task, status, error };
    return { taken: "done" };
  }

  #release(job: Job): void {
    this.#active.delete(job);
    this.#marked.delete(job);
  }
}
