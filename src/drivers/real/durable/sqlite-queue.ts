/**
 * A durable queue on a SQLite file: OpenWorkflow's backend, of which no more is used than what stands here.
 *
 * Four things that it leaves to its caller: the file is migrated once, before another process opens it; a process
 * that finds it locked waits for a while; leases are as long as the run says; and who takes tasks gives those up
 * that come to no end (`program/consumer.ts`).
 */
import { OpenWorkflow } from "openworkflow";
import { BackendSqlite } from "openworkflow/sqlite";
import { TICKS_PER_MS, type Ticks } from "../../../base/duration.ts";
import { backoffAfter, engines, leaseOf } from "../../../program/engine.ts";
import type { Claim, QueueAnswer, QueuedResult, QueueRequest } from "../../../program/queue.ts";
import { does } from "../../../scenario/strategy.ts";
import { nameOfQueue } from "./name.ts";
import type { DurableQueue, Queued } from "./queue.ts";

/** For how long, in ms, a process waits for another one that writes. */
const busyTimeout = 5000;

/** What the backend knows a claim by. */
interface Held {
  workflowRunId: string;
  workerId: string;
}

export class SqliteQueue implements DurableQueue {
  readonly #backend: BackendSqlite;
  /** Where that is kept which tasks come to that were acknowledged before; null where the queue knows it. */
  readonly #records: BackendSqlite | null;
  readonly #name: string;
  readonly #queued: Queued;
  /** By task, of those that were stored here. */
  readonly #stored = new Map<number, string>();
  readonly #held = new Map<string, Held>();
  /** What is older is an earlier run's, in the same file. */
  readonly #openedAt = Date.now();

  private constructor(file: string, queued: Queued) {
    this.#name = nameOfQueue(queued.plan.scenario);
    this.#queued = queued;
    this.#backend = connected(file, this.#name);
    this.#records = does(queued.plan.strategy, "acknowledgesFirst")
      ? connected(file, `${this.#name} results`)
      : null;
  }

  /** Makes the file what the engine needs, before anybody else opens it. */
  static async prepare(file: string): Promise<void> {
    await BackendSqlite.connect(file).stop();
  }

  static open(file: string, queued: Queued): SqliteQueue {
    return new SqliteQueue(file, queued);
  }

