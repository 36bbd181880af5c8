/**
 * A durable queue on SQLite in virtual time.
 *
 * It is OpenWorkflow's backend, statement for statement: whoever claims takes what is due, tasks that wait before
 * tasks whose lease has run out, of each the oldest first; a claim counts as an attempt at once; the end of a claim
 * is taken unless another one was made since, whether or not its lease had run out.
 */
import type { Ticks } from "../../base/duration.ts";
import { backoffAfter, type Engine, leaseOf } from "../../program/engine.ts";
import type { Claim, QueueAnswer, QueuedResult, QueueRequest } from "../../program/queue.ts";
import { Timer, Timers } from "../../program/timers.ts";
import type { Strategy } from "../../scenario/strategy.ts";
import type { VirtualQueue } from "./queue.ts";

interface Kept {
  task: number;
  attempts: number;
  /** While it is performed: when another one may take it. */
  availableAt: Ticks;
  result: QueuedResult | null;
}

export class SqliteQueue implements VirtualQueue {
  readonly #engine: Engine;
  readonly #strategy: Strategy;
  readonly #all = new Map<number, Kept>();
  /** Those that wait for a worker, by when they are due. */
  readonly #pending = new Timers<Kept>();
  /** Those that have a worker. */
  readonly #running = new Set<Kept>();
  #open = 0;

  constructor(engine: Engine, strategy: Strategy) {
    this.#engine = engine;
    this.#strategy = strategy;
  }

  /** How many tasks have not come to an end for good. */
  get open(): number {
    return this.#open;
  }

  /** How long its answer takes. */
  costOf({ kind }: QueueRequest): Ticks {
    return kind === "enqueue" ? this.#engine.enqueue : 0;
  }

  perform(request: QueueRequest, now: Ticks): QueueAnswer {
    switch (request.kind) {
      case "enqueue":
        this.#enqueue(request.task, now);
        return {};
      case "claim":
        return { claims: this.#claim(request.most, now) };
      case "extend": {
        const kept = this.#ownedBy(request.claim);
        if (kept === null) return { taken: "refused" };
        kept.availableAt = now + leaseOf(this.#strategy);
        return { taken: "done" };
      }
      case "complete": {
        const kept = this.#ownedBy(request.claim);
        if (kept === null) return { taken: "refused" };
        return this.#end(kept, "finished", "");
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
      case "await":
      case "check":
        throw new Error("its workers look into it by themselves");
    }
  }

  /** A lease runs out by itself. */
  forget(): void {}

  #enqueue(task: number, now: Ticks): void {
    const kept: Kept = { task, attempts: 0, availableAt: Infinity, result: null };
    this.#all.set(task, kept);
    this.#open++;
    this.#pending.add(now, new Timer(kept));
  }

  #claim(most: number, now: Ticks): Claim[] {
    const claims: Claim[] = [];
    while (claims.length < most) {
      const kept = this.#pending.takeDue(now)?.target ?? this.#expired(now);
      if (kept === undefined) break;
      kept.attempts++;
      kept.availableAt = now + leaseOf(this.#strategy);
      this.#running.add(kept);
      claims.push({ task: kept.task, attempt: kept.attempts });
    }
    return claims;
  }

  /** The one whose lease ran out first. */
  #expired(now: Ticks): Kept | undefined {
    let first: Kept | undefined;
    for (const kept of this.#running)
      if (kept.availableAt <= now && kept.availableAt < (first?.availableAt ?? Infinity))
        first = kept;
    return first;
  }

  #fail(claim: Claim, error: string, now: Ticks): QueueAnswer {
    const kept = this.#ownedBy(claim);
    if (kept === null) return { taken: "refused" };
    const { retry } = this.#strategy;
    if (kept.attempts >= 1 + (retry ?? 0)) return this.#end(kept, "failed", error);
    this.#running.delete(kept);
    const next = now + backoffAfter(kept.attempts, this.#strategy, this.#engine);
    this.#pending.add(next, new Timer(kept));
    return { taken: "again" };
  }

  /** The task of a claim, unless it has been claimed again since, or has ended. */
  #ownedBy({ task, attempt }: Claim): Kept | null {
    const kept = this.#all.get(task)!;
    return this.#running.has(kept) && kept.attempts === attempt ? kept : null;
  }

  #end(kept: Kept, status: QueuedResult["status"], error: string): QueueAnswer {
    this.#running.delete(kept);
    this.#open--;
    kept.result = { task: kept.task, status, error };
    return { taken: "done" };
  }
}
