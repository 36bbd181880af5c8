/**
 * The user's own modules on one thread: loading them, calling their functions, and catching all that
 * comes out of them: results, errors with their place in the source, lines on the console, and the
 * time for which they hold the thread.
 *
 * Invariant: nothing that user code throws, rejects or prints leaves this file in any other way.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { resolve } from "node:path";
import type { Place } from "../../trace/definitions.ts";
import { NOWHERE } from "../../trace/log.ts";
import { goings, leftovers, typeNumber } from "../../trace/event.ts";
import { LAUNCH, MAIN, MAIN_THREAD } from "../../scenario/numbers.ts";
import {
  type CallOperation,
  type ChannelRequest,
  noResult,
  type OperationResult,
} from "../../program/operation.ts";
import { type CallStep, functionName } from "../../scenario/calls.ts";
import { type Ticks, TICKS_PER_MS } from "../../base/duration.ts";
import { suggestion } from "../../base/suggest.ts";
import { Deadlock } from "./board.ts";
import type { RealDetails } from "./protocol.ts";
import { type Context, contextOf } from "./user/context.ts";
import { type Call, HoldMeter } from "./user/holds.ts";
import { Output, type Stream } from "./user/output.ts";
import { LoadError, Places } from "./user/places.ts";
import { isA, isOf } from "./user/thrown.ts";
import { Timers } from "./user/timers.ts";

/** What a thread does for the user code on it. */
export interface Host {
  readonly number: number;
  record(type: number, actor: number, value: number, details?: RealDetails): void;
  /** Has what was recorded written: somebody watches. */
  flush(): void;
  /** Stands still for a stretch of scenario time. */
  block(ticks: Ticks): void;
  /** A send or receive that a promise waits for. */
  ask(actor: number, request: ChannelRequest): Promise<unknown>;
  /** The same in main, which stands still meanwhile. */
  askNow(request: ChannelRequest): unknown;
  /** Hears of an error that no caller can catch: of a stray promise, or of a timer's callback. */
  onStray(reason: "unhandled-rejection" | "uncaught-exception", error: string): void;
}

type UserFunction = (context: Context) => unknown;

/** The settling of what a function has returned: its error, and whether it failed by heeding its signal. */
export interface Settled {
  error: string | null;
  heeded: boolean;
}

/** A module, once it has been loaded: its exports, or why there are none. */
type Loaded = { exports: Record<string, unknown> } | { error: LoadError };

/** The longest, in ms, that a module may take to load: an await at its top level may never end. */
const longestLoad = 10_000;

export class UserCode {
  readonly #folder: string;
  readonly #places: Places;
  readonly #output = new Output((stream, line) => this.#line(stream, line));
  readonly #timers: Timers;
  readonly #holds: HoldMeter;
  readonly #channelNames: readonly string[];
  readonly #speed: number;
  /** Modules by their names in the document: what each exports, or why it could not be loaded. */
  readonly #modules = new Map<string, Loaded>();
  readonly #signals = new Map<number, AbortController>();
  /** The call on whose behalf the present code runs. */
  readonly #caller = new AsyncLocalStorage<Call>();
  /** Calls whose promises have not settled. */
  readonly #open = new Set<Call>();
  /** Calls of main that have returned promises, and these promises, which nobody awaits. */
  readonly #dropped = new Map<Call, PromiseLike<unknown>>();
  /** The latest call of each actor. */
  readonly #latest = new Map<number, Call>();
  /** The number of open calls that a task or a job waits for. */
  #awaited = 0;
  /** The thread; undefined until it is open. Lines that are written before that are kept until then. */
  #host: Host | undefined;
  readonly #early: [stream: Stream, line: string][] = [];
  /** Fails the job that this thread of the pool is doing. */
  #failJob: ((error: string) => void) | undefined;