  async perform(request: QueueRequest): Promise<QueueAnswer> {
    switch (request.kind) {
      case "enqueue":
        await this.#enqueue(request.task);
        return {};
      case "record":
        await this.#insert(this.#records!, request.result);
        return { taken: "done" };
      case "claim":
        return { claims: await this.#claim(request.most) };
      case "extend":
        return await this.#ended(request.claim, async (held) => {
          await this.#backend.extendWorkflowRunLease({ ...held, leaseDurationMs: this.#lease });
          return "done";
        });
      case "complete":
        return await this.#ended(request.claim, async (held) => {
          await this.#backend.completeWorkflowRun({ ...held, output: null });
          return "done";
        });
      case "fail":
        return await this.#ended(request.claim, (held) =>
          this.#fail(held, request.claim, request.error),
        );
      case "results":
        return { results: await this.#results(request.tasks) };
      case "ended":
        return { results: await this.#allResults() };
      case "count": {
        const counts = await this.#backend.countWorkflowRuns();
        return { count: counts.pending + counts.running };
      }
      case "await":
      case "check":
        throw new Error("its workers look into it by themselves");
    }
  }

  async write(task: number): Promise<void> {
    const client = new OpenWorkflow({ backend: this.#backend });
    const { workflowRun } = await client.runWorkflow({ name: this.#name }, { task });
    this.#stored.set(task, workflowRun.id);
  }

  /** It has handed over all that it has taken. */
  leave(): void {}

  /** What was done stays in the file, which is its user's, or removed as a whole. */
  async clear(): Promise<void> {}

  async close(): Promise<void> {
    await this.#backend.stop();
    await this.#records?.stop();
  }

  get #lease(): number {
    return this.#msOf(leaseOf(this.#queued.plan.strategy));
  }

  /** A stretch of scenario time, in whole ms of real time, as the engine counts. */
  #msOf(ticks: Ticks): number {
    return Math.max(1, Math.round(ticks / TICKS_PER_MS / this.#queued.speed));
  }

  async #enqueue(task: number): Promise<void> {
    this.#stored.set(task, await this.#insert(this.#backend, { task }));
  }

  async #insert(into: BackendSqlite, input: QueuedResult | { task: number }): Promise<string> {
    const { id } = await into.createWorkflowRun({
      workflowName: this.#name,
      version: null,
      idempotencyKey: null,
      config: {},
      context: null,
      input: { ...input },
      parentStepAttemptNamespaceId: null,
      parentStepAttemptId: null,
      availableAt: null,
      deadlineAt: null,
    });
    return id;
  }

  async #claim(most: number): Promise<Claim[]> {
    const claims: Claim[] = [];
    while (claims.length < most) {
      const workerId = crypto.randomUUID();
      const run = await this.#backend.claimWorkflowRun({ workerId, leaseDurationMs: this.#lease });
      if (run === null) break;
      const { task } = run.input as { task: number };
      const claim = { task, attempt: run.attempts };
      this.#held.set(keyOf(claim), { workflowRunId: run.id, workerId });
      claims.push(claim);
    }
    return claims;
  }

  async #fail(held: Held, { attempt }: Claim, message: string): Promise<"done" | "again"> {
    const { strategy } = this.#queued.plan;
    const backoff = this.#msOf(backoffAfter(1, strategy, engines.sqlite));
    const { status } = await this.#backend.failWorkflowRun({
      ...held,
      error: { message },
      retryPolicy: {
        initialInterval: `${backoff}ms`,
        backoffCoefficient: 2,
        maximumInterval: `${this.#msOf(engines.sqlite.mostBackoff)}ms`,
        maximumAttempts: 1 + (strategy.retry ?? 0),
      },
      attempts: attempt,
      deadlineAt: null,
    });
    return status === "failed" ? "done" : "again";
  }

  /** Does something with a claim, unless the queue has given the task to another one since. */
  async #ended(
    claim: Claim,
    end: (held: Held) => Promise<NonNullable<QueueAnswer["taken"]>>,
  ): Promise<QueueAnswer> {
    const held = this.#held.get(keyOf(claim))!;
    try {
      return { taken: await end(held) };
    } catch (error) {
      const { workflowRunId, workerId } = held;
      const run = await this.#backend.getWorkflowRun({ workflowRunId });
      if (run?.status === "running" && run.workerId === workerId) throw error;
      return { taken: "refused" };
    }
  }

  async #results(tasks: readonly number[]): Promise<QueuedResult[]> {
    if (this.#records !== null) {
      const all = await this.#allResults();
      return all.filter(({ task }) => tasks.includes(task));
    }
    const results: QueuedResult[] = [];
    for (const task of tasks) {
      const workflowRunId = this.#stored.get(task);
      if (workflowRunId === undefined) continue;
      const run = await this.#backend.getWorkflowRun({ workflowRunId });
      results.push(...resultOf(task, run));
    }
    return results;
  }

  /** What the tasks of this run have come to; of one that was stored more than once, what it came to last. */
  async #allResults(): Promise<QueuedResult[]> {
    const results = new Map<number, QueuedResult>();
    for (let after: string | null | undefined; after !== null;) {
      const page = await (this.#records ?? this.#backend).listWorkflowRuns({
        workflowName: this.#name,
        ...(after === undefined ? {} : { after }),
      });
      // The newest come first.
      for (const run of page.data) {
        if (run.createdAt.getTime() < this.#openedAt) return [...results.values()];
        const input = run.input as unknown as QueuedResult;
        const { task } = input;
        const ended = this.#records === null ? resultOf(task, run) : [input];
        for (const result of ended) if (!results.has(task)) results.set(task, result);
      }
      after = page.pagination.next;
    }
    return [...results.values()];
  }
}

/** Opens a file that has been prepared. */
function connected(file: string, namespaceId: string): BackendSqlite {
  const backend = BackendSqlite.connect(file, { namespaceId, runMigrations: false });
  // There is no option for it: without it a second process is refused at once.
  const { db } = backend as unknown as { db: { exec(sql: string): void } };
  db.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
  return backend;
}

function keyOf({ task, attempt }: Claim): string {
  return `${task} ${attempt}`;
}

/** What a task has come to for good; nothing where it has not. */
function resultOf(task: number, run: { status: string; error: unknown } | null): QueuedResult[] {
  if (run?.status === "completed") return [{ task, status: "finished", error: "" }];
  return run?.status === "failed" ? [{ task, status: "failed", error: messageOf(run.error) }] : [];
}

/** What a task failed with, as it is stored. */
function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === "string" ? message : String(error);
}
