/**
 * A durable queue on a Redis server: BullMQ, of which no more is used than what stands here, by Bun's own client.
 *
 * Its jobs are taken by hand, as its documentation has it (`getNextJob` with a token), since who performs them is
 * tandem's loop (`program/consumer.ts`). That renews their locks as well; what checks for jobs without one is BullMQ's.
 */
import {
  ConnectionClosedError,
  createBunRedisClient,
  ErrorCode,
  type IRedisClient,
  type Job,
  Queue,
  UnrecoverableError,
  Worker,
} from "bullmq";
import { TICKS_PER_MS, type Ticks } from "../../../base/duration.ts";
import { engines, leaseOf, type Pushing } from "../../../program/engine.ts";
import type { Claim, QueueAnswer, QueuedResult, QueueRequest } from "../../../program/queue.ts";
import { printable } from "../../../base/texts.ts";
import { formatEngine } from "../../../scenario/engine.ts";
import { does } from "../../../scenario/strategy.ts";
import { TaskInstances } from "../../../scenario/instances.ts";
import { nameOfQueue } from "./name.ts";
import { type DurableQueue, type Queued, QueueError } from "./queue.ts";
import { clientOf, type Server } from "./redis-server.ts";

/** What a job carries; the result is in it where the task was acknowledged before it was done. */
interface Data {
  task: number;
  result?: QueuedResult;
}

/** A job that was taken, and what shows that it is this worker's. */
interface Held {
  job: Job<Data>;
  token: string;
}

/** What the keys of all queues of tandem's begin with. */
const prefix = "tandem";

/** How long, in ms, a server may take to notice that a worker is gone. */
const longestGoing = 500;

export class RedisQueue implements DurableQueue {
  readonly #server: Server;
  readonly #queued: Queued;
  readonly #onDue: () => void;
  readonly #client: IRedisClient;
  readonly #queue: Queue<Data>;
  readonly #tasks: TaskInstances;
  /** Where tasks are taken; null before that. */
  #worker: Worker<Data> | null = null;
  #tokens = 0;
  /** By task, of those that were stored here. */
  readonly #stored = new Map<number, string>();
  readonly #held = new Map<string, Held>();
  /** The one that was taken as soon as it came, if nobody has asked for it since. */
  #ahead: Held[] = [];
  /** Settles when the worker waits no longer; null where it does not wait. */
  #waiting: Promise<void> | null = null;
  #isChecking = false;
  #isLeaving = false;
  #broken: Error | null = null;
  /** What is older is an earlier run's, on the same server. */
  readonly #openedAt = Date.now();

  private constructor(server: Server, queued: Queued, onDue: () => void) {
    const client = quiet(createBunRedisClient(clientOf(server)));
    this.#server = server;
    this.#client = client;
    this.#queued = queued;
    this.#onDue = onDue;
    this.#tasks = new TaskInstances(queued.plan.scenario);
    this.#queue = new Queue(this.#name, { connection: client, prefix });
    this.#queue.on("error", () => undefined);
  }

  static async open(server: Server, queued: Queued, onDue: () => void): Promise<RedisQueue> {
    const queue = new RedisQueue(server, queued, onDue);
    await queue.#telling(queue.#queue.waitUntilReady());
    return queue;
  }

  async perform(request: QueueRequest): Promise<QueueAnswer> {
    return await this.#telling(this.#perform(request));
  }