  constructor(options: { folder: string; channelNames: readonly string[]; speed: number }) {
    this.#folder = options.folder;
    this.#places = new Places(options.folder);
    this.#channelNames = options.channelNames;
    this.#speed = options.speed;
    this.#holds = new HoldMeter({
      folder: options.folder,
      places: this.#places,
      candidates: () => this.#goingOn(),
      onHeld: (ms, { actor }, details) =>
        this.#host!.record(typeNumber["call-held"], actor, this.#toTicks(ms), details),
    });
    this.#timers = new Timers({
      caller: () => this.#caller.getStore(),
      place: () => this.#places.ofStack(new Error().stack),
      onTurn: (call) => this.#holds.beginTurn(call),
      onLeft: ({ actor }, what, place) =>
        this.#host!.record(
          typeNumber["left-behind"],
          actor,
          leftovers.indexOf(what),
          detailsAt(place),
        ),
      onWentOn: ({ actor }, how, place) => this.#goesOn(actor, how, detailsAt(place)),
    });
  }

  /** Whether there are calls that wait for the thread's native event loop. */
  get isBusy(): boolean {
    return this.#awaited > 0;
  }

  /** Loads the modules of these steps. What cannot be loaded fails when it is called. */
  async load(steps: readonly CallStep[]): Promise<void> {
    this.#output.catchAll();
    this.#measureSleeps();
    this.#timers.follow();
    for (const { module } of steps) {
      if (this.#modules.has(module)) continue;
      const loading: Promise<Loaded> = import(resolve(this.#folder, module)).then(
        (exports: Record<string, unknown>) => ({ exports }),
        (error: unknown) => ({ error: new LoadError(this.#places.describe(error, module)) }),
      );
      const late = Promise.withResolvers<Loaded>();
      const limit = setTimeout(
        () =>
          late.resolve({
            error: new LoadError(
              `${module} was not loaded within ${longestLoad / 1000} s: an await at its top level does not end`,
            ),
          }),
        longestLoad,
      );
      this.#modules.set(module, await Promise.race([loading, late.promise]));
      clearTimeout(limit);
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
   * @param onSettled hears how the promise that it returned to a task has settled.
   */
  call(
    { call: number, actor, step }: CallOperation,
    onSettled: (settled: Settled) => void,
  ): OperationResult {
    const controller = new AbortController();
    const call = this.#newCall(actor, step);
    const { error, promise } = this.#run(call, controller.signal);
    if (promise === undefined) {
      this.#ended(call);
      return error === undefined ? noResult : { error };
    }
    // Nobody awaits what main's call has returned, so its failure is that of a stray promise.
    if (actor === MAIN) {
      this.#dropped.set(call, promise);
      this.#ended(call);
      return { promised: true };
    }
    this.#open.add(call);
    this.#signals.set(number, controller);
    this.#awaited++;
    void this.#settle(promise, step, controller.signal).then((settled) => {
      // The call that has held the thread until now may end here.
      this.#holds.end();
      this.#awaited--;
      this.#signals.delete(number);
      this.#open.delete(call);
      this.#ended(call);
      onSettled(settled);
    });
    return { promised: true };
  }

  /** Calls a function as a job of the pool. @returns why it failed, or null. */
  async callInPool(actor: number, step: CallStep): Promise<string | null> {
    const { place = NOWHERE } = step.position;
    const function_ = { text: functionName(step), place };
    this.#host!.record(typeNumber["call-began"], actor, 0, function_);
    const { signal } = new AbortController();
    const call = this.#newCall(actor, step);
    const { promise, ...returned } = this.#run(call, signal);
    let error: string | null = returned.error ?? null;
    if (error === null) {
      this.#open.add(call);
      this.#awaited++;
      const stray = Promise.withResolvers<string>();
      this.#failJob = stray.resolve;
      const done =
        promise === undefined
          ? // What was left behind and rejects at once belongs to the job as well.
            new Promise<null>((resolve) => setImmediate(() => resolve(null)))
          : this.#settle(promise, step, signal).then((settled) => settled.error);
      this.#holds.watch();
      error = await Promise.race([done, stray.promise]);
      this.#holds.unwatch();
      this.#failJob = undefined;
      this.#awaited--;
      this.#open.delete(call);
    }
    this.#holds.end();
    this.#ended(call);
    // A process of the pool is killed, and hears of no end.
    this.#output.end();
    this.#host!.record(typeNumber["call-ended"], actor, error === null ? 0 : 2, {
      text: error ?? undefined,
    });
    return error;
  }

  /** Ends observing, since the thread is over; an unfinished line is printed. */
  end(): void {
    this.#output.end();
  }

  /** Aborts the signal that a call was given. */
  abort(call: number): void {
    this.#signals.get(call)?.abort();
  }

  /** Begins to measure holds of the thread, whose native event loop may go on with user code. */
  watch(): void {
    if (this.#latest.size > 0) this.#holds.watch();
  }

  unwatch(): void {
    this.#holds.unwatch();
  }

  /** Ends measuring, since a step is about to block the thread. */
  pause(): void {
    this.#holds.pause();
  }

  /** The calls that go on, whether anybody waits for them or not; where there is none, the latest ones. */
  #goingOn(): Call[] {
    for (const [call, promise] of this.#dropped)
      if (Bun.peek.status(promise as Promise<unknown>) !== "pending") this.#dropped.delete(call);
    const goingOn = [...this.#open, ...this.#dropped.keys()];
    return goingOn.length > 0 ? goingOn : [...this.#latest.values()];
  }

  #newCall(actor: number, step: CallStep): Call {
    const call: Call = { actor, step, ended: false };
    this.#latest.set(actor, call);
    return call;
  }

  #ended(call: Call): void {
    call.ended = true;
    this.#timers.ended(call);
  }

  /** Runs the function until it returns, which in main is the whole call. */
  #run(call: Call, signal: AbortSignal): { promise?: PromiseLike<unknown>; error?: string } {
    const isMain = call.actor === MAIN;
    if (isMain) this.#holds.begin(call);
    else this.#holds.beginTurn(call);
    try {
      const called = this.#functionOf(call.step);
      const value = this.#caller.run(call, () => called(this.#context(call, signal)));
      // Whether it is a promise is asked here, since its `then` may throw as well.
      return isThenable(value) ? { promise: value } : {};
    } catch (error) {
      if (isA(error, Deadlock)) throw error;
      return { error: this.#places.describe(error, call.step.module) };
    } finally {
      if (isMain) this.#holds.end();
    }
  }

  async #settle(
    promise: PromiseLike<unknown>,
    { module }: CallStep,
    signal: AbortSignal,
  ): Promise<Settled> {
    try {
      await promise;
      return { error: null, heeded: false };
    } catch (error) {
      return { error: this.#places.describe(error, module), heeded: isOf(error, signal) };
    }
  }

  #functionOf({ module, export: name }: CallStep): UserFunction {
    const loaded = this.#modules.get(module)!;
    if ("error" in loaded) throw loaded.error;
    const { exports } = loaded;
    const found = exports[name];
    if (typeof found === "function") return found as UserFunction;
    const names = Object.keys(exports).filter((key) => typeof exports[key] === "function");
    throw new LoadError(
      found === undefined
        ? `${module} exports no "${name}"; ${names.length === 0 ? "it exports no function" : suggestion(name, names, "functions it exports")}`
        : `the export "${name}" of ${module} is no function`,
    );
  }

  #context(call: Call, signal: AbortSignal): Context {
    const host = this.#host!;
    const { actor, step } = call;
    /** Has what follows a promise of tandem's run on behalf of this call. */
    const answer = async (asked: Promise<unknown>): Promise<unknown> => {
      try {
        return await asked;
      } finally {
        this.#holds.beginTurn(call);
      }
    };
    return contextOf({
      actor,
      args: step.args,
      signal,
      speed: this.#speed,
      channelNames: this.#channelNames,
      print: (text) => {
        for (const line of text.split("\n")) this.#print(call, "stdout", line);
      },
      // The time for which main waits is not its function's.
      block: (ticks) => this.#holds.apart(() => host.block(ticks)),
      ask: (request) => {
        if (actor === MAIN) return this.#holds.apart(() => host.askNow(request));
        if (call.ended) this.#goesOn(actor, request.kind, { text: functionName(step) });
        return answer(host.ask(actor, request));
      },
    });
  }

  /** Records a line. One that a module writes by itself has no known call. */
  #line(stream: Stream, line: string): void {
    const host = this.#host;
    if (host === undefined) {
      this.#early.push([stream, line]);
      return;
    }
    const call = this.#caller.getStore();
    if (call !== undefined) return this.#print(call, stream, line);
    const nobody = host.number === MAIN_THREAD ? MAIN : LAUNCH;
    host.record(typeNumber[typeOf[stream]], nobody, 0, { text: line });
    host.flush();
  }

  #print({ actor, step, ended }: Call, stream: Stream, line: string): void {
    if (ended) this.#goesOn(actor, typeOf[stream], { text: functionName(step) });
    this.#host!.record(typeNumber[typeOf[stream]], actor, 0, { text: line });
    this.#host!.flush();
  }

  #goesOn(actor: number, how: (typeof goings)[number], of: RealDetails | undefined): void {
    this.#host!.record(typeNumber["went-on"], actor, goings.indexOf(how), of);
  }

  /** Has Bun.sleepSync in user code recorded, with its line. */
  #measureSleeps(): void {
    const { sleepSync } = Bun;
    Bun.sleepSync = (ms: number) => {
      const began = performance.now();
      sleepSync(ms);
      const held = performance.now() - began;
      const call = this.#caller.getStore();
      if (call === undefined) return;
      this.#holds.toldApart(held);
      const details = detailsAt(this.#places.ofStack(new Error().stack));
      this.#host!.record(typeNumber["call-held"], call.actor, this.#toTicks(held), details);
    };
  }

  #toTicks(ms: number): Ticks {
    return Math.round(ms * TICKS_PER_MS * this.#speed);
  }

  #stray(reason: "unhandled-rejection" | "uncaught-exception", error: unknown): void {
    const module = [...this.#latest.values()].at(-1)?.step.module ?? "";
    const text = this.#places.describe(error, module);
    if (this.#failJob !== undefined) this.#failJob(text);
    else this.#host!.onStray(reason, text);
  }
}

function detailsAt(userPlace: Place | null): RealDetails | undefined {
  return userPlace === null ? undefined : { userPlace };
}

/** The event that a line is. */
const typeOf = { stdout: "printed", stderr: "complained" } as const;

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
