/**
 * The user's own modules on one thread: loading them, calling their functions, and catching all that
 * comes out of them: results, errors with their place in the source, lines on the console, and the
 * time for which they hold the thread.
 *
 * Invariant: nothing that user code throws, rejects or prints leaves this file in any other way.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { resolve } from "node:path";
import { LAUNCH, MAIN, MAIN_THREAD, typeNumber } from "../../events/event.ts";
import type { CallOperation, ChannelRequest } from "../../program/operation.ts";
import { type CallStep, functionName } from "../../scenario/calls.ts";
import { type Ticks, TICKS_PER_MS } from "../../scenario/duration.ts";
import { suggestion } from "../../scenario/suggest.ts";
import { Deadlock } from "./board.ts";
import { type Context, contextOf } from "./user/context.ts";
import { Output, type Stream } from "./user/output.ts";
import { LoadError, Places } from "./user/places.ts";

/** What a thread does for the user code on it. */
export interface Host {
  readonly number: number;
  record(type: number, actor: number, value: number, text?: string): void;
  /** Stands still for a stretch of scenario time. */
  block(ticks: Ticks): void;
  /** A send or receive that a promise waits for. */
  ask(actor: number, request: ChannelRequest): Promise<unknown>;
  /** The same in main, which stands still meanwhile. */
  askNow(request: ChannelRequest): unknown;
  /** Something failed that nobody called or awaits: a stray promise, a timer's callback. */
  onStray(reason: "unhandled-rejection" | "uncaught-exception", error: string): void;
}

type UserFunction = (context: Context) => unknown;

/** How long a module may take to load, in ms: an await at its top level may never end. */
const longestLoad = 10_000;

/** From how many ms on it is told that user code held its thread. */
const tellFrom = 1;

/** How often, in ms, it is looked whether the continuation of a promise holds the thread. */
const heartbeat = 10;

export class UserCode {
  readonly #folder: string;
  readonly #places: Places;
  readonly #output = new Output((stream, line) => this.#line(stream, line));
  readonly #channelNames: readonly string[];
  readonly #speed: number;
  /** By module as written in the document: what it exports, or why it could not be loaded. */
  readonly #modules = new Map<string, Record<string, unknown> | string>();
  readonly #signals = new Map<number, AbortController>();
  /** For whom the code that runs now was called. */
  readonly #caller = new AsyncLocalStorage<{ actor: number; step: CallStep }>();
  #latest: { actor: number; step: CallStep } | undefined;
  /** Calls whose promises have not settled. */
  #pending = 0;
  /** For how long the thread has been held by what was told already, in this stretch. */
  #told = 0;
  /** Undefined until the thread is open: what is printed before that is printed when it is. */
  #host: Host | undefined;
  readonly #early: [stream: Stream, line: string][] = [];
  #pulse: ReturnType<typeof setInterval> | undefined;
  #lastBeat = 0;
  /** Fails the job that this thread of the pool is doing. */
  #failJob: ((error: string) => void) | undefined;

  constructor(options: { folder: string; channelNames: readonly string[]; speed: number }) {
    this.#folder = options.folder;
    this.#places = new Places(options.folder);
    this.#channelNames = options.channelNames;
    this.#speed = options.speed;
  }

  /** Whether there are calls that wait for the thread's native event loop. */
  get isBusy(): boolean {
    return this.#pending > 0;
  }