  async #perform(request: QueueRequest): Promise<QueueAnswer> {
    switch (request.kind) {
      case "enqueue":
        await this.#enqueue(request.task);
        return {};
      case "claim":
        return { claims: await this.#claim(request.most) };
      case "await":
        this.#waiting ??= this.#wait();
        return {};
      case "check":
        // It goes on by itself from the first one on.
        if (!this.#isChecking) await this.#taking.startStalledCheckTimer();
        this.#isChecking = true;
        return {};
      case "extend": {
        const { job, token } = this.#heldBy(request.claim);
        const isMine = await job.extendLock(token, this.#lease);
        return { taken: isMine === 1 ? "done" : "refused" };
      }
      case "complete":
        return await this.#end(request.claim, async ({ job, token }) => {
          await job.moveToCompleted(null, token, false);
          return "done";
        });
      case "record":
        await this.#record(request.result);
        return { taken: "done" };
      case "fail":
        return await this.#end(request.claim, (held) =>
          fail(held, request.error, request.claim.givenUp !== undefined),
        );
      case "results":
        return { results: await this.#results(request.tasks) };
      case "ended":
        return { results: await this.#allResults() };
      case "count":
        return { count: await this.#queue.getJobCountByTypes("waiting", "active", "delayed") };
    }
  }

  async write(task: number): Promise<void> {
    // This client is connected already, and writes at once what a program's own would write when its loop turns.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#telling(this.#enqueue(task));
  }

  leave(): void {
    this.#isLeaving = true;
  }

  async clear(): Promise<void> {
    await this.#telling(this.#clear());
  }

  async close(): Promise<void> {
    this.#isLeaving = true;
    await this.#worker?.close();
    await this.#waiting;
    await this.#queue.close();
    await this.#client.quit();
  }

  get #name(): string {
    // BullMQ takes none with a colon.
    return encodeURIComponent(nameOfQueue(this.#queued.plan.scenario).toWellFormed());
  }

  get #isEarly(): boolean {
    return does(this.#queued.plan.strategy, "acknowledgesFirst");
  }

  get #lease(): number {
    return this.#msOf(leaseOf(this.#queued.plan.strategy));
  }

  /** A stretch of scenario time, in whole ms of real time, as the engine counts. */
  #msOf(ticks: Ticks): number {
    return Math.max(1, Math.round(ticks / TICKS_PER_MS / this.#queued.speed));
  }

  get #taking(): Worker<Data> {
    if (this.#worker !== null) return this.#worker;
    const { most } = engines.redis.pickUp satisfies Pushing;
    this.#worker = new Worker<Data>(this.#name, null, {
      connection: this.#client,
      prefix,
      lockDuration: this.#lease,
      stalledInterval: this.#lease,
      maxStalledCount: engines.redis.mostCrashes,
      drainDelay: this.#msOf(most) / 1000,
    });
    this.#worker.on("error", () => undefined);
    return this.#worker;
  }

  async #clear(): Promise<void> {
    // Whoever is there has a run that goes on, or clears it later.
    const until = performance.now() + longestGoing;
    while ((await this.#others()) > 0) {
      if (performance.now() > until) return;
      await Bun.sleep(20);
    }
    await this.#queue.obliterate({ force: true });
  }

  /** How many workers of this queue there are. */
  async #others(): Promise<number> {
    const workers = await this.#queue.getWorkers();
    // Where a server does not tell, there is one without an address.
    return workers.filter(({ addr }) => addr !== undefined).length;
  }

  async #enqueue(task: number): Promise<void> {
    const { retry, backoff } = this.#queued.plan.strategy;
    const tries =
      retry === null
        ? {}
        : { backoff: { type: "exponential", delay: backoff === 0 ? 0 : this.#msOf(backoff!) } };
    const { name } = this.#tasks.at(task);
    const job = await this.#queue.add(name, { task }, { attempts: 1 + (retry ?? 0), ...tries });
    this.#stored.set(task, job.id!);
  }

  async #claim(most: number): Promise<Claim[]> {
    if (this.#broken !== null) throw this.#broken;
    const claims = this.#ahead.splice(0, most).map((held) => this.#hold(held));
    while (claims.length < most) {
      const held = await this.#take(false);
      if (held === null) break;
      claims.push(this.#hold(held));
    }
    return claims;
  }

  /** @param block whether it waits for one. @returns null where there is none, or none yet. */
  async #take(block: boolean): Promise<Held | null> {
    const worker = this.#taking;
    const token = `${worker.id}:${this.#tokens++}`;
    const job = (await worker.getNextJob(token, { block })) as Job<Data> | undefined;
    return job === undefined ? null : { job, token };
  }

  #hold(held: Held): Claim {
    const { data, attemptsStarted: attempt, deferredFailure } = held.job;
    const claim = { task: data.task, attempt };
    this.#held.set(keyOf(claim), held);
    return deferredFailure ? { ...claim, givenUp: deferredFailure } : claim;
  }

  /** Waits for a job, takes it, and tells of it. */
  async #wait(): Promise<void> {
    try {
      while (!this.#isLeaving) {
        const held = await this.#take(true);
        if (held === null) continue;
        if (this.#isLeaving) await held.job.moveToWait(held.token);
        else this.#ahead.push(held);
        break;
      }
    } catch (error) {
      if (!this.#isLeaving) this.#broken = error as Error;
    }
    this.#waiting = null;
    this.#onDue();
  }

  async #telling<Result>(doing: Promise<Result>): Promise<Result> {
    try {
      return await doing;
    } catch (error) {
      throw this.#told(error);
    }
  }

  /** An error of the server's, or of the way to it, in a sentence. */
  #told(error: unknown): unknown {
    const { code, message } = error as { code?: unknown; message: string };
    const name = formatEngine(this.#server);
    if (code === "ERR_REDIS_CONNECTION_CLOSED" || error instanceof ConnectionClosedError)
      return new QueueError(
        `${name} does not answer any more; what it had acknowledged is there when it comes back, as far as it was on its disk`,
      );
    return typeof code === "string" && code.startsWith("ERR_REDIS")
      ? new QueueError(
          `${name} refuses what a queue needs (${printable(message.replace(/\.? script: .*$/s, ""))}); have it take that, or name another server`,
        )
      : error;
  }

  #heldBy(claim: Claim): Held {
    return this.#held.get(keyOf(claim))!;
  }

  /** Does something with a claim, unless its lock is gone. */
  async #end(
    claim: Claim,
    end: (held: Held) => Promise<NonNullable<QueueAnswer["taken"]>>,
  ): Promise<QueueAnswer> {
    try {
      return { taken: await end(this.#heldBy(claim)) };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { taken: "refused" };
    } finally {
      // What is acknowledged early is only then performed.
      if (!this.#isEarly) this.#held.delete(keyOf(claim));
    }
  }

  async #record(result: QueuedResult): Promise<void> {
    const { task } = result;
    const { job } = [...this.#held.values()].findLast((held) => held.job.data.task === task)!;
    await job.updateData({ task, result });
  }

  async #results(tasks: readonly number[]): Promise<QueuedResult[]> {
    const results: QueuedResult[] = [];
    for (const task of tasks) {
      const id = this.#stored.get(task);
      if (id === undefined) continue;
      const state = await this.#queue.getJobState(id);
      if (state !== "completed" && state !== "failed") continue;
      results.push(...this.#resultOf(await this.#queue.getJob(id), state));
    }
    return results;
  }

  /** What the tasks of this run have come to; of one that was stored more than once, what it came to last. */
  async #allResults(): Promise<QueuedResult[]> {
    const results = new Map<number, QueuedResult>();
    for (const state of ["completed", "failed"] as const)
      for (const job of await this.#queue.getJobs([state])) {
        if (job.timestamp < this.#openedAt) continue;
        for (const result of this.#resultOf(job, state)) results.set(result.task, result);
      }
    return [...results.values()];
  }

  /** What a job's task has come to; nothing where it was acknowledged before that and has not yet. */
  #resultOf(job: Job<Data> | undefined, state: "completed" | "failed"): QueuedResult[] {
    if (job === undefined) return [];
    const { data, failedReason } = job;
    const { task } = data;
    if (state === "failed") return [{ task, status: "failed", error: failedReason }];
    if (this.#isEarly) return data.result === undefined ? [] : [data.result];
    return [{ task, status: "finished", error: "" }];
  }
}

/** A client whose BullMQ does not warn of the server's settings: tandem has, before the run. */
function quiet(client: IRedisClient): IRedisClient {
  const { info, duplicate } = client;
  client.info = async () => (await info.call(client)).replace(/^maxmemory_policy:.*$/m, "");
  client.duplicate = (...args) => quiet(duplicate.apply(client, args));
  return client;
}

async function fail(
  { job, token }: Held,
  message: string,
  isFinal: boolean,
): Promise<"done" | "again"> {
  const error = isFinal ? new UnrecoverableError(message) : new Error(message);
  // The stack is tandem's own, and no business of the server's.
  error.stack = "";
  await job.moveToFailed(error, token, false);
  return job.finishedOn === undefined ? "again" : "done";
}

/** Whether an error is that a job's lock is gone, or another one's. */
function isRefusal(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (
    code === ErrorCode.JobLockNotExist ||
    code === ErrorCode.JobLockMismatch ||
    code === ErrorCode.JobNotInState
  );
}

function keyOf({ task, attempt }: Claim): string {
  return `${task} ${attempt}`;
}