  /** Loads the modules of these steps. What cannot be loaded fails when it is called. */
  async load(steps: readonly CallStep[]): Promise<void> {
    this.#output.catchAll();
    this.#measureSleeps();
    for (const { module } of steps) {
      if (this.#modules.has(module)) continue;
      const loading: Promise<Record<string, unknown> | string> = import(
        resolve(this.#folder, module)
      ).catch((error: unknown) => this.#places.describe(error, module));
      const late = Bun.sleep(longestLoad).then(
        () =>
          `${module} was not loaded within ${longestLoad / 1000} s: an await at its top level does not end`,
      );
      this.#modules.set(module, await Promise.race([loading, late]));
    }
  }

  /** Must come before the first call. */
  attach(host: Host): void {
    this.#host = host;
    for (const [stream, line] of this.#early.splice(0)) this.#line(stream, line);
    process.on("unhandledRejection", (error) => this.#stray("unhandled-rejection", error));
    process.on("uncaughtException", (error) => this.#stray("uncaught-exception", error));
  }

  /**
   * Calls a function for main or for a task of the loop on this thread.
   *
   * @param onSettled hears when the promise that it returned to a task has settled, and with what error.
   */
  call(operation: CallOperation, onSettled: (error: string | null) => void): void {
    const { actor, step } = operation;
    const controller = new AbortController();
    const returned = this.#run(actor, step, controller.signal);
    if ("error" in returned) operation.error = returned.error;
    if (!isThenable(returned.value)) return;
    operation.promised = true;
    // Nobody awaits what main's call returned; if it fails, it fails as a stray promise does.
    if (actor === MAIN) return;
    this.#signals.set(operation.call, controller);
    this.#pending++;
    void this.#settle(returned.value, step).then((error) => {
      this.#pending--;
      this.#signals.delete(operation.call);
      onSettled(error);
    });
  }

  /** Calls a function as a job of the pool. @returns why it failed, or null. */
  async callInPool(actor: number, step: CallStep): Promise<string | null> {
    this.#host!.record(typeNumber["call-began"], actor, 0, functionName(step));
    const returned = this.#run(actor, step, new AbortController().signal);
    let error: string | null = returned.error ?? null;
    if (error === null) {
      this.#pending++;
      const stray = Promise.withResolvers<string>();
      this.#failJob = stray.resolve;
      const done = isThenable(returned.value)
        ? this.#settle(returned.value, step)
        : // What was left behind and rejects at once belongs to the job as well.
          new Promise<null>((resolve) => setImmediate(() => resolve(null)));
      error = await Promise.race([done, stray.promise]);
      this.#failJob = undefined;
      this.#pending--;
    }
    // A process of the pool is ended without a word.
    this.#output.end();
    this.#host!.record(typeNumber["call-ended"], actor, error === null ? 0 : 2, error ?? undefined);
    return error;
  }

  /** The thread is over: a line that nobody has ended ends now. */
  end(): void {
    this.#output.end();
  }

  /** Aborts the signal that a call was given. */
  abort(call: number): void {
    this.#signals.get(call)?.abort();
  }

  /** While the thread is left to its native event loop: sees to it that continuations are measured. */
  watch(): void {
    if (!this.isBusy || this.#pulse !== undefined) return;
    this.#lastBeat = performance.now();
    this.#told = 0;
    this.#pulse = setInterval(() => this.#beat(), heartbeat);
  }

  unwatch(): void {
    if (this.#pulse === undefined) return;
    clearInterval(this.#pulse);
    this.#pulse = undefined;
    this.#beat();
  }

  /** A beat that comes late was held up, by what ran last. */
  #beat(): void {
    const now = performance.now();
    const held = now - this.#lastBeat - this.#told;
    this.#lastBeat = now;
    this.#told = 0;
    // A busy machine wakes late as well; a few heartbeats are none of user code's doing.
    if (held > 3 * heartbeat) this.#tellHeld(held, this.#latest);
  }

  /** Runs the function up to where it returns. */
  #run(actor: number, step: CallStep, signal: AbortSignal): { value?: unknown; error?: string } {
    const caller = { actor, step };
    this.#latest = caller;
    const began = performance.now();
    this.#told = 0;
    try {
      const called = this.#functionOf(step);
      return { value: this.#caller.run(caller, () => called(this.#context(caller, signal))) };
    } catch (error) {
      if (error instanceof Deadlock) throw error;
      return { error: this.#places.describe(error, step.module) };
    } finally {
      const held = performance.now() - began - this.#told;
      if (held >= tellFrom) this.#tellHeld(held, caller);
    }
  }

  async #settle(promise: PromiseLike<unknown>, step: CallStep): Promise<string | null> {
    try {
      await promise;
      return null;
    } catch (error) {
      return this.#places.describe(error, step.module);
    }
  }

  #functionOf({ module, export: name }: CallStep): UserFunction {
    const loaded = this.#modules.get(module)!;
    if (typeof loaded === "string") throw new LoadError(loaded);
    const found = loaded[name];
    if (typeof found === "function") return found as UserFunction;
    const names = Object.keys(loaded).filter((key) => typeof loaded[key] === "function");
    throw new LoadError(
      found === undefined
        ? `${module} exports no "${name}"; ${names.length === 0 ? "it exports no function" : suggestion(name, names, "functions it exports")}`
        : `the export "${name}" of ${module} is no function`,
    );
  }

  #context({ actor, step }: { actor: number; step: CallStep }, signal: AbortSignal): Context {
    const host = this.#host!;
    /** What main waits for is none of its function's doing. */
    const apart = <Value>(wait: () => Value): Value => {
      const began = performance.now();
      try {
        return wait();
      } finally {
        this.#told += performance.now() - began;
      }
    };
    return contextOf({
      actor,
      args: step.args,
      signal,
      speed: this.#speed,
      channelNames: this.#channelNames,
      print: (text) => {
        for (const line of text.split("\n")) host.record(typeNumber.printed, actor, 0, line);
      },
      block: (ticks) => apart(() => host.block(ticks)),
      ask: (request) =>
        actor === MAIN ? apart(() => host.askNow(request)) : host.ask(actor, request),
    });
  }

  /** A line that was written, by whoever was called for; nobody knows on whose behalf a module does it by itself. */
  #line(stream: Stream, line: string): void {
    const host = this.#host;
    if (host === undefined) {
      this.#early.push([stream, line]);
      return;
    }
    const nobody = host.number === MAIN_THREAD ? MAIN : LAUNCH;
    const actor = this.#caller.getStore()?.actor ?? nobody;
    host.record(typeNumber[stream === "stdout" ? "printed" : "complained"], actor, 0, line);
  }

  /** Bun.sleepSync in user code is told with the line it stands on. */
  #measureSleeps(): void {
    const { sleepSync } = Bun;
    Bun.sleepSync = (ms: number) => {
      const began = performance.now();
      sleepSync(ms);
      const held = performance.now() - began;
      this.#told += held;
      const caller = this.#caller.getStore() ?? this.#latest;
      if (caller !== undefined)
        this.#host!.record(
          typeNumber["call-held"],
          caller.actor,
          this.#toTicks(held),
          this.#places.ofStack(new Error().stack) ?? undefined,
        );
    };
  }

  #tellHeld(ms: number, caller: { actor: number; step: CallStep } | undefined): void {
    if (caller === undefined) return;
    const source = this.#places.ofFunction(caller.step);
    this.#host!.record(typeNumber["call-held"], caller.actor, this.#toTicks(ms), source);
  }

  #toTicks(ms: number): Ticks {
    return Math.round(ms * TICKS_PER_MS * this.#speed);
  }

  #stray(reason: "unhandled-rejection" | "uncaught-exception", error: unknown): void {
    const text = this.#places.describe(error, this.#latest?.step.module ?? "");
    if (this.#failJob !== undefined) this.#failJob(text);
    else this.#host!.onStray(reason, text);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
